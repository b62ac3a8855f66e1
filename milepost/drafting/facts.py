"""The facts of a query: a model, and the selects between it and the aggregates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from milepost.drafting.models import EVENT_AT, KNOWN_AT, SUPERSEDED_AT, Model
from milepost.drafting.query import Node, column_names, expression, is_column, replaced
from milepost.drafting.spans import Span

INSTANTS = (EVENT_AT, KNOWN_AT, SUPERSEDED_AT)


@dataclass(frozen=True)
class Layer:
    """A CTE of the draft: columns and conditions of one relation, or the text of the query."""

    name: str
    source: str
    items: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    text: str = ""

    def named_items(self) -> dict[str, Node]:
        """Return the columns by name, without those of `*`."""
        items = [expression(sql) for sql in self.items if sql != "*"]
        return {str(item["alias"] or item["column_names"][-1]).lower(): item for item in items}

    def sql(self) -> str:
        """Return the select, without an indent."""
        if self.text:
            return self.text
        lines = ["select", *(f"    {item}," for item in self.items)]
        lines[-1] = lines[-1].removesuffix(",")
        lines.append(f"from {self.source}")
        if len(self.conditions) == 1:
            lines.append(f"where {self.conditions[0]}")
        elif self.conditions:
            lines += ["where", f"    {self.conditions[0]}"]
            lines += [f"    and {condition}" for condition in self.conditions[1:]]
        return "\n".join(lines)


@dataclass(frozen=True)
class Facts:
    """What a select reads: a model, by way of layers, each of which reads the one before it.

    `columns` are those of the last layer by name, each with the column of the model that it is, or
    None if it is computed. `span` is what conditions leave of time. `is_current` says that only
    versions are read that still hold. `is_whole` is false where a layer was kept as it stands.
    """

    model: Model
    columns: Mapping[str, str | None]
    layers: tuple[Layer, ...] = ()
    span: Span = field(default_factory=Span)
    is_current: bool = False
    is_whole: bool = True

    @property
    def source(self) -> str:
        """What stands behind FROM to read these facts."""
        return self.layers[-1].name if self.layers else f"{{{{ ref('{self.model.name}') }}}}"

    def instants(self, node: Node) -> set[str | None]:
        """Return which instants of the facts an expression names, None for any other column."""
        origins = {self.columns.get(name) for name in column_names(node)}
        return {origin if origin in INSTANTS else None for origin in origins}


def cte_queries(node: Node) -> dict[str, Node]:
    """Return the selects of the CTEs of a select, by name."""
    return {item["key"].lower(): item["value"]["query"]["node"] for item in node["cte_map"]["map"]}


def unqualified(node: Node, facts: Facts) -> Node:
    """Return an expression that names columns without their table, as the layers have them."""
    renamed = {} if facts.layers else facts.model.renamed

    def plain(part: Node) -> Node | None:
        if not is_column(part):
            return None
        name = part["column_names"][-1].lower()
        return {**part, "column_names": [renamed.get(name, name)]}

    tree: Node = replaced(node, plain)
    return tree

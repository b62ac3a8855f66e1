"""How far back an expression looks: as far as the farthest of the columns in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, reduce
from typing import Any

Node = Mapping[str, Any]

# Expressions of one row: each looks back as far as the farthest of the expressions in it.
_OF_ONE_ROW = {
    *("CONSTANT", "CAST", "CASE", "CONJUNCTION", "COMPARISON", "OPERATOR", "BETWEEN", "COLLATE"),
}
# Those of DuckDB's macros that are as good as functions.
_MACROS = {"date_add", "fdiv", "fmod", "nullif", "round_even", "split_part"}


@dataclass(frozen=True)
class LookBack:
    """The hours of the longest known window, and what else it is made from."""

    hours: int = 0
    unknown: frozenset[str] = frozenset()

    def __or__(self, second: LookBack) -> LookBack:
        return LookBack(max(self.hours, second.hours), self.unknown | second.unknown)


NOWHERE = LookBack()


def unknown(source: str) -> LookBack:
    """Return the look-back of a value from a source of unknown age."""
    return LookBack(unknown=frozenset([source]))


@dataclass(frozen=True)
class Relation:
    """The columns of a relation; `unlisted` is of any further column, None where there is none."""

    columns: Mapping[str, LookBack] = field(default_factory=dict)
    unlisted: LookBack | None = None


def farthest(look_backs: Iterable[LookBack]) -> LookBack:
    """Return the look-back of a value that is made from all of these."""
    return reduce(LookBack.__or__, look_backs, NOWHERE)


@cache
def _scalar_functions() -> frozenset[str]:
    """The functions of DuckDB that compute a value from those of one row."""
    import duckdb

    with duckdb.connect() as con:
        rows = con.execute(
            "select function_name from duckdb_functions() where internal group by all "
            "having bool_and(function_type = 'scalar')"
        ).fetchall()
    return frozenset(name for (name,) in rows) | _MACROS


def look_back_of(
    node: Node, relations: Mapping[str, Relation], before: Mapping[str, LookBack]
) -> LookBack:
    """Return how far an expression looks back; `before` has its select's columns so far."""
    if node["class"] == "COLUMN_REF":
        return _column(node["column_names"], relations, before)
    if node["class"] == "FUNCTION":
        is_scalar = node["function_name"] in _scalar_functions() and node["schema"] in {"", "main"}
        if not is_scalar:
            return unknown(f"{node['function_name']}()")
    elif node["class"] not in _OF_ONE_ROW:
        return unknown(node["class"].lower())
    return farthest(look_back_of(inner, relations, before) for inner in _inner(node))


def _inner(value: Any) -> Iterable[Node]:
    """The expressions right below a node, wherever they stand in it."""
    for part in value.values() if isinstance(value, Mapping) else value:
        if isinstance(part, Mapping) and "class" in part:
            yield part
        elif isinstance(part, Mapping | list):
            yield from _inner(part)


def _column(
    names: Sequence[str], relations: Mapping[str, Relation], before: Mapping[str, LookBack]
) -> LookBack:
    column = names[-1].lower()
    if len(names) == 2 and names[0].lower() in relations:
        relation = relations[names[0].lower()]
        return relation.columns.get(column) or relation.unlisted or unknown(".".join(names))
    if len(names) > 1:
        return unknown(".".join(names))
    known = [
        relation.columns[column] for relation in relations.values() if column in relation.columns
    ]
    if known:
        return farthest(known)
    if column in before:
        return before[column]
    unlisted = [
        relation.unlisted for relation in relations.values() if relation.unlisted is not None
    ]
    return farthest(unlisted) | unknown(column)

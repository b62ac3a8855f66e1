"""Reads the facts of a query: the selects below its aggregates, without what they say of time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from milepost.drafting.facts import INSTANTS, Facts, Layer, cte_queries, unqualified
from milepost.drafting.kept_text import kept_text
from milepost.drafting.models import EVENT_AT, KNOWN_AT, SUPERSEDED_AT, Model, Models
from milepost.drafting.notes import Notes, Untranslatable
from milepost.drafting.obstacles import (
    check_names,
    check_table,
    check_versions,
    kind_of,
    note_sample,
    obstacle_of,
)
from milepost.drafting.query import (
    Node,
    Query,
    comparable,
    conjuncts,
    is_column,
    reads_clock,
    walk,
)
from milepost.drafting.spans import Span, span_of
from milepost.drafting.written import written
from milepost.errors import DraftError

_JOINED_HINT = (
    "in the past it would see what became known later: read a model that joins the version that "
    "held then (docs/concepts/time.md, Joined facts), or write that model from this"
)


@dataclass(frozen=True)
class FactsReader:
    """Reads the facts of a query; what it cannot translate is noted.

    `spans` are those of the conditions on time that were found. `left_out` are the conditions that
    the view does not have.
    """

    query: Query
    models: Models
    notes: Notes
    spans: list[tuple[Node, Span]] = field(default_factory=list)
    left_out: list[Node] = field(default_factory=list)

    def read(self, table: Node, ctes: Mapping[str, Node]) -> Facts:
        """Return the facts behind a FROM, whose CTEs are given by name."""
        check_table(self.query, table)
        note_sample(self.query, table, self.notes)
        if table["type"] == "SUBQUERY":
            inner = table["subquery"]["node"]
            name = (table["alias"] or "facts").lower()
            return self._select(inner, name, {**ctes, **self.ctes(inner)})
        if table["type"] == "BASE_TABLE" and not table["schema_name"]:
            name = table["table_name"].lower()
            if name in ctes:
                before = dict(list(ctes.items())[: list(ctes).index(name)])
                return self._select(ctes[name], name, {**before, **self.ctes(ctes[name])})
        if table["type"] not in {"BASE_TABLE", "TABLE_FUNCTION"}:
            raise DraftError(
                f"`{self.query.at(table)}`: the aggregates read {kind_of(table)} at once",
                hint="put it into a CTE of its own that has `known_at` and `superseded_at` of its "
                "facts, and aggregate that",
            )
        model = self.models.of_table(table)
        columns: dict[str, str | None] = {name: name for name in model.columns}
        columns |= model.renamed
        if model.renamed:
            self.notes.change(
                self.query.at(table),
                f"reads `{model.name}` and not the raw files, so that repeated deliveries, "
                "corrections and rows with a fault count as everywhere; what is compared are its "
                "values, and not those of the files",
            )
        return Facts(model, columns)

    def ctes(self, node: Node) -> dict[str, Node]:
        """Return the selects of the CTEs of a select, by name."""
        for item in node["cte_map"]["map"]:
            check_names(self.query, item, item["value"]["aliases"])
        return cte_queries(node)

    def conditions(
        self, conditions: list[Node], facts: Facts
    ) -> tuple[list[Node], Span | None, bool]:
        """Return what conditions ask of a fact, which span they hold, and if they ask for current.

        The span is None where no condition is about time. What no view can have is noted.
        """
        translated = []
        for condition in conditions:
            try:
                self.split([condition], facts)
                translated.append(condition)
            except Untranslatable as reason:
                self.notes.todo(self.query.at(condition), f"{reason} is left out", reason.remedy)
                self.left_out.append(comparable(condition))
        return self.split(translated, facts)

    def split(self, conditions: list[Node], facts: Facts) -> tuple[list[Node], Span | None, bool]:
        """Return what `conditions` returns; an Untranslatable for what no view can have."""
        of_facts: list[Node] = []
        span: Span | None = None
        is_current = False
        for condition in conditions:
            instants = facts.instants(condition)
            if SUPERSEDED_AT in instants:
                if condition["type"] != "OPERATOR_IS_NULL" or instants != {SUPERSEDED_AT}:
                    raise Untranslatable(
                        f"`{written(condition)}`, a condition on `superseded_at`,",
                        "a view counts the version that held at each instant, without a condition",
                    )
                is_current = True
            elif any(part.get("class") == "SUBQUERY" for part in walk(condition)):
                raise Untranslatable("a condition on another table", _JOINED_HINT)
            elif not reads_clock(condition):
                of_facts.append(condition)
            else:
                of_time = self._span(condition, instants)
                span = of_time if span is None else span & of_time
        return of_facts, span, is_current

    def _span(self, condition: Node, instants: set[str | None]) -> Span:
        """Return the span that a condition on time holds."""
        span = span_of(condition) if len(instants) == 1 and None not in instants else None
        if span is None:
            raise Untranslatable(
                f"`{written(condition)}`, which holds no span of whole hours before now,",
                "compare one instant with now, such as `known_at >= now() - interval 28 days`",
            )
        self.spans.append((comparable(condition), span))
        self._note_span(condition, instants, span)
        return span

    def _note_span(self, condition: Node, instants: set[str | None], span: Span) -> None:
        place = self.query.at(condition)
        if EVENT_AT in instants:
            self.notes.change(
                place,
                f"`{written(condition)}` looks along `event_at`, and the view along `known_at`: a "
                "fact counts from when it was known",
            )
        # What is known exactly now is not known yet, so that an end at now leaves nothing out.
        if not span.holds_first or (span.holds_last and span.to_hours):
            self.notes.change(
                place,
                f"`{written(condition)}`: a window holds what was known exactly at its start, and "
                "not what was known exactly at its end",
            )

    def _select(self, node: Node, name: str, ctes: Mapping[str, Node]) -> Facts:
        if obstacle := obstacle_of(node):
            return self._keep(node, name, obstacle, ctes)
        return self._layer(node, name, self.read(node["from_table"], ctes))

    def _layer(self, node: Node, name: str, facts: Facts) -> Facts:
        conditions, span, is_current = self.conditions(conjuncts(node["where_clause"]), facts)
        columns: dict[str, str | None] = {}
        items = []
        for item in node["select_list"]:
            if item["class"] == "STAR":
                columns |= facts.columns
                renamed = {} if facts.layers else facts.model.renamed
                items += ["*", *(f"{column} as {raw}" for raw, column in renamed.items())]
                continue
            if reads_clock(item):
                self.notes.todo(
                    self.query.at(item),
                    f"`{written(item)}` depends on when it runs, and is left out",
                    "compute it at lookup: a derived feature",
                )
                continue
            check_versions(self.query, item, facts)
            alias = (item["alias"] or item.get("column_names", [""])[-1]).lower()
            if not alias:
                raise DraftError(
                    f"`{self.query.at(item)}`: `{written(item)}` has no name", hint="name it: `as`"
                )
            text = written(unqualified(item, facts))
            items.append(text if text == alias else f"{text} as {alias}")
            is_plain = is_column(item)
            columns[alias] = (
                facts.columns.get(item["column_names"][-1].lower()) if is_plain else None
            )
        for instant in (KNOWN_AT, SUPERSEDED_AT):
            if instant not in columns:
                items.append(instant)
                columns[instant] = instant
            elif columns[instant] != instant:
                raise DraftError(
                    f"`{self.query.at(node['select_list'][0])}`: `{instant}` of `{name}` is not "
                    f"that of `{facts.model.name}`",
                    hint="name that column otherwise",
                )
        texts = tuple(written(unqualified(condition, facts)) for condition in conditions)
        layer = Layer(name, facts.source, tuple(items), texts)
        return replace(
            facts,
            columns=columns,
            layers=(*facts.layers, layer),
            span=facts.span & (span or Span()),
            is_current=facts.is_current or is_current,
        )

    def _keep(self, node: Node, name: str, obstacle: Node | str, ctes: Mapping[str, Node]) -> Facts:
        """Return facts of a CTE that is kept as it stands, with what is wrong with it."""
        place = self.query.at(node if isinstance(obstacle, str) else obstacle)
        kind = obstacle if isinstance(obstacle, str) else kind_of(obstacle)
        tables = {part["table_name"].lower() for part in walk(node) if "table_name" in part}
        if read := sorted(tables & ctes.keys()):
            raise DraftError(
                f"`{place}`: `{name}` is {kind} that reads the CTE `{read[0]}`",
                hint="read models in it, with what the other CTE says",
            )
        self.notes.todo(place, f"`{name}` is {kind} and is kept as it stands", _JOINED_HINT)
        text, relation = kept_text(self.query, node, name, self.models)
        columns = self.models.columns_of(f"({relation})", name)
        if missing := [column for column in (KNOWN_AT, SUPERSEDED_AT) if column not in columns]:
            raise DraftError(
                f"`{place}`: `{name}` is {kind} without the column `{missing[0]}`",
                hint=f"select `{KNOWN_AT}` and `{SUPERSEDED_AT}` of its facts; {_JOINED_HINT}",
            )
        origins = {column: column if column in INSTANTS else None for column in columns}
        layer = Layer(name, "", text=text)
        return Facts(Model(name, f"({relation})", columns), origins, (layer,), is_whole=False)

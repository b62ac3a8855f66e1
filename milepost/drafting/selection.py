"""Reads the select list of a query: each aggregate as a feature, and what is computed from them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from milepost.drafting.draft import Computed
from milepost.drafting.facts import Facts, unqualified
from milepost.drafting.facts_reader import FactsReader
from milepost.drafting.feature_list import (
    DraftFeature,
    FeatureList,
    Window,
    feature_name,
    plain_name,
    window_in,
)
from milepost.drafting.grouping import Grouping
from milepost.drafting.measures import Measure, is_aggregate, measure_of
from milepost.drafting.models import SUPERSEDED_AT, Models
from milepost.drafting.notes import Notes, Untranslatable
from milepost.drafting.obstacles import check_computed, check_item
from milepost.drafting.query import Node, Query, expression, replaced, walk
from milepost.drafting.runnable import NUMBERS, contract_type, type_of
from milepost.drafting.spans import Span
from milepost.drafting.written import written
from milepost.errors import DraftError

STEP_HOURS = {"hour": 1, "day": 24, "week": 168}


@dataclass
class Selection:
    """What is read of a select list so far. `span` is that of the conditions on all facts.

    `select_places` gives the place in the list, from 0, of each column of the view. `ends_a_day`
    says that a window ends at the beginning of a day, whenever the query runs.
    """

    query: Query
    models: Models
    notes: Notes
    reader: FactsReader
    facts: Facts
    span: Span
    grouping: Grouping
    features: FeatureList
    computed: list[Computed] = field(default_factory=list)
    select_places: dict[str, int] = field(default_factory=dict)
    ends_a_day: bool = False

    def read(self) -> None:
        """Read every item that is not grouped by; what is no feature is noted."""
        for item in self.query.tree["select_list"]:
            check_item(self.query, item)
            if not self.grouping.is_group(item):
                self._add(item)
        self.features.add_samples()

    def _add(self, item: Node) -> None:
        place = self.query.at(item)
        try:
            if is_aggregate(item):
                self._add_aggregate(item)
            elif any(is_aggregate(part) for part in walk(item)):
                check_computed(item)
                self._add_computed(item, item)
            else:
                raise Untranslatable(
                    f"`{written(item)}` is neither a key nor an aggregate", "group by it, or not"
                )
        except Untranslatable as reason:
            label = f"`{item['alias']}`: " if item.get("alias") else ""
            self.notes.todo(place, f"{label}{reason} is left out", reason.remedy)

    def _add_aggregate(self, item: Node) -> None:
        measure = self._measure(item)
        if measure.is_zero_without:
            self._add_computed(item, expression("coalesce(sum_of_it, 0)"), item)
            return
        feature = self._feature(item, measure, is_hidden=False)
        named_window = window_in(item["alias"])
        if named_window and named_window.replace("_", "") != feature.window.suffix.replace("_", ""):
            self.notes.change(
                self.query.at(item),
                f"`{item['alias']}` is named `{feature.column}`, after the window that the query "
                "really has",
            )
        added = self.features.add(feature)
        self.select_places[added.column] = self._select_place(item)

    def _feature(self, node: Node, measure: Measure, *, is_hidden: bool) -> DraftFeature:
        alias = node.get("alias", "")
        name = feature_name(alias, measure, self.features.facts)
        comment = "" if is_hidden else self.query.comment_at(node)
        window = self._window(measure)
        line = self.query.line(node)
        return DraftFeature(name, measure, window, line, comment, is_hidden)

    def _measure(self, node: Node) -> Measure:
        measure = measure_of(
            {**unqualified(node, self.facts), "alias": ""},
            lambda conditions: self.reader.split(conditions, self.facts),
        )
        if measure.value is not None and SUPERSEDED_AT in self.facts.instants(measure.value):
            raise Untranslatable(
                "an aggregate of `superseded_at`, which nobody knew at the time,",
                "count the version that held: `where superseded_at is null`",
            )
        return self._typed(measure)

    def _typed(self, measure: Measure) -> Measure:
        """Return a measure that fits the type of what it is of."""
        value = measure.value
        if value is None or measure.aggregate in {"count", "distinct"}:
            return measure
        kind = self._type_of(value)
        # `avg(cast(is_late as int))`
        is_cast = measure.aggregate == "mean" and value["class"] == "CAST"
        if is_cast and self._type_of(value["child"]) == "BOOLEAN":
            value, kind = value["child"], "BOOLEAN"
        if measure.aggregate in {"mean", "rate"} and kind == "BOOLEAN":
            return replace(measure, aggregate="rate", value=value, is_boolean=True)
        if not kind.startswith(NUMBERS):
            raise Untranslatable(
                f"`{measure.aggregate}` of `{written(value)}`, which is {kind},",
                "only numbers are aggregated so; the newest instant is `newest_at`",
            )
        if measure.aggregate in {"min", "max"} and kind not in {"BIGINT", "DOUBLE"}:
            value = expression(f"cast({written(value)} as double)")
        return replace(measure, value=value)

    def _type_of(self, value: Node) -> str:
        return type_of(self.models, self.facts, value)

    def _window(self, measure: Measure) -> Window:
        if self.grouping.series_step:
            if measure.span is not None:
                raise Untranslatable(
                    "an aggregate with a window of its own in a series", "capture it by itself"
                )
            return Window(STEP_HOURS[self.grouping.series_step])
        span = self.span & self.facts.span & (measure.span or Span())
        self.ends_a_day = self.ends_a_day or span.of_day
        back = max(0, span.to_hours or 0)
        if span.from_hours is None:
            raise Untranslatable(
                "an aggregate that looks back for ever",
                "give it a window that ends now: `where known_at >= now() - interval 28 days`",
            )
        if span.from_hours <= back:
            raise Untranslatable("an aggregate of a window that holds nothing", "correct it")
        return Window(span.from_hours - back, back)

    def _add_computed(self, item: Node, tree: Node, only: Node | None = None) -> None:
        """Add a column that is computed from aggregates, whose windows the view has beside it."""
        windows: list[Window] = []
        types: dict[str, str] = {}

        def column(part: Node) -> Node | None:
            is_place = only is not None and part.get("column_names") == ["sum_of_it"]
            if not (is_place or is_aggregate(part)):
                return None
            aggregate = only if is_place and only is not None else part
            measure = self._measure(aggregate)
            if measure.is_zero_without and not is_place:
                raise Untranslatable("a sum that is 0 without facts", "write it by itself")
            added = self.features.add(
                self._feature({**aggregate, "alias": ""}, measure, is_hidden=True)
            )
            windows.append(added.window)
            is_count = measure.aggregate in {"count", "distinct"}
            types[added.column] = "bigint" if is_count else "double"
            return expression(added.column)

        sql = written(self._divided(item, replaced({**tree, "alias": ""}, column)))
        inputs = ", ".join(f"cast(null as {kind}) as {name}" for name, kind in types.items())
        try:
            data_type = self.models.columns_of(f"(select {sql} as it from (select {inputs}))", sql)[
                "it"
            ]
        except DraftError as error:
            raise Untranslatable(f"`{sql}`, which does not run,", "correct it") from error
        contract = contract_type(data_type)
        if not contract:
            raise Untranslatable(f"`{sql}`, which is {data_type},", "cast it to a type of features")
        if contract != data_type:
            sql = f"cast({sql} as {contract.lower()})"
        base = plain_name(item["alias"]) or f"computed_{len(self.computed) + 1}"
        has_window = len(set(windows)) == 1
        named_window = window_in(base)
        suffix = windows[0].suffix if has_window else ""
        name = f"{base.removesuffix(named_window) if has_window else base}{suffix}"
        while name in self.features.names():
            name = f"{name.removesuffix(suffix)}_too{suffix}"
        self.features.taken.add(name)
        line = self.query.line(item)
        self.computed.append(
            Computed(name, sql, contract.lower(), line, self.query.comment_at(item))
        )
        self.select_places[name] = self._select_place(item)

    def _divided(self, item: Node, tree: Node) -> Node:
        """Return an expression that is null where it would divide by 0."""

        def safe(part: Node) -> Node | None:
            is_division = part.get("function_name") == "/" and part.get("is_operator")
            if not is_division or part["children"][1].get("class") == "CONSTANT":
                return None
            left, right = (replaced(child, safe) for child in part["children"])
            if right.get("function_name") == "nullif":
                return {**part, "children": [left, right]}
            self.notes.change(
                self.query.at(item), f"`{written(part)}` is null where it would divide by 0"
            )
            return {**part, "children": [left, expression(f"nullif({written(right)}, 0)")]}

        result: Node = replaced(tree, safe)
        return result

    def _select_place(self, item: Node) -> int:
        """Return the place of an item in the select list, from 0."""
        return next(n for n, node in enumerate(self.query.tree["select_list"]) if node is item)

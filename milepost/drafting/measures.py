"""The aggregates of a query as measures of windows; what is no measure of ours is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from milepost.drafting.notes import Untranslatable
from milepost.drafting.query import Node, conjuncts, expression, function_names, reads_clock, walk
from milepost.drafting.spans import Span
from milepost.drafting.written import written

# Conditions, what they ask of a fact, the span that they hold, and if they ask for current ones.
SplitConditions = Callable[[list[Node]], tuple[list[Node], Span | None, bool]]
# What an aggregate of DuckDB is called here, where it is the same.
_SAME = {
    "avg": "mean",
    "count": "count",
    "count_star": "count",
    "max": "max",
    "mean": "mean",
    "min": "min",
    "stddev": "stddev",
    "stddev_samp": "stddev",
    "sum": "sum",
}
_QUANTILES = {"median", "quantile_cont"}
_REMEDIES = {
    "arg_max": "the newest value is `newest`, with `newest_within` and `id`",
    "max_by": "the newest value is `newest`, with `newest_within` and `id`",
    "last": "the newest value is `newest`, with `newest_within` and `id`",
    "approx_quantile": "exact: `quantile_cont`",
    "approx_count_distinct": "exact: `count(distinct ...)`",
    "quantile": "interpolated: `quantile_cont`",
    "quantile_disc": "interpolated: `quantile_cont`",
    "percentile_disc": "interpolated: `percentile_cont`",
    "stddev_pop": "of a sample: `stddev`",
    "bool_or": "count where it is true: `count(*) filter (where ...)`",
    "bool_and": "count where it is not true: `count(*) filter (where not ...)`",
}
_OTHERS = (
    "what there is: count, count distinct, sum, avg, stddev, min, max, median, quantile_cont; "
    "compute anything else in the model behind it"
)


@dataclass(frozen=True)
class Measure:
    """An aggregate of facts: of themselves where `value` is None, else of an expression.

    `is_boolean` says that the value is a condition. `is_always_there` says that it is never null.
    `is_zero_without` says that the query has 0 where the window holds no fact.
    """

    aggregate: str
    value: Node | None = None
    span: Span | None = None
    is_boolean: bool = False
    is_always_there: bool = False
    is_zero_without: bool = False


def is_aggregate(node: Node) -> bool:
    """Return whether a node is an aggregate, without looking below it."""
    return node.get("class") == "FUNCTION" and (
        node["function_name"].lower() in function_names("aggregate")
    )


def measure_of(node: Node, split: SplitConditions) -> Measure:
    """Return the measure that an aggregate is; an Untranslatable says why it is none."""
    name = node["function_name"].lower()
    conditions = conjuncts(node["filter"])
    aggregate, value = _aggregate(node, name)
    measure = Measure(aggregate, value)
    while measure.value is not None and _is_filter(measure.value):
        (check,) = measure.value["case_checks"]
        conditions += conjuncts(check["when_expr"])
        measure = replace(measure, value=check["then_expr"])
    if measure.value is not None and _is_counting(measure.value) and aggregate in {"sum", "mean"}:
        measure, more = _of_zeros(measure, is_filtered=bool(conditions))
        conditions += more
    of_facts, span, is_current = split(conditions)
    if is_current:
        raise Untranslatable(
            "a condition on `superseded_at` of one aggregate",
            "ask it of all facts: `where superseded_at is null`",
        )
    measure = replace(measure, span=span)
    if measure.value is not None and measure.value["class"] in {"CONSTANT", "CAST"}:
        measure = _of_constant(measure, node, is_filtered=bool(conditions))
    if of_facts:
        measure = _where(measure, of_facts)
    _check_value(measure)
    return measure


def _aggregate(node: Node, name: str) -> tuple[str, Node | None]:
    """Return what the aggregate is called here, and what it is of."""
    orders = node["order_bys"]["orders"]
    children = node["children"]
    if node["distinct"] and name != "count":
        raise Untranslatable(f"`{name}(distinct ...)`", _OTHERS)
    if name in _SAME and len(children) <= 1 and not orders:
        return "distinct" if node["distinct"] else _SAME[name], next(iter(children), None)
    if name in _QUANTILES:
        fraction = _fraction(children[-1]) if name == "quantile_cont" else 0.5
        percent = round((fraction or 0) * 100)
        if fraction is None or not 0 < percent < 100 or abs(percent - fraction * 100) > 1e-9:
            raise Untranslatable(
                f"a quantile of `{written(children[-1])}`", "a percentile from 0.01 to 0.99"
            )
        # `percentile_cont(0.5) within group (order by x)` has x in its order.
        if orders and orders[0]["type"] not in {"ORDER_DEFAULT", "ASCENDING"}:
            raise Untranslatable("a quantile in descending order", "leave `desc` out")
        return f"p{percent}", orders[0]["expression"] if orders else children[0]
    raise Untranslatable(f"`{name}` is no aggregate of windows", _REMEDIES.get(name, _OTHERS))


def _fraction(node: Node) -> float | None:
    if node["class"] != "CONSTANT" or node["value"]["type"]["id"] != "DECIMAL":
        return None
    return float(node["value"]["value"] / 10 ** node["value"]["type"]["type_info"]["scale"])


def _is_filter(value: Node) -> bool:
    """Return whether a value is `case when condition then x end`."""
    if value["class"] != "CASE" or len(value["case_checks"]) != 1:
        return False
    otherwise = value["else_expr"]
    return bool(otherwise["class"] == "CONSTANT" and otherwise["value"]["is_null"])


def _is_counting(value: Node) -> bool:
    """Return whether a value is `case when condition then x else 0 end`."""
    return (
        value["class"] == "CASE"
        and len(value["case_checks"]) == 1
        and _number(value["else_expr"]) == 0
    )


def _of_constant(measure: Measure, node: Node, *, is_filtered: bool) -> Measure:
    """Return a count for `count(1)` and `sum(1)`; a filtered sum is null where nothing is left."""
    assert measure.value is not None  # noqa: S101 - the caller has looked
    if measure.value["class"] == "CAST" and measure.value["child"]["class"] != "CONSTANT":
        return measure
    constant = measure.value.get("child", measure.value)
    if constant["value"]["is_null"]:
        raise Untranslatable(f"`{written(node)}` is of a null", "aggregate a column")
    if measure.aggregate == "count" or (
        measure.aggregate == "sum" and _is_one(measure.value) and not is_filtered
    ):
        return replace(measure, aggregate="count", value=None)
    if measure.aggregate == "sum":
        return measure
    raise Untranslatable(f"`{written(node)}` is of a constant", "aggregate a column")


def _of_zeros(measure: Measure, *, is_filtered: bool) -> tuple[Measure, list[Node]]:
    """Return the measure of a value that is 0 where a condition is not true."""
    assert measure.value is not None  # noqa: S101 - the caller has looked
    (check,) = measure.value["case_checks"]
    condition, then = check["when_expr"], check["then_expr"]
    has_span = reads_clock(condition)
    if measure.aggregate == "mean":
        if has_span:
            raise Untranslatable(
                "a share of facts that are in a shorter window than the others",
                "divide two counts: `count(*) filter (where ...) / count(*)`",
            )
        if not _is_one(then):
            return measure, []
        share = expression(f"coalesce({written(condition)}, false)")
        return replace(
            measure, aggregate="rate", value=share, is_boolean=True, is_always_there=True
        ), []
    if is_filtered:
        if has_span:
            raise Untranslatable(
                "a sum with a filter of a `case` with another window", "write one condition"
            )
        return measure, []
    if _is_one(then):
        return replace(measure, aggregate="count", value=None), conjuncts(condition)
    if has_span:
        return replace(measure, value=then, is_zero_without=True), conjuncts(condition)
    return measure, []


def _where(measure: Measure, conditions: list[Node]) -> Measure:
    """Return a measure of the facts for which conditions are true, by a value that is else null."""
    texts = [written(condition) for condition in conditions]
    if len(texts) > 1:
        texts = [
            f"({text})" if part["class"] == "CONJUNCTION" else text
            for text, part in zip(texts, conditions, strict=True)
        ]
    then = "true" if measure.value is None else written(measure.value)
    value = expression(f"case when {' and '.join(texts)} then {then} end")
    return replace(measure, value=value, is_boolean=measure.value is None, is_always_there=False)


def _check_value(measure: Measure) -> None:
    for part in walk(measure.value) if measure.value else ():
        if part.get("class") in {"SUBQUERY", "WINDOW"}:
            raise Untranslatable("an aggregate of a subquery", _OTHERS)
    if measure.value is not None and reads_clock(measure.value):
        raise Untranslatable(
            f"`{written(measure.value)}` depends on when it runs",
            "compute it at lookup: a derived feature",
        )


def _number(node: Node) -> float | None:
    if node["class"] != "CONSTANT" or node["value"]["is_null"]:
        return None
    value, kind = node["value"]["value"], node["value"]["type"]
    if kind["id"] == "DECIMAL":
        return float(value / 10 ** kind["type_info"]["scale"])
    return float(value) if kind["id"] in {"INTEGER", "BIGINT", "DOUBLE"} else None


def _is_one(node: Node) -> bool:
    return _number(node) == 1 or (
        # `true`, which DuckDB reads as a cast of a text
        node["class"] == "CAST" and node["child"].get("value", {}).get("value") == "t"
    )

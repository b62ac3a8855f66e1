"""Rules for spans of time: along which instant they go, and which of their ends they have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from sqlfluff.core.parser import BaseSegment
from sqlfluff.core.rules import BaseRule, LintResult, RuleContext
from sqlfluff.core.rules.crawlers import SegmentSeekerCrawler

from milepost.standards.sql_rules import CLOSED_WINDOW, EVENT_AT_IN_WINDOW
from milepost.standards.sqlfluff_plugin.expressions import CLOCK, function_name

# Instants at which features are computed or looked up: what windows end at.
_WINDOW_ENDS = {"grid_at", "available_at", "event_timestamp"}
_SPAN_ENDS = {"grid_at", "available_at", "ends_at", "ended_at", "end_at", "closes_at", "closed_at"}
# They order facts, and add none to the others.
_RANKS = {"row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile", "lag", "lead"}
_RANKS |= {"first_value", "last_value", "nth_value", "first", "last"}
_JOINS = {"AND", "OR"}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True)
class _Comparison:
    """A condition `left operator right`; the operator is a sign, or `between`."""

    left: Sequence[BaseSegment]
    operator: str
    right: Sequence[BaseSegment]

    @property
    def sides(self) -> Iterator[tuple[Sequence[BaseSegment], str, Sequence[BaseSegment]]]:
        """The comparison from left to right, and from right to left."""
        yield self.left, self.operator, self.right
        if self.operator in _MIRRORED:
            yield self.right, _MIRRORED[self.operator], self.left


class Rule_Milepost_MP01(BaseRule):
    """A window goes along `known_at`, not along `event_at`."""

    name = EVENT_AT_IN_WINDOW.name
    groups = ("all", "milepost")
    crawl_behaviour = SegmentSeekerCrawler({"expression", "function"})

    def _eval(self, context: RuleContext) -> list[LintResult]:
        """Find `event_at` in the frame of an aggregate, or compared with the end of a window."""
        if context.segment.is_type("function"):
            columns = list(_frame_order(context.segment, _named_windows(context)))
        else:
            columns = [
                column
                for comparison in _comparisons(context.segment)
                for side, _, opposite in comparison.sides
                # `grid_at - event_at < interval '28' day` has both on one side.
                if _end_a_window([*side, *opposite]) or _subtracts_interval(opposite)
                for part in side
                for column in part.recursive_crawl("column_reference")
            ]
        return [
            LintResult(anchor=column, description=f"a window goes along `{column.raw}`")
            for column in columns
            if _column_name(column) == "event_at"
        ]


class Rule_Milepost_MP06(BaseRule):
    """A span of time has its start and not its end."""

    name = CLOSED_WINDOW.name
    groups = ("all", "milepost")
    crawl_behaviour = SegmentSeekerCrawler({"expression"})

    def _eval(self, context: RuleContext) -> list[LintResult]:
        """Find a BETWEEN of instants, and `>=` beside `<=` the end of a span."""
        faults = []
        starts: set[str] = set()
        ends: dict[str, BaseSegment] = {}
        for comparison in _comparisons(context.segment):
            if comparison.operator == "between":
                parts = [*comparison.left, *comparison.right]
                if any(map(_is_instant, parts)):
                    fault = f"`{comparison.left[-1].raw} between` has both ends"
                    faults.append(LintResult(anchor=comparison.left[-1], description=fault))
                continue
            for side, operator, opposite in comparison.sides:
                if len(side) == 1 and _is_instant(side[0]):
                    if operator == ">=":
                        starts.add(side[0].raw.lower())
                    # What a fact refers to may be known as late as the fact: that is no span.
                    elif operator == "<=" and any(map(_ends_span, opposite)):
                        ends[side[0].raw.lower()] = side[0]
        faults += [
            LintResult(anchor=end, description=f"`{name} <=` and `{name} >=` have both ends")
            for name, end in ends.items()
            if name in starts
        ]
        return faults


def _comparisons(expression: BaseSegment) -> Iterator[_Comparison]:
    """Yield the comparisons that an expression joins by `and` and `or`, those in brackets apart."""
    condition: list[BaseSegment] = []
    for part in [*expression.segments, None]:
        joins = part is None or (part.is_type("binary_operator") and part.raw_upper in _JOINS)
        if part is not None and not joins:
            if part.is_code:
                condition.append(part)
            continue
        for index, segment in enumerate(condition):
            is_between = segment.is_type("keyword") and segment.raw_upper == "BETWEEN"
            if is_between or segment.is_type("comparison_operator"):
                left = [part for part in condition[:index] if part.raw_upper != "NOT"]
                yield _Comparison(left, segment.raw.lower(), condition[index + 1 :])
                break
        condition = []


def _frame_order(
    function: BaseSegment, named_windows: Mapping[str, BaseSegment]
) -> Iterator[BaseSegment]:
    """Yield the column that a function's window goes along, where it adds up or has a range.

    That is the first of its order; those after it part rows that are equal in it.
    """
    clauses: dict[str, BaseSegment] = {}
    part = function.get_child("over_clause")
    while part is not None:
        part = next(part.recursive_crawl("window_specification"), part)
        for clause in part.get_children("orderby_clause", "frame_clause"):
            clauses.setdefault(clause.get_type(), clause)
        # What a window does not state itself, the one that it names has.
        name = part.get_child("identifier")
        part = named_windows.get(name.raw.lower()) if name else None
    frame, order = clauses.get("frame_clause"), clauses.get("orderby_clause")
    is_range = frame is not None and frame.raw_upper.startswith("RANGE")
    if order is not None and (is_range or function_name(function) not in _RANKS):
        yield from islice(order.recursive_crawl("column_reference"), 1)


def _named_windows(context: RuleContext) -> dict[str, BaseSegment]:
    """Return the windows that the `window` clause of a function's query names."""
    queries = [parent for parent in context.parent_stack if parent.is_type("select_statement")]
    clause = queries[-1].get_child("named_window") if queries else None
    return {
        name.raw.lower(): window
        for window in (clause.get_children("named_window_expression") if clause else ())
        if (name := window.get_child("identifier"))
    }


def _column_name(segment: BaseSegment) -> str:
    """Return the last part of a column's name; nothing of what is no column."""
    if not segment.is_type("column_reference"):
        return ""
    return segment.raw.split(".")[-1].strip('"').lower()


def _ends_window(segment: BaseSegment) -> bool:
    is_clock = segment.is_type("function", "bare_function") and function_name(segment) in CLOCK
    return is_clock or _column_name(segment) in _WINDOW_ENDS


def _end_a_window(parts: Sequence[BaseSegment]) -> bool:
    """Return whether an instant at which windows end is anywhere in parts of a condition."""
    kinds = ("column_reference", "function", "bare_function")
    return any(_ends_window(inner) for part in parts for inner in part.recursive_crawl(*kinds))


def _ends_span(segment: BaseSegment) -> bool:
    return _column_name(segment) in _SPAN_ENDS


def _subtracts_interval(parts: Sequence[BaseSegment]) -> bool:
    return any(
        sign.raw == "-" and part.is_type("interval_expression") for sign, part in pairwise(parts)
    )


def _is_instant(segment: BaseSegment) -> bool:
    name = _column_name(segment)
    return (
        name.endswith(("_at", "timestamp"))
        or segment.is_type("datetime_literal")
        or (segment.is_type("function") and "timestamp" in segment.raw.lower())
    )

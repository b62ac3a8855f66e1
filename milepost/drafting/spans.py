"""Conditions on time, found by trying instants: which span before now do they hold?

A condition such as `event_at::date >= current_date - 28` is evaluated with several instants as now,
at each hour of three years and a microsecond before and after it. So no way to write one has to be
known, and what a condition really holds is found, also where it is a day less than it seems.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache

import duckdb

from milepost.drafting.query import (
    CLOCKS,
    Node,
    expression,
    expression_sql,
    is_age,
    is_clock,
    is_column,
    replaced,
    walk,
)

# Midnights of several weekdays, on both sides of the ends of months of different lengths.
_MIDNIGHTS = (
    *("2025-03-02", "2025-03-31", "2025-07-01", "2025-12-17", "2026-01-09", "2026-02-28"),
    "2024-02-29",
)
_LATER_IN_THE_DAY = ("2025-07-01 13:00:00", "2026-01-09 05:00:00")
_HOURS_BACK, _HOURS_AHEAD = 24 * 1100, 24 * 40


@dataclass(frozen=True)
class Span:
    """The instants that conditions hold: from `from_hours` before now to `to_hours` before now.

    None is without an end. `holds_first` and `holds_last` say whether the ends themselves are in.
    `of_day` says that now is the beginning of a day, whenever the query runs.
    """

    from_hours: int | None = None
    to_hours: int | None = None
    holds_first: bool = True
    holds_last: bool = False
    of_day: bool = False

    def __and__(self, second: Span) -> Span:
        """Return the span that both hold."""
        first = max(self, second, key=lambda span: _start(span))
        last = min(self, second, key=lambda span: _end(span))
        return Span(
            first.from_hours,
            last.to_hours,
            first.holds_first,
            last.holds_last,
            self.of_day or second.of_day,
        )


def span_of(condition: Node) -> Span | None:
    """Return the span that a condition on one column of instants holds; None if it is no span."""
    spans = _spans(_with_instants(condition))
    of_midnights = {spans[now] for now in _MIDNIGHTS}
    span = of_midnights.pop()
    if of_midnights or span is None:
        return None
    is_same_later = all(spans[now] == span for now in _LATER_IN_THE_DAY)
    return replace(span, of_day=not is_same_later)


def grid_of(value: Node) -> str | None:
    """Return the step of a series that a value of an instant is: hour, day, week, or none."""
    text = _with_instants(value)
    for step in ("hour", "day", "week"):
        rows = _instants(_MIDNIGHTS[:1])
        unlike = rows.filter(f"({text}) is distinct from date_trunc('{step}', instant)")
        try:
            if not unlike.limit(1).fetchall():
                return step
        except duckdb.Error:
            return None
    return None


def at_instant(tree: Node, now: datetime) -> Node:
    """Return a tree in which it is a certain time."""
    return _at(tree, f"timestamp '{now}'")


def in_utc(database: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Return a connection that reads instants in UTC, as models do, wherever the machine is."""
    return database.execute("set TimeZone = 'UTC'")


def _at(tree: Node, now: str) -> Node:
    # An instant without a zone is much faster, and in UTC the same but for `at time zone`.
    is_zoned = any(part.get("function_name") == "timezone" for part in walk(tree))

    def time_of(node: Node) -> Node | None:
        if is_age(node):
            today = expression(f"date_trunc('day', cast({now} as timestamp))")
            return {**node, "children": [today, replaced(node["children"][0], time_of)]}
        if not is_clock(node):
            return None
        name = (node.get("function_name") or node["column_names"][0]).lower()
        kind = CLOCKS[name] if is_zoned else CLOCKS[name].removesuffix(" with time zone")
        return {**expression(f"cast({now} as {kind})"), "alias": node["alias"]}

    fixed: Node = replaced(tree, time_of)
    return fixed


def _with_instants(node: Node) -> str:
    """Return the SQL of an expression whose column and clock are those of `_instants`."""
    instant = expression("instant")
    of_instants = replaced(node, lambda part: instant if is_column(part) else None)
    return expression_sql(_at(of_instants, "present"))


def _instants(nows: Sequence[str]) -> duckdb.DuckDBPyRelation:
    """Return instants around some that are now, each hour, a microsecond before and after it."""
    values = ", ".join(f"(timestamp '{now}', '{now}')" for now in nows)
    return _database().sql(
        f"""
        select
            present,
            now,
            hours_back,
            microseconds,
            present - to_hours(hours_back) + to_microseconds(microseconds) as instant
        from (values {values}) as presents (present, now)
        cross join range(-{_HOURS_AHEAD}, {_HOURS_BACK}) as hours (hours_back)
        cross join (values (-1), (0), (1)) as offsets (microseconds)
        """
    )


@cache
def _spans(text: str) -> dict[str, Span | None]:
    """Return the span that a condition holds, for each of the instants that are tried as now."""
    nows = (*_MIDNIGHTS, *_LATER_IN_THE_DAY)
    try:
        rows = (
            _instants(nows)
            .project(f"*, coalesce({text}, false) as holds")
            .project("*, lag(holds) over (partition by present order by instant) as held_before")
            .filter("held_before is null or holds <> held_before")
            .order("instant")
            .project("now, hours_back, microseconds, holds")
            .fetchall()
        )
    except duckdb.Error:
        return dict.fromkeys(nows)
    return {now: _between([row[1:] for row in rows if row[0] == now]) for now in nows}


def _between(changes: Sequence[tuple[int, int, bool]]) -> Span | None:
    (_, _, holds_long_ago), *turns = changes
    directions = [holds for _, _, holds in turns]
    expected: Iterable[list[bool]] = ([False], []) if holds_long_ago else ([True, False], [True])
    # A change a microsecond before an hour is one between two hours: no whole number of them.
    if directions not in expected or any(offset < 0 for _, offset, _ in turns):
        return None
    from_hours = to_hours = None
    holds_first, holds_last = True, False
    for hours, offset, holds in turns:
        if holds:
            from_hours, holds_first = hours, offset == 0
        else:
            to_hours, holds_last = hours, offset == 1
    if from_hours is not None and from_hours == to_hours:
        return None  # a single instant
    return Span(from_hours, to_hours, holds_first, holds_last)


def _start(span: Span) -> tuple[int, bool]:
    """Return what is greater the later a span begins."""
    return (-(10**9) if span.from_hours is None else -span.from_hours, not span.holds_first)


def _end(span: Span) -> tuple[int, bool]:
    """Return what is greater the later a span ends."""
    return (10**9 if span.to_hours is None else -span.to_hours, span.holds_last)


_connections: list[duckdb.DuckDBPyConnection] = []


def _database() -> duckdb.DuckDBPyConnection:
    if not _connections:
        _connections.append(in_utc(duckdb.connect(config={"enable_external_access": "false"})))
    return _connections[0]

"""A condition on time holds the span that it holds when it is tried, however it is written."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from milepost.drafting.query import expression
from milepost.drafting.spans import Span, grid_of, span_of

DAYS_28 = 28 * 24
SPANS = [
    ("known_at >= now() - interval 28 days", Span(DAYS_28)),
    ("known_at > current_timestamp - interval '4 weeks'", Span(DAYS_28, holds_first=False)),
    ("now() - known_at <= interval '28 days'", Span(DAYS_28)),
    ("known_at >= (now() at time zone 'UTC') - to_days(28)", Span(DAYS_28)),
    ("known_at >= date_trunc('day', now()) - interval 28 day", Span(DAYS_28, of_day=True)),
    ("event_at::date >= current_date - 28", Span(DAYS_28, of_day=True)),
    # A day less than it seems.
    ("event_at::date > current_date - 28", Span(DAYS_28 - 24, of_day=True)),
    ("date_diff('day', event_at, now()) < 28", Span(DAYS_28 - 24, of_day=True)),
    # The clock of Tokyo is nine hours ahead.
    ("known_at >= (now() at time zone 'Asia/Tokyo') - interval 3 days", Span(63)),
    ("(known_at at time zone 'Asia/Tokyo') >= now() - interval 3 days", Span(63)),
    ("known_at >= (now() at time zone 'utc') - interval 3 days", Span(72)),
    ("known_at >= localtimestamp - interval 3 days", Span(72)),
    ("epoch(age(known_at)) <= 86400 * 3", Span(72, of_day=True)),
    ("known_at < now() - interval 6 hours", Span(None, 6)),
    ("known_at <= now() - interval 6 hours", Span(None, 6, holds_last=True)),
    (
        "known_at between now() - interval 2 days and now() - interval 1 day",
        Span(48, 24, holds_last=True),
    ),
]
NO_SPANS = [
    "known_at >= now() - interval 1 month",  # as long as the month is
    "known_at >= now() - interval 90 minutes",
    "known_at >= date_trunc('week', now())",
    "extract(hour from known_at) = extract(hour from now())",
    "known_at = now() - interval 1 day",
    "known_at < now() - interval 2 days or known_at > now() - interval 1 day",
    "known_at > now() - some_column",
    "known_at >= (now() at time zone 'America/New_York') - interval 3 days",  # has a summer time
    "age(known_at) < interval 300 days",  # a month is 30 days, and has others
    "known_at::time < localtime",
    "known_at::timetz < current_time",
]


@pytest.mark.parametrize(("sql", "span"), SPANS)
def test_a_span_is_found(sql: str, span: Span) -> None:
    assert span_of(expression(sql)) == span


@pytest.mark.parametrize("sql", NO_SPANS)
def test_what_is_no_span_of_whole_hours_is_none(sql: str) -> None:
    assert span_of(expression(sql)) is None


def test_two_spans_hold_what_both_hold() -> None:
    both = Span(48) & Span(24, 6, holds_first=False)
    assert both == Span(24, 6, holds_first=False)
    # At the same end, the one that leaves it out counts.
    assert Span(24) & Span(24, holds_first=False) == Span(24, holds_first=False)
    assert Span(24, 6, holds_last=True) & Span(24, 6) == Span(24, 6)


@pytest.mark.parametrize(
    ("sql", "step"),
    [
        ("date_trunc('day', known_at)", "day"),
        ("known_at::date", "day"),
        ("time_bucket(interval '1 hour', event_at)", "hour"),
        ("date_trunc('week', known_at)", "week"),
        ("date_trunc('month', known_at)", None),
        ("extract(dow from known_at)", None),
    ],
)
def test_the_step_of_a_series_is_found(sql: str, step: str | None) -> None:
    assert grid_of(expression(sql)) == step


def test_a_span_is_found_wherever_the_machine_is() -> None:
    condition = "known_at >= (now() at time zone 'UTC') - interval 3 days"
    program = (
        "from milepost.drafting.query import expression\n"
        "from milepost.drafting.spans import span_of\n"
        f"print(span_of(expression({condition!r})))\n"
    )
    environment = {**os.environ, "TZ": "America/New_York"}
    command = [sys.executable, "-c", program]
    assert subprocess.check_output(command, env=environment, text=True) == f"{Span(72)}\n"

"""Building day by day gives the tables, and the release, of building all at once."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import pytest

from proofs import logs
from proofs.conftest import LAST
from proofs.proofs import compared
from proofs.work import Work, place

pytestmark = pytest.mark.slow

END = LAST + timedelta(days=1)
# How far the log is closed at each build, and whether the DuckDB file is lost before it.
BUILDS = [
    (END - timedelta(days=6), False),
    (END - timedelta(days=5), False),
    (END - timedelta(days=4), True),
    (END - timedelta(days=2), False),  # two days at once
    (END - timedelta(days=1), True),
    (END, False),
]


def differing(full: Work, other: Work) -> set[str]:
    end = logs.midnight(END)
    views = compared(full, other, end, end)
    assert all(of.rows for of in views.values())
    return {view for view, of in views.items() if of.differing}


@pytest.fixture(scope="module")
def grown(full: Work) -> Work:
    """The project, built day by day from a log that grows."""
    work = full.another("grown", raw=place("raw"))
    for before in (END - timedelta(days=2), END - timedelta(days=1), END):
        logs.grow(full.raw, work.raw, before)
        work.run()
    return work


def test_day_by_day_gives_the_same_tables(full: Work, grown: Work) -> None:
    assert differing(full, grown) == set()


def test_a_backfill_restores_what_a_range_lost(full: Work, grown: Work) -> None:
    first, before = date(2026, 3, 10), date(2026, 3, 13)
    with duckdb.connect(grown.database) as scratch:
        for view in grown.catalog.feature_views():
            scratch.execute(
                f"delete from {view.relation} "
                f"where available_at - interval '{view.serving_delay_minutes}' minute >= $first "
                f"and available_at - interval '{view.serving_delay_minutes}' minute < $before",
                {"first": first, "before": before},
            )
    assert differing(full, grown) == {view.name for view in grown.catalog.feature_views()}
    grown.run("--event-time-start", str(first), "--event-time-end", str(before))
    assert differing(full, grown) == set()


@pytest.mark.full_size
def test_a_full_refresh_gives_the_same_tables(full: Work, grown: Work) -> None:
    grown.run("--full-refresh")
    assert differing(full, grown) == set()


@pytest.mark.full_size
def test_day_by_day_gives_the_same_release_also_where_the_scratch_database_was_lost(
    full: Work,
) -> None:
    work = full.another("published", raw=place("raw"), store=place("store"))
    for before, is_lost in BUILDS:
        if is_lost:
            work.lose_scratch()
        logs.grow(full.raw, work.raw, before)
        work.dbt("build")
        release = work.publish()
    full.dbt("test")
    at_once = full.publish(place("store"))
    for view, expected in zip(release.views, at_once.views, strict=True):
        assert view == expected
    assert release.content == at_once.content

"""No feature view of this project leaks, and none depends on the days on which it was built.

In one file, so that all of it compares with one full build.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import cache

import duckdb
import pytest

from milepost.storage.location import Location
from proofs import logs
from proofs.conftest import LAST, freight
from proofs.proofs import Compared, clocks, compared, truncated
from proofs.work import Work, dated, place

pytestmark = pytest.mark.slow

INSTANTS = {
    "on a midnight": datetime(2026, 3, 15),
}
MORE_INSTANTS = {
    "between": datetime(2026, 3, 15, 15, 29, 17),
    "on an hour": datetime(2026, 3, 15, 15),
    "just after a midnight": datetime(2026, 3, 15, 0, 0, 0, 1),
    "just before a midnight": datetime(2026, 3, 14, 23, 59, 59, 999999),
}
END = LAST + logs.DAY


@pytest.fixture(scope="module")
def full(freight_log: Location, tmp_path_factory: pytest.TempPathFactory) -> Work:
    """The project, built from the whole log at once."""
    work = freight(tmp_path_factory.mktemp("freight") / "full", freight_log)
    work.run()
    return work


def test_no_feature_view_reads_a_clock(full: Work) -> None:
    found = clocks(full.catalog)
    assert found
    assert {view: calls for view, calls in found.items() if calls} == {}


@pytest.fixture(scope="module")
def without(full: Work) -> Callable[[datetime], dict[str, Compared]]:
    """The comparison with a build of the log without what landed at an instant or later."""
    return cache(lambda instant: truncated(full, f"cut_{instant:%dT%H%M%S.%f}", instant))


@pytest.mark.parametrize(
    "instant",
    [
        *(pytest.param(instant, id=name) for name, instant in INSTANTS.items()),
        *(
            pytest.param(instant, id=name, marks=pytest.mark.full_size)
            for name, instant in MORE_INSTANTS.items()
        ),
    ],
)
def test_what_lands_later_changes_no_row(
    without: Callable[[datetime], dict[str, Compared]], instant: datetime
) -> None:
    views = without(instant)
    assert {view: of for view, of in views.items() if of.differing or not of.rows} == {}


def test_what_was_taken_away_counts_later_in_every_view(
    full: Work,
    without: Callable[[datetime], dict[str, Compared]],
) -> None:
    cuts = [without(instant) for instant in INSTANTS.values()]
    views = [view.name for view in full.catalog.feature_views()]
    assert [view for view in views if not any(cut[view].differing_later for cut in cuts)] == []


@pytest.fixture(scope="module")
def grown(full: Work) -> Work:
    """The project, built from a log that grows."""
    work = full.another("grown", raw=place("raw"))
    for before in (END - 2 * logs.DAY, END):
        logs.grow(full.raw, work.raw, before)
        work.run()
    return work


def differing(full: Work, other: Work) -> set[str]:
    end = logs.midnight(END)
    views = compared(full, other, end, end)
    assert all(of.rows for of in views.values())
    return {view for view, of in views.items() if of.differing}


def test_building_on_gives_the_same_tables(full: Work, grown: Work) -> None:
    assert differing(full, grown) == set()


def test_a_backfill_restores_what_a_range_lost(full: Work, grown: Work) -> None:
    # Views of snapshots have rows only after a Sunday, that of diesel prices after a Monday.
    first, before = date(2026, 3, 14), date(2026, 3, 18)
    tables = dated(grown.catalog)
    with duckdb.connect(grown.database) as scratch:
        for table, stands_at in tables.values():
            scratch.execute(
                f"delete from {table} where {stands_at} >= $first and {stands_at} < $before",
                {"first": first, "before": before},
            )
    assert differing(full, grown) == set(tables)
    grown.run("--event-time-start", str(first), "--event-time-end", str(before))
    assert differing(full, grown) == set()


@pytest.mark.full_size
def test_a_full_refresh_gives_the_same_tables(full: Work, grown: Work) -> None:
    grown.run("--full-refresh")
    assert differing(full, grown) == set()

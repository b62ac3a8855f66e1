"""No feature view knows what had not landed: take it away, and no row up to then changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache

import pytest

from proofs.proofs import Compared, truncated
from proofs.work import Work

pytestmark = pytest.mark.slow

INSTANTS = {
    "on a midnight": datetime(2026, 3, 15),
    "between": datetime(2026, 3, 15, 15, 29, 17),
}
MORE_INSTANTS = {
    "on an hour": datetime(2026, 3, 15, 15),
    "just after a midnight": datetime(2026, 3, 15, 0, 0, 0, 1),
    "just before a midnight": datetime(2026, 3, 14, 23, 59, 59, 999999),
}


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
    without: Callable[[datetime], dict[str, Compared]],
) -> None:
    cuts = [without(instant) for instant in INSTANTS.values()]
    assert [view for view in cuts[0] if not any(cut[view].differing_later for cut in cuts)] == []

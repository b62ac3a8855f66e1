"""How many rows came since the current release, and how full they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from duckdb import DuckDBPyConnection

from milepost.building.declared_views import FeatureView
from milepost.publishing.candidate import Candidate
from milepost.publishing.publishable import PublishableView
from milepost.publishing.refusal import Refusal
from milepost.release.names import AVAILABLE_AT

# New rows are compared with those of as many days before: a month, in which weekends even out.
REFERENCE_DAYS = 28
LOOK = "look at what landed, or state another bound in the view's YAML and why"


def within_its_bounds(candidate: Candidate) -> Iterator[Refusal]:
    """Require that the rows since the current release are within the view's bounds: as many, and as
    full, as those before them.

    Not judged: nulls where the window was not full before, rows where one of all windows was not,
    and where the rows are too few to tell.
    """
    for view in candidate.views:
        released, publishable = candidate.predecessor(view), candidate.publishable(view)
        if released and publishable.built_through > released.built_through_at:
            yield from _faults(candidate.con, publishable, released.built_through_at)


def _faults(
    con: DuckDBPyConnection, publishable: PublishableView, released_to: datetime
) -> Iterator[Refusal]:
    """Compare the features group by group: those that are complete from the same instant on."""
    view, complete_from = publishable.view, publishable.complete_from
    for complete_at in sorted(set(complete_from.values())):
        features = [name for name in view.features if complete_from[name] == complete_at]
        start = max(complete_at, released_to - timedelta(days=REFERENCE_DAYS))
        if start >= released_to:
            continue
        before = _counts(con, view, features, (start, released_to))
        since = _counts(con, view, features, (released_to, publishable.built_through))
        hours_since = publishable.built_through - released_to
        expected = before[0] * (hours_since / (released_to - start))
        if max(expected, since[0]) < view.bounds["row_count_min"]:
            continue
        if complete_at == max(complete_from.values()):
            yield from _row_faults(view, since[0], expected, released_to)
        yield from _null_faults(view, features, before, since, released_to)


def _counts(
    con: DuckDBPyConnection,
    view: FeatureView,
    features: Sequence[str],
    between: tuple[datetime, datetime],
) -> Sequence[int]:
    """Return how many rows there are between two instants, and values of each feature."""
    counted = ", ".join(["count(*)", *(f"count({name})" for name in features)])
    row = con.execute(
        f"select {counted} from {view.relation} "  # noqa: S608 - checked names
        f"where {AVAILABLE_AT} >= ? and {AVAILABLE_AT} < ?",
        list(between),
    ).fetchone()
    return row or ()


def _row_faults(
    view: FeatureView, row_count: int, expected: float, released_to: datetime
) -> Iterator[Refusal]:
    factor = view.bounds["row_rate_factor_max"]
    if not expected / factor <= row_count <= expected * factor:
        yield Refusal(
            view.name,
            "it",
            f"has {row_count:,} rows since {released_to}, where the {REFERENCE_DAYS} days before "
            f"suggest {expected:,.0f}; `bounds.row_rate_factor_max` is {factor}",
            remedy=LOOK,
        )


def _null_faults(
    view: FeatureView,
    features: Sequence[str],
    before: Sequence[int],
    since: Sequence[int],
    released_to: datetime,
) -> Iterator[Refusal]:
    if not before[0] or not since[0]:
        return
    for n, name in enumerate(features, start=1):
        share_before, share_since = 1 - before[n] / before[0], 1 - since[n] / since[0]
        if share_since - share_before > view.bounds["null_share_rise_max"]:
            yield Refusal(
                view.name,
                f"`{name}`",
                f"is null in {share_since:.0%} of the rows since {released_to}, in "
                f"{share_before:.0%} of those before; `bounds.null_share_rise_max` is "
                f"{view.bounds['null_share_rise_max']}",
                remedy=LOOK,
            )

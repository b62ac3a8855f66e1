"""What a view has that goes: a replacement, a date, and no service left by then."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from milepost.standards.examined_view import ExaminedView
from milepost.standards.requirement import Fault


def names_a_replacement(examined: ExaminedView) -> Iterator[Fault]:
    """Require that `replaced_by` in the view's `meta` names another feature view of the project,
    which is not deprecated itself.
    """
    replacement = examined.meta.get("replaced_by")
    rungs = {view.name: view.maturity for view in examined.catalog.feature_views()}
    place = examined.stated.place_of_meta("replaced_by")
    remedy = "state `replaced_by: <view>` in its `meta`: what its readers are to use instead"
    if replacement is None:
        yield Fault("names no replacement", remedy, place)
    elif str(replacement) not in rungs or replacement == examined.name:
        yield Fault(f"is replaced by `{replacement}`, which is no other view", remedy, place)
    elif rungs[str(replacement)] == "deprecated":
        yield Fault(f"is replaced by `{replacement}`, which is deprecated itself", remedy, place)


def has_a_date(examined: ExaminedView) -> Iterator[Fault]:
    """Require that the view says until when it stays: dbt's `deprecation_date`."""
    if examined.view.deprecated_at is None:
        yield Fault(
            "does not say until when it stays",
            "state `deprecation_date: <date>` beside its `name`",
        )


def has_no_service_after_its_date(examined: ExaminedView) -> Iterator[Fault]:
    """Require that no service uses the view once its `deprecation_date` is past."""
    ends_at = examined.view.deprecated_at
    now = datetime.now(UTC).replace(tzinfo=None)
    if ends_at and datetime.fromisoformat(ends_at) <= now:
        for service in examined.services:
            yield Fault(
                f"was to go by {ends_at}, and service `{service}` still uses it",
                f"take it out of `{service}`, or move its `deprecation_date`",
            )

"""Whether a view's past is what the current release says."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from milepost.publishing.candidate import Candidate
from milepost.publishing.past import PastChanges
from milepost.publishing.refusal import NEW_VERSION, Refusal

logger = logging.getLogger(__name__)


def keeps_the_past(candidate: Candidate) -> Iterator[Refusal]:
    """Require that the values that held before the current release's `built_through` are the same,
    unless the view is a new version. So an engine goes on from the release of another one exactly
    where it gives all values of its past again.
    """
    remedy = _remedy(candidate)
    for view in candidate.views:
        released = candidate.predecessor(view)
        if released:
            logger.info("comparing the past of %s", view.name)
            yield from faults(view.name, candidate.past_changes(view, released), remedy)


def _remedy(candidate: Candidate) -> str:
    """Return what to do about another past, which another engine may be the cause of."""
    engine = candidate.catalog.adapter
    released_from = candidate.current.code.get("engine") if candidate.current else None
    if released_from in {None, engine}:
        return NEW_VERSION
    return (
        f"`{released_from}` built the current release and `{engine}` these tables: publish from "
        f"`{released_from}`, and compare both as docs/guides/other-engines.md says; "
        f"or {NEW_VERSION}"
    )


def faults(view: str, changes: PastChanges, remedy: str = NEW_VERSION) -> Iterator[Refusal]:
    """Refuse each feature of a view whose values changed, with the first instant of a change."""
    for change in changes.features:
        yield Refusal(
            view,
            f"`{change.feature}`",
            f"has another past: at {change.instant_count:,} instants before {changes.before}, "
            f"first at {change.first_at}" + (f" of {change.key}" if change.key else ""),
            f"features of `{view}` have another past",
            remedy,
        )

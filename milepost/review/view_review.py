"""The review of one feature view: what a change does to it, and whom that concerns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from milepost.publishing.past import PastChanges
from milepost.release.difference import ViewDifference
from milepost.review.distributions import DistributionChange

NEW, NEW_VERSION, REMOVED = "new", "new version", "removed"
OTHER_CODE, OTHER_CHECKS, OTHER_DESCRIPTION = "other code", "other checks", "other description"
UNCHANGED = "unchanged"
OPEN = ("public", "internal")
"""Sensitivities of views whose values may stand in a pull request."""


@dataclass(frozen=True, kw_only=True)
class ViewReview:
    """A feature view as the change has it, beside the view of the release that it goes on from.

    `change` is one of the words above. `compared_with` is the name of the released view, None of a
    view that is new. What only a build shows is None or empty where `is_built` is false.
    """

    view: str
    selector: str
    """How dbt selects the view's model."""

    change: str
    compared_with: str | None
    is_built: bool
    rung_before: str | None
    rung_after: str | None
    missing_for_rung: list[str] = field(default_factory=list)
    """What the view lacks for the rung that it claims, where it has not earned that."""

    is_code_of_release: bool = False
    changed_parts: list[str] | None = None
    """The parts of the code that the change changes; None where there is no base to compare."""

    built_to: str | None = None
    past_changes: PastChanges | None = None
    difference: ViewDifference | None = None
    """What the view's readers see of the change, as `milepost diff` says it."""

    distribution_changes: list[DistributionChange] = field(default_factory=list)
    checks_new: list[str] = field(default_factory=list)
    checks_lost: list[str] = field(default_factory=list)
    checks_changed: list[str] = field(default_factory=list)
    services: list[str] = field(default_factory=list)
    training_sets: list[str] = field(default_factory=list)
    owners: Mapping[str, str] = field(default_factory=dict)
    is_sensitive: bool = False
    """Whether its values are for few people: it states a sensitivity, and not one of `OPEN`."""

    @property
    def is_touched(self) -> bool:
        """Whether the change touches the view, or values of its past moved without one."""
        return self.change != UNCHANGED or bool(self.past_changes and self.past_changes.row_count)

"""Where a view stands on the ladder: which rung it has earned, and what it lacks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from milepost.building.catalog import Catalog
from milepost.release.definition import RUNGS
from milepost.standards.examined_view import ExaminedView
from milepost.standards.finding import Finding
from milepost.standards.places import exposure_place
from milepost.standards.requirements import REQUIREMENTS

# What dbt's `maturity` of an exposure asks of the views that its model uses.
RUNG_OF_MATURITY = {"medium": "experimental", "high": "production"}

SERVICES_RULE = "services stand on their rung"


@dataclass(frozen=True)
class Standing:
    """The rung that a view claims, the highest that it has earned, and what it lacks for the next.

    `earned` is "" where the view is not even a draft, `next_rung` is "" where nothing is above it.
    """

    view: str
    claimed: str
    earned: str
    next_rung: str
    missing: list[Finding]

    @property
    def is_as_claimed(self) -> bool:
        """Whether the view has earned what it claims."""
        return bool(self.earned) and height(self.earned) >= height(self.claimed)


def standing(examined: ExaminedView) -> Standing:
    """Return where a view stands.

    Nobody deprecates a view that names no replacement, or takes one of a package to production.
    """
    top = "production" if examined.is_own else "experimental"
    if "replaced_by" in examined.meta:
        top = "deprecated"
    earned = ""
    for rung in RUNGS[: max(height(top), height(examined.claimed_rung))]:
        if missing := missing_for(examined, rung):
            return Standing(examined.name, examined.claimed_rung, earned, rung, missing)
        earned = rung
    return Standing(examined.name, examined.claimed_rung, earned, "", [])


def missing_for(examined: ExaminedView, rung: str, *, is_promotion: bool = False) -> list[Finding]:
    """Return what a view lacks for a rung, of all that it and the rungs below it ask.

    What a lower rung asks comes first: findings are of one rung. With `is_promotion` nothing is
    asked that the promotion itself writes.
    """
    for lower in RUNGS[: height(rung)]:
        is_above = height(examined.claimed_rung) > height(lower)
        findings = [
            finding
            for requirement in REQUIREMENTS
            if requirement.rung == lower
            and (requirement.lasts or (lower == rung and not is_above))
            and not (is_promotion and requirement.is_by_promotion)
            for finding in requirement.findings(examined)
        ]
        if findings:
            return findings
    return []


def height(rung: str) -> int:
    """Return which rung it is, from 1; 0 for what is none."""
    return RUNGS.index(rung) + 1 if rung in RUNGS else 0


def services_above_their_features(
    catalog: Catalog, folder: Path | None
) -> Iterator[tuple[str, Finding]]:
    """Yield each view that stands below what a service's `maturity` asks of it, by its name."""
    views = catalog.feature_views()
    for exposure in catalog.exposures.values():
        rung = RUNG_OF_MATURITY.get(str(exposure.get("maturity")), "draft")
        exposed = catalog.exposed(exposure["name"]) if exposure["type"] == "ml" else set()
        for view in views:
            if view.unique_id in exposed and height(view.maturity) < height(rung):
                path, line = exposure_place(folder, exposure)
                message = (
                    f"service `{exposure['name']}` has the maturity `{exposure['maturity']}`, "
                    f"which asks `{rung}` of its features, and `{view.name}` is `{view.maturity}`"
                )
                remedy = (
                    f"promote `{view.name}`, or lower the `maturity` of the exposure: "
                    f"`milepost check {view.name}` says what the view lacks"
                )
                finding = Finding(path, line, SERVICES_RULE, message, remedy)
                yield view.name, finding

"""How the values of features are distributed, in a release and in the last build, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from milepost.release.manifest import View

# Of the quantiles that a release has: the middle, and what all but few values lie between.
_SHOWN = ("0.05", "0.5", "0.95")


@dataclass(frozen=True)
class Distribution:
    """The share of nulls, and the extremes and quantiles of the other values, as DuckDB's text.

    What is None was not measured, as quantiles before format 6, or has no value.
    """

    null_share: float | None
    least: str | None
    quantiles: dict[str, str]
    greatest: str | None


@dataclass(frozen=True)
class DistributionChange:
    """A feature whose values are distributed otherwise; None where it is not there."""

    feature: str
    before: Distribution | None
    after: Distribution | None
    is_text: bool = False


def changes(old: View | None, new: View | None) -> list[DistributionChange]:
    """Return the features whose distribution differs, those of the new view first."""
    names = dict.fromkeys([*(new.features if new else ()), *(old.features if old else ())])
    sides = [
        DistributionChange(
            feature=name,
            before=_distribution(old, name),
            after=_distribution(new, name),
            is_text=any(view.types.get(name) == "VARCHAR" for view in (old, new) if view),
        )
        for name in names
    ]
    return [side for side in sides if side.before != side.after]


def _distribution(view: View | None, feature: str) -> Distribution | None:
    measured: dict[str, Any] | None = view.statistics.get(feature) if view else None
    if view is None or measured is None:
        return None
    quantiles = measured.get("quantiles") or {}
    return Distribution(
        null_share=measured["nulls"] / view.rows if view.rows else None,
        least=measured["min"],
        quantiles={name: quantiles[name] for name in _SHOWN if name in quantiles},
        greatest=measured["max"],
    )

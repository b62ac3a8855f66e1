"""When features are whole: from when their windows are full, until when their rows are built."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from milepost.display import shortened
from milepost.errors import LookupInputError
from milepost.release.manifest import Manifest, View
from milepost.release.names import EVENT_TIMESTAMP
from milepost.release.request import FeatureRequest

if TYPE_CHECKING:
    import pyarrow as pa

# Of more features than these an error says the number; `covers` has each.
SHOWN = 10


@dataclass(frozen=True)
class Range:
    """When a feature is whole: from `complete_from` to (not including) `built_through`, UTC.

    `complete_from` is None of a derived feature that needs no other feature.
    """

    feature: str
    complete_from: datetime | None
    built_through: datetime

    @property
    def is_empty(self) -> bool:
        """Whether it is whole at no instant yet."""
        return self.complete_from is not None and self.complete_from >= self.built_through


def ranges(request: FeatureRequest) -> list[Range]:
    """Return when each requested feature is whole, in order, by the name that was asked for."""
    ranges_in_order = []
    for _, requested, feature in request.columns:
        inputs = [(requested.view, feature)]
        derived = request.derived.get((requested.name, feature))
        if derived:
            inputs = [(source.view, name) for source, name in derived.inputs.values()]
        ranges_in_order.append(_range(f"{requested.name}:{feature}", requested.view, inputs))
    return ranges_in_order


def of_view(manifest: Manifest, view: View) -> list[Range]:
    """Return when each feature of a view is whole, stored and derived, by its name."""
    ranges_in_order = [_range(feature, view, [(view, feature)]) for feature in view.features]
    for derived in view.derived:
        inputs = [
            (manifest.by_name[source] if source else view, feature)
            for source, feature in derived.features.values()
        ]
        ranges_in_order.append(_range(derived.name, view, inputs))
    return ranges_in_order


def _range(name: str, view: View, inputs: Sequence[tuple[View, str]]) -> Range:
    """Return when a feature is whole: when all of its inputs are."""
    starts = [source.complete_from[feature] for source, feature in inputs]
    ends = [source.built_through_at for source in (view, *(view for view, _ in inputs))]
    return Range(name, max(starts, default=None), min(ends))


def together(feature_ranges: Sequence[Range]) -> Range:
    """Return when all of the features are whole."""
    starts = [feature.complete_from for feature in feature_ranges if feature.complete_from]
    return Range(
        "all", max(starts, default=None), min(feature.built_through for feature in feature_ranges)
    )


def check(request: FeatureRequest, instants: pa.Array, first_row: int | None = None) -> None:
    """Refuse instants at which a requested feature is not whole, unless the request allows it.

    `first_row` is the number of the first instant's row among more rows, None where these are all.
    """
    if not len(instants):
        return
    import pyarrow.compute as pc

    bounds = pc.min_max(instants)
    feature_ranges = ranges(request)
    early = {} if request.allow_early else _early(feature_ranges, bounds["min"].as_py())
    late = {} if request.allow_late else _late(feature_ranges, bounds["max"].as_py())
    total = f"{(first_row or 0) + len(instants):,} rows"
    of_rows = f"of {total}" if first_row is None else f"of the first {total}"
    problems, conditions, permissions = [], [], []
    if early:
        first = max(early.values())
        count = pc.sum(pc.less(instants, first)).as_py()
        problems.append(
            f"{count:,} {of_rows} are before windows are full: {_listed(early, 'from')}"
        )
        conditions.append(f"{EVENT_TIMESTAMP} >= '{first}'")
        permissions.append("allow_early=True")
    if late:
        end = min(late.values())
        count = pc.sum(pc.greater_equal(instants, end)).as_py()
        problems.append(f"{count:,} {of_rows} are after what is built: {_listed(late, 'until')}")
        conditions.append(f"{EVENT_TIMESTAMP} < '{end}'")
        permissions.append("allow_late=True")
    if problems:
        advice = f"keep the rows with `{' and '.join(conditions)}`"
        if together(feature_ranges).is_empty:
            advice = "no instant has them all yet: ask for fewer"
        raise LookupInputError(
            "; ".join(problems), hint=f"{advice}, or pass {' and '.join(permissions)}"
        )


def check_latest(request: FeatureRequest, as_of: datetime) -> None:
    """Refuse the newest features if the window of any of them was not full at `as_of`."""
    early = {} if request.allow_early else _early(ranges(request), as_of)
    if early:
        raise LookupInputError(
            f"the newest features are as of {as_of}, before windows are full: "
            f"{_listed(early, 'from')}",
            hint="leave them out until then, or pass allow_early=True",
        )


def _early(feature_ranges: Iterable[Range], instant: datetime) -> dict[str, datetime]:
    """Return the features whose windows are not full at an instant, each with when they are."""
    return {
        feature.feature: feature.complete_from
        for feature in feature_ranges
        if feature.complete_from is not None and instant < feature.complete_from
    }


def _late(feature_ranges: Iterable[Range], instant: datetime) -> dict[str, datetime]:
    """Return the features that are not built at an instant, each with its `built_through`."""
    return {
        feature.feature: feature.built_through
        for feature in feature_ranges
        if feature.built_through <= instant
    }


def _listed(features: Mapping[str, datetime], word: str) -> str:
    names_by_instant = defaultdict(list)
    for name, instant in features.items():
        names_by_instant[instant].append(f"`{name}`")
    return "; ".join(
        f"{shortened(names_by_instant[instant], SHOWN)} {word} {instant}"
        for instant in sorted(names_by_instant)
    )

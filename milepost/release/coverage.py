"""Between which instants features are whole: their windows full, and their rows built."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from milepost.errors import LookupInputError
from milepost.reading.lookup import Asked, by_name
from milepost.release.manifest import Manifest, View
from milepost.release.names import EVENT_TIMESTAMP

if TYPE_CHECKING:
    import pyarrow as pa

# Of more features than these an error says the number; `covers` has each.
SHOWN = 10


@dataclass(frozen=True)
class Range:
    """When a feature is whole: from `complete_from` up to, without, `built_through`, naive UTC.

    `complete_from` is None of a derived feature that needs no other feature.
    """

    feature: str
    complete_from: datetime | None
    built_through: datetime

    @property
    def is_empty(self) -> bool:
        """Whether it is whole at no instant yet."""
        return self.complete_from is not None and self.complete_from >= self.built_through


def ranges(asked: Asked) -> list[Range]:
    """When each feature asked for is whole, in order, by the name that was asked for."""
    found = []
    for _, view, feature in asked.columns:
        inputs = [(view.view, feature)]
        derived = asked.derived.get((view.name, feature))
        if derived:
            inputs = [(one.view, name) for one, name in derived.inputs.values()]
        found.append(_range(f"{view.name}:{feature}", view.view, inputs))
    return found


def of_view(manifest: Manifest, view: View) -> list[Range]:
    """When each feature of a view is whole, stored and derived, by its name."""
    views = by_name(manifest)
    found = [_range(feature, view, [(view, feature)]) for feature in view.features]
    for one in view.derived:
        inputs = [(views[other] if other else view, name) for other, name in one.features.values()]
        found.append(_range(one.name, view, inputs))
    return found


def _range(name: str, view: View, inputs: Sequence[tuple[View, str]]) -> Range:
    """A feature is whole where all that it is made from is."""
    starts = [one.complete_from[feature] for one, feature in inputs]
    ends = [one.instant("built_through") for one in (view, *(one for one, _ in inputs))]
    return Range(name, max(starts, default=None), min(ends))


def together(found: Sequence[Range]) -> Range:
    """When all of them are whole."""
    starts = [one.complete_from for one in found if one.complete_from is not None]
    return Range("all", max(starts, default=None), min(one.built_through for one in found))


def check(asked: Asked, instants: pa.Array, first_row: int | None = None) -> None:
    """Refuse instants at which a feature that is asked for is not whole, unless it is allowed.

    `first_row` is the place of the first of them among more rows, None where they are all.
    """
    if not len(instants):
        return
    import pyarrow.compute as pc

    bounds = pc.min_max(instants)
    found = ranges(asked)
    early = {} if asked.allow_early else _early(found, bounds["min"].as_py())
    late = {} if asked.allow_late else _late(found, bounds["max"].as_py())
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
        if together(found).is_empty:
            advice = "no instant has them all yet: ask for fewer"
        raise LookupInputError(
            "; ".join(problems), hint=f"{advice}, or pass {' and '.join(permissions)}"
        )


def check_latest(asked: Asked, as_of: datetime) -> None:
    """Refuse the newest features where the window of one was not full at their instant."""
    early = {} if asked.allow_early else _early(ranges(asked), as_of)
    if early:
        raise LookupInputError(
            f"the newest features are as of {as_of}, before windows are full: "
            f"{_listed(early, 'from')}",
            hint="leave them out until then, or pass allow_early=True",
        )


def _early(found: Iterable[Range], instant: datetime) -> dict[str, datetime]:
    """The features whose windows are not full at an instant, each with when they are."""
    return {
        one.feature: one.complete_from
        for one in found
        if one.complete_from is not None and instant < one.complete_from
    }


def _late(found: Iterable[Range], instant: datetime) -> dict[str, datetime]:
    """The features that are not built at an instant, each with until when they are."""
    return {one.feature: one.built_through for one in found if one.built_through <= instant}


def _listed(features: Mapping[str, datetime], word: str) -> str:
    grouped = defaultdict(list)
    for name, instant in features.items():
        grouped[instant].append(f"`{name}`")
    return "; ".join(f"{_some(grouped[at])} {word} {at}" for at in sorted(grouped))


def _some(names: Sequence[str]) -> str:
    """The names, of many the first ones and the number of the others."""
    shown, others = names[:SHOWN], names[SHOWN:]
    return ", ".join(shown) + (f" and {len(others)} more" if others else "")

"""Between which instants the features of a view are whole: for a release, and for a lookup."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class BuiltRange:
    """From when the windows of each feature are full, and the first instant that is not built."""

    complete_from: Mapping[str, datetime]
    built_through: datetime


def built_range(
    *,
    features: Iterable[str],
    firsts: Iterable[datetime],
    built_to: datetime,
    look_backs: Mapping[str, int],
    longest_window_days: int,
    serving_delay_minutes: int,
) -> BuiltRange:
    """Return the built range of a view whose raw tables begin at `firsts`.

    `built_to` is the first grid instant that is not built. `look_backs` is how many hours each
    feature looks back, as its build found it; a feature without it looks back as far as the view.
    """
    begins = max(firsts)
    delay = timedelta(minutes=serving_delay_minutes)
    return BuiltRange(
        complete_from={
            name: begins + timedelta(hours=look_backs.get(name, 24 * longest_window_days)) + delay
            for name in features
        },
        built_through=built_to + delay,
    )

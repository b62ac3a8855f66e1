"""Between which instants the features of a view are whole: for a release, and for a lookup."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from milepost.building.batches import grid_end
from milepost.building.catalog import Catalog
from milepost.building.stated_windows import look_back_days, stated_days


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


def of_view(
    catalog: Catalog,
    view_id: str,
    raw_logs: Mapping[str, Mapping[str, str]],
    built_to: str | None,
    look_backs: Mapping[str, int],
) -> dict[str, Any]:
    """Return the built range of a view as texts, as far as its raw tables are closed.

    Where its database has built it, `built_to` and `look_backs` are as the record says.
    """
    node = catalog.nodes[view_id]
    meta = node["config"]["meta"]
    tables = [raw_logs[table_id] for table_id in sorted(catalog.raw_tables(view_id))]
    closed = min(datetime.fromisoformat(table["closed_before"]) for table in tables)
    end = grid_end(closed, meta["grid"])
    built = built_range(
        features=stated_days(node),
        firsts=[datetime.fromisoformat(table["first"]) for table in tables],
        built_to=datetime.fromisoformat(built_to) if built_to else end,
        look_backs=look_backs,
        longest_window_days=look_back_days(node) or 0,
        serving_delay_minutes=meta["serving_delay_minutes"],
    )
    return {
        "complete_from": {name: str(instant) for name, instant in built.complete_from.items()},
        "built_through": str(built.built_through),
    }

"""The serving delay of a feature view, compared with how long its raw tables take to close."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from milepost.errors import PublishError
from milepost.raw.layout import Layout
from milepost.raw.tables import RawTable

_STEPS = {"day": timedelta(days=1), "hour": timedelta(hours=1)}
_MINUTE = timedelta(minutes=1)


def check_serving_delay(view: str, grid: Any, minutes: Any, tables: list[RawTable]) -> None:
    """Raise a PublishError for a serving delay that is too short for any build.

    A row of grid instant g needs every partition that begins before g. The last of them ends up to
    a partition's length less a step of the grid after g, and is closed later still. Files of a
    month are history: their feed, if there is one, is another.
    """
    if grid not in _STEPS or not isinstance(minutes, int):
        return  # said elsewhere
    for table in tables:
        wait = _wait(table, _STEPS[grid])
        if minutes * _MINUTE < wait:
            raise PublishError(
                f"feature view `{view}` has a row each {grid} and says that it is served "
                f"{minutes} minutes later, and `{table.name}` closes up to {wait // _MINUTE} "
                "minutes after it",
                hint="state that and the build's time in `meta.serving_delay_minutes`",
            )


def _wait(table: RawTable, step: timedelta) -> timedelta:
    if table.table_format == "iceberg":
        return table.closing_delay
    unit = Layout.parse(table.layout, table.identifier, table.time_zone).unit or "day"
    length = _STEPS.get(unit, timedelta())
    delay = table.closing_delay if table.closed_by == "delay" else timedelta()
    return max(length - step, timedelta()) + delay

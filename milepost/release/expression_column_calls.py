"""What the functions of columns alone give, in Python: elapsed time, local time, distance.

The macro of each has the same name, but for `elapsed`. Where its value is not known here, it is an
ArithmeticError.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from milepost.release.expression_tree import ELAPSED, UNIT_SECONDS
from milepost.release.expression_types import NUMBERS, Part, UnknownError, as_double, strict
from milepost.release.time_zones import TIME_ZONES

_YEAR_1, _YEAR_9999 = (
    (instant - datetime(1970, 1, 1)) // timedelta(microseconds=1)  # noqa: DTZ001 - naive is UTC
    for instant in (datetime.min, datetime.max)  # noqa: DTZ901
)
# Years in which each database of time zones has the same rules for all of them. 2026-11.
_YEAR_1980, _YEAR_2038 = (
    int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000 for year in (1980, 2038)
)


def _elapsed(name: str, parts: Sequence[Part]) -> Part:
    """Return what the macro `elapsed` gives, by the same steps in doubles."""
    if [part.type for part in parts] != ["TIMESTAMP", "TIMESTAMP"]:
        raise UnknownError
    seconds = float(UNIT_SECONDS[ELAPSED[name]])

    def elapsed(start: int, end: int) -> float:
        if not (_YEAR_1 <= start <= _YEAR_9999 and _YEAR_1 <= end <= _YEAR_9999):
            raise OverflowError
        cut = math.floor(float(end - start) / seconds) * 0.000001
        return round(cut * 1000000.0) / 1000000.0

    return strict("DOUBLE", elapsed, [part.function for part in parts])


def _local(name: str, parts: Sequence[Part]) -> Part:
    """Return the hour or the weekday of ISO 8601 that the clocks of a time zone show."""
    if [part.type for part in parts] != ["TIMESTAMP", "VARCHAR"]:
        raise UnknownError

    def local(instant: int, time_zone: str) -> int | None:
        if time_zone not in TIME_ZONES:
            return None
        if not _YEAR_1980 <= instant < _YEAR_2038:
            raise OverflowError
        try:
            zone = ZoneInfo(time_zone)
        except ZoneInfoNotFoundError as error:  # the machine's database lacks it, or is missing
            raise ArithmeticError from error
        moment = datetime.fromtimestamp(instant // 1_000_000, zone)
        return moment.hour if name == "local_hour" else moment.isoweekday()

    return strict("BIGINT", local, [part.function for part in parts])


def _great_circle_miles(_: str, parts: Sequence[Part]) -> Part:
    """Return what the macro `great_circle_miles` gives, by the same steps in doubles."""
    if {part.type for part in parts} - set(NUMBERS):
        raise UnknownError
    functions = [as_double(part) for part in parts]

    def miles(row: Sequence[Any]) -> float | None:
        places = [function(row) for function in functions]
        if None in places:
            return None
        latitude_1, longitude_1, latitude_2, longitude_2 = places
        if not (abs(latitude_1) <= 90 and abs(latitude_2) <= 90):
            return None
        if not (abs(longitude_1) <= 180 and abs(longitude_2) <= 180):
            return None
        north = math.sin(math.radians(latitude_2 - latitude_1) / 2)
        east = math.sin(math.radians(longitude_2 - longitude_1) / 2)
        shrinking = math.cos(math.radians(latitude_1)) * math.cos(math.radians(latitude_2))
        return 7917.6 * math.asin(math.sqrt(min(1.0, north**2 + shrinking * east**2)))

    return Part("DOUBLE", miles)


COLUMN_CALLS: dict[str, Callable[[str, Sequence[Part]], Part]] = {
    **dict.fromkeys(ELAPSED, _elapsed),
    **dict.fromkeys(("local_hour", "local_weekday"), _local),
    "great_circle_miles": _great_circle_miles,
}

"""Layouts of raw tables: which span of time an object's name says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from milepost.raw.tables import Partition

Unit = Literal["month", "day", "hour"]
_DIGITS = {
    "date": r"\d{4}-\d\d-\d\d",
    "year": r"\d{4}",
    "month": r"\d\d?",
    "day": r"\d\d?",
    "hour": r"\d\d?",
}
# What a partition's name must say for its length. `date` says year, month and day.
_UNITS: dict[frozenset[str], Unit | None] = {
    frozenset(): None,
    frozenset({"year", "month"}): "month",
    frozenset({"date"}): "day",
    frozenset({"year", "month", "day"}): "day",
    frozenset({"date", "hour"}): "hour",
    frozenset({"year", "month", "day", "hour"}): "hour",
}
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
# Writers keep notes beside the data under such names, and consoles and EMR keep folders.
_NOTE = re.compile(r"(^|/)[_.]|\.crc$|/$|_\$folder\$$")


@dataclass(frozen=True)
class Layout:
    """Where the files of a raw table are below its location.

    `prefix` is what all their names begin with. `unit` is the length of a partition, None where
    the layout names no time: a file then belongs to `covers`, or to the UTC day in which it was
    written.
    """

    prefix: str
    unit: Unit | None
    zone: ZoneInfo
    times: tuple[str, ...]
    is_file: bool
    partitioned: re.Pattern[str]
    of_table: re.Pattern[str]
    covers: Partition | None = None

    @classmethod
    def parse(
        cls, text: str, identifier: str, time_zone: str, *, covers: Partition | None = None
    ) -> Layout:
        """Return the layout of a table; a ValueError says what is wrong with its text."""
        names = _PLACEHOLDER.findall(text)
        times = tuple(name for name in names if name != "table")
        unknown = [name for name in times if name not in _DIGITS]
        if unknown:
            raise ValueError(
                f"`{{{unknown[0]}}}` is no part of a layout: these are `{{table}}`, "
                + ", ".join(f"`{{{name}}}`" for name in _DIGITS)
            )
        if len(set(names)) < len(names):
            raise ValueError("a part of it stands twice")
        if text != text.strip("/") or "//" in text or "*" in text:
            raise ValueError("it is no path of folders")
        if frozenset(times) not in _UNITS:
            raise ValueError("it does not name all larger parts of a date, or names one twice")
        template = text.replace("{table}", identifier)
        # Literal text and placeholders take turns, and literal text is first and last.
        parts = _PLACEHOLDER.split(template)
        is_file = template.endswith(".parquet")
        prefix = parts[0] if times or is_file or not template else f"{template}/"
        if "{table}/" in text.partition(f"{{{times[0]}}}" if times else "\0")[0]:
            # All in a folder of the table's own is the table's, or out of place.
            prefix = prefix[: prefix.rindex("/") + 1]
        return cls(
            prefix=prefix,
            unit=_UNITS[frozenset(times)],
            zone=ZoneInfo(time_zone),
            times=times,
            is_file=is_file,
            partitioned=re.compile(
                _pattern(parts) + ("" if is_file else "/[^/]+" if template else "[^/]+")
            ),
            # Where a date stands before the table's name, the prefix is that of all tables.
            of_table=re.compile(
                "[^/]*".join(map(re.escape, parts[::2])) + "(/.*)?"
                if "table" in names[1:]
                else ".*",
                re.DOTALL,
            ),
            covers=covers,
        )

    def is_data(self, name: str) -> bool:
        """Return whether an object is a data file of the table, or out of place among them.

        It is not where it is a writer's note. The layout's own folders may be named like notes.
        """
        if not self.partitioned.fullmatch(name):
            below = name[self.prefix.rfind("/") + 1 :]
            return not _NOTE.search(below) and bool(self.of_table.fullmatch(name))
        return self.is_file or not _NOTE.search(name[name.rfind("/") + 1 :])

    def partition(self, name: str, written_at: datetime) -> Partition | None:
        """Return the partition of an object, or None where its name is not of this layout."""
        match = self.partitioned.fullmatch(name)
        if not match:
            return None
        if self.unit is None:
            return self.covers or self.at(written_at)
        return _named(self.unit, self.zone, self.times, match.groups())

    def at(self, instant: datetime) -> Partition:
        """Return the partition that an instant is in, naive UTC."""
        if self.unit is None:
            day = instant.replace(hour=0, minute=0, second=0, microsecond=0)
            return Partition(day, day + timedelta(days=1))
        local = instant.replace(tzinfo=UTC).astimezone(self.zone).replace(tzinfo=None, fold=0)
        local = local.replace(minute=0, second=0, microsecond=0)
        if self.unit != "hour":
            local = local.replace(hour=0)
        if self.unit == "month":
            local = local.replace(day=1)
        return _partition(self.unit, self.zone, local)


def _pattern(parts: list[str]) -> str:
    """Return the regular expression of a layout, with a group for each part of a date."""
    pattern = re.escape(parts[0])
    for number, name in enumerate(parts[1::2]):
        before, after = parts[2 * number], parts[2 * number + 2]
        is_first, is_last = number == 0, 2 * number + 3 == len(parts)
        # Without text between them, only two digits each tell a month from a day.
        is_crowded = not (before or is_first) or not (after or is_last)
        digits = _DIGITS[name].removesuffix("?") if is_crowded else _DIGITS[name]
        pattern += f"({digits}){re.escape(after)}"
    return pattern


@lru_cache(maxsize=100_000)
def _named(
    unit: Unit, zone: ZoneInfo, times: tuple[str, ...], values: tuple[str, ...]
) -> Partition | None:
    """Return the partition that the parts of a date name, or None where there is no such date."""
    by_name = dict(zip(times, values, strict=True))
    try:
        if "date" in by_name:
            day = date.fromisoformat(by_name["date"])
        else:
            year, month, day_of_month = (
                int(by_name.get(name, 1)) for name in ("year", "month", "day")
            )
            day = date(year, month, day_of_month)
        local = datetime(day.year, day.month, day.day, int(by_name.get("hour", 0)))  # noqa: DTZ001 - local
        return _partition(unit, zone, local)
    except (ValueError, OverflowError):
        return None


def _partition(unit: Unit, zone: ZoneInfo, local: datetime) -> Partition:
    """Return the partition of a local month, day or hour, from the instant at which it began.

    An hour that a clock put back shows twice is a partition of two hours. One that a clock put
    forward skips does not exist: a ValueError. So partitions touch, and never overlap.
    """
    if unit == "month":
        end = local.replace(year=local.year + local.month // 12, month=local.month % 12 + 1)
    else:
        end = local + (timedelta(days=1) if unit == "day" else timedelta(hours=1))
    starts_at, ends_at = _utc(local, zone), _utc(end, zone)
    if ends_at <= starts_at:
        raise ValueError(f"{local} does not exist in {zone.key}")
    return Partition(starts_at, ends_at)


def _utc(local: datetime, zone: ZoneInfo) -> datetime:
    """Return when a zone's clocks first showed a time, or passed it where they were put forward."""
    instant = local.replace(tzinfo=zone).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None, fold=0) != local:
        instant = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
        while instant.astimezone(zone).replace(tzinfo=None) < local:
            instant += timedelta(minutes=1)
    return instant.replace(tzinfo=None)

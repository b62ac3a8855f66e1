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
    "date": r"(?P<date>\d{4}-\d\d-\d\d)",
    "year": r"(?P<year>\d{4})",
    "month": r"(?P<month>\d\d?)",
    "day": r"(?P<day>\d\d?)",
    "hour": r"(?P<hour>\d\d?)",
}
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
# Writers keep their own notes beside the data under such names.
_NO_DATA = re.compile(r"(^|/)[_.]|\.crc$|/$")


@dataclass(frozen=True)
class Layout:
    """Where the files of a raw table are below its location.

    `prefix` is what all their names begin with. `unit` is the length of a partition, None where
    the layout names no time: a file then belongs to the UTC day in which it was written.
    """

    text: str
    prefix: str
    pattern: re.Pattern[str]
    unit: Unit | None
    zone: ZoneInfo

    @classmethod
    def parse(cls, text: str, identifier: str, time_zone: str) -> Layout:
        """Return the layout of a table; a ValueError says what is wrong with its text."""
        names = _PLACEHOLDER.findall(text)
        unknown = [name for name in names if name not in {"table", *_DIGITS}]
        if unknown:
            raise ValueError(f"`{{{unknown[0]}}}` is no part of a layout")
        if len(set(names)) < len(names):
            raise ValueError("a part of it stands twice")
        if text != text.strip("/") or "//" in text or "*" in text:
            raise ValueError("it is no path of folders")
        template = text.replace("{table}", identifier)
        parts = _PLACEHOLDER.split(template)
        pattern = "".join(
            _DIGITS[part] if number % 2 else re.escape(part) for number, part in enumerate(parts)
        )
        is_file = template.endswith(".parquet")
        end = "" if is_file else "(?:/[^/]+)" if template else "[^/]+"
        return cls(
            text=text,
            prefix=parts[0] if len(parts) > 1 or is_file else f"{template}/" if template else "",
            pattern=re.compile(f"{pattern}{end}"),
            unit=_unit(set(names) - {"table"}),
            zone=ZoneInfo(time_zone),
        )

    def is_data(self, name: str) -> bool:
        """Return whether an object's name is one of a data file, and not of a writer's note."""
        return not _NO_DATA.search(name)

    def partition(self, name: str, written_at: datetime) -> Partition | None:
        """Return the partition of an object, or None where its name is not of this layout."""
        match = self.pattern.fullmatch(name)
        if not match:
            return None
        if self.unit is None:
            day = written_at.replace(hour=0, minute=0, second=0, microsecond=0)
            return Partition(day, day + timedelta(days=1))
        found = match.groupdict()
        try:
            first = date.fromisoformat(found["date"]) if "date" in found else None
            year, month, day_of_month = (
                (first.year, first.month, first.day)
                if first
                else (int(found["year"]), int(found["month"]), int(found.get("day", 1)))
            )
            hour = int(found.get("hour", 0))
            return _partition(self.unit, self.zone, datetime(year, month, day_of_month, hour))  # noqa: DTZ001 - local
        except (ValueError, OverflowError):  # digits that are no date
            return None

    def following(self, partition: Partition) -> Partition:
        """Return the partition that begins where another ends."""
        if self.unit is None:
            return Partition(partition.ends_at, partition.ends_at + timedelta(days=1))
        local = partition.ends_at.replace(tzinfo=UTC).astimezone(self.zone).replace(tzinfo=None)
        return _partition(self.unit, self.zone, local)


def _unit(names: set[str]) -> Unit | None:
    if not names:
        return None
    units: dict[frozenset[str], Unit] = {
        frozenset({"date"}): "day",
        frozenset({"date", "hour"}): "hour",
        frozenset({"year", "month"}): "month",
        frozenset({"year", "month", "day"}): "day",
        frozenset({"year", "month", "day", "hour"}): "hour",
    }
    if frozenset(names) not in units:
        raise ValueError("it names a time without the larger parts of its date")
    return units[frozenset(names)]


@lru_cache(maxsize=100_000)
def _partition(unit: Unit, zone: ZoneInfo, local: datetime) -> Partition:
    """Return the partition of a local date or hour.

    An hour that a clock put back shows twice is one partition of two hours. One that a clock put
    forward skips does not exist: a ValueError.
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
    return local.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)

"""The rows of a raw table with a fault, as SQL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from milepost.raw.copies import CopiedTable
from milepost.stress.kinds import (
    DAYS_FROZEN,
    DAYS_LATE,
    HOURS_LATE,
    OF_TABLES,
    Column,
    Kind,
    of_column,
)
from milepost.stress.raw_parts import Part

_FILES = "raw.main.files"


@dataclass(frozen=True)
class Fault:
    """A fault of a raw table: its kind, and the column that has it; none for the whole table."""

    table_id: str
    column: str
    kind: Kind


def of_parts(parts: list[Part]) -> list[Fault]:
    """Return every fault that the tables of some parts can have, in a fixed order."""
    faults: dict[tuple[str, str, str], Fault] = {}
    for part in sorted(parts, key=lambda part: part.table_id):
        pairs = [
            (column.name.lower(), kind) for column in part.columns for kind in of_column(column)
        ]
        for column, kind in [*pairs, *(("", kind) for kind in OF_TABLES)]:
            fault = Fault(part.table_id, column, kind)
            faults.setdefault((part.table_id, column, kind.name), fault)
    return list(faults.values())


def rows(part: Part, copied: CopiedTable, fault: Fault) -> str:
    """Return the SQL of a part's rows with a fault: the columns of its files, and the file."""
    if not fault.column:
        return _OF_TABLE[fault.kind.name](part, copied)
    column = next((item for item in part.columns if item.name.lower() == fault.column), None)
    if column is None or fault.kind not in of_column(column):  # files that lack the column
        return f"select {_columns()} from {part.relation}"
    return _with_value(part, copied, column, fault.kind)


def _with_value(part: Part, copied: CopiedTable, column: Column, kind: Kind) -> str:
    has_fault = f"milepost__place <= {part.last}"
    if kind.is_of_time:
        first = copied.files[0].starts_at
        has_fault = _lands_since(part, first + (copied.before - first) / 2)
    value = kind.value
    if kind.hours:
        value = column.by_a_clock_off(kind.hours)
    value = value.format(
        column=column.sql,
        unit=column.unit,
        unseen=column.unseen,
        category=f"(select mode({column.sql} order by {column.sql}) from {part.relation})",
    )
    value = f"try_cast({value} as {column.sql_type})"
    if kind.name != "nulls":
        value = f"coalesce({value}, {column.sql})"
    return (
        f"select {_columns('milepost__next')} replace "
        f"(case when {has_fault} then {value} else {column.sql} end as {column.sql}) "
        f"from (select *, lead({column.sql}) over (order by milepost__place) as milepost__next "
        f"from {part.relation})"
    )


def _duplicates(part: Part, _: CopiedTable) -> str:
    all_rows = f"select {_columns()} from {part.relation}"
    return f"{all_rows} union all {all_rows} where milepost__place <= {part.last}"


def _out_of_order(part: Part, _: CopiedTable) -> str:
    return f"select {_columns()} from {part.relation} order by milepost__place desc"


def _late_by(delay: timedelta) -> Callable[[Part, CopiedTable], str]:
    def late(part: Part, copied: CopiedTable) -> str:
        has_fault = f"milepost__place <= {part.last}"
        return (
            f"select {_columns()} from {part.relation} where not {has_fault} "
            f"union all {_landed_later(part, copied, delay, has_fault)}"
        )

    return late


def _day_doubled(part: Part, copied: CopiedTable) -> str:
    day = timedelta(days=1)
    is_day = (
        f"{_lands_since(part, copied.before - 3 * day)} "
        f"and not {_lands_since(part, copied.before - 2 * day)}"
    )
    again = _landed_later(part, copied, day, is_day)
    return f"select {_columns()} from {part.relation} union all {again}"


def _hour_missing(part: Part, _: CopiedTable) -> str:
    if part.known is None:
        return f"select {_columns()} from {part.relation}"
    hour = f"date_trunc('hour', {part.known.instant})"
    return (
        f"select {_columns()} from {part.relation} where {hour} is distinct from "
        f"(select mode({hour} order by {hour}) from {part.relation})"
    )


def _source_frozen(part: Part, copied: CopiedTable) -> str:
    since = copied.before - timedelta(days=DAYS_FROZEN)
    return f"select {_columns()} from {part.relation} where not {_lands_since(part, since)}"


def _landed_later(part: Part, copied: CopiedTable, delay: timedelta, condition: str) -> str:
    """Return the SQL of the rows with a condition as they would be, had they landed later.

    A row that would not have landed within the log is not there.
    """
    interval = f"interval '{int(delay.total_seconds())} seconds'"
    of_table = f"{_FILES} where table_id = '{part.table_id}'"
    known = part.known
    known_later = f", {known.moved(interval)} as {known.sql}" if known else ""
    return (
        f"select {_columns('milepost__lands_at', 'begins_at', 'uri')} "
        f"replace (uri as milepost__file{known_later}) from ("
        f"select landed.*, {known.instant if known else 'starts_at'} + {interval} "
        f"as milepost__lands_at from {part.relation} as landed "
        f"inner join (select uri as milepost__file, starts_at from {of_table}) "
        f"using (milepost__file) where {condition}) as later "
        f"asof join (select starts_at as begins_at, min(uri) as uri from {of_table} "
        f"group by starts_at) as targets on later.milepost__lands_at >= targets.begins_at "
        f"where milepost__lands_at < timestamp '{copied.before}'"
    )


_OF_TABLE: dict[str, Callable[[Part, CopiedTable], str]] = {
    "duplicates": _duplicates,
    "late_by_hours": _late_by(timedelta(hours=HOURS_LATE)),
    "late_by_days": _late_by(timedelta(days=DAYS_LATE)),
    "out_of_order": _out_of_order,
    "hour_missing": _hour_missing,
    "day_doubled": _day_doubled,
    "source_frozen": _source_frozen,
}


def _columns(*more: str) -> str:
    """Return what selects the columns of files and the file, and not what is ours beside them."""
    return f"* exclude ({', '.join(('milepost__place', *more))})"


def _lands_since(part: Part, since: datetime) -> str:
    return (
        f"milepost__file in (select uri from {_FILES} where table_id = '{part.table_id}' "
        f"and starts_at >= timestamp '{since}')"
    )

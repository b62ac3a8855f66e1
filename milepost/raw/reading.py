"""How the columns of a file are read in their declared types: exactly, or not at all.

DuckDB reads a list of files in the types of the first, and rounds, cuts off or moves the values of
others without a word. So files are read together only where they have equal readings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache, lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

import duckdb

from milepost.errors import LandingError
from milepost.raw.column_types import DECLARABLE, duckdb_type, file_type, parser
from milepost.raw.conversion import conversion, hint
from milepost.raw.tables import Column, RawFile, RawTable

# The parts of a format that give a year; without one, text would be read as of 1900.
_YEAR = re.compile(r"(?<!%)(?:%%)*%-?[YyGcx]")


@dataclass(frozen=True)
class Reading:
    """How a declared column is read from files; `read_column` writes it as SQL.

    `data_type` and `file_type` are what `duckdb_type` and `file_type` return. `cast`: each value of
    the file's type keeps its digits in the declared type. `exact`: not each value, and one that
    does not is unreadable. `instant`: an instant with a time zone, in UTC. `text`: by
    `text_format`, and text that does not fit is unreadable. `null`: the file lacks the column, or
    has nulls alone.
    """

    column: str
    data_type: str
    how: Literal["cast", "exact", "instant", "text", "null"]
    name_in_file: str = ""
    file_type: str = ""
    text_format: str = ""


def readings(table: RawTable, file: RawFile) -> tuple[Reading, ...]:
    """Return how each declared column of a table is read from a file, in their declared order.

    Files with equal readings can be read together. Raises a LandingError that names table, column,
    file and both types.
    """
    columns = tuple(table.columns.values())
    may_lack = tuple(
        column.is_optional
        or (
            column.added_on is not None
            and file.starts_at < _midnight(column.added_on, table.time_zone)
        )
        for column in columns
    )
    alike = _readings(table.name, columns, may_lack, tuple(file.columns.items()))
    return alike or tuple(
        reading(table.name, column, file.uri, file.columns, may_lack=is_free_to)
        for column, is_free_to in zip(columns, may_lack, strict=True)
    )


@lru_cache(maxsize=10_000)
def _readings(
    table: str,
    columns: tuple[Column, ...],
    may_lack: tuple[bool, ...],
    columns_of_file: tuple[tuple[str, str], ...],
) -> tuple[Reading, ...] | None:
    """Return the readings of all files with the same columns, of which a year has thousands.

    None where one cannot be read: an error names the file.
    """
    try:
        return tuple(
            reading(table, column, "", dict(columns_of_file), may_lack=is_free_to)
            for column, is_free_to in zip(columns, may_lack, strict=True)
        )
    except LandingError:
        return None


def reading(
    table: str, column: Column, uri: str, columns: Mapping[str, str], *, may_lack: bool
) -> Reading:
    """Return how a declared column is read from a file with `columns`, by their Arrow types' names.

    `table` and `uri` are for messages.
    """
    declared = duckdb_type(column.data_type)
    if declared is None:
        raise undeclarable(table, column.name, column.data_type)
    names = [name for name in columns if _fold(name) == _fold(column.name)]
    if len(names) > 1:
        raise LandingError(
            f"column `{column.name}` of raw table `{table}` is both "
            f"{' and '.join(f'`{name}`' for name in names)} in `{uri}`",
            hint="write one of them: engines do not tell upper from lower case",
        )
    if not names and may_lack:
        return Reading(column.name, declared, "null")
    if not names:
        raise LandingError(
            f"column `{column.name}` of raw table `{table}` is missing in `{uri}`, which has "
            f"{', '.join(columns)}",
            hint="land the column, or say in `config.meta` of the column since when files have it "
            "(`added_on: 2026-03-01`), or that any may lack it (`optional: true`)",
        )
    (name,) = names
    actual = file_type(columns[name])
    if actual == "NULL":
        return Reading(column.name, declared, "null")
    if actual == "VARCHAR" and column.text_format and declared in ("DATE", "TIMESTAMP"):
        return Reading(column.name, declared, "text", name, actual, column.text_format)
    how = actual and conversion(actual, declared)
    if not actual or not how:
        raise LandingError(
            f"column `{column.name}` of raw table `{table}` is {columns[name]} in `{uri}`, "
            f"declared {column.data_type}",
            hint=hint(actual, declared),
        )
    return Reading(column.name, declared, how, name, actual)


def check_declared(table: str, column: Column) -> None:
    """Check the type and the format of a declared column; a LandingError says what is wrong."""
    declared = duckdb_type(column.data_type)
    if declared is None:
        raise undeclarable(table, column.name, column.data_type)
    if column.text_format is None:
        return
    fault = None
    if declared not in ("DATE", "TIMESTAMP"):
        fault = f"a column declared `{column.data_type}` has none: declare `date` or `timestamp`"
    elif not _is_format(column.text_format):
        fault = "DuckDB's `strptime` does not take it: '%Y-%m-%d %H:%M:%S' is one that it takes"
    elif not _YEAR.search(column.text_format):
        fault = "it has no year: add `%Y`"
    if fault:
        raise LandingError(
            f"column `{column.name}` of raw table `{table}` has `format: {column.text_format}`",
            hint=fault,
        )


def undeclarable(table: str, column: str, data_type: str) -> LandingError:
    """Return the error for a declared type that no raw column has."""
    hint = f"its `data_type` in the source's YAML is {DECLARABLE}"
    if "timestamp" in data_type.lower():
        hint = "declare `timestamp`: files may have instants of any unit and zone, read as UTC"
    return LandingError(
        f"column `{column}` of raw table `{table}` is declared `{data_type}`", hint=hint
    )


@cache
def _midnight(day: date, time_zone: str) -> datetime:
    """Return when a day of a time zone begins, in naive UTC."""
    midnight = datetime.combine(day, time(), ZoneInfo(time_zone))
    return midnight.astimezone(UTC).replace(tzinfo=None)


def _fold(name: str) -> bytes:
    """Return a name without upper case, as DuckDB compares them: in ASCII alone."""
    return name.encode().lower()


@cache
def _is_format(text_format: str) -> bool:
    try:
        parser().execute("select try_strptime('', ?)", [text_format])
    except duckdb.Error:
        return False
    return True

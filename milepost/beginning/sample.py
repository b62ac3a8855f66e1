"""A sample of a table's rows, in the types that its source declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

import duckdb
import pyarrow as pa

from milepost.beginning.columns import RawColumn

# Those that one of them alone reads a text by; `%m/%d/%y` and `%d/%m/%y` may both do.
FORMATS = (
    *("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f"),
    *("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%Y/%m/%d"),
    *("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y", "%d-%b-%Y", "%d-%b-%y"),
    *("%m/%d/%Y", "%d/%m/%Y", "%m/%d/%y", "%d/%m/%y", "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M"),
)
_LOOKS_LIKE_A_DATE = r"^\d{1,4}[-/.][A-Za-z0-9]{1,3}[-/.]\d{1,4}([ T]\d{1,2}:\d\d\S*)?$"


@dataclass(frozen=True)
class FileRows:
    """The first rows of a file, and the span of time that its name says, if any."""

    rows: pa.Table
    starts_at: datetime | None
    ends_at: datetime | None


@dataclass(frozen=True)
class Profile:
    """What a column has in the sample: values that are not null, and how many are distinct."""

    value_count: int
    distinct_count: int


class Sample:
    """Rows of the first, middle and last files of a table, to be asked in SQL as `sample`.

    Beside the columns it has `milepost__file`, a file's number, `milepost__starts_at` and
    `milepost__ends_at`.
    """

    def __init__(self, columns: Mapping[str, RawColumn], files: Sequence[FileRows]) -> None:
        self._database = duckdb.connect(config={"threads": 2})
        self._database.execute("set TimeZone = 'UTC'")
        self.file_count = len(files)
        selects = []
        for number, file in enumerate(files):
            self._database.register(f"file_{number}", file.rows)
            names = {name.lower(): name for name in file.rows.column_names}
            values = [
                f"try_cast({quoted(names[name.lower()])} as {column.data_type}) as {quoted(name)}"
                if name.lower() in names
                else f"cast(null as {column.data_type}) as {quoted(name)}"
                for name, column in columns.items()
            ]
            values += [
                f"{number} as milepost__file",
                f"{_instant(file.starts_at)} as milepost__starts_at",
                f"{_instant(file.ends_at)} as milepost__ends_at",
            ]
            selects.append(f"select {', '.join(values)} from file_{number}")
        self._database.execute(f"create table sample as {' union all '.join(selects)}")
        self.columns = {name: self._with_format(column) for name, column in columns.items()}

    @cached_property
    def row_count(self) -> int:
        """The number of rows in the sample."""
        return int(self.value("count(*)"))

    @cached_property
    def profiles(self) -> dict[str, Profile]:
        """What each column has."""
        if not self.columns:
            return {}
        parts = [f"count({quoted(name)}), count(distinct {quoted(name)})" for name in self.columns]
        numbers = self._row(f"select {', '.join(parts)} from sample")
        return {
            name: Profile(numbers[2 * number], numbers[2 * number + 1])
            for number, name in enumerate(self.columns)
        }

    def value(self, expression: str, where: str = "true") -> Any:
        """Return the value of an aggregate over the sample."""
        return self._row(f"select {expression} from sample where {where}")[0]

    def values(self, expression: str) -> list[Any]:
        """Return the distinct values of an expression, 50 at most."""
        rows = self._database.execute(
            f"select distinct {expression} as v from sample where v is not null limit 50"
        )
        return [row[0] for row in rows.fetchall()]

    def instant(self, name: str) -> str:
        """Return the SQL of a column as an instant, whether it is one or text in a format."""
        column = self.columns[name]
        if column.text_format:
            return f"try_strptime({quoted(name)}, '{column.text_format}')"
        return f"cast({quoted(name)} as timestamp)"

    def share(self, condition: str) -> float:
        """Return the share of rows for which a condition holds, of those where it is not null."""
        share = self.value(f"avg(cast({condition} as integer))")
        return 1.0 if share is None else float(share)

    def _with_format(self, column: RawColumn) -> RawColumn:
        """Return a text column whose values are all instants in one format as such an instant."""
        if column.data_type != "varchar":
            return column
        text = quoted(column.name)
        if not self._row(
            f"select count({text}) > 0 and bool_and(regexp_matches({text}, "
            f"'{_LOOKS_LIKE_A_DATE}')) from sample where {text} is not null"
        )[0]:
            return column
        fitting = [
            text_format
            for text_format in FORMATS
            if self._row(
                f"select bool_and(coalesce(year(try_strptime({text}, '{text_format}')) "
                "between 1900 and 2200, false)) "
                f"from sample where {text} is not null"
            )[0]
        ]
        if not fitting:
            return column
        readings = {
            self._row(f"select sum(epoch(try_strptime({text}, '{text_format}'))) from sample")[0]
            for text_format in fitting
        }
        if len(readings) > 1:  # such as 1/2/2026 alone
            return column
        return replace(column, data_type="timestamp", text_format=fitting[0])

    def _row(self, query: str) -> tuple[Any, ...]:
        row = self._database.execute(query).fetchone()
        assert row is not None  # noqa: S101 - an aggregate always has a row
        return row


def _instant(instant: datetime | None) -> str:
    return f"cast('{instant}' as timestamp)" if instant else "cast(null as timestamp)"


def quoted(name: str) -> str:
    """Return a column's name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'

"""The kinds of faults that a raw log is given, each as SQL, and which columns can have them.

A fault is given to rows that stand in `rows`, which has beside the columns of the files
`milepost__file`, the file that a row is in, and `milepost__place`, the row's place in an order that
follows from its content alone. Rows up to the place `{last}` have a fault that is of a share.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Role = Literal["key", "category", "number", "instant", "flag"]

HOURS_OFF = 2
HOURS_LATE = 6
DAYS_LATE = 3
DAYS_FROZEN = 7
# Of a unit in a column's name, how many of the unit that it is taken for.
UNITS = {
    "miles": 1.609344,  # kilometres
    "pounds": 0.45359237,  # kilograms
    "gallon": 0.264172052,  # a price per litre
    "usd": 100.0,  # cents
    "latitude": 0.01745329252,  # radians
    "longitude": 0.01745329252,
    "minutes": 60.0,  # seconds
    "hours": 60.0,  # minutes
    "celsius": 1.8,  # without the 32 of Fahrenheit
}


_TIME_OF_DAY = re.compile("%-?[HIcX]")


@dataclass(frozen=True)
class Column:
    """A column of the files of a raw table, as SQL names it, and what it holds."""

    name: str
    sql_type: str
    role: Role
    text_format: str | None = None

    @property
    def sql(self) -> str:
        """Its name in SQL."""
        return quoted(self.name)

    @property
    def instant(self) -> str:
        """The SQL of its value as an instant."""
        if self.text_format:
            return f"try_strptime({self.sql}, '{self._format}')"
        return f"cast({self.sql} as timestamp)"

    @property
    def _format(self) -> str:
        return str(self.text_format).replace("'", "''")

    @property
    def unit(self) -> float | None:
        """How many of another unit are one of its unit; None where its name has none."""
        words = self.name.lower().split("_")
        return next((factor for unit, factor in UNITS.items() if unit in words), None)

    @property
    def unseen(self) -> str:
        """The SQL of a key that no row has."""
        if self.sql_type == "UUID":
            return f"md5(cast({self.sql} as varchar))"
        if self.sql_type != "VARCHAR":
            return f"cast(max({self.sql}) over () as hugeint) + milepost__place"
        return f"'unseen ' || md5({self.sql})"

    @property
    def _is_date(self) -> bool:
        """Whether it says no time of the day."""
        if self.text_format:
            return not _TIME_OF_DAY.search(self.text_format)
        return self.sql_type == "DATE"

    def by_a_clock_off(self, hours: int) -> str:
        """Return the SQL of an instant by a clock that is off, by which a date may be the next."""
        if self._is_date:
            return self.moved(f"interval '{1 if hours > 0 else -1} days'")
        return self.moved(f"interval '{hours} hours'")

    def moved(self, interval: str) -> str:
        """Return the SQL of an instant that is moved by an interval."""
        if self.text_format:
            return f"try(strftime({self.instant} + {interval}, '{self._format}'))"
        return f"try_cast(try({self.sql} + {interval}) as {self.sql_type})"


@dataclass(frozen=True)
class Kind:
    """A fault: its name, what it means, and of which columns it may be; none: of a whole table.

    `value` is the SQL of the faulty value, or `hours` is by how much an instant moves. Where it is
    null, as that of a number too large for its type, the row keeps its value; but for `nulls`.
    `is_of_time`: all rows of the newest half of the log may have it, and not a share of all rows.
    """

    name: str
    meaning: str
    roles: tuple[Role, ...] = ()
    value: str = ""
    hours: int = 0
    is_of_time: bool = False


_ALL: tuple[Role, ...] = ("key", "category", "number", "instant", "flag")
OF_COLUMNS = (
    Kind("nulls", "the value is missing", _ALL, "null"),
    Kind("zero", "the number is 0", ("number",), "0"),
    Kind("sign", "the number has the other sign", ("number",), "try(-{column})"),
    Kind("outliers_x10", "the number is ten times as large", ("number",), "try({column} * 10)"),
    Kind("outliers_x1000", "it is a thousand times as large", ("number",), "try({column} * 1000)"),
    Kind(
        "unit_change",
        "from the middle of the log on, the number is in another unit, such as km for miles",
        ("number",),
        "{column} * cast({unit} as double)",
        is_of_time=True,
    ),
    Kind(
        "encoding",
        "the text begins with a byte order mark, as text of another encoding does",
        ("key", "category"),
        "chr(65279) || {column}",
    ),
    Kind(
        "renamed_category",
        "from the middle of the log on, the most frequent text is another",
        ("category",),
        "case when {column} = {category} then {column} || '_renamed' else {column} end",
        is_of_time=True,
    ),
    Kind("id_reused", "the key is that of another row", ("key",), "milepost__next"),
    Kind("key_unseen", "the key was never seen", ("key",), "{unseen}"),
    Kind("clock_behind", f"the clock is {HOURS_OFF} hours slow", ("instant",), hours=-HOURS_OFF),
    Kind("clock_ahead", f"the clock is {HOURS_OFF} hours fast", ("instant",), hours=HOURS_OFF),
)
OF_TABLES = (
    Kind("duplicates", "a row is there twice"),
    Kind("late_by_hours", f"a row lands {HOURS_LATE} hours later"),
    Kind("late_by_days", f"a row lands {DAYS_LATE} days later"),
    Kind("out_of_order", "all rows stand in another order in their files"),
    Kind("hour_missing", "the rows of the hour in which most land are not there"),
    Kind("day_doubled", "the rows of the newest day but one land again on the next day"),
    Kind("source_frozen", f"no row is there of the last {DAYS_FROZEN} days"),
)


def quoted(name: str) -> str:
    """Return a column's name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def of_column(column: Column) -> list[Kind]:
    """Return the kinds of faults that a column can have."""
    can_have = {
        "unit_change": column.unit is not None,
        "sign": not column.sql_type.startswith("U"),  # an unsigned number
        "encoding": column.sql_type == "VARCHAR",
    }
    return [
        kind for kind in OF_COLUMNS if column.role in kind.roles and can_have.get(kind.name, True)
    ]

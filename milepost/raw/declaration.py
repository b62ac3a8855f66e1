"""What a source's YAML declares of a raw table."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from typing import Any
from zoneinfo import ZoneInfo

from milepost.errors import LandingError, MilepostError
from milepost.raw.coherence import incoherence
from milepost.raw.layout import Layout
from milepost.raw.reading import check_declared
from milepost.raw.tables import Column, Partition, RawTable
from milepost.storage.location import Location

_DOCS = "see docs/reference/sources.md"
_CLOSED_BY = ("marker", "success_file", "delay", "next_partition", "commit")
_KNOWN_AT = ("first_seen", "commit", "model")
# Of the table, and of what is made from it.
_KEYS = (
    *("raw_uri", "layout", "time_zone", "closed_by", "closing_delay_minutes", "missing_partitions"),
    *("known_at", "when_files_change", "table_format", "iceberg_table", "rows_within_days"),
    *("covers", "quiet_dates", "set_aside_share_max", "set_aside_row_count_min", "is_snapshot"),
)
_COLUMN_KEYS = ("added_on", "optional", "format")


def raw_table(source: Mapping[str, Any]) -> RawTable:
    """Return the raw table that a source of dbt's manifest declares.

    Raises a LandingError that names the table, the key and what it may be.
    """
    return _Reader(source).table()


class _Reader:
    def __init__(self, source: Mapping[str, Any]) -> None:
        self._source = source
        self._name = f"{source['source_name']}.{source['name']}"
        self._meta: Mapping[str, Any] = source["config"]["meta"]

    def table(self) -> RawTable:
        self._check_names(self._meta, _KEYS, "it")
        known_by, known_column, known_delay = self._known_at()
        table_format = self._choice("table_format", "parquet", ("parquet", "iceberg"))
        is_iceberg = table_format == "iceberg"
        table = RawTable(
            id=self._source["unique_id"],
            name=self._name,
            identifier=self._source["identifier"],
            raw=self._location(),
            columns={name: self._column(column) for name, column in self._columns.items()},
            layout=self._text("layout", "{table}" if is_iceberg else "{table}/landing_date={date}"),
            time_zone=self._text("time_zone", "UTC"),
            closed_by=self._choice("closed_by", "commit" if is_iceberg else "marker", _CLOSED_BY),  # type: ignore[arg-type]
            closing_delay=timedelta(minutes=self._number("closing_delay_minutes", 0)),
            missing_partitions=self._choice("missing_partitions", "error", ("error", "empty")),  # type: ignore[arg-type]
            known_by=known_by,  # type: ignore[arg-type]
            known_column=known_column,
            known_delay=known_delay,
            when_files_change=self._choice(  # type: ignore[arg-type]
                "when_files_change", "error", ("error", "new_versions")
            ),
            table_format=table_format,  # type: ignore[arg-type]
            iceberg_table=self._text("iceberg_table", ""),
            rows_within_days=self._rows_within_days(),
            covers=self._covers(),
            quiet_dates=frozenset(self._date("quiet_dates", day) for day in self._quiet_dates()),
            is_snapshot=self._boolean("is_snapshot", self._meta.get("is_snapshot")),
        )
        self._check_together(table)
        self._check_set_aside()
        return table

    @property
    def _columns(self) -> Mapping[str, Mapping[str, Any]]:
        columns: Mapping[str, Mapping[str, Any]] = self._source["columns"]
        return columns

    def _check_together(self, table: RawTable) -> None:
        if (table.closed_by == "commit") != (table.table_format == "iceberg"):
            raise self._wrong(
                "closed_by", table.closed_by, "`commit` is of `table_format: iceberg`"
            )
        if table.known_by == "commit" and table.table_format != "iceberg":
            raise self._wrong("known_at", "commit", "it is of `table_format: iceberg`")
        if table.closed_by == "marker" and (
            table.layout != "{table}/landing_date={date}" or table.time_zone != "UTC"
        ):
            raise self._wrong(
                "layout",
                table.layout,
                "state `closed_by`: markers close landing dates in UTC alone",
            )
        if table.known_by == "partition" and not table.known_delay < table.closing_delay:
            raise self._wrong(
                "known_at",
                f"{{after_partition_minutes: {table.known_delay // timedelta(minutes=1)}}}",
                "a row is known before `closing_delay_minutes` after its partition's end: give a "
                "greater `closing_delay_minutes`, or fewer minutes",
            )
        try:
            ZoneInfo(table.time_zone)
        except (KeyError, ValueError, OSError) as error:
            raise self._wrong(
                "time_zone", table.time_zone, "an IANA name: Europe/Berlin"
            ) from error
        try:
            layout = Layout.parse(table.layout, table.identifier, table.time_zone)
        except ValueError as error:
            raise self._wrong("layout", table.layout, f"{error}; {_DOCS}") from error
        fault = incoherence(table, layout)
        if fault:
            raise self._wrong(*fault)

    def _location(self) -> Location:
        try:
            return Location.parse(str(self._meta["raw_uri"]))
        except MilepostError as error:
            raise self._wrong("raw_uri", self._meta["raw_uri"], str(error)) from error

    def _known_at(self) -> tuple[str, str, timedelta]:
        value = self._meta.get("known_at")
        if value is None:
            is_iceberg = self._meta.get("table_format") == "iceberg"
            return ("commit" if is_iceberg else "column"), "landed_at", timedelta()
        if isinstance(value, str) and value in _KNOWN_AT:
            return value, "", timedelta()
        if isinstance(value, Mapping) and len(value) == 1:
            ((form, detail),) = value.items()
            if form == "column" and detail in self._columns:
                return "column", str(detail), timedelta()
            if form == "column":
                near = get_close_matches(str(detail), self._columns, 1)
                raise self._wrong(
                    "known_at",
                    value,
                    f"declare the column `{detail}`"
                    + (f"; did you mean `{near[0]}`?" if near else ""),
                )
            if form == "after_partition_minutes" and type(detail) is int and detail >= 0:
                return "partition", "", timedelta(minutes=detail)
        raise self._wrong(
            "known_at",
            value,
            "one of {column: NAME}, {after_partition_minutes: N}, " + ", ".join(_KNOWN_AT),
        )

    def _column(self, declared: Mapping[str, Any]) -> Column:
        name = declared["name"]
        meta = declared.get("config", {}).get("meta", {})
        self._check_names(meta, _COLUMN_KEYS, f"column `{name}`")
        added_on = meta.get("added_on")
        column = Column(
            name=name,
            data_type=str(declared.get("data_type")),
            added_on=None if added_on is None else self._date(f"{name}.added_on", added_on),
            is_optional=self._boolean(f"{name}.optional", meta.get("optional")),
            text_format=None if meta.get("format") is None else str(meta["format"]),
        )
        check_declared(self._name, column)
        return column

    def _covers(self) -> Partition | None:
        days = self._meta.get("covers")
        if days is None:
            return None
        hint = "the first date of the history, and the one after its last: [2013-01-01, 2014-01-01]"
        if not isinstance(days, list) or len(days) != 2:
            raise self._wrong("covers", days, hint)
        first, before = (
            datetime.combine(self._date("covers", day), datetime.min.time()) for day in days
        )
        if not first < before:
            raise self._wrong("covers", days, hint)
        return Partition(first, before)

    def _rows_within_days(self) -> int | None:
        days = self._meta.get("rows_within_days")
        if days is not None and (type(days) is not int or days < 1):
            raise self._wrong("rows_within_days", days, "a number of days, 1 or more, or none")
        return days

    def _quiet_dates(self) -> list[Any]:
        days = self._meta.get("quiet_dates", [])
        if not isinstance(days, list):
            raise self._wrong("quiet_dates", days, "a list of dates: [2026-12-25]")
        return days

    def _date(self, key: str, value: Any) -> date:
        try:
            if isinstance(value, datetime):
                raise ValueError(value)
            return value if isinstance(value, date) else date.fromisoformat(str(value))
        except ValueError as error:
            raise self._wrong(key, value, "a date: 2026-12-25") from error

    def _check_set_aside(self) -> None:
        """Check what the macros that count rows set aside read from the manifest themselves."""
        share = self._meta.get("set_aside_share_max")
        if share is not None and (type(share) not in (int, float) or not 0 <= share <= 1):
            raise self._wrong("set_aside_share_max", share, "a share, 0 to 1")
        count = self._meta.get("set_aside_row_count_min")
        if count is not None and (type(count) is not int or count < 0):
            raise self._wrong("set_aside_row_count_min", count, "a number of rows, 0 or more")

    def _boolean(self, key: str, value: Any) -> bool:
        if value is not None and type(value) is not bool:
            raise self._wrong(key, value, "true or false")
        return value is True

    def _number(self, key: str, otherwise: int) -> int:
        value = self._meta.get(key, otherwise)
        if type(value) is not int or value < 0:
            raise self._wrong(key, value, "a number of minutes, 0 or more")
        return value

    def _text(self, key: str, otherwise: str) -> str:
        value = self._meta.get(key, otherwise)
        if not isinstance(value, str):
            raise self._wrong(key, value, f"a text; {_DOCS}")
        return value

    def _choice(self, key: str, otherwise: str, choices: tuple[str, ...]) -> str:
        value = self._meta.get(key, otherwise)
        if value not in choices:
            raise self._wrong(key, value, "one of " + ", ".join(choices))
        return str(value)

    def _check_names(self, meta: Mapping[str, Any], keys: tuple[str, ...], bearer: str) -> None:
        """Refuse a key that is nearly one of ours; any other is the project's own."""
        for key in meta:
            near = [] if key in keys else get_close_matches(str(key), keys, 1, 0.8)
            if near:
                raise LandingError(
                    f"raw table `{self._name}`: {bearer} has `meta.{key}`, which means nothing",
                    hint=f"did you mean `{near[0]}`?",
                )

    def _wrong(self, key: str, value: object, hint: str) -> LandingError:
        return LandingError(f"raw table `{self._name}` has `{key}: {value}`", hint=hint)

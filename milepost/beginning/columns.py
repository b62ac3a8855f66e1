"""The columns of a table, over its first, middle and last files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import pyarrow as pa
import pyarrow.types as kinds

from milepost.errors import LandingError


@dataclass(frozen=True)
class RawColumn:
    """A column as a source declares it: `data_type` is DuckDB's.

    Files before `added_on` lack it, and any file may where it is optional.
    """

    name: str
    data_type: str
    added_on: date | None = None
    is_optional: bool = False
    text_format: str | None = None

    def is_instant(self) -> bool:
        """Return whether it is an instant or a date."""
        return self.data_type in {"timestamp", "date"}

    def is_number(self) -> bool:
        """Return whether it is a number."""
        return self.data_type in {"bigint", "double"} or self.data_type.startswith("decimal")


@dataclass(frozen=True)
class Columns:
    """The columns of a table, those that are left out with a reason, and types that differ."""

    columns: Mapping[str, RawColumn]
    left_out: Mapping[str, str]
    differing: Mapping[str, Sequence[str]]


def merged(uri: str, schemas: Sequence[pa.Schema]) -> Columns:
    """Return the columns of files in the order of time, each in a type that holds all of them.

    Upper and lower case are equal. Raises a LandingError for a column that is text in one file and
    a number or an instant in another.
    """
    types: dict[str, list[pa.DataType]] = {}
    spellings: dict[str, str] = {}
    presence: dict[str, list[bool]] = {}
    for number, schema in enumerate(schemas):
        lowered = [name.lower() for name in schema.names]
        twice = {name for name in lowered if lowered.count(name) > 1}
        if twice:
            raise LandingError(
                f"`{uri}` has columns that differ in upper and lower case alone: "
                + ", ".join(f"`{name}`" for name in sorted(twice)),
                hint="rename one of them where the files are written",
            )
        for field in schema:
            key = field.name.lower()
            spellings.setdefault(key, field.name)
            types.setdefault(key, []).append(_plain(field.type))
            presence.setdefault(key, [False] * len(schemas))[number] = True
    columns, left_out, differing = {}, {}, {}
    for key, arrow_types in types.items():
        name = spellings[key]
        names = list(dict.fromkeys(str(arrow) for arrow in arrow_types))
        data_type = _data_type(arrow_types)
        if data_type is None and any(_declared(arrow) is None for arrow in arrow_types):
            left_out[name] = names[-1]
            continue
        if data_type is None:
            raise LandingError(
                f"column `{name}` of `{uri}` is {' and '.join(names)}, in different files",
                hint="no type holds both without a guess; write it in one type, "
                "or begin with a prefix of the files after the change",
            )
        if len({_declared(arrow) for arrow in arrow_types if not kinds.is_null(arrow)}) > 1:
            differing[name] = names
        is_optional = presence[key] != sorted(presence[key])
        columns[name] = RawColumn(name, data_type, is_optional=is_optional)
    return Columns(columns, left_out, differing)


def with_change(column: RawColumn, added_on: date | None) -> RawColumn:
    """Return a column that files have from a date on, or that any file may lack."""
    return replace(column, added_on=added_on, is_optional=added_on is None)


def _plain(arrow: pa.DataType) -> pa.DataType:
    return _plain(arrow.value_type) if kinds.is_dictionary(arrow) else arrow


def _data_type(arrow_types: Sequence[pa.DataType]) -> str | None:
    """Return the DuckDB type that holds values of all of some Arrow types, or None."""
    known = [arrow for arrow in arrow_types if not kinds.is_null(arrow)]
    if not known:
        return "varchar"
    declared = {_declared(arrow) for arrow in known}
    if len(declared) == 1:
        return declared.pop()
    if all(kinds.is_integer(arrow) or kinds.is_decimal(arrow) for arrow in known):
        decimals = [arrow for arrow in known if kinds.is_decimal(arrow)]
        scale = max(arrow.scale for arrow in decimals)
        whole = max(arrow.precision - arrow.scale for arrow in decimals)
        has_integers = len(decimals) < len(known)
        precision = min(38, max(whole, 19 if has_integers else 0) + scale)
        return f"decimal({precision},{scale})"
    if declared == {"bigint", "double"}:
        return "double"
    if declared == {"date", "timestamp"}:
        return "timestamp"
    return None


def _declared(arrow: pa.DataType) -> str | None:
    if kinds.is_decimal(arrow):
        return f"decimal({arrow.precision},{arrow.scale})" if arrow.precision <= 38 else None
    for is_kind, declared in (
        (kinds.is_null, "varchar"),
        (kinds.is_string, "varchar"),
        (kinds.is_large_string, "varchar"),
        (kinds.is_string_view, "varchar"),
        (kinds.is_boolean, "boolean"),
        (kinds.is_integer, "bigint"),
        (kinds.is_floating, "double"),
        (kinds.is_date, "date"),
        (kinds.is_timestamp, "timestamp"),
    ):
        if is_kind(arrow):
            return declared
    return None

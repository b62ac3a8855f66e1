"""An expression's tree as SQL that engines read alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from milepost.release.expression_tree import (
    COLUMN_FUNCTIONS,
    ELAPSED,
    OPERATORS,
    UNIT_SECONDS,
    Call,
    Case,
    Cast,
    Column,
    Constant,
    Node,
)
from milepost.release.time_zones import TIME_ZONES

Write = Callable[[str, Sequence[str]], str]
"""From the name of one of COLUMN_FUNCTIONS and its columns to its SQL on an engine."""

_KNOWN_ZONES = ", ".join(f"'{name}'" for name in sorted(TIME_ZONES))

_INFIX = ({"+", "-", "*", "/"} | set(OPERATORS.values())) - {"coalesce"}


def render(tree: Node, columns: Mapping[str, str], write: Write) -> str:
    """Return the SQL of a tree; `columns` has what each name in it stands for."""

    def sql(node: Node) -> str:
        match node:
            case Constant():
                return _constant(node)
            case Column(name):
                return columns[name]
            case Cast(value, kind):
                return f"cast({sql(value)} as {kind.lower()})"
            case Case(branches, otherwise):
                cases = [f"when {sql(when)} then {sql(then)}" for when, then in branches]
                return f"case {' '.join(cases)} else {sql(otherwise)} end"
            case Call("in" | "not in" as name, (value, *members)):
                return f"{operand(value)} {name} ({', '.join(sql(member) for member in members)})"
            case Call(name, arguments) if name in _INFIX:
                return _infix(name, *(operand(argument) for argument in arguments))
            case Call(name, arguments) if name in COLUMN_FUNCTIONS:
                return column_function(name, [sql(argument) for argument in arguments])
            case Call(name, arguments):
                return f"{name}({', '.join(sql(argument) for argument in arguments)})"

    def operand(node: Node) -> str:
        is_infix = isinstance(node, Call) and node.name in _INFIX
        text = sql(node)
        return f"({text})" if is_infix or text.startswith("-") else text

    def column_function(name: str, arguments: Sequence[str]) -> str:
        written = write(name, arguments)
        if not name.startswith("local_"):
            return f"cast({written} as double)"
        # A time zone that an engine does not know would stop the whole lookup.
        return f"case when {arguments[1]} in ({_KNOWN_ZONES}) then {written} end"

    return sql(tree)


def duckdb_function(name: str, columns: Sequence[str]) -> str:
    """Return what the macro of one of COLUMN_FUNCTIONS gives on DuckDB."""
    if name in ELAPSED:
        start, end = columns
        steps = f"date_diff('microsecond', {start}, {end}) / {UNIT_SECONDS[ELAPSED[name]]}"
        return f"cast(floor({steps}) * 0.000001 as decimal(18, 6))"
    if name == "great_circle_miles":
        return _great_circle_miles(*columns)
    instant, time_zone = columns
    part = {"local_hour": "hour", "local_weekday": "isodow"}[name]
    return f"{part}(timezone({time_zone}, timezone('UTC', {instant})))"


def _great_circle_miles(
    latitude_1: str, longitude_1: str, latitude_2: str, longitude_2: str
) -> str:
    latitudes = [f"abs({latitude}) <= 90" for latitude in (latitude_1, latitude_2)]
    longitudes = [f"abs({longitude}) <= 180" for longitude in (longitude_1, longitude_2)]
    return (
        f"case when {' and '.join(latitudes + longitudes)} then 2 * 3958.8 * asin(sqrt(least(1e0, "
        f"power(sin(radians({latitude_2} - {latitude_1}) / 2), 2) "
        f"+ cos(radians({latitude_1})) * cos(radians({latitude_2})) "
        f"* power(sin(radians({longitude_2} - {longitude_1}) / 2), 2)))) end"
    )


def _infix(name: str, first: str, *more: str) -> str:
    if name == "between":
        return f"{first} between {' and '.join(more)}"
    if more:
        return f" {name} ".join((first, *more))
    if name in ("is null", "is not null"):
        return f"{first} {name}"
    return f"{name} {first}" if name == "not" else f"{name}{first}"


def _constant(constant: Constant) -> str:
    value = constant.value
    if value is None:
        return "null"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, float):
        # Without an exponent it would be a decimal, and what is beyond a double has no digits.
        text = repr(value).replace("inf", "1e999")
        return text if "e" in text else f"{text}e0"
    return str(value).lower()

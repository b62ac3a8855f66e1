"""An expression's tree as SQL that engines read alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from milepost.release.expression_tree import (
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

Elapsed = Callable[[str, str, str], str]
"""The time from one column to another in a unit, in SQL: DECIMAL(18, 6)."""

_INFIX = ({"+", "-", "*", "/"} | set(OPERATORS.values())) - {"coalesce"}


def render(tree: Node, columns: Mapping[str, str], elapsed: Elapsed) -> str:
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
            case Call(name, (Column(start), Column(end))) if name in ELAPSED:
                return f"cast({elapsed(columns[start], columns[end], ELAPSED[name])} as double)"
            case Call(name, arguments):
                return f"{name}({', '.join(sql(argument) for argument in arguments)})"

    def operand(node: Node) -> str:
        is_infix = isinstance(node, Call) and node.name in _INFIX
        text = sql(node)
        return f"({text})" if is_infix or text.startswith("-") else text

    return sql(tree)


def duckdb_elapsed(start: str, end: str, unit: str) -> str:
    """Return what the macro `elapsed` gives on DuckDB."""
    microseconds = f"date_diff('microsecond', {start}, {end})"
    return f"cast(floor({microseconds} / {UNIT_SECONDS[unit]}) * 0.000001 as decimal(18, 6))"


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

"""The types that DuckDB gives to the parts of an expression, and its casts, in Python.

DuckDB chooses types and casts. Where its choice is not known here, it is an UnknownError.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

Function = Callable[[Sequence[Any]], Any]
"""From a row, its values in the order of the names, to the value of the expression.

An instant is its microseconds since 1970.
"""

NUMBERS = ("INTEGER", "BIGINT", "DOUBLE")
"""A type is widened to any type that stands behind it."""


class Part(NamedTuple):
    """A part of an expression: the type that DuckDB gives it, and its function."""

    type: str
    function: Function


class UnknownError(Exception):
    """It is not known here how DuckDB computes a part of an expression."""


def converted(part: Part, kind: str) -> Function:
    """Return the function of a part in a type to which DuckDB casts without being asked."""
    if part.type in (kind, "NULL"):
        return part.function
    if part.type == "INTEGER" and kind == "BIGINT":
        return part.function
    if part.type in NUMBERS and kind == "DOUBLE":
        return as_double(part)
    raise UnknownError


def as_double(part: Part) -> Function:
    """Return the function of a number or a boolean with its value as a double."""
    function = part.function
    if part.type in ("DOUBLE", "NULL"):
        return function
    if part.type not in ("INTEGER", "BIGINT", "BOOLEAN"):
        raise UnknownError

    def double(row: Sequence[Any]) -> float | None:
        value = function(row)
        return None if value is None else float(value)

    return double


def boolean(part: Part) -> Function:
    """Return the function of what is true, false or null."""
    return converted(part, "BOOLEAN")


def common(parts: Sequence[Part]) -> tuple[str, list[Function]]:
    """Return the type in which DuckDB compares or mixes values, and their functions in it."""
    kinds = {part.type for part in parts} - {"NULL"}
    if kinds and kinds <= set(NUMBERS):
        kind = max(kinds, key=NUMBERS.index)
    elif len(kinds) == 1:
        (kind,) = kinds
    else:
        raise UnknownError
    return kind, [converted(part, kind) for part in parts]


def strict(kind: str, function: Callable[..., Any], arguments: Sequence[Function]) -> Part:
    """Return a function of one or two arguments: null if an argument is null."""
    if len(arguments) == 1:
        (only,) = arguments

        def unary(row: Sequence[Any]) -> Any:
            value = only(row)
            return None if value is None else function(value)

        return Part(kind, unary)
    left, right = arguments

    def binary(row: Sequence[Any]) -> Any:
        first, second = left(row), right(row)
        return None if first is None or second is None else function(first, second)

    return Part(kind, binary)

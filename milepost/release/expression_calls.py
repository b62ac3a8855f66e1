"""What DuckDB's functions and operators give, in Python.

Where that is not known here, the call is an UnknownError, or its value an ArithmeticError. A
function evaluates all of its arguments, so that whatever could make DuckDB refuse a row is seen
here, too.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

from milepost.release.expression_column_calls import COLUMN_CALLS
from milepost.release.expression_types import (
    NUMBERS,
    Part,
    UnknownError,
    as_double,
    boolean,
    common,
    strict,
)

_LARGEST = {"INTEGER": 2**31 - 1, "BIGINT": 2**63 - 1}
_ARITHMETIC: dict[tuple[str, int], Callable[..., Any]] = {
    ("+", 1): operator.pos,
    ("-", 1): operator.neg,
    ("abs", 1): abs,
    ("+", 2): operator.add,
    ("-", 2): operator.sub,
    ("*", 2): operator.mul,
}


def _arithmetic(name: str, parts: Sequence[Part]) -> Part:
    if {part.type for part in parts} - set(NUMBERS):
        raise UnknownError
    kind, arguments = common(parts)
    function = _ARITHMETIC[name, len(arguments)]
    if kind == "DOUBLE":
        return strict(kind, function, arguments)
    largest = _LARGEST[kind]

    def whole(*values: int) -> int:
        result: int = function(*values)
        if not -largest - 1 <= result <= largest:
            raise OverflowError
        return result

    return strict(kind, whole, arguments)


def _divided(_: str, parts: Sequence[Part]) -> Part:
    if {part.type for part in parts} - set(NUMBERS):
        raise UnknownError
    return strict("DOUBLE", operator.truediv, [as_double(part) for part in parts])


def _cased(name: str, parts: Sequence[Part]) -> Part:
    if [part.type for part in parts] != ["VARCHAR"]:
        raise UnknownError
    change = {"lower": str.lower, "upper": str.upper}[name]

    def cased(text: str) -> str:
        if not text.isascii():  # the cases of other letters change with each edition of Unicode
            raise ArithmeticError
        return change(text)

    return strict("VARCHAR", cased, [parts[0].function])


def _is_less(first: Any, second: Any) -> bool:
    """Return whether `first` is less; as in DuckDB, NaN equals itself and exceeds all else."""
    return bool(first < second or (second != second and first == first))


def _is_equal(first: Any, second: Any) -> bool:
    return bool(first == second or (first != first and second != second))


_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "=": _is_equal,
    "<>": lambda first, second: not _is_equal(first, second),
    "<": _is_less,
    "<=": lambda first, second: not _is_less(second, first),
    ">": lambda first, second: _is_less(second, first),
    ">=": lambda first, second: not _is_less(first, second),
}


def _compared(name: str, parts: Sequence[Part]) -> Part:
    return strict("BOOLEAN", _COMPARED[name], common(parts)[1])


def _between(_: str, parts: Sequence[Part]) -> Part:
    value, lower, upper = common(parts)[1]
    bounds = (
        strict("BOOLEAN", _COMPARED[">="], [value, lower]),
        strict("BOOLEAN", _COMPARED["<="], [value, upper]),
    )
    return _all_of("and", bounds)


def _is_among(name: str, parts: Sequence[Part]) -> Part:
    value, *members = common(parts)[1]
    equal = [strict("BOOLEAN", _is_equal, [value, member]) for member in members]
    among = _all_of("or", equal)
    return among if name == "in" else strict("BOOLEAN", operator.not_, [among.function])


def _all_of(name: str, parts: Sequence[Part]) -> Part:
    """Return the function of `and` or `or` by SQL's rules for null: `null or true` is true."""
    functions = [boolean(part) for part in parts]
    decides = name == "or"

    def decided(row: Sequence[Any]) -> bool | None:
        values = [function(row) for function in functions]
        if decides in values:
            return decides
        return None if None in values else not decides

    return Part("BOOLEAN", decided)


def _negated(_: str, parts: Sequence[Part]) -> Part:
    return strict("BOOLEAN", operator.not_, [boolean(part) for part in parts])


def _is_null(name: str, parts: Sequence[Part]) -> Part:
    (part,) = parts
    function, is_asked = part.function, name == "is null"
    return Part("BOOLEAN", lambda row: (function(row) is None) == is_asked)


def _first(_: str, parts: Sequence[Part]) -> Part:
    kind, functions = common(parts)

    def first(row: Sequence[Any]) -> Any:
        values = [function(row) for function in functions]
        return next((value for value in values if value is not None), None)

    return Part(kind, first)


def _null_if(_: str, parts: Sequence[Part]) -> Part:
    value = parts[0]
    if value.type == "NULL":
        raise UnknownError
    compared, excluded = common(parts)[1]
    function = value.function

    def null_if(row: Sequence[Any]) -> Any:
        first, second = compared(row), excluded(row)
        is_null = first is None or (second is not None and _is_equal(first, second))
        return None if is_null else function(row)

    return Part(value.type, null_if)


def _extreme(name: str, parts: Sequence[Part]) -> Part:
    """Return `greatest` or `least`, which pass over nulls; of equal values it is the first."""
    kind, functions = common(parts)
    is_greatest = name == "greatest"

    def extreme(row: Sequence[Any]) -> Any:
        result = None
        for function in functions:
            value = function(row)
            if value is None:
                continue
            pair = (result, value) if is_greatest else (value, result)
            if result is None or _is_less(*pair):
                result = value
        return result

    return Part(kind, extreme)


CALLS: dict[str, Callable[[str, Sequence[Part]], Part]] = {
    **dict.fromkeys(("+", "-", "*", "abs"), _arithmetic),
    "/": _divided,
    **dict.fromkeys(("lower", "upper"), _cased),
    **COLUMN_CALLS,
    **dict.fromkeys(_COMPARED, _compared),
    "between": _between,
    **dict.fromkeys(("in", "not in"), _is_among),
    **dict.fromkeys(("and", "or"), _all_of),
    "not": _negated,
    **dict.fromkeys(("is null", "is not null"), _is_null),
    "coalesce": _first,
    "nullif": _null_if,
    **dict.fromkeys(("greatest", "least"), _extreme),
}

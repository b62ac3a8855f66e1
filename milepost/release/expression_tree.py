"""The tree of a derived feature's expression, as DuckDB's parser reads it, and its allowed parts.

What is not listed here is refused. Why these:
docs/decisions/0017-expressions-of-derived-features.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any


@dataclass(frozen=True)
class Constant:
    """A value that the expression states; its type is one of `_CONSTANTS`, or BOOLEAN."""

    value: bool | int | float | str | None
    type: str


@dataclass(frozen=True)
class Column:
    """An input by its name in the expression: `column`, or `view.column`."""

    name: str


@dataclass(frozen=True)
class Cast:
    """A value in another type."""

    operand: Node
    type: str


@dataclass(frozen=True)
class Case:
    """A CASE: branches of a condition and a value, and the value if no condition is true."""

    branches: tuple[tuple[Node, Node], ...]
    otherwise: Node


@dataclass(frozen=True)
class Call:
    """A function or an operator, by its name in SQL.

    It is one of FUNCTIONS, COLUMN_FUNCTIONS or OPERATORS.
    """

    name: str
    arguments: tuple[Node, ...]


Node = Constant | Column | Cast | Case | Call

FUNCTIONS = ("+", "-", "*", "/", "abs", "nullif", "greatest", "least", "lower", "upper")
ELAPSED = {"elapsed_minutes": "minute", "elapsed_hours": "hour", "elapsed_days": "day"}
"""The unit that each of these functions counts."""
UNIT_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}
COLUMN_FUNCTIONS = {
    **dict.fromkeys(ELAPSED, ("from", "to")),
    **dict.fromkeys(("local_hour", "local_weekday"), ("instant", "time_zone")),
    "great_circle_miles": ("latitude_1", "longitude_1", "latitude_2", "longitude_2"),
}
"""The functions that engines write each in their own way, of columns alone; and their arguments."""
OPERATORS = {
    "CONJUNCTION_AND": "and",
    "CONJUNCTION_OR": "or",
    "OPERATOR_NOT": "not",
    "OPERATOR_IS_NULL": "is null",
    "OPERATOR_IS_NOT_NULL": "is not null",
    "OPERATOR_COALESCE": "coalesce",
    "COMPARE_EQUAL": "=",
    "COMPARE_NOTEQUAL": "<>",
    "COMPARE_LESSTHAN": "<",
    "COMPARE_LESSTHANOREQUALTO": "<=",
    "COMPARE_GREATERTHAN": ">",
    "COMPARE_GREATERTHANOREQUALTO": ">=",
    "COMPARE_BETWEEN": "between",
    "COMPARE_IN": "in",
    "COMPARE_NOT_IN": "not in",
}
_CONSTANTS = {"INTEGER", "BIGINT", "DOUBLE", "VARCHAR", "NULL"}
# Comments, other statements, quoted names, Jinja: none is needed, and engines differ on them.
_FORBIDDEN = re.compile(r'--|/\*|[;{}"`\\$?@#\[\]]')


class ExpressionError(ValueError):
    """An expression has a part that is not allowed."""


@lru_cache(maxsize=4096)
def parse(sql: str) -> Node:
    """Return the tree of an expression; an ExpressionError for a part that is not allowed."""
    return _node(_parsed(sql))


def column_names(node: Node) -> Iterator[str]:
    """Yield the name of each column in a tree, as often as it stands there."""
    match node:
        case Column(name):
            yield name
        case Cast(operand, _):
            yield from column_names(operand)
        case Case(branches, otherwise):
            for condition, value in branches:
                yield from column_names(condition)
                yield from column_names(value)
            yield from column_names(otherwise)
        case Call(_, arguments):
            for argument in arguments:
                yield from column_names(argument)


def _parsed(sql: str) -> Mapping[str, Any]:
    """Return DuckDB's tree of the expression."""
    import duckdb

    forbidden = _FORBIDDEN.search(sql)
    if forbidden:
        raise ExpressionError(f"`{forbidden[0]}` has no place in it")
    with duckdb.connect() as con:
        parsed, bare = (
            json.loads(str(row[0]))
            for row in con.execute(
                "select json_serialize_sql(col0) from (values (?), ('select (1)'))",
                [f"select (\n{sql}\n)"],
            ).fetchall()
        )
    if parsed["error"]:
        raise ExpressionError(f"it is no expression: {parsed['error_message']}")
    statements = parsed["statements"]
    selected = [statement["node"].pop("select_list", ()) for statement in statements]
    # What closes the parenthesis ends the expression, and anything could follow.
    bare["statements"][0]["node"].pop("select_list")
    if statements != bare["statements"] or len(selected[0]) != 1:
        raise ExpressionError("it is more than one expression")
    tree: Mapping[str, Any] = selected[0][0]
    return tree


def _node(parsed: Mapping[str, Any]) -> Node:
    kind = parsed["type"]
    if parsed["alias"]:
        raise ExpressionError(f"`{parsed['alias']}` is a name given in it")
    if kind == "COLUMN_REF":
        return Column(".".join(parsed["column_names"]))
    if kind == "VALUE_CONSTANT":
        return _constant(parsed["value"])
    if kind == "OPERATOR_CAST":
        return _cast(parsed)
    if kind == "CASE_EXPR":
        branches = [
            (_node(check["when_expr"]), _node(check["then_expr"]))
            for check in parsed["case_checks"]
        ]
        return Case(tuple(branches), _node(parsed["else_expr"]))
    if kind == "FUNCTION":
        return _call(parsed)
    if kind not in OPERATORS:
        raise ExpressionError(f"it has a {kind}, which is none of those allowed")
    sides = ("left", "right", "input", "lower", "upper")
    operands = parsed.get("children") or [parsed[side] for side in sides if side in parsed]
    return Call(OPERATORS[kind], tuple([_node(operand) for operand in operands]))


def _constant(stated: Mapping[str, Any]) -> Constant:
    kind = stated["type"]["id"]
    if kind not in _CONSTANTS:
        raise ExpressionError(f"it has a {kind} constant; write `2.5` as `2.5e0`")
    return Constant(stated.get("value"), kind)


def _cast(parsed: Mapping[str, Any]) -> Node:
    kind, child = parsed["cast_type"]["id"], parsed["child"]
    # `true` and `false` come as casts of text.
    is_literal = kind == "BOOLEAN" and child["type"] == "VALUE_CONSTANT"
    if parsed["try_cast"] or not (kind == "DOUBLE" or is_literal):
        raise ExpressionError(f"it casts to {kind}; `cast(x as double)` is the same everywhere")
    operand = _node(child)
    if is_literal and operand in (Constant("t", "VARCHAR"), Constant("f", "VARCHAR")):
        return Constant(operand == Constant("t", "VARCHAR"), "BOOLEAN")
    return Cast(operand, kind)


def _call(parsed: Mapping[str, Any]) -> Call:
    name = parsed["function_name"]
    extras = (parsed["schema"], parsed["catalog"], parsed["filter"], parsed["distinct"])
    if any(extras) or parsed["order_bys"]["orders"] or name not in (*FUNCTIONS, *COLUMN_FUNCTIONS):
        allowed = ", ".join((*FUNCTIONS, *COLUMN_FUNCTIONS))
        raise ExpressionError(f"it calls `{name}`; allowed are {allowed}")
    arguments = tuple([_node(child) for child in parsed["children"]])
    if name == "/" and not _is_never_zero(arguments[-1]):
        raise ExpressionError("it divides by what may be zero; write `a / nullif(b, 0)`")
    stated = COLUMN_FUNCTIONS.get(name)
    if stated and [type(argument) for argument in arguments] != [Column] * len(stated):
        count, call = {2: "two", 4: "four"}[len(stated)], f"{name}({', '.join(stated)})"
        raise ExpressionError(f"`{name}` is not of {count} column names: `{call}`")
    return Call(name, arguments)


def _is_never_zero(divisor: Node) -> bool:
    match divisor:
        case Constant(value, kind):
            return kind != "BOOLEAN" and bool(value)
        case Call("nullif", (_, Constant(value, kind))):
            return kind != "BOOLEAN" and value == 0
    return False

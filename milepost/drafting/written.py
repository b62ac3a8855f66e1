"""An expression as this project writes SQL: lower case, `cast`, few parentheses."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from milepost.drafting.query import Node, bare, expression, expression_sql, is_column, replaced

_COMPARISONS = {
    "COMPARE_EQUAL": "=",
    "COMPARE_NOTEQUAL": "<>",
    "COMPARE_LESSTHAN": "<",
    "COMPARE_LESSTHANOREQUALTO": "<=",
    "COMPARE_GREATERTHAN": ">",
    "COMPARE_GREATERTHANOREQUALTO": ">=",
}
_SIGNS = {"~~": "like", "!~~": "not like"}
_UNITS = {"to_minutes": "minute", "to_hours": "hour", "to_days": "day", "to_weeks": "week"}
_COMPOUND = {"COMPARISON", "CONJUNCTION", "BETWEEN"}
_QUOTED = re.compile(r"('(?:[^']|'')*'|\"(?:[^\"]|\"\")*\")")


def written(node: Node) -> str:
    """Return the SQL of an expression, which DuckDB reads as the same expression.

    >>> written(expression("CASE WHEN A=1 AND b::INT>2 THEN 'X' END"))
    "case when a = 1 and cast(b as integer) > 2 then 'X' end"
    """
    unnamed = {**node, "alias": ""}
    text = _text(unnamed)
    if text is None or _same(expression(text)) != _same(unnamed):
        parts = _QUOTED.split(expression_sql(unnamed))
        text = "".join(part if _QUOTED.fullmatch(part) else part.lower() for part in parts)
    return text


def _same(node: Node) -> Node:
    """Return an expression without capitals in its names, as DuckDB does not tell them apart."""
    tree: Node = replaced(
        bare(node), lambda part: _in_lower_case(part) if is_column(part) else None
    )
    return tree


def _in_lower_case(column: Node) -> Node:
    return {**column, "column_names": [name.lower() for name in column["column_names"]]}


def _text(node: Node) -> str | None:
    """Return the SQL of a node, None where there is a part that DuckDB itself must write."""
    writer = _WRITERS.get(node["class"])
    return writer(node) if writer else None


def _operand(node: Node) -> str | None:
    text = _text(node)
    is_compound = node["class"] in _COMPOUND or node.get("is_operator")
    return f"({text})" if text and is_compound else text


def _column(node: Node) -> str | None:
    names = [name.lower() for name in node["column_names"]]
    return (
        ".".join(names) if all(re.fullmatch("[a-z_][a-z0-9_]*", name) for name in names) else None
    )


def _constant(node: Node) -> str | None:
    value, kind = node["value"].get("value"), node["value"]["type"]
    if node["value"]["is_null"]:
        return "null"
    if kind["id"] == "VARCHAR":
        return "'" + str(value).replace("'", "''") + "'"
    if kind["id"] in {"INTEGER", "BIGINT"}:
        return str(value)
    if kind["id"] == "DECIMAL":
        scale = kind["type_info"]["scale"]
        digits = str(value).rjust(scale + 1, "0")
        return f"{digits[:-scale]}.{digits[-scale:]}" if scale else digits
    return None


def _comparison(node: Node) -> str | None:
    sides = [_operand(node["left"]), _operand(node["right"])]
    sign = _COMPARISONS.get(node["type"])
    return f"{sides[0]} {sign} {sides[1]}" if sign and all(sides) else None


def _conjunction(node: Node) -> str | None:
    word = " and " if node["type"] == "CONJUNCTION_AND" else " or "
    parts = [
        _text(child) if child["class"] == "COMPARISON" else _operand(child)
        for child in node["children"]
    ]
    return word.join(part for part in parts if part) if all(parts) else None


def _case(node: Node) -> str | None:
    branches = [
        (_text(check["when_expr"]), _text(check["then_expr"])) for check in node["case_checks"]
    ]
    otherwise = _text(node["else_expr"])
    if otherwise is None or not all(all(branch) for branch in branches):
        return None
    texts = [f"when {condition} then {value}" for condition, value in branches]
    texts += [] if otherwise == "null" else [f"else {otherwise}"]
    return f"case {' '.join(texts)} end"


def _cast(node: Node) -> str | None:
    child, kind = _text(node["child"]), node["cast_type"]
    if child is None or node["try_cast"]:
        return None
    if node["child"]["class"] == "CONSTANT" and kind["id"] == "BOOLEAN":
        # DuckDB reads the word `true` as a cast of the text 't'.
        return {"'t'": "true", "'f'": "false"}.get(child)
    info = kind["type_info"]
    size = f"({info['width']}, {info['scale']})" if kind["id"] == "DECIMAL" else ""
    return f"cast({child} as {kind['id'].lower()}{size})"


def _operator(node: Node) -> str | None:
    children = [_operand(child) for child in node["children"]]
    if not all(children):
        return None
    first = children[0]
    return {
        "OPERATOR_IS_NULL": f"{first} is null",
        "OPERATOR_IS_NOT_NULL": f"{first} is not null",
        "OPERATOR_NOT": f"not {first}",
        "OPERATOR_COALESCE": f"coalesce({', '.join(map(str, map(_text, node['children'])))})",
        "COMPARE_IN": f"{first} in ({', '.join(map(str, children[1:]))})",
        "COMPARE_NOT_IN": f"{first} not in ({', '.join(map(str, children[1:]))})",
    }.get(node["type"])


def _function(node: Node) -> str | None:
    name = node["function_name"].lower()
    if node["distinct"] or node["filter"] or node["order_bys"]["orders"]:
        return None
    if name in _UNITS and (length := _length(node["children"][0])):
        return f"interval {length} {_UNITS[name]}"
    if node["is_operator"]:
        sides = [_operand(child) for child in node["children"]]
        sign = _SIGNS.get(name, name)
        return f"{sides[0]} {sign} {sides[1]}" if len(sides) == 2 and all(sides) else None
    arguments = [_text(child) for child in node["children"]]
    if not all(arguments) or not re.fullmatch("[a-z_][a-z0-9_]*", name):
        return None
    return f"{name}({', '.join(map(str, arguments))})"


def _length(node: Node) -> str | None:
    """Return the number of an interval, which DuckDB reads as `cast(trunc(cast(28 as double)))`."""
    while node["class"] == "CAST" or node.get("function_name") == "trunc":
        node = node["child"] if node["class"] == "CAST" else node["children"][0]
    return _constant(node) if node["class"] == "CONSTANT" else None


def _between(node: Node) -> str | None:
    parts = [_operand(node[side]) for side in ("input", "lower", "upper")]
    return f"{parts[0]} between {parts[1]} and {parts[2]}" if all(parts) else None


_WRITERS: Mapping[str, Callable[[Node], str | None]] = {
    "BETWEEN": _between,
    "CASE": _case,
    "CAST": _cast,
    "COLUMN_REF": _column,
    "COMPARISON": _comparison,
    "CONJUNCTION": _conjunction,
    "CONSTANT": _constant,
    "FUNCTION": _function,
    "OPERATOR": _operator,
}

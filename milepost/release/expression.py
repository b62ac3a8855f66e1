"""SQL expressions that mean the same on every engine: what they may hold, and their names bound.

DuckDB parses them; what its tree may consist of is listed here, and all else is refused. Why these:
docs/decisions/0017-expressions-of-derived-features.md. `macros/lookup/bind_expression.sql` binds
names as `bind` does: the two change together.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

_NODES = {
    "VALUE_CONSTANT",
    "COLUMN_REF",
    "CASE_EXPR",
    "CONJUNCTION_AND",
    "CONJUNCTION_OR",
    "OPERATOR_NOT",
    "OPERATOR_IS_NULL",
    "OPERATOR_IS_NOT_NULL",
    "OPERATOR_COALESCE",
    "COMPARE_EQUAL",
    "COMPARE_NOTEQUAL",
    "COMPARE_LESSTHAN",
    "COMPARE_LESSTHANOREQUALTO",
    "COMPARE_GREATERTHAN",
    "COMPARE_GREATERTHANOREQUALTO",
    "COMPARE_BETWEEN",
    "COMPARE_NOT_BETWEEN",
    "COMPARE_IN",
    "COMPARE_NOT_IN",
}
FUNCTIONS = ("+", "-", "*", "/", "abs", "nullif", "greatest", "least", "lower", "upper")
_SECONDS = {"elapsed_minutes": 60, "elapsed_hours": 3600, "elapsed_days": 86400}
_CONSTANTS = {"INTEGER", "BIGINT", "DOUBLE", "VARCHAR", "NULL"}
# The types to which an expression's own is widened without loss of meaning.
_WIDENED = {"DOUBLE": {"INTEGER", "BIGINT"}, "BIGINT": {"INTEGER"}}
# Comments, other statements, quoted names, Jinja: none is needed, and engines differ on them.
_FORBIDDEN = re.compile(r'--|/\*|[;{}"`\\$?@#\[\]]')
_ELAPSED = re.compile(rf"\b({'|'.join(_SECONDS)})\(\s*([\w.]+)\s*,\s*([\w.]+)\s*\)")


class ExpressionError(ValueError):
    """What an expression holds that it may not."""


def check(sql: str, names: Mapping[str, str], declared: str) -> None:
    """An expression over the columns `names`, by name their types, that gives the type `declared`.

    A name is `column`, or `view.column`. Raises an ExpressionError that says what is wrong.
    """
    found: Counter[str] = Counter()
    for node in _walk(_tree(sql)):
        _check_node(node)
        if node["type"] == "COLUMN_REF":
            found[".".join(node["column_names"])] += 1
        elif node.get("function_name") in _SECONDS:
            found[node["function_name"]] += 1
    elapsed = Counter(match[1] for match in _ELAPSED.finditer(sql))
    for name in _SECONDS:
        if found.pop(name, 0) != elapsed[name]:
            raise ExpressionError(f"`{name}` is not of two column names: `{name}(from, to)`")
    for name in found:
        if name not in names:
            raise ExpressionError(f"it names `{name}`, which is not among its inputs")
    matched = Counter(match[0] for match in _tokens(names).finditer(sql)) if names else Counter()
    for name in names:
        if not found[name]:
            raise ExpressionError(f"it does not use its input `{name}`")
        if found[name] != matched[name]:
            raise ExpressionError(f"`{name}` stands in it as text, too")
    actual = _type_of(sql, names)
    if actual != declared and actual not in _WIDENED.get(declared, ()):
        raise ExpressionError(f"it is {actual}, declared {declared}")


def bind(sql: str, columns: Mapping[str, str], declared: str) -> str:
    """The expression for DuckDB, each of its names replaced; `check` has passed it."""
    bound = _tokens(columns).sub(lambda match: columns[match[0]], sql) if columns else sql
    return f"cast({_ELAPSED.sub(_elapsed, bound)} as {declared})"


def _elapsed(match: re.Match[str]) -> str:
    """What the macro `elapsed` gives on DuckDB, as DOUBLE."""
    name, start, end = match.groups()
    microseconds = f"date_diff('microsecond', {start}, {end})"
    return (
        f"cast(cast(floor({microseconds} / {_SECONDS[name]}) * 0.000001 as decimal(18, 6)) "
        "as double)"
    )


def _tokens(names: Mapping[str, str]) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.])(?:{'|'.join(re.escape(name) for name in names)})(?![\w.(])")


def _tree(sql: str) -> dict[str, Any]:
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
    trees = [(one["node"].pop("select_list", ()), one) for one in parsed["statements"]]
    # What closes the parenthesis ends the expression, and anything could follow.
    bare["statements"][0]["node"].pop("select_list")
    if [rest for _, rest in trees] != bare["statements"] or len(trees[0][0]) != 1:
        raise ExpressionError("it is more than one expression")
    tree: dict[str, Any] = trees[0][0][0]
    return tree


def _walk(value: Any) -> Iterator[dict[str, Any]]:
    """Every node of the tree, and whatever else has a class."""
    if isinstance(value, dict):
        if "class" in value:
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _walk(one)


def _check_node(node: Mapping[str, Any]) -> None:
    kind = node["type"]
    if node["alias"]:
        raise ExpressionError(f"`{node['alias']}` is a name given in it")
    if kind == "FUNCTION":
        _check_function(node)
    elif kind == "OPERATOR_CAST":
        to, of = node["cast_type"]["id"], node["child"]
        # `true` and `false` come as casts of text.
        is_literal = to == "BOOLEAN" and of["type"] == "VALUE_CONSTANT"
        if node["try_cast"] or not (to == "DOUBLE" or is_literal):
            raise ExpressionError(f"it casts to {to}; `cast(x as double)` is the same everywhere")
    elif kind == "VALUE_CONSTANT":
        if node["value"]["type"]["id"] not in _CONSTANTS:
            raise ExpressionError(
                f"it has a {node['value']['type']['id']} constant; write `2.5` as `2.5e0`"
            )
    elif kind not in _NODES:
        raise ExpressionError(f"it has a {kind}, which is none of those allowed")


def _check_function(node: Mapping[str, Any]) -> None:
    name = node["function_name"]
    extras = (node["schema"], node["catalog"], node["filter"], node["distinct"])
    if any(extras) or node["order_bys"]["orders"] or name not in (*FUNCTIONS, *_SECONDS):
        raise ExpressionError(
            f"it calls `{name}`; allowed are {', '.join((*FUNCTIONS, *_SECONDS))}"
        )
    if name == "/":
        divisor = node["children"][1]
        is_nullif = divisor.get("function_name") == "nullif"
        is_number = divisor["type"] == "VALUE_CONSTANT" and divisor["value"].get("value")
        guards = [one.get("value", {}).get("value") for one in divisor.get("children", [])[1:]]
        if not is_number and not (is_nullif and guards == [0]):
            raise ExpressionError("it divides by what may be zero; write `a / nullif(b, 0)`")


def _type_of(sql: str, names: Mapping[str, str]) -> str:
    import duckdb

    columns = {name: f"c{n}" for n, name in enumerate(names)}
    typed = ", ".join(
        f"cast(null as {names[name]}) as {column}" for name, column in columns.items()
    )
    bound = _tokens(columns).sub(lambda match: columns[match[0]], sql) if columns else sql
    query = f"select {_ELAPSED.sub(_elapsed, bound)} from (select {typed or '1'})"  # noqa: S608
    with duckdb.connect(config={"enable_external_access": "false"}) as con:
        try:
            row = con.execute(f"describe {query}").fetchone()
        except duckdb.Error as error:
            raise ExpressionError(str(error).splitlines()[0]) from error
    assert row is not None  # noqa: S101 - one column is described
    return str(row[1])

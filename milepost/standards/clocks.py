"""Calls that may answer anew each time: of the clock, and of chance."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from duckdb import DuckDBPyConnection

from milepost.building.catalog import Catalog
from milepost.building.declared_views import published_name
from milepost.errors import StandardsError

# What SQL writes without parentheses, as if they were columns.
_BARE = {
    *("current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"),
    *("current_database", "current_schema"),
}
# `age` of one argument measures from today; DuckDB's catalogue takes it for that of two.
_CLOCKS = {"age", "current_localtime", "current_localtimestamp"}
_JINJA_CLOCK = "run_started_at"
# Methods of Python's dates, which Jinja can call: `modules.datetime.datetime.now()`.
_PYTHON_CLOCKS = {"now", "utcnow", "today"}


def clocks(con: DuckDBPyConnection, catalog: Catalog, node_ids: Iterable[str]) -> set[str]:
    """Return what compiled models, and macros that they use, call that may answer anew each time.

    That is what DuckDB's own catalogue says of a function: not consistent. So random numbers are
    found as well. Raises a StandardsError for a model that nobody can search.
    """
    inconstant = _CLOCKS | {
        name
        for (name,) in con.execute(
            "select function_name from duckdb_functions() "
            "where stability <> 'CONSISTENT' and function_name <> 'error'"
        ).fetchall()
    }
    calls: set[str] = set()
    for node_id in node_ids:
        model = catalog.nodes[node_id]
        if model["resource_type"] != "model":
            continue
        macros = [catalog.macros[macro_id]["macro_sql"] for macro_id in catalog.macros_of(node_id)]
        for text in (model["raw_code"], *macros):
            calls.update(_jinja_clocks(text))
        functions, columns = set(), set()
        for part in _parts(_parsed(con, model)):
            if "function_name" in part:
                functions.add(part["function_name"].lower())
            elif len(part.get("column_names", [])) == 1:
                columns.add(part["column_names"][0].lower())
        calls |= inconstant & functions | _BARE & columns
    return calls


def _jinja_clocks(text: str) -> Iterator[str]:
    """Yield how the expressions of a Jinja text read the clock, also those in texts of theirs."""
    from jinja2 import Environment, TemplateSyntaxError  # comes with dbt; only a proof needs it

    try:
        tokens = list(Environment(autoescape=True).lex(text))
    except TemplateSyntaxError:  # a text that is no Jinja: what is, dbt has compiled
        return
    before = ""
    for _, kind, value in tokens:
        if kind == "name" and (value == _JINJA_CLOCK or before == "." and value in _PYTHON_CLOCKS):
            yield value
        elif kind == "string":
            yield from _jinja_clocks(value[1:-1])
        if kind != "whitespace":
            before = value


def _parsed(con: DuckDBPyConnection, model: Mapping[str, Any]) -> Any:
    """Return a model's statement as a tree, by DuckDB's own parser."""
    row = con.execute(
        "select json_serialize_sql(cast(? as varchar))", [model["compiled_code"]]
    ).fetchone()
    assert row is not None  # noqa: S101 - a select without a table has one row
    tree = json.loads(row[0])
    if tree["error"]:
        raise StandardsError(
            f"cannot be searched for calls of the clock: `{published_name(model)}` is no plain "
            f"`select`: {tree['error_message']}",
            hint="write that model as one `select`, without Python and without `pivot`",
        )
    return tree


def _parts(tree: Any) -> Iterator[Mapping[str, Any]]:
    """Yield every mapping in a statement that DuckDB has parsed."""
    if isinstance(tree, list):
        for item in tree:
            yield from _parts(item)
    elif isinstance(tree, dict):
        yield tree
        yield from _parts(list(tree.values()))

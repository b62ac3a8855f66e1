"""Calls that may answer anew each time: of the clock, and of chance."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from duckdb import DuckDBPyConnection

from milepost.building.catalog import Catalog

# What SQL writes without parentheses, and `age` of one argument, which DuckDB's catalogue takes for
# that of two.
_CLOCKS = {
    *("current_time", "current_timestamp", "localtime", "localtimestamp", "age"),
    *("current_localtime", "current_localtimestamp"),
}
# How Jinja reads the clock.
_JINJA_CLOCK = re.compile(r"\b(?:run_started_at|(?:utc)?now|today)\b")


def clocks(con: DuckDBPyConnection, catalog: Catalog, node_ids: Iterable[str]) -> set[str]:
    """Return what compiled models call that may answer anew each time.

    That is what DuckDB's own catalogue says of a function: not consistent. So random numbers are
    found as well.
    """
    inconstant = _CLOCKS | {
        name
        for (name,) in con.execute(
            "select function_name from duckdb_functions() "
            "where stability <> 'CONSISTENT' and function_name <> 'error'"
        ).fetchall()
    }
    models = [
        node for node_id in node_ids if (node := catalog.nodes[node_id])["resource_type"] == "model"
    ]
    calls = {call for node in models for call in _JINJA_CLOCK.findall(node["raw_code"])}
    for node in models:
        calls |= inconstant & set(_names(_parsed(con, node["compiled_code"])))
    return calls


def _parsed(con: DuckDBPyConnection, sql: str) -> Any:
    """Return a statement as a tree, by DuckDB's own parser."""
    row = con.execute("select json_serialize_sql(cast(? as varchar))", [sql]).fetchone()
    assert row is not None  # noqa: S101 - a select without a table has one row
    tree = json.loads(row[0])
    assert not tree["error"], tree  # noqa: S101 - dbt has run it
    return tree


def _names(tree: Any) -> Iterator[str]:
    """Yield every function and every unqualified column in a statement that DuckDB has parsed."""
    if isinstance(tree, list):
        for item in tree:
            yield from _names(item)
    elif isinstance(tree, dict):
        if "function_name" in tree:
            yield tree["function_name"].lower()
        elif len(tree.get("column_names", [])) == 1:
            yield tree["column_names"][0].lower()
        yield from _names(list(tree.values()))

"""A query as DuckDB's parser reads it, and its tree as SQL again."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from milepost.errors import DraftError

Node = Mapping[str, Any]

# What a place is where the parser knows none.
_NOWHERE = 2**64 - 1
# What says what time it is, and the type of its value. DuckDB's parser takes the names for columns.
CLOCKS = {
    **dict.fromkeys(("current_date", "today"), "date"),
    **dict.fromkeys(("current_localtimestamp", "localtimestamp"), "timestamp"),
    **dict.fromkeys(("current_localtime", "localtime"), "time"),
    **dict.fromkeys(("current_time", "get_current_time"), "time with time zone"),
    **dict.fromkeys(
        ("current_timestamp", "get_current_timestamp", "now", "transaction_timestamp"),
        "timestamp with time zone",
    ),
}
_CLOCK_NAMES = {"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"}
# A brace with which Jinja begins.
JINJA = re.compile(r"\{(?=[{%#])")
# What depends on the session, though DuckDB does not say so.
_OF_SESSION = {"current_setting", "getvariable"}


@dataclass(frozen=True)
class Query:
    """The text of one select, where it stands, and its tree."""

    text: str
    place: str
    tree: Node

    def line(self, node: Node | None) -> int:
        """Return the line of the query that a node stands on, counted from 1."""
        offsets = [
            part["query_location"]
            for part in (walk(node) if node else ())
            if part.get("query_location", _NOWHERE) < _NOWHERE
        ]
        return self.text.encode()[: min(offsets, default=0)].count(b"\n") + 1

    def at(self, node: Node | None) -> str:
        """Return the place of a node, as `query.sql:7`."""
        return f"{self.place}:{self.line(node)}"

    def comment_at(self, node: Node) -> str:
        """Return the comment that ends the line of a node, if it is the last that begins there."""
        number = self.line(node)
        of_line = [item for item in self.tree["select_list"] if self.line(item) == number]
        is_last = not of_line or of_line[-1] is node
        return _comment(self.text.splitlines()[number - 1]) if is_last else ""

    def opening_comment(self) -> str:
        """Return the comment that the query begins with."""
        lines = []
        for line in self.text.strip().splitlines():
            if not line.strip().startswith("--"):
                break
            lines.append(line.strip().removeprefix("--").strip())
        return plain(" ".join(" ".join(lines).split()))


def parse(text: str, place: str) -> Query:
    """Return the query that a text is; a DraftError where it is not one select."""
    parsed = _parsed(text)
    if parsed["error"]:
        raise DraftError(
            f"`{place}` is not a query that DuckDB reads: {parsed['error_message']}",
            hint="capture takes one `select`, with its `with` before it",
        )
    if len(parsed["statements"]) != 1:
        raise DraftError(
            f"`{place}` has {len(parsed['statements'])} statements",
            hint="capture takes one `select`, with its `with` before it",
        )
    return Query(text, place, parsed["statements"][0]["node"])


def expression(sql: str) -> Node:
    """Return the tree of an expression."""
    node: Node = _parsed(f"select {sql}")["statements"][0]["node"]["select_list"][0]
    return node


def table(sql: str) -> Node:
    """Return the tree of what can stand after FROM."""
    node: Node = _parsed(f"from {sql}")["statements"][0]["node"]["from_table"]
    return node


def select_sql(tree: Node) -> str:
    """Return DuckDB's own SQL of a select."""
    statement = {"error": False, "statements": [{"node": tree, "named_param_map": []}]}
    return str(
        _database()
        .execute("select json_deserialize_sql(?)", [json.dumps(statement)])
        .fetchall()[0][0]
    )


def expression_sql(node: Node) -> str:
    """Return DuckDB's own SQL of an expression, without its alias."""
    tree = dict(_parsed("select 1")["statements"][0]["node"])
    tree["select_list"] = [{**node, "alias": ""}]
    return select_sql(tree).removeprefix("SELECT ")


def plain(text: str) -> str:
    """Return a text in which dbt finds no Jinja."""
    return JINJA.sub("{ ", text)


def walk(value: Any) -> Iterator[Node]:
    """Yield every node of a tree, a node before those below it."""
    if isinstance(value, Mapping):
        yield value
        for part in value.values():
            yield from walk(part)
    elif isinstance(value, list):
        for part in value:
            yield from walk(part)


def replaced(value: Any, replace: Callable[[Node], Node | None]) -> Any:
    """Return a tree with nodes replaced: `replace` gives the new node, or None to keep it."""
    if isinstance(value, Mapping):
        new = replace(value)
        if new is not None:
            return new
        return {key: replaced(part, replace) for key, part in value.items()}
    if isinstance(value, list):
        return [replaced(part, replace) for part in value]
    return value


def bare(value: Any) -> Any:
    """Return a tree without the places of its nodes, to compare it with another."""
    if isinstance(value, Mapping):
        return {key: bare(part) for key, part in value.items() if key != "query_location"}
    return [bare(part) for part in value] if isinstance(value, list) else value


def comparable(node: Node) -> Node:
    """Return an expression without alias, tables and capitals, to compare it with another."""
    return cast(
        Node,
        replaced(
            {**bare(node), "alias": ""}, lambda part: _lower(part) if is_column(part) else None
        ),
    )


def _lower(column: Node) -> Node:
    return {**column, "alias": "", "column_names": [column["column_names"][-1].lower()]}


def is_column(node: Node) -> bool:
    """Return whether a node is a column, and not a name that says what time it is."""
    return node.get("class") == "COLUMN_REF" and not is_clock(node)


def is_clock(node: Node) -> bool:
    """Return whether a node says what time it is."""
    if node.get("class") == "COLUMN_REF":
        names = node["column_names"]
        return len(names) == 1 and names[0].lower() in _CLOCK_NAMES
    return node.get("class") == "FUNCTION" and node["function_name"].lower() in CLOCKS


def is_age(node: Node) -> bool:
    """Return whether a node is the time from an instant to today: `age(known_at)`."""
    is_named_age = str(node.get("function_name")).lower() == "age"
    return is_named_age and len(node["children"]) == 1


def reads_clock(node: Node) -> bool:
    """Return whether an expression depends on when it runs: on the clock, or on chance."""
    return any(
        is_clock(part)
        or is_age(part)
        or str(part.get("function_name")).lower() in _inconsistent_functions()
        for part in walk(node)
    )


def column_names(node: Node) -> set[str]:
    """Return the columns that an expression names, without their tables."""
    return {part["column_names"][-1].lower() for part in walk(node) if is_column(part)}


def conjuncts(condition: Node | None) -> list[Node]:
    """Return the conditions that must all be true for a condition to be true."""
    if condition is None:
        return []
    if condition.get("type") == "CONJUNCTION_AND":
        return [part for child in condition["children"] for part in conjuncts(child)]
    return [condition]


@cache
def function_names(kind: str) -> frozenset[str]:
    """Return the names of DuckDB's functions that are of one kind only."""
    rows = _database().execute(
        "select function_name from duckdb_functions() where internal group by all "
        "having bool_and(function_type = ?)",
        [kind],
    )
    return frozenset(name for (name,) in rows.fetchall())


@cache
def _inconsistent_functions() -> frozenset[str]:
    """Return the functions that give other values in another query, transaction or session."""
    rows = _database().execute(
        "select distinct function_name from duckdb_functions() where stability <> 'CONSISTENT'"
    )
    return frozenset(name for (name,) in rows.fetchall()) | _OF_SESSION


def _parsed(text: str) -> dict[str, Any]:
    row = _database().execute("select json_serialize_sql(?)", [text]).fetchall()[0]
    parsed: dict[str, Any] = json.loads(str(row[0]))
    return parsed


@cache
def _database() -> Any:
    import duckdb

    return duckdb.connect(config={"enable_external_access": "false"})


def _comment(line: str) -> str:
    # A quoted text may hold two dashes, which begin no comment.
    rest = re.sub(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"", "", line)
    return plain(rest.partition("--")[2].strip())

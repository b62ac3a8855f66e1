"""How far back each column of a feature view looks, found in the view's compiled SQL.

`trailing_features` writes into its SQL how many hours each of its columns looks back
(`macros/windows/look_backs.sql`). From there each column is followed through CTEs, subqueries and
expressions: what is computed looks back as far as the farthest of its inputs. What comes from
elsewhere is unknown, so that no column is ever said to look back less than it does.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, reduce
from typing import Any

from milepost.errors import PublishError

MARKER = "milepost__look_backs"
Node = Mapping[str, Any]

# Expressions of one row: each looks back as far as the farthest of the expressions in it.
_OF_ONE_ROW = {
    *("CONSTANT", "CAST", "CASE", "CONJUNCTION", "COMPARISON", "OPERATOR", "BETWEEN", "COLLATE"),
}
# Those of DuckDB's macros that are as good as functions.
_MACROS = {"date_add", "fdiv", "fmod", "nullif", "round_even", "split_part"}
# What of a `*` is understood, but for its class and place.
_STAR = {"relation_name", "exclude_list", "replace_list"}
_IGNORED = {"class", "type", "alias", "query_location"}


@dataclass(frozen=True)
class LookBack:
    """The hours of the longest known window, and what else it is made from."""

    hours: int = 0
    unknown: frozenset[str] = frozenset()

    def __or__(self, other: LookBack) -> LookBack:
        return LookBack(max(self.hours, other.hours), self.unknown | other.unknown)


NOWHERE = LookBack()


def _unknown(what: str) -> LookBack:
    return LookBack(unknown=frozenset([what]))


@dataclass(frozen=True)
class _Relation:
    """The columns of a relation; `others` is of any that is not among them, None where none is."""

    columns: Mapping[str, LookBack] = field(default_factory=dict)
    others: LookBack | None = None


Scope = Mapping[str, _Relation]


def look_backs(sql: str, columns: Iterable[str]) -> dict[str, LookBack]:
    """Return how far back each of these columns of a select looks.

    >>> windows = f"with {MARKER} as (select 168 as load_count_7d) select 1 as load_count_7d"
    >>> sql = f"with windows as ({windows}) select load_count_7d / 7 as daily from windows"
    >>> look_backs(sql, ["daily"])
    {'daily': LookBack(hours=168, unknown=frozenset())}
    """
    tree = _tree(sql)
    found = _Relation(others=_unknown("SQL that DuckDB cannot take apart"))
    if tree is not None:
        found = _query(tree, {})
    missing = found.others or _unknown("no column of this name")
    return {column: found.columns.get(column, missing) for column in columns}


def hours(
    sql: str, view: str, keys: Iterable[str], stated_days: Mapping[str, int | None]
) -> dict[str, int]:
    """Return how many hours each feature of a view looks back, at least as many as its keys do.

    What cannot be found must be stated: `stated_days` has for each feature the days that the YAML
    gives it, or None. Raises a PublishError that names the features for which nothing is stated.
    """
    of_keys = _farthest(look_backs(sql, keys).values())
    found = {name: look | of_keys for name, look in look_backs(sql, stated_days).items()}
    unstated = [name for name, look in found.items() if look.unknown and stated_days[name] is None]
    if unstated:
        parts = sorted(frozenset[str]().union(*(found[name].unknown for name in unstated)))
        raise PublishError(
            f"how far {_quoted(unstated)} of `{view}` look back cannot be found: they are made "
            f"from {_quoted(parts)}",
            hint="state it in the YAML, for the column or for the view: "
            "`config: {meta: {longest_window_days: 28}}`",
        )
    return {
        name: max(look.hours, 24 * (stated_days[name] or 0)) if look.unknown else look.hours
        for name, look in found.items()
    }


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _farthest(found: Iterable[LookBack]) -> LookBack:
    return reduce(LookBack.__or__, found, NOWHERE)


def _tree(sql: str) -> Node | None:
    import duckdb

    with duckdb.connect() as con:
        row = con.execute("select json_serialize_sql(?)", [sql]).fetchone()
    assert row is not None  # noqa: S101 - a select without a table has one row
    parsed = json.loads(str(row[0]))
    if parsed["error"] or len(parsed["statements"]) != 1:
        return None
    tree: Node = parsed["statements"][0]["node"]
    return tree


@cache
def _scalar_functions() -> frozenset[str]:
    """The functions of DuckDB that compute a value from those of one row."""
    import duckdb

    with duckdb.connect() as con:
        rows = con.execute(
            "select function_name from duckdb_functions() where internal group by all "
            "having bool_and(function_type = 'scalar')"
        ).fetchall()
    return frozenset(name for (name,) in rows) | _MACROS


def _query(node: Node, outer: Scope) -> _Relation:
    ctes = {cte["key"].lower(): cte["value"]["query"]["node"] for cte in node["cte_map"]["map"]}
    if MARKER in ctes:
        return _windows(node, ctes[MARKER])
    scope = dict(outer)
    for name, query in ctes.items():
        scope[name] = _query(query, scope)
    limited = [one for one in node["modifiers"] if one["type"] != "ORDER_MODIFIER"]
    if any(one["type"] != "DISTINCT_MODIFIER" or one["distinct_on_targets"] for one in limited):
        return _Relation(others=_unknown("limit"))
    if node["type"] == "SET_OPERATION_NODE":
        return _set_operation(node, scope)
    if node["type"] != "SELECT_NODE":
        return _Relation(others=_unknown(node["type"].lower()))
    return _select(node, scope)


def _windows(node: Node, marker: Node) -> _Relation:
    """Declared windows: features, and keys, which look back nowhere.

    When the newest row was made, a fact of any age decides that left the longest window last.
    """
    declared = {one["alias"]: LookBack(one["value"]["value"]) for one in marker["select_list"]}
    declared["available_at"] = _unknown("available_at")
    names = (one["alias"] or one["column_names"][-1] for one in node["select_list"])
    return _Relation({name.lower(): declared.get(name, NOWHERE) for name in names})


def _set_operation(node: Node, scope: Scope) -> _Relation:
    sides = [_query(node[side], scope) for side in ("left", "right")]
    if node["setop_type"] != "UNION" or any(side.others for side in sides):
        return _Relation(others=_unknown(node["setop_type"].lower()))
    named, other = (side.columns for side in sides)
    pairs = zip(named.items(), other.values(), strict=True)
    return _Relation({name: look | second for (name, look), second in pairs})


def _select(node: Node, scope: Scope) -> _Relation:
    relations, existence = _from(node["from_table"], scope)
    if node["group_expressions"] or node["aggregate_handling"] == "FORCE_AGGREGATES":
        existence |= _unknown("group by")
    for clause in ("having", "qualify", "sample"):
        if node[clause]:
            existence |= _unknown(clause)
    columns: dict[str, LookBack] = {}
    # Where rows are left out by a feature, the newest row may be of any age.
    if node["where_clause"] and _expression(node["where_clause"], relations, {}) != NOWHERE:
        existence |= _unknown("where")
    others = None
    for item in node["select_list"]:
        if item["class"] == "STAR":
            found = _star(item, relations, columns)
            columns |= found.columns
            others = found.others if others is None else others | (found.others or NOWHERE)
        else:
            name = item["alias"] or (item.get("column_names") or [f"#{len(columns)}"])[-1]
            columns[name.lower()] = _expression(item, relations, columns)
    return _Relation(
        {name: found | existence for name, found in columns.items()},
        None if others is None else others | existence,
    )


def _from(table: Node, scope: Scope) -> tuple[dict[str, _Relation], LookBack]:
    """The relations of a FROM by name, and what decides whether a row is there."""
    name = (table["alias"] or table.get("table_name") or "").lower()
    if table["type"] == "EMPTY":
        return {}, NOWHERE
    if table["type"] == "BASE_TABLE":
        is_qualified = table["schema_name"] or table["catalog_name"]
        own = None if is_qualified else scope.get(table["table_name"].lower())
        found = own or _Relation(others=_unknown(table["table_name"]))
    elif table["type"] == "SUBQUERY":
        found = _query(table["subquery"]["node"], scope)
    elif table["type"] == "JOIN":
        return _join(table, scope)
    else:
        found = _Relation(others=_unknown(table["type"].lower()))
    if table["column_name_alias"]:
        found = _Relation(others=_unknown("columns named anew"))
    # A name for a relation that nobody gave one, so that a second such one is another.
    return {name or f"#{id(table)}": found}, (_unknown("sample") if table["sample"] else NOWHERE)


def _join(table: Node, scope: Scope) -> tuple[dict[str, _Relation], LookBack]:
    """The rows of a left join are those of its left side; what it finds may be of any age."""
    left, existence = _from(table["left"], scope)
    right, _ = _from(table["right"], scope)
    joined = _Relation(others=_unknown("join"))
    if table["join_type"] != "LEFT" or left.keys() & right.keys():
        return {"": joined}, _unknown("join")
    return {**left, **dict.fromkeys(right, joined)}, existence


def _star(
    item: Node, relations: Mapping[str, _Relation], before: Mapping[str, LookBack]
) -> _Relation:
    if any(value for key, value in item.items() if key not in _STAR | _IGNORED):
        return _Relation(others=_unknown("*"))
    wanted = item["relation_name"].lower()
    columns: dict[str, LookBack] = {}
    others = None
    for name, relation in relations.items():
        if wanted in {"", name}:
            for column, found in relation.columns.items():
                columns[column] = columns.get(column, NOWHERE) | found
            if relation.others is not None:
                others = relation.others if others is None else others | relation.others
    for excluded in item["exclude_list"]:
        columns.pop(excluded.lower(), None)
    for replaced in item["replace_list"]:
        columns[replaced["key"].lower()] = _expression(replaced["value"], relations, before)
    return _Relation(columns, others)


def _expression(
    node: Node, relations: Mapping[str, _Relation], before: Mapping[str, LookBack]
) -> LookBack:
    """What an expression looks back to; `before` are the columns that its select has so far."""
    if node["class"] == "COLUMN_REF":
        return _column(node["column_names"], relations, before)
    if node["class"] == "FUNCTION":
        is_scalar = node["function_name"] in _scalar_functions() and node["schema"] in {"", "main"}
        if not is_scalar:
            return _unknown(f"{node['function_name']}()")
    elif node["class"] not in _OF_ONE_ROW:
        return _unknown(node["class"].lower())
    return _farthest(_expression(one, relations, before) for one in _inner(node))


def _inner(value: Any) -> Iterable[Node]:
    """The expressions right below a node, wherever they stand in it."""
    for one in value.values() if isinstance(value, Mapping) else value:
        if isinstance(one, Mapping) and "class" in one:
            yield one
        elif isinstance(one, Mapping | list):
            yield from _inner(one)


def _column(
    names: Sequence[str], relations: Mapping[str, _Relation], before: Mapping[str, LookBack]
) -> LookBack:
    column = names[-1].lower()
    if len(names) == 2 and names[0].lower() in relations:
        relation = relations[names[0].lower()]
        return relation.columns.get(column) or relation.others or _unknown(".".join(names))
    if len(names) > 1:
        return _unknown(".".join(names))
    known = [one.columns[column] for one in relations.values() if column in one.columns]
    if known:
        return _farthest(known)
    if column in before:
        return before[column]
    others = [one.others for one in relations.values() if one.others is not None]
    return _farthest(others) | _unknown(column)

"""How far back each column of a feature view looks, found in the view's compiled SQL.

`trailing_features` writes into its SQL how many hours each of its columns looks back
(`macros/windows/look_backs.sql`). From there each column is followed through CTEs, subqueries and
expressions: what is computed looks back as far as the farthest of its inputs. What comes from
elsewhere is unknown, so that no column is ever said to look back less than it does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

from milepost.building.look_back_expressions import (
    NOWHERE,
    LookBack,
    Node,
    Relation,
    farthest,
    look_back_of,
    unknown,
)
from milepost.errors import PublishError

MARKER = "milepost__look_backs"
# What of a `*` is understood, but for its class and place.
_STAR = {"relation_name", "exclude_list", "replace_list"}
_IGNORED = {"class", "type", "alias", "query_location"}

Scope = Mapping[str, Relation]


def look_backs(sql: str, columns: Iterable[str]) -> dict[str, LookBack]:
    """Return how far back each of some columns of a select looks.

    >>> windows = f"with {MARKER} as (select 168 as load_count_7d) select 1 as load_count_7d"
    >>> sql = f"with windows as ({windows}) select load_count_7d / 7 as daily from windows"
    >>> look_backs(sql, ["daily"])
    {'daily': LookBack(hours=168, unknown=frozenset())}
    """
    tree = _tree(sql)
    relation = Relation(unlisted=unknown("SQL that DuckDB cannot take apart"))
    if tree is not None:
        relation = _query(tree, {})
    missing = relation.unlisted or unknown("no column of this name")
    return {column: relation.columns.get(column, missing) for column in columns}


def hours(
    sql: str, view: str, keys: Iterable[str], stated_days: Mapping[str, int | None]
) -> dict[str, int]:
    """Return how many hours each feature of a view looks back, at least as many as its keys do.

    What cannot be found must be stated: `stated_days` has for each feature the days that the YAML
    gives it, or None. Raises a PublishError that names the features for which nothing is stated.
    """
    of_keys = farthest(look_backs(sql, keys).values())
    look_backs_found = {name: look | of_keys for name, look in look_backs(sql, stated_days).items()}
    unstated = [
        name
        for name, look in look_backs_found.items()
        if look.unknown and stated_days[name] is None
    ]
    if unstated:
        parts = sorted(
            frozenset[str]().union(*(look_backs_found[name].unknown for name in unstated))
        )
        raise PublishError(
            f"how far {_quoted(unstated)} of `{view}` look back cannot be found: they are made "
            f"from {_quoted(parts)}",
            hint="state it in the YAML, for the column or for the view: "
            "`config: {meta: {longest_window_days: 28}}`",
        )
    return {
        name: max(look.hours, 24 * (stated_days[name] or 0))
        for name, look in look_backs_found.items()
    }


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _tree(sql: str) -> Node | None:
    import duckdb

    # What Spark parses, which does not parse what DuckDB does: macros/windows/newest_value.sql.
    sql = re.sub(r"\blast_value\((.+?), true\)", r"last_value(\1 ignore nulls)", sql)
    with duckdb.connect() as con:
        row = con.execute("select json_serialize_sql(?)", [sql]).fetchone()
    assert row is not None  # noqa: S101 - a select without a table has one row
    parsed = json.loads(str(row[0]))
    if parsed["error"] or len(parsed["statements"]) != 1:
        return None
    tree: Node = parsed["statements"][0]["node"]
    return tree


def _query(node: Node, outer: Scope) -> Relation:
    ctes = {cte["key"].lower(): cte["value"]["query"]["node"] for cte in node["cte_map"]["map"]}
    if MARKER in ctes:
        return _windows(node, ctes[MARKER])
    scope = dict(outer)
    for name, query in ctes.items():
        scope[name] = _query(query, scope)
    modifiers = [item for item in node["modifiers"] if item["type"] != "ORDER_MODIFIER"]
    if any(
        modifier["type"] != "DISTINCT_MODIFIER" or modifier["distinct_on_targets"]
        for modifier in modifiers
    ):
        return Relation(unlisted=unknown("limit"))
    if node["type"] == "SET_OPERATION_NODE":
        return _set_operation(node, scope)
    if node["type"] != "SELECT_NODE":
        return Relation(unlisted=unknown(node["type"].lower()))
    return _select(node, scope)


def _windows(node: Node, marker: Node) -> Relation:
    """Return the relation of declared windows: features look back, and keys do not.

    When the newest row was made, a fact of any age decides that left the longest window last.
    """
    declared = {item["alias"]: LookBack(item["value"]["value"]) for item in marker["select_list"]}
    declared["available_at"] = unknown("available_at")
    names = (item["alias"] or item["column_names"][-1] for item in node["select_list"])
    return Relation({name.lower(): declared.get(name, NOWHERE) for name in names})


def _set_operation(node: Node, scope: Scope) -> Relation:
    sides = [_query(node[side], scope) for side in ("left", "right")]
    if node["setop_type"] != "UNION" or any(side.unlisted for side in sides):
        return Relation(unlisted=unknown(node["setop_type"].lower()))
    named, unnamed = (side.columns for side in sides)
    pairs = zip(named.items(), unnamed.values(), strict=True)
    return Relation({name: look | second for (name, look), second in pairs})


def _select(node: Node, scope: Scope) -> Relation:
    relations, existence = _from(node["from_table"], scope)
    if node["group_expressions"] or node["aggregate_handling"] == "FORCE_AGGREGATES":
        existence |= unknown("group by")
    for clause in ("having", "qualify", "sample"):
        if node[clause]:
            existence |= unknown(clause)
    columns: dict[str, LookBack] = {}
    # Where rows are left out by a feature, the newest row may be of any age.
    if node["where_clause"] and look_back_of(node["where_clause"], relations, {}) != NOWHERE:
        existence |= unknown("where")
    unlisted = None
    for item in node["select_list"]:
        if item["class"] == "STAR":
            star = _star(item, relations, columns)
            columns |= star.columns
            unlisted = star.unlisted if unlisted is None else unlisted | (star.unlisted or NOWHERE)
        else:
            name = item["alias"] or (item.get("column_names") or [f"#{len(columns)}"])[-1]
            columns[name.lower()] = look_back_of(item, relations, columns)
    return Relation(
        {name: look | existence for name, look in columns.items()},
        None if unlisted is None else unlisted | existence,
    )


def _from(table: Node, scope: Scope) -> tuple[dict[str, Relation], LookBack]:
    """Return the relations of a FROM by name, and the look-back of whether a row exists."""
    name = (table["alias"] or table.get("table_name") or "").lower()
    if table["type"] == "EMPTY":
        return {}, NOWHERE
    if table["type"] == "BASE_TABLE":
        is_qualified = table["schema_name"] or table["catalog_name"]
        cte = None if is_qualified else scope.get(table["table_name"].lower())
        relation = cte or Relation(unlisted=unknown(table["table_name"]))
    elif table["type"] == "SUBQUERY":
        relation = _query(table["subquery"]["node"], scope)
    elif table["type"] == "JOIN":
        return _join(table, scope)
    else:
        relation = Relation(unlisted=unknown(table["type"].lower()))
    if table["column_name_alias"]:
        relation = Relation(unlisted=unknown("columns named anew"))
    # A relation without a name gets its own, so that two of them stay apart.
    return {name or f"#{id(table)}": relation}, (unknown("sample") if table["sample"] else NOWHERE)


def _join(table: Node, scope: Scope) -> tuple[dict[str, Relation], LookBack]:
    """Return the relations of a join: a left join keeps left rows, and finds values of any age."""
    left, existence = _from(table["left"], scope)
    right, _ = _from(table["right"], scope)
    joined = Relation(unlisted=unknown("join"))
    if table["join_type"] != "LEFT" or left.keys() & right.keys():
        return {"": joined}, unknown("join")
    return {**left, **dict.fromkeys(right, joined)}, existence


def _star(
    item: Node, relations: Mapping[str, Relation], before: Mapping[str, LookBack]
) -> Relation:
    if any(value for key, value in item.items() if key not in _STAR | _IGNORED):
        return Relation(unlisted=unknown("*"))
    wanted = item["relation_name"].lower()
    columns: dict[str, LookBack] = {}
    unlisted = None
    for name, relation in relations.items():
        if wanted in {"", name}:
            for column, look in relation.columns.items():
                columns[column] = columns.get(column, NOWHERE) | look
            if relation.unlisted is not None:
                unlisted = relation.unlisted if unlisted is None else unlisted | relation.unlisted
    for excluded in item["exclude_list"]:
        columns.pop(excluded.lower(), None)
    for replaced in item["replace_list"]:
        columns[replaced["key"].lower()] = look_back_of(replaced["value"], relations, before)
    return Relation(columns, unlisted)

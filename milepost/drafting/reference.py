"""The query as it would have answered at an instant, which a view is compared with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

import duckdb

from milepost.drafting.draft import Draft
from milepost.drafting.facts import unqualified
from milepost.drafting.models import KNOWN_AT, SUPERSEDED_AT
from milepost.drafting.query import (
    Node,
    comparable,
    expression,
    replaced,
    select_sql,
    table,
)
from milepost.drafting.spans import Span, at_instant
from milepost.errors import DraftError

_ANY_INSTANT = datetime.fromisoformat("2026-01-01")
# In the query as the view means it: the instant along which all windows look.
_ALONG = "milepost__known_at"


def reference_sql(
    draft: Draft,
    now: datetime,
    *,
    as_meant: bool,
    relation: str = "",
    has_null_key: bool = False,
) -> str:
    """Return SQL with the keys and columns of the view, as the query has them at an instant.

    Its clock is at `now`, and its table holds what was known by then. With `as_meant` it has the
    changes that the notes of the draft name, which the view is made with; without, it is the query
    as it stands. What the draft left out is left out in both. `relation` is read in place of the
    model's table. With `has_null_key` the rows are those that a view leaves out.
    """
    tree = _translated(draft)
    series = draft.grouping.series
    key_nodes = draft.grouping.key_nodes
    added = [*key_nodes, *([series] if series else [])]
    tree["select_list"] = [
        *tree["select_list"],
        *({**node, "alias": f"milepost__added_{n}"} for n, node in enumerate(added)),
    ]
    if as_meant:
        tree = _as_meant(draft, tree, now)
    tree = dict(at_instant(tree, now))
    source = relation or draft.facts.model.relation
    tree = _with_table(tree, _as_of(draft, now, source, as_meant=as_meant))
    count = len(draft.query.tree["select_list"])
    places = {key.name: count + n for n, key in enumerate(draft.keys)}
    places |= dict(draft.select_places)
    selected = ", ".join(f"c{place} as {name}" for name, place in places.items())
    names = ", ".join(f"c{n}" for n in range(len(tree["select_list"])))
    has_keys = " and ".join(f"{key.name} is not null" for key in draft.keys)
    where = f"not ({has_keys})" if has_null_key else has_keys
    if series:
        step = draft.grouping.series_step
        where += f" and c{count + len(key_nodes)} = timestamp '{now}' - interval 1 {step}"
    return f"select {selected} from ({select_sql(tree)}) as milepost__query ({names}) where {where}"


def check_query(draft: Draft) -> None:
    """Raise a DraftError where DuckDB cannot run the query on the models that it reads."""
    sql = reference_sql(draft, _ANY_INSTANT, as_meant=False)
    try:
        draft.models.database.execute(f"describe {sql}")
    except duckdb.Error as error:
        raise DraftError(
            f"`{draft.query.place}` does not run: {str(error).splitlines()[0]}",
            hint="capture a query that gives rows: run it on the scratch database first",
        ) from error


def _translated(draft: Draft) -> dict[str, Any]:
    """Return the query without what the draft left out, of which an item of its select is null."""

    def without(part: Node) -> Node | None:
        if part.get("sample"):
            return cast(Node, replaced({**part, "sample": None}, without))
        is_left_out = draft.left_out and "class" in part and comparable(part) in draft.left_out
        return expression("true") if is_left_out else None

    items = [
        item
        if place in draft.select_places.values() or draft.grouping.is_group(item)
        else expression("null")
        for place, item in enumerate(draft.query.tree["select_list"])
    ]
    tree = {**draft.query.tree, "modifiers": [], "having": None, "qualify": None}
    tree["select_list"] = items
    return cast(dict[str, Any], replaced(tree, without))


def _as_meant(draft: Draft, tree: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    series = draft.grouping.series

    def meant(part: Node) -> Node | None:
        if "class" not in part:
            return None
        same = comparable(part)
        staged = comparable(unqualified(part, draft.facts))
        for condition, span in draft.spans:
            if condition in (same, staged):
                return expression(_within(span, now))
        if series is not None and same == comparable(series):
            # A view has the value of a step's length at each instant, and not only at its ends.
            step = f"timestamp '{now}' - interval 1 {draft.grouping.series_step}"
            within = f"{_ALONG} >= {step} and {_ALONG} < timestamp '{now}'"
            return {**expression(f"case when {within} then {step} end"), "alias": part["alias"]}
        return None

    changed: dict[str, Any] = replaced(_with_instant(tree, is_last=True), meant)
    return changed


def _within(span: Span, now: datetime) -> str:
    """Return the half-open condition of a window."""
    bounds = [f"{_ALONG} < timestamp '{now}' - to_hours({max(0, span.to_hours or 0)})"]
    if span.from_hours is not None:
        bounds.append(f"{_ALONG} >= timestamp '{now}' - to_hours({span.from_hours})")
    return f"({' and '.join(bounds)})"


def _with_instant(tree: Node, *, is_last: bool) -> dict[str, Any]:
    """Return a select whose CTEs and subqueries pass on the instant that windows look along."""
    new = dict(tree)
    ctes = [dict(item) for item in tree["cte_map"]["map"]]
    for item in ctes:
        query = dict(item["value"]["query"])
        query["node"] = _with_instant(query["node"], is_last=False)
        item["value"] = {**item["value"], "query": query}
    new["cte_map"] = {"map": ctes}
    source = tree.get("from_table", {})
    if source.get("type") == "SUBQUERY":
        inner = {
            **source["subquery"],
            "node": _with_instant(source["subquery"]["node"], is_last=False),
        }
        new["from_table"] = {**source, "subquery": inner}
    has_star = any(item["class"] == "STAR" for item in tree.get("select_list", []))
    if not is_last and not has_star and "select_list" in tree:
        new["select_list"] = [*tree["select_list"], expression(_ALONG)]
    return new


def _as_of(draft: Draft, now: datetime, relation: str, *, as_meant: bool) -> str:
    """Return what was known of a table by an instant, as a subquery."""
    instant = f"timestamp '{now}'"
    renamed = "".join(f", {name} as {raw}" for raw, name in draft.facts.model.renamed.items())
    superseded = f"case when {SUPERSEDED_AT} < {instant} then {SUPERSEDED_AT} end"
    along = f", {KNOWN_AT} as {_ALONG}" if as_meant else ""
    holds = f" and coalesce({SUPERSEDED_AT} >= {instant}, true)" if as_meant else ""
    return (
        f"(select * replace ({superseded} as {SUPERSEDED_AT}){renamed}{along} "
        f"from {relation} where {KNOWN_AT} < {instant}{holds})"
    )


def _with_table(tree: Node, subquery: str, ctes: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return a query that reads a subquery in place of its table. `ctes` are those around it."""

    def read(part: Node) -> Node | None:
        if "cte_map" in part:
            return _with_table(part, subquery, names)
        kind = part.get("type")
        is_table = kind == "BASE_TABLE" and (
            part["schema_name"] or part["table_name"].lower() not in names
        )
        if not (is_table or kind == "TABLE_FUNCTION"):
            return None
        alias = part["alias"] or part.get("table_name") or "milepost__table"
        return {**table(subquery), "alias": alias}

    names = ctes
    items = []
    for item in tree["cte_map"]["map"]:
        # A CTE sees those before it.
        items.append(replaced(item, read))
        names = names | {item["key"].lower()}
    body = {part: replaced(value, read) for part, value in tree.items() if part != "cte_map"}
    return {**body, "cte_map": {"map": items}}

"""What keeps a table or a select from being facts: parts of SQL that a view cannot have."""

from __future__ import annotations

from collections.abc import Sequence

from milepost.drafting.facts import Facts
from milepost.drafting.measures import is_aggregate
from milepost.drafting.models import SUPERSEDED_AT
from milepost.drafting.notes import Notes, Untranslatable
from milepost.drafting.query import (
    JINJA,
    Node,
    Query,
    column_names,
    expression,
    is_column,
    reads_clock,
    replaced,
    walk,
)
from milepost.drafting.written import written
from milepost.errors import DraftError
from milepost.release.near_names import suggest


def check_texts(query: Query) -> None:
    """Raise a DraftError for a text or a name that dbt would read as Jinja."""
    for part in walk(query.tree):
        constant = part.get("value") if part.get("class") == "CONSTANT" else None
        texts = [constant.get("value")] if constant else part.get("column_names", [])
        if any(JINJA.search(str(text)) for text in [*texts, part.get("alias", "")]):
            raise DraftError(
                f"`{query.at(part)}`: dbt would read `{written(part)}` as Jinja",
                hint="write a brace by itself: `'{' || '{x}}'`",
            )


def check_table(query: Query, table: Node) -> None:
    """Raise a DraftError for what stands behind FROM with other columns or rows than its own."""
    check_names(query, table, table.get("column_name_alias") or ())
    if table.get("at_clause"):
        raise DraftError(
            f"`{query.at(table)}`: `{table['table_name']}` is read as of another version",
            hint="leave `at (...)` out: a view sees what was known at each instant",
        )
    if table.get("with_ordinality") == "WITH_ORDINALITY":
        raise DraftError(
            f"`{query.at(table)}`: it numbers its rows, whose order in files means nothing",
            hint="leave `with ordinality` out",
        )


def check_names(query: Query, source: Node, names: Sequence[str]) -> None:
    """Raise a DraftError where a table, a subquery or a CTE names its columns anew."""
    if names:
        listed = ", ".join(f"`{name}`" for name in names)
        raise DraftError(
            f"`{query.at(source)}`: it names its columns anew: {listed}",
            hint="name each in a select: `select product as product_id from ...`",
        )


def check_columns(query: Query, facts: Facts) -> None:
    """Raise a DraftError for a column of the last select that the facts do not have."""
    tree = query.tree
    named = {item["alias"].lower() for item in tree["select_list"]}
    named |= {str(tree["from_table"].get(name)).lower() for name in ("alias", "table_name")}
    parts = (*tree["select_list"], tree["where_clause"], tree["having"], *tree["group_expressions"])
    for part in parts:
        nodes = list(walk(part))
        # A subquery and a lambda have names of their own.
        if any(node.get("class") in {"SUBQUERY", "LAMBDA"} for node in nodes):
            continue
        for column in filter(is_column, nodes):
            names = [name.lower() for name in column["column_names"]]
            if not facts.columns.keys().isdisjoint(names) or names[-1] in named:
                continue
            raise DraftError(
                f"`{query.at(column)}`: `{facts.model.name}` has no column `{names[-1]}`",
                hint=suggest(names[-1], facts.columns),
            )


def check_item(query: Query, item: Node) -> None:
    """Raise a DraftError for an item of the last select that stands for several columns."""
    if any(part.get("class") == "STAR" for part in walk(item)):
        raise DraftError(
            f"`{query.at(item)}`: `{written(item)}` stands for several columns",
            hint="name each column",
        )


def check_versions(query: Query, item: Node, facts: Facts, *, is_column_kept: bool = True) -> None:
    """Raise a DraftError for an expression that depends on whether a fact was corrected later.

    With `is_column_kept`, the column itself may be passed on under any name.
    """
    is_passed_on = is_column_kept and is_column(item)
    if SUPERSEDED_AT in facts.instants(item) and not is_passed_on:
        raise DraftError(
            f"`{query.at(item)}`: `{written(item)}` tells of later versions of a fact, which "
            "nobody knew at the time",
            hint="count the version that held: `where superseded_at is null`",
        )


def check_computed(item: Node) -> None:
    """Raise an Untranslatable for what no column that is computed from aggregates can read."""
    outside = replaced(item, lambda part: expression("null") if is_aggregate(part) else None)
    for part in walk(item):
        if part.get("class") == "WINDOW":
            raise Untranslatable(
                "a window function over the rows of the result",
                "in a view it would run over all instants, the later ones too: compute it at "
                "lookup, over the rows of one instant",
            )
        if part.get("class") == "SUBQUERY":
            raise Untranslatable(
                "a subquery beside aggregates", "join a view of its own with that value at lookup"
            )
    if names := sorted(column_names(outside)):
        raise Untranslatable(
            f"`{names[0]}` beside aggregates",
            "write out the aggregate that it names; a key stands beside the features anyway",
        )
    if reads_clock(outside):
        raise Untranslatable(
            f"`{written(item)}` depends on when it runs",
            "compute it at lookup: a derived feature",
        )


def note_sample(query: Query, source: Node, notes: Notes) -> None:
    """Note that a table or a select is a sample, which a view is not."""
    if source.get("sample"):
        notes.todo(
            query.at(source),
            "a sample is left out",
            "a view counts every fact: choose them by a condition",
        )


def obstacle_of(node: Node) -> Node | str | None:
    """Return what keeps a select from being a choice of rows and columns, None if nothing does."""
    if node["type"] != "SELECT_NODE":
        return "several selects in one"
    if any(item["type"] != "ORDER_MODIFIER" for item in node["modifiers"]):
        return "a `distinct` or `limit`"
    if node["group_expressions"] or node["having"] or node["qualify"] or node["sample"]:
        return "an aggregate or a choice among rows"
    if node["aggregate_handling"] != "STANDARD_HANDLING":
        return "an aggregate"
    for item in node["select_list"]:
        stars = [part for part in walk(item) if part.get("class") == "STAR"]
        if stars and not (item["class"] == "STAR" and _is_plain(item)):
            return "a `*` with exceptions"
        if any(part.get("class") in {"WINDOW", "SUBQUERY"} for part in walk(item)):
            return "a window function or a subquery"
        if any(is_aggregate(part) for part in walk(item)):
            return "an aggregate"
    if node["from_table"]["type"] not in {"BASE_TABLE", "TABLE_FUNCTION", "SUBQUERY"}:
        obstacle: Node = node["from_table"]
        return obstacle
    return None


def kind_of(table: Node) -> str:
    """Return how a message calls what stands behind FROM."""
    kind = str(table["type"])
    return {"JOIN": "a join", "EMPTY": "nothing"}.get(kind, kind.lower())


def _is_plain(star: Node) -> bool:
    return not any(star[part] for part in star if part.endswith("_list") or part == "columns")

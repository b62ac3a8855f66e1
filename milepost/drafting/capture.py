"""Reads a query as the draft of a feature view; what it cannot translate becomes a TODO."""

from __future__ import annotations

from milepost.drafting.draft import Draft
from milepost.drafting.facts import Facts, Layer, unqualified
from milepost.drafting.facts_reader import FactsReader
from milepost.drafting.feature_list import FeatureList
from milepost.drafting.grouping import grouping_of
from milepost.drafting.models import KNOWN_AT, SUPERSEDED_AT, Models
from milepost.drafting.never_null import never_null
from milepost.drafting.notes import Notes
from milepost.drafting.obstacles import check_columns, check_texts, note_sample
from milepost.drafting.query import Node, Query, conjuncts, is_column
from milepost.drafting.selection import Selection
from milepost.drafting.spans import Span
from milepost.drafting.written import written
from milepost.errors import DraftError


def draft(query: Query, name: str, models: Models) -> Draft:
    """Return the draft of a view that a query is; a DraftError where nothing of it can be one."""
    if query.tree["type"] != "SELECT_NODE":
        raise DraftError(
            f"`{query.place}` puts several selects together", hint="capture each of them"
        )
    check_texts(query)
    notes = Notes()
    reader = FactsReader(query, models, notes)
    facts = reader.read(query.tree["from_table"], reader.ctes(query.tree))
    if facts.is_whole:
        check_columns(query, facts)
    conditions, span, is_current = reader.conditions(conjuncts(query.tree["where_clause"]), facts)
    if not (facts.is_current or is_current):
        notes.change(
            query.at(query.tree["from_table"]),
            "counts each version of a fact that was corrected, and the view counts the version "
            "that held: `where superseded_at is null`",
        )
    _note_rows(query, notes)
    grouping = grouping_of(query, facts, models, notes)
    values = never_null(facts, conditions, models)
    features = FeatureList(_facts_name(facts), set(facts.columns), values)
    selection = Selection(query, models, notes, reader, facts, span or Span(), grouping, features)
    selection.read()
    if not selection.select_places:
        todos = "\n".join(f"  {note}" for note in notes.todos)
        raise DraftError(
            f"no feature of `{query.place}` can be translated:\n{todos}",
            hint="a feature is an aggregate of facts in a window that ends now: "
            "`count(*)` with `where known_at >= now() - interval 28 days`",
        )
    return Draft(
        name,
        query,
        models,
        facts,
        _layers(selection, conditions),
        _grid(selection),
        features,
        selection.computed,
        selection.select_places,
        grouping,
        reader.spans,
        reader.left_out,
        notes,
    )


def _facts_name(facts: Facts) -> str:
    if facts.layers:
        return f"{facts.layers[-1].name}_facts"
    name = facts.model.name.rpartition("__")[2]
    return f"{name}_rows" if name in {"windows", "features"} else name


def _layers(selection: Selection, conditions: list[Node]) -> tuple[Layer, ...]:
    """Return the CTEs of the facts: one more where there is more to choose or compute."""
    facts, features, keys_of = selection.facts, selection.features, selection.grouping.keys
    computed = features.computed
    if any(layer.name == "windows" for layer in facts.layers):
        raise DraftError("a CTE is named `windows`", hint="the draft has one: rename it")
    is_plain = all(key.sql == key.name for key in keys_of)
    if facts.layers and not conditions and not computed and is_plain:
        features.facts = facts.layers[-1].name
        return facts.layers
    keys = {key.name: key.sql for key in keys_of}
    values = {
        column: column
        for feature in features.features
        if (value := feature.measure.value) and is_column(value)
        for column in [value["column_names"][-1].lower()]
    }
    columns = keys | values | {name: sql for sql, name in computed.items()}
    renamed = facts.model.renamed if not facts.layers else {}
    columns = {name: renamed.get(sql, sql) for name, sql in columns.items()}
    columns |= {KNOWN_AT: KNOWN_AT, SUPERSEDED_AT: SUPERSEDED_AT}
    items = tuple(sql if sql == name else f"{sql} as {name}" for name, sql in columns.items())
    texts = tuple(written(unqualified(condition, facts)) for condition in conditions)
    return (*facts.layers, Layer(features.facts, facts.source, items, texts))


def _grid(selection: Selection) -> str:
    windows = [feature.window for feature in selection.features.features]
    is_hourly = any(window.hours % 24 or window.back_hours % 24 for window in windows)
    if selection.grouping.series_step == "hour" or is_hourly:
        if selection.ends_a_day:
            selection.notes.todo(
                selection.query.at(selection.query.tree["where_clause"]),
                "some windows end at the beginning of a day, and others are of hours",
                "capture them as two views",
            )
        return "hour"
    return "day"


def _note_rows(query: Query, notes: Notes) -> None:
    """Note what leaves out rows of the result, which a view does not."""
    tree = query.tree
    for modifier in tree["modifiers"]:
        if modifier["type"] != "ORDER_MODIFIER":
            kind = modifier["type"].partition("_")[0].lower()
            notes.todo(
                query.at(tree["select_list"][-1]),
                f"`{kind}` is left out",
                "a view has a row of every key",
            )
    note_sample(query, tree, notes)
    for clause in ("having", "qualify"):
        if tree[clause]:
            notes.todo(
                query.at(tree[clause]),
                f"`{clause}` is left out: a view has a row of every key",
                "make features of too little evidence null: `'at_least': {'load_count': 8}`",
            )

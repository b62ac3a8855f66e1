"""What a query groups by: the keys of the view, and the step of a series of instants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from milepost.drafting.facts import Facts, unqualified
from milepost.drafting.measures import is_aggregate
from milepost.drafting.models import EVENT_AT, KNOWN_AT, Models
from milepost.drafting.notes import Notes
from milepost.drafting.obstacles import check_versions
from milepost.drafting.query import Node, Query, comparable, is_column, reads_clock, walk
from milepost.drafting.runnable import contract_type, type_of
from milepost.drafting.spans import grid_of
from milepost.drafting.written import written
from milepost.errors import DraftError
from milepost.release.names import name_fault


@dataclass(frozen=True)
class Key:
    """A column of what rows are about: its name, its SQL in the facts, and its type."""

    name: str
    sql: str
    data_type: str


@dataclass(frozen=True)
class Grouping:
    """The keys of a view, what they are in the query, and the step of a series of instants."""

    keys: Sequence[Key]
    key_nodes: Sequence[Node]
    series: Node | None = None
    series_step: str | None = None

    def is_group(self, item: Node) -> bool:
        """Return whether an item of the select list is something that is grouped by."""
        groups = [*self.key_nodes, *([self.series] if self.series else [])]
        return comparable(item) in [comparable(group) for group in groups]


def grouping_of(query: Query, facts: Facts, models: Models, notes: Notes) -> Grouping:
    """Return what a query groups by; a DraftError where it is nothing, or no key."""
    tree = query.tree
    groups = _groups(query, facts)
    if len(tree["group_sets"]) > 1:
        raise DraftError(
            f"`{query.at(groups[0])}`: several groupings at once", hint="capture each by itself"
        )
    keys: list[Key] = []
    key_nodes: list[Node] = []
    step, series = None, None
    for group in groups:
        check_versions(query, group, facts, is_column_kept=False)
        instants = facts.instants(group)
        if len(instants) == 1 and instants <= {EVENT_AT, KNOWN_AT}:
            step, series = grid_of(group), group
            if step is None:
                raise DraftError(
                    f"`{query.at(group)}`: `{written(group)}` is no step of a series",
                    hint="group by the hour, the day or the week: `date_trunc('day', known_at)`",
                )
            if EVENT_AT in instants:
                notes.change(
                    query.at(group),
                    f"`{written(group)}` is a series along `event_at`, and the view is one along "
                    "`known_at`: a fact counts from when it was known",
                )
            continue
        keys.append(_key(query, group, facts, models))
        key_nodes.append(group)
    if not keys:
        raise DraftError(
            f"`{query.place}` has no key: what is a row about?",
            hint="group by the key of an entity, such as `carrier_id`",
        )
    return Grouping(keys, key_nodes, series, step)


def _groups(query: Query, facts: Facts) -> list[Node]:
    """Return what is grouped by, in place of its number or its name in the select list."""
    items: Sequence[Node] = query.tree["select_list"]
    if query.tree["aggregate_handling"] == "FORCE_AGGREGATES":
        return [item for item in items if not any(is_aggregate(part) for part in walk(item))]
    aliases = {item["alias"].lower(): item for item in items if item["alias"]}
    groups = []
    for group in query.tree["group_expressions"]:
        if group["class"] == "CONSTANT":
            place = group["value"].get("value")
            if type(place) is not int or not 0 < place <= len(items):
                raise DraftError(
                    f"`{query.at(group)}`: `{written(group)}` is no item of the select",
                    hint=f"group by columns, or by a number from 1 to {len(items)}",
                )
            groups.append(items[place - 1])
        elif is_column(group) and group["column_names"][-1].lower() in aliases:
            name = group["column_names"][-1].lower()
            item = aliases[name]
            if name in facts.columns and comparable(item) != comparable(group):
                raise DraftError(
                    f"`{query.at(group)}`: `{name}` is a column of the facts and a name of "
                    f"`{written(item)}`",
                    hint="name one of them otherwise",
                )
            groups.append(item)
        else:
            named = [item for item in items if comparable(item) == comparable(group)]
            groups.append(named[0] if named else group)
    return groups


def _key(query: Query, group: Node, facts: Facts, models: Models) -> Key:
    sql = written(unqualified(group, facts))
    if reads_clock(group) or any(part.get("class") == "SUBQUERY" for part in walk(group)):
        raise DraftError(
            f"`{query.at(group)}`: the key `{sql}` depends on when it runs, or on another table",
            hint="group by columns of the facts",
        )
    name = (group["alias"] or (group["column_names"][-1] if is_column(group) else "")).lower()
    if not name or name_fault(name):
        raise DraftError(
            f"`{query.at(group)}`: the key `{sql}` has no plain name",
            hint="name it as the key of its entity: `as carrier_id`",
        )
    data_type = type_of(models, facts, group)
    contract = contract_type(data_type)
    if not contract or contract == "DOUBLE":
        raise DraftError(
            f"`{query.at(group)}`: the key `{name}` is {data_type}", hint="cast it to varchar"
        )
    if contract != data_type:
        sql = f"cast({sql} as {contract.lower()})"
    return Key(name, sql, contract.lower())

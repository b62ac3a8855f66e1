"""A draft of a feature view: what a query says, as facts, windows and a last select."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from milepost.drafting.facts import Facts, Layer
from milepost.drafting.feature_list import DraftFeature, FeatureList
from milepost.drafting.grouping import Grouping, Key
from milepost.drafting.models import Models
from milepost.drafting.notes import Notes
from milepost.drafting.query import Node, Query
from milepost.drafting.runnable import type_of
from milepost.drafting.spans import Span


@dataclass(frozen=True)
class Computed:
    """A column of the last select, which is computed from windows."""

    name: str
    sql: str
    data_type: str
    line: int
    comment: str = ""


@dataclass(frozen=True)
class Draft:
    """A feature view to be written.

    `layers` are the CTEs of its facts. `select_places` gives the place in the query's select list,
    from 0, of each column of the view that the query has. `spans` are those of its conditions, and
    `left_out` the conditions that the view does not have.
    """

    name: str
    query: Query
    models: Models
    facts: Facts
    layers: Sequence[Layer]
    grid: str
    features: FeatureList
    computed: Sequence[Computed]
    select_places: Mapping[str, int]
    grouping: Grouping
    spans: Sequence[tuple[Node, Span]]
    left_out: Sequence[Node]
    notes: Notes

    @property
    def keys(self) -> Sequence[Key]:
        """The columns of what rows are about."""
        return self.grouping.keys

    @property
    def hidden(self) -> list[str]:
        """The windows that only the last select uses."""
        return [feature.column for feature in self.features.features if feature.is_hidden]

    @property
    def shown(self) -> list[DraftFeature]:
        """The windows that the view has as columns."""
        return [feature for feature in self.features.features if not feature.is_hidden]

    def type_of(self, value: Node) -> str:
        """Return the type that an expression over the facts has in the scratch database."""
        return type_of(self.models, self.facts, value)

    def last_select(self, prefix: str) -> str:
        """Return the last select of the model."""
        if not self.computed:
            return "select * from windows"
        star = f"{{{{ {prefix}all_but({self.hidden}) }}}}" if self.hidden else "*"
        columns = [star, *(f"{item.sql} as {item.name}" for item in self.computed)]
        return "select\n" + ",\n".join(f"    {column}" for column in columns) + "\nfrom windows"

"""Which landing dates a dbt command reads for each table: a slice of the raw log, or all of it.

Any edit here but of comments and docstrings builds every view again: see `planning_code`.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from milepost.building.batches import Batches
from milepost.building.catalog import Catalog
from milepost.building.raw_logs import RawLogs
from milepost.building.reach import reach_days
from milepost.building.stated_windows import look_back_days

# `set_aside` counts the rows of the last four weeks.
_COUNTED_DAYS = 28


def judged_from(first: date | None, reach: int) -> date | None:
    """Return the first landing date of whose rows a slice has all that they refer to."""
    return first and first + timedelta(days=reach)


class Slices:
    """The first landing date that is read for each node; None stands for the whole raw log.

    A slice is enough where every model that the command builds from it is built in batches and
    says how far it looks back.
    """

    def __init__(
        self,
        catalog: Catalog,
        batches: Batches,
        raw_logs: RawLogs,
        selected: Collection[str],
        reference_days: int,
    ) -> None:
        self._catalog, self._batches, self._raw_logs = catalog, batches, raw_logs
        self._selected = sorted(node_id for node_id in selected if node_id in catalog.nodes)
        self._reference_days = reference_days
        self._looking_back = [
            node_id
            for node_id, node in catalog.nodes.items()
            if node["resource_type"] == "model" and look_back_days(node) is not None
        ]

    def read_by(self, node_id: str) -> set[str]:
        """Return the nodes whose rows the batch of a model is made from, and the model.

        What looks back reads as much of its whole lineage. Anything else, a training set above all,
        reads the tables that grow by batches, and not what is behind them.
        """
        if node_id in self._looking_back:
            return self._catalog.lineage(node_id)
        return self._read_whole(node_id)

    def holds_all_rows(self, node_id: str) -> bool:
        """Return whether a table grows by batches: it has all of its rows, whatever is read."""
        grows = self._catalog.nodes[node_id]["config"].get("materialized") == "incremental"
        return grows and node_id in self._looking_back

    def start(self, node_id: str) -> date | None:
        """Return the first landing date that the batch of a model looks back to."""
        begins = self._batches.of(node_id).start
        days = look_back_days(self._catalog.nodes[node_id])
        if begins is None or days is None:
            return None
        reach = reach_days(self._catalog, node_id, self._reference_days)
        look_back = timedelta(days=max(days, _COUNTED_DAYS) + reach + 1)
        first = begins.date() - look_back
        return first if first > self._raw_logs.first(node_id).date() else None

    def starts(self) -> dict[str, date | None]:
        """Return the first landing date for each selected model, and for all of its lineage."""
        starts: dict[str, date | None] = {}
        for node_id in self._looking_back:
            if node_id in self._selected:
                start = self.start(node_id)
                for member in self._catalog.lineage(node_id):
                    starts[member] = _earlier(starts.get(member, start), start)
        earliest = None if None in starts.values() else min(starts.values(), default=None)  # type: ignore[type-var]
        in_batches = {
            id_ for node_id in self._looking_back for id_ in self._catalog.lineage(node_id)
        }
        # What no selected model looks back from: a table of facts that is built alone.
        for node_id in self._selected:
            if node_id not in starts and (node_id in in_batches or self._stages(node_id)):
                lineage = self._catalog.lineage(node_id)
                in_batches |= lineage
                starts |= dict.fromkeys(lineage, earliest)
        for node_id in self._selected:
            is_model = self._catalog.nodes[node_id]["resource_type"] == "model"
            if is_model and node_id not in in_batches:
                starts |= dict.fromkeys(self._read_whole(node_id))
        return starts

    def _stages(self, node_id: str) -> bool:
        return "staged_from" in self._catalog.nodes[node_id]["config"].get("meta", {})

    def _read_whole(self, node_id: str) -> set[str]:
        """Return a node and what it is made from, but not behind tables that grow by batches.

        Such a table holds all of its rows whatever this command reads.
        """
        members: set[str] = set()
        waiting = [node_id]
        while waiting:
            member = waiting.pop()
            if member not in members and member in self._catalog.nodes:
                members.add(member)
                if member == node_id or not self.holds_all_rows(member):
                    waiting += self._catalog.parents(member)
        return members


def _earlier(one_date: date | None, another: date | None) -> date | None:
    return min(one_date, another) if one_date and another else None

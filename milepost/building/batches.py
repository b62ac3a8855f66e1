"""Which grid instants a dbt command builds of each model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from milepost.building.catalog import Catalog
from milepost.building.raw_logs import RawLogs
from milepost.errors import PublishError

# What follows the last closed midnight: it is the last instant of a grid, and an end without one.
STEPS = {"day": timedelta(days=1), "hour": timedelta(hours=1)}


@dataclass(frozen=True)
class Options:
    """The options of a dbt command that decide what it builds.

    `narrowed_by` is the one that makes its tables other than the project says, such as `--empty` or
    `--target other`, or "". `start` and `end` are dbt's `--event-time-start` and `-end`.
    """

    command: str
    target: str
    narrowed_by: str = ""
    full_refresh: bool = False
    empty: bool = False
    start: datetime | None = None
    end: datetime | None = None

    def __post_init__(self) -> None:
        for option in ("start", "end"):
            instant: datetime | None = getattr(self, option)
            if instant and instant.replace(minute=0, second=0, microsecond=0) != instant:
                raise PublishError(
                    f"`--event-time-{option}` is {instant}, which is no grid instant",
                    hint="give a date, or a full hour",
                )

    @property
    def builds_tables(self) -> bool:
        """Whether the command builds models."""
        return self.command in {"run", "build"}

    @property
    def goes_on(self) -> bool:
        """Whether the command adds to tables as they are; `--empty` adds nothing, and so may."""
        return self.builds_tables and not self.full_refresh and self.narrowed_by in {"", "--empty"}


@dataclass(frozen=True)
class Instants:
    """The grid instants from `start`, or from the first where it is None, up to but not `end`."""

    start: datetime | None
    end: datetime


class Batches:
    """The grid instants that a dbt command builds of each model.

    A model goes on from where its last batch ended: `built_to` has that instant of each model that
    does. Another starts with the raw log. It ends where the closed landing dates do. With
    `--event-time-start` and `--event-time-end` these instants are built, again or anew; they may
    not leave a gap behind what is built, nor go beyond the closed dates.
    """

    def __init__(
        self,
        catalog: Catalog,
        options: Options,
        raw_logs: RawLogs,
        built_to: Mapping[str, datetime],
    ) -> None:
        self._catalog, self._options = catalog, options
        self._raw_logs = raw_logs
        self._built_to = built_to

    def of(self, node_id: str) -> Instants:
        """Return the batch of a model; a PublishError where the options cannot be followed."""
        node = self._catalog.nodes[node_id]
        closed = datetime.combine(self._raw_logs.closed_before(node_id), time())
        end = closed + STEPS.get(node["config"]["meta"].get("grid"), timedelta())
        built_to = self._built_to.get(node_id)
        start, asked_end = self._options.start, self._options.end
        if start is None or asked_end is None:
            return Instants(built_to, end)
        if built_to is None or start > built_to:
            how_far = f"up to (not including) {built_to}" if built_to else "nowhere"
            raise PublishError(
                f"`{node['name']}` is built {how_far}, and `--event-time-start` is {start}",
                hint="leave the dates out, to build all that comes before",
            )
        if asked_end > end:
            raise PublishError(
                f"landing dates are closed up to {closed}, and `--event-time-end` is {asked_end}",
                hint=f"end it at {end} or before, or leave the dates out",
            )
        return Instants(start, asked_end)

    def built_to(self, node_id: str) -> datetime:
        """Return the first instant of a model that is not built once its batch is."""
        before = self._built_to.get(node_id)
        end = self.of(node_id).end
        return max(end, before) if before else end

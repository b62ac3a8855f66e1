"""Which grid instants a dbt command builds of each model.

Any edit here but of comments and docstrings builds every view again: see `planning_code`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from milepost.building.catalog import Catalog
from milepost.building.raw_logs import RawLogs
from milepost.errors import PublishError

_MIDNIGHT = datetime(1970, 1, 1)  # noqa: DTZ001 - any midnight, naive UTC
_STEPS = {"day": timedelta(days=1), "hour": timedelta(hours=1)}


def grid_end(closed_before: datetime, grid: str | None) -> datetime:
    """Return the end of a batch: the first grid instant after the last that can be built.

    Raw tables are closed up to `closed_before`, which is itself an instant that can be built. A
    model without a grid is built up to it.
    """
    step = _STEPS.get(grid or "")
    if step is None:
        return closed_before
    return closed_before - (closed_before - _MIDNIGHT) % step + step


@dataclass(frozen=True)
class Options:
    """The options of a dbt command that decide what it builds.

    `narrowed_by` is an option such as `--empty` or `--target other`, with which tables are not as
    the project says; "" without one. `start` and `end` are dbt's `--event-time-start` and `-end`.
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
        """Whether the command adds to the tables that exist.

        With `--empty` it adds no rows, so the tables may stay.
        """
        return self.builds_tables and not self.full_refresh and self.narrowed_by in {"", "--empty"}


@dataclass(frozen=True)
class Instants:
    """The grid instants from `start` to (not including) `end`; None stands for the first of all."""

    start: datetime | None
    end: datetime


class Batches:
    """The grid instants that a dbt command builds of each model.

    A model in `built_to` goes on from that instant, where its last batch ended. Any other model
    starts with the raw log. A batch ends where the closed landing dates do. With
    `--event-time-start` and `--event-time-end` the instants between them are built, again or anew;
    they may not leave a gap behind what is built, nor go beyond the closed dates.
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
        closed = self._raw_logs.closed_before(node_id)
        end = grid_end(closed, node["config"]["meta"].get("grid"))
        built_to = self._built_to.get(node_id)
        start, option_end = self._options.start, self._options.end
        if start is None or option_end is None:
            return Instants(built_to, end)
        if built_to is None or start > built_to:
            how_far = f"up to (not including) {built_to}" if built_to else "nowhere"
            raise PublishError(
                f"`{node['name']}` is built {how_far}, and `--event-time-start` is {start}",
                hint="leave the dates out, to build all that comes before",
            )
        if option_end > end:
            raise PublishError(
                f"raw tables are closed up to {closed}, and `--event-time-end` is {option_end}",
                hint=f"end it at {end} or before, or leave the dates out",
            )
        return Instants(start, option_end)

    def built_to(self, node_id: str) -> datetime:
        """Return the first instant of a model that is still to be built after its batch."""
        before = self._built_to.get(node_id)
        end = self.of(node_id).end
        return max(end, before) if before else end

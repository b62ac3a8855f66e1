"""A table as `milepost init` declares it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from milepost.beginning.change_feed import ChangeFeed
from milepost.beginning.closing_signs import ClosingSigns
from milepost.beginning.columns import RawColumn
from milepost.beginning.places import Place

# How long before its partition is closed a row is known, where no column says when.
KNOWN_BEFORE_MINUTES = 15


@dataclass(frozen=True)
class Table:
    """A table as a source would declare it, and what its models would read of it.

    `names` gives each raw column its name in models. `known` is the column that says when a row was
    known, or `partition` (the end of its partition), `commit`, or `model`: an hour after it
    happened. `covers` are the first date of files that names tell no time of, and the date after
    the last. `absent` is what a key is that a full snapshot lacks. `notes` are what a person
    should know.
    """

    name: str
    place: Place
    columns: Mapping[str, RawColumn]
    names: Mapping[str, str]
    id_columns: tuple[str, ...]
    event: str | None
    known: str | None
    known_by: str
    entity: str
    measure: str | None
    feed: ChangeFeed | None
    is_snapshot: bool
    absent: str
    closing: ClosingSigns
    covers: tuple[date, date] | None
    first: datetime | None
    last: datetime | None
    rows_a_day: int | None
    notes: Sequence[str]

    @property
    def known_after_minutes(self) -> int:
        """How long after the end of its partition a row is known, where the partition says when."""
        return self.closing.delay_minutes - KNOWN_BEFORE_MINUTES

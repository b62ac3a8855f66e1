"""What was seen of tables and what was chosen, in a few lines for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from milepost.beginning.staging_files import KNOWN_AFTER_HOURS
from milepost.beginning.table import Table

# A note for each of 300 columns helps nobody.
NOTES_MAX = 8


def summary(tables: Sequence[Table]) -> list[str]:
    """Return the lines of all tables."""
    return [line for table in tables for line in _lines(table)]


def _lines(table: Table) -> Iterator[str]:
    yield f"{table.name}: {table.place.below.location.uri()}, {_span(table)}"
    ids = ", ".join(f"`{name}`" for name in table.id_columns)
    kind = "; full snapshots: each file has all ids" if table.is_snapshot else ""
    if table.feed:
        kind = f"; a change feed: `{table.feed.column}` says what was deleted"
    yield f"  a row is named by {ids}{kind}"
    if table.is_snapshot and table.absent == "unchanged":
        yield "  rows of a file were known at several instants: an id that it lacks is unchanged"
    yield f"  happened: {_event(table)}; known: {_known(table)}"
    if not table.covers and not table.place.is_iceberg:
        yield f"  closed by {table.closing.closed_by}{_delay(table)}: {table.closing.reason}"
        if table.closing.has_gaps:
            yield "  dates are missing between the first and the last: taken as days without rows"
    for note in table.notes[:NOTES_MAX]:
        yield f"  {note}"
    if len(table.notes) > NOTES_MAX:
        yield f"  and {len(table.notes) - NOTES_MAX} more such columns"


def _span(table: Table) -> str:
    layout = f"laid out as `{table.place.layout}`"
    if table.place.is_iceberg:
        return "an Iceberg table"
    if table.covers:
        return f"history without dates in its names, {table.covers[0]} up to {table.covers[1]}"
    volume = f", about {table.rows_a_day:,} rows a day" if table.rows_a_day is not None else ""
    return f"{layout}, {table.first} to {table.last}{volume}"


def _event(table: Table) -> str:
    if table.event:
        return f"`{table.event}`"
    return "no column says; taken as when it was known"


def _known(table: Table) -> str:
    if table.known:
        return f"`{table.known}`"
    return {
        "commit": "when its snapshot was committed",
        "partition": f"no column says; {table.known_after_minutes} minutes after the end of its "
        "partition",
        "model": f"no column says; {KNOWN_AFTER_HOURS} hour after it happened, as the base model "
        "computes: correct it where that is too early",
    }[table.known_by]


def _delay(table: Table) -> str:
    return f", {table.closing.delay_minutes} minutes" if table.closing.delay_minutes else ""

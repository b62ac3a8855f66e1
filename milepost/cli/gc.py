"""`milepost gc`."""

from __future__ import annotations

from datetime import timedelta

import click

from milepost.cli import tables
from milepost.cli.answer import Answer
from milepost.cli.command import command
from milepost.storage.location import Location

# Longer than any publication, so that a file about to be used again is never collected; 2026-11.
GRACE_DAYS = 7


def _days(text: str | int) -> int:
    if not str(text).isdecimal() or len(str(text)) > 5:  # 99,999 days ago there was a calendar
        raise click.BadParameter(f"`{text}` is no number of days up to 99999")
    return int(text)


@command(
    "gc",
    example="gc --dry-run --grace-days 30",
    output="A line for each object that is removed, then how many there were.",
    json="`dry_run`, `removed`: names; `bytes`, `kept_releases`.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@click.option(
    "--grace-days",
    type=_days,
    default=GRACE_DAYS,
    metavar="N",
    help=f"Keep what is younger than so many days (default: {GRACE_DAYS}).",
)
def gc(store: Location, *, dry_run: bool, grace_days: int) -> Answer:
    """Remove old objects that no kept release and no ledger names.

    They are older than the grace period, so that no publication is about to use one. Iceberg tables
    are first written without the releases that go.
    """
    from milepost.raw import ledger_garbage
    from milepost.release import garbage

    grace = timedelta(days=grace_days)
    collection = garbage.collect(store, grace=grace, dry_run=dry_run, tables_writer=tables.writer)
    unnamed = ledger_garbage.collect(store, grace=grace, dry_run=dry_run)
    removed = [*collection.removed, *unnamed]
    names, size = [item.name for item in removed], sum(item.bytes for item in removed)
    verb = "would remove" if dry_run else "removed"
    lines = [f"{verb} {item.name} ({item.bytes:,} bytes)" for item in removed]
    lines.append(
        f"{verb} {len(names)} objects, {size:,} bytes; "
        f"kept {len(collection.kept_releases)} releases"
    )
    data = {
        "dry_run": dry_run,
        "removed": names,
        "bytes": size,
        "kept_releases": collection.kept_releases,
    }
    return Answer(data, "\n".join(lines))

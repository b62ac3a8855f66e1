"""`milepost gc`."""

from __future__ import annotations

import argparse
from datetime import timedelta

from milepost.cli.answer import Answer, Command
from milepost.raw import ledger_garbage
from milepost.release import garbage
from milepost.storage.location import Location

# Longer than any publication, so that a file about to be used again is never collected; 2026-11.
GRACE_DAYS = 7


def _gc(options: argparse.Namespace, store: Location) -> Answer:
    """Remove objects older than the grace period that no kept release and no ledger names."""
    grace = timedelta(days=options.grace_days)
    collection = garbage.collect(store, grace=grace, dry_run=options.dry_run)
    unnamed = ledger_garbage.collect(store, grace=grace, dry_run=options.dry_run)
    removed = [*collection.removed, *unnamed]
    names, size = [item.name for item in removed], sum(item.bytes for item in removed)
    verb = "would remove" if options.dry_run else "removed"
    lines = [f"{verb} {item.name} ({item.bytes:,} bytes)" for item in removed]
    lines.append(
        f"{verb} {len(names)} objects, {size:,} bytes; "
        f"kept {len(collection.kept_releases)} releases"
    )
    data = {
        "dry_run": options.dry_run,
        "removed": names,
        "bytes": size,
        "kept_releases": collection.kept_releases,
    }
    return Answer(data, lines)


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="only say what would be removed")
    parser.add_argument(
        "--grace-days",
        type=_days,
        default=GRACE_DAYS,
        metavar="N",
        help="keep what is younger than so many days (default: %(default)s)",
    )


def _days(text: str) -> int:
    if not text.isdecimal() or len(text) > 5:  # 99,999 days ago there was a calendar
        raise argparse.ArgumentTypeError(f"`{text}` is no number of days up to 99999")
    return int(text)


COMMAND = Command("gc", _gc, "gc --dry-run --grace-days 30", _add_arguments)

"""`milepost gc`."""

from __future__ import annotations

import argparse
from datetime import timedelta

from milepost.cli.answer import Answer, Command
from milepost.release import garbage
from milepost.storage.location import Location

# Longer than any publication, so that a file about to be used again is never collected; 2026-11.
GRACE_DAYS = 7


def _gc(options: argparse.Namespace, store: Location) -> Answer:
    """Remove objects that are older than the grace period and that no kept release names."""
    grace = timedelta(days=options.grace_days)
    collection = garbage.collect(store, grace=grace, dry_run=options.dry_run)
    names = [item.name for item in collection.removed]
    verb = "would remove" if options.dry_run else "removed"
    lines = [f"{verb} {item.name} ({item.bytes:,} bytes)" for item in collection.removed]
    lines.append(
        f"{verb} {len(names)} objects, {collection.bytes:,} bytes; "
        f"kept {len(collection.kept_releases)} releases"
    )
    data = {
        "dry_run": options.dry_run,
        "removed": names,
        "bytes": collection.bytes,
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

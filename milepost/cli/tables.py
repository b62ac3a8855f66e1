"""`milepost tables`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

from milepost.cli.answer import Answer
from milepost.cli.command import command
from milepost.errors import ReleaseError
from milepost.storage.location import Location

if TYPE_CHECKING:
    from milepost.tables.write import Table


def writer() -> Callable[[Location], list[Table]]:
    """Return the function that writes the tables; a ReleaseError where pyiceberg is missing."""
    try:
        from milepost.tables import write
    except ImportError as error:
        raise ReleaseError(
            "Iceberg tables are written with pyiceberg, which is not installed",
            hint="pip install 'milepost[iceberg]'",
        ) from error
    return write.write


@command(
    "tables",
    example="tables --store s3://my-bucket/features",
    output="A line for each view: its table's newest metadata, and how many releases it has.",
    json="A list of `view`, `metadata`, and `snapshots`: the snapshot id of each release.",
)
def tables(store: Location) -> Answer:
    """Write the releases as Iceberg tables, for other engines.

    Each view is a table over the data files that the releases have, and each kept release is a
    snapshot with the release's id as its tag. No data is copied. Run it after `publish`.
    """
    written = writer()(store)
    lines = [f"{table.metadata} ({len(table.snapshots)} releases)" for table in written]
    return Answer([asdict(table) for table in written], "\n".join(lines))

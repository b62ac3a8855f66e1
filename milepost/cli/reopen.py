"""`milepost reopen`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from milepost.cli.answer import Answer
from milepost.cli.command import Argument, command
from milepost.errors import LandingError
from milepost.storage.location import Location

if TYPE_CHECKING:
    from milepost.raw.tables import RawTable


@command(
    "reopen",
    example='reopen lake.orders 2026-03-01T01 --reason "the loader wrote it twice" --by ada',
    output="What was reopened, and what to do next.",
    json="`table`, `partition`.",
)
@click.argument(
    "table", cls=Argument, metavar="SOURCE.TABLE", help="The table, as the project's YAML names it."
)
@click.argument(
    "partition",
    cls=Argument,
    metavar="PARTITION",
    help="As the layout says it: 2026-03-05, 2026-03-05T13 or 2026-03.",
)
@click.option("--reason", required=True, metavar="TEXT", help="Why other files are the truth.")
@click.option("--by", required=True, metavar="NAME", help="Who says so.")
@click.option(
    "--manifest",
    type=click.Path(path_type=Path),
    default=Path("target/manifest.json"),
    metavar="FILE",
    help="dbt's manifest of the project (default: target/manifest.json).",
)
def reopen(
    store: Location, table: str, partition: str, *, reason: str, by: str, manifest: Path
) -> Answer:
    """Take other files of a closed partition as the truth.

    What is made from the table is then built anew. A date that markers close is opened, to be
    closed anew. A partition of another table is read again by the next build.
    """
    from milepost.raw import reopening  # imports pyarrow, which is longer than all else

    closed_table = _table(manifest, table)
    reopening.reopen(store, closed_table, partition, reason=reason, by=by)
    then = (
        "close it again, then build"
        if closed_table.closed_by == "marker"
        else "the next build reads what S3 has of it"
    )
    return Answer(
        {"table": closed_table.name, "partition": partition},
        f"reopened {partition} of {closed_table.name}: {then}",
    )


def _table(manifest: Path, name: str) -> RawTable:
    """Return the raw table that the project calls `SOURCE.TABLE`."""
    from milepost.building.catalog import Catalog
    from milepost.raw.declaration import raw_table

    sources = {
        f"{node['source_name']}.{node['name']}": node
        for node in Catalog.read(manifest).nodes.values()
        if "source_name" in node and "raw_uri" in node["config"].get("meta", {})
    }
    if name not in sources:
        raise LandingError(
            f"`{name}` is no raw table of the project",
            hint=f"it has {', '.join(f'`{source}`' for source in sorted(sources)) or 'none'}",
        )
    return raw_table(sources[name])

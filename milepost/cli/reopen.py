"""`milepost reopen`."""

from __future__ import annotations

import argparse
from pathlib import Path

from milepost.building.catalog import Catalog
from milepost.cli.answer import Answer, Command
from milepost.errors import LandingError
from milepost.raw import reopening
from milepost.raw.declaration import raw_table
from milepost.raw.tables import RawTable
from milepost.storage.location import Location


def _reopen(options: argparse.Namespace, store: Location) -> Answer:
    """Take other files of a closed partition as the truth; what is made from them is built anew."""
    table = _table(options.manifest, options.table)
    reopening.reopen(store, table, options.partition, reason=options.reason, by=options.by)
    then = (
        "close it again, then build"
        if table.closed_by == "marker"
        else "the next build reads what S3 has of it"
    )
    return Answer(
        {"table": table.name, "partition": options.partition},
        [f"reopened {options.partition} of {table.name}: {then}"],
    )


def _table(manifest: Path, name: str) -> RawTable:
    """Return the raw table that the project calls `SOURCE.TABLE`."""
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


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("table", metavar="SOURCE.TABLE", help="as the project's YAML names it")
    parser.add_argument(
        "partition", metavar="PARTITION", help="as the layout says it: 2026-03-05T13"
    )
    parser.add_argument("--reason", required=True, help="why other files are the truth")
    parser.add_argument("--by", required=True, help="who says so")
    parser.add_argument(
        "--manifest",
        type=Path,
        default=Path("target/manifest.json"),
        help="dbt's manifest of the project (default: %(default)s)",
    )


COMMAND = Command(
    "reopen",
    _reopen,
    'reopen lake.orders 2026-03-05T13 --reason "the loader wrote it twice" --by ada',
    _add_arguments,
)

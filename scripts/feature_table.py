"""Print the feature views as a Markdown table, or keep the one in a file up to date."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from marked_page import write_part
from milepost import MilepostError
from milepost.building.catalog import Catalog
from milepost.building.declared_views import FeatureView

MARKER = "<!-- feature views -->"


def main() -> int:
    """Print or write the table. Return 1 if dbt's manifest or the file's markers are missing."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="example: dbt parse && python scripts/feature_table.py --write README.md",
    )
    parser.add_argument(
        "--manifest",
        type=Path,
        default=Path("target/manifest.json"),
        help="dbt's manifest, which every dbt command writes (default: %(default)s)",
    )
    parser.add_argument(
        "--write",
        type=Path,
        metavar="FILE",
        help=f"write between the two `{MARKER}` in this file instead of printing",
    )
    arguments = parser.parse_args()
    try:
        table = feature_table(Catalog.read(arguments.manifest).feature_views())
    except MilepostError as error:
        print(error, file=sys.stderr)
        return 1
    if not arguments.write:
        print(table, end="")
        return 0
    write_part(arguments.write, MARKER, table)
    return 0


def feature_table(views: Iterable[FeatureView]) -> str:
    """Return one row per view: its entity keys, its summary and how many features it has."""
    rows = [("feature view", "entity keys", "tells", "features"), ("---", "---", "---", "---:")]
    for view in views:
        summary = re.split(r"(?<=\.) ", view.description, maxsplit=1)[0]
        keys = ", ".join(f"`{key}`" for key in view.keys)
        feature_count = len(view.features) + len(view.derived)
        rows.append((f"`{view.name}`", keys or "none", summary, str(feature_count)))
    return "".join("| " + " | ".join(row) + " |\n" for row in rows)


if __name__ == "__main__":
    sys.exit(main())

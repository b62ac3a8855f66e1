"""Publish the feature views of this dbt project as a release on S3."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from milepost.errors import MilepostError
from milepost.publish import publish
from milepost.s3 import Location


def main() -> int:
    """Publish; 0 if readers now see the release, 1 if nothing changed because of an error."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="example: dbt build && python scripts/export.py --store s3://my-bucket/features",
    )
    parser.add_argument(
        "--store",
        default=os.environ.get("MILEPOST_STORE_URI", "s3://milepost-store/simulated"),
        help="where the releases are (default: MILEPOST_STORE_URI, %(default)s)",
    )
    parser.add_argument(
        "--database",
        type=Path,
        default=Path(os.environ.get("MILEPOST_SCRATCH", ".local/milepost.duckdb")),
        help="the scratch database that dbt built (default: MILEPOST_SCRATCH, %(default)s)",
    )
    parser.add_argument(
        "--manifest",
        type=Path,
        default=Path("target/manifest.json"),
        help="dbt's manifest of that build (default: %(default)s)",
    )
    arguments = parser.parse_args()
    try:
        published = publish(arguments.database, arguments.manifest, Location.parse(arguments.store))
    except MilepostError as error:
        print(error, file=sys.stderr)
        return 1
    size = sum(file.bytes for file in published.uploaded)
    sent = f"{len(published.uploaded)} files, {size:,} bytes sent"
    verdict = "published" if published.is_new else "nothing to publish, the current release is"
    print(f"{verdict} {published.manifest.release} ({sent})", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Write dbt's docs site as one page: `python -m milepost.cli.docs_site`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from milepost.building.docs_site import docs_site
from milepost.errors import MilepostError


def main() -> int:
    """Write `static_index.html` beside what dbt wrote. Return 1 if dbt has not written it."""
    parser = argparse.ArgumentParser(
        prog="python -m milepost.cli.docs_site",
        description="Write dbt's docs site as one page that opens with the shelf.",
        epilog="example: dbt docs generate && python -m milepost.cli.docs_site",
    )
    parser.add_argument(
        "--target",
        type=Path,
        default=Path("target"),
        help="the folder that dbt writes to (default: %(default)s)",
    )
    target = parser.parse_args().target
    try:
        page = docs_site(target)
    except MilepostError as error:
        print(error, file=sys.stderr)
        return 1
    path = target / "static_index.html"
    path.write_text(page)
    print(f"wrote {path}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())

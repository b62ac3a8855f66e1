"""Write what each rung of the ladder asks, as the code lists it, into docs/reference/ladder.md."""

# allow milepost.local_file: a page of this checkout is written
from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from milepost.release.definition import RUNGS
from milepost.standards.requirement import Requirement
from milepost.standards.requirements import REQUIREMENTS

MARKER = "<!-- requirements of the ladder -->"
PAGE = Path(__file__).parents[1] / "docs/reference/ladder.md"


def main() -> int:
    """Write the tables; 0, or 1 where the page has not the two markers."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog="example: python scripts/ladder.py"
    )
    parser.add_argument(
        "--page", type=Path, default=PAGE, help="the page to write (default: %(default)s)"
    )
    page = parser.parse_args().page
    parts = page.read_text().split(MARKER)
    if len(parts) != 3:
        print(
            f"`{page}` has {len(parts) - 1} of the two markers\n"
            f"hint: put a line `{MARKER}` before and after the tables",
            file=sys.stderr,
        )
        return 1
    page.write_text(
        f"{parts[0]}{MARKER}\n{requirements_as_markdown(REQUIREMENTS)}{MARKER}{parts[2]}"
    )
    print(f"wrote {len(REQUIREMENTS)} requirements to {page}", file=sys.stderr)
    return 0


def requirements_as_markdown(requirements: Sequence[Requirement]) -> str:
    """Return a table for each rung: each requirement's name, and what it asks."""
    lines = []
    for rung in RUNGS:
        lines += ["", f"### `{rung}`", "", "| requirement | asks |", "| --- | --- |"]
        for requirement in requirements:
            if requirement.rung == rung:
                name = requirement.name + ("" if requirement.lasts else " (of this rung alone)")
                lines.append(f"| {name} | {requirement.meaning} |")
    return "\n".join([*lines, "", ""])


if __name__ == "__main__":
    sys.exit(main())

"""Write what each rung of the ladder asks, as the code lists it, into docs/reference/ladder.md."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from marked_page import write_part
from milepost.release.definition import RUNGS
from milepost.standards.requirement import Requirement
from milepost.standards.requirements import REQUIREMENTS

MARKER = "<!-- requirements of the ladder -->"
PAGE = Path(__file__).parents[1] / "docs/reference/ladder.md"


def main() -> None:
    """Replace what stands between the markers of the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog="example: python scripts/ladder.py"
    )
    parser.add_argument(
        "--page", type=Path, default=PAGE, help="the page to write (default: %(default)s)"
    )
    write_part(parser.parse_args().page, MARKER, requirements_as_markdown(REQUIREMENTS))


def requirements_as_markdown(requirements: Sequence[Requirement]) -> str:
    """Return a table for each rung: each requirement's name, and what it asks."""
    lines = []
    for rung in RUNGS:
        lines += [f"### `{rung}`", "", "| requirement | asks |", "| --- | --- |"]
        for requirement in requirements:
            if requirement.rung == rung:
                name = requirement.name + ("" if requirement.lasts else " (of this rung alone)")
                lines.append(f"| {name} | {requirement.meaning} |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    main()

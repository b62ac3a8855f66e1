"""Write the list of modules into docs/concepts/architecture.md, from their docstrings."""

# allow milepost.local_file: a page of this checkout is written
from __future__ import annotations

import argparse
import ast
from collections.abc import Iterator
from pathlib import Path

from marked_page import write_part

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "milepost"
PAGE = ROOT / "docs/concepts/architecture.md"
MARKER = "<!-- modules -->"
# From what needs no other wing to what needs them all.
WINGS = (
    *("storage", "raw", "release", "language", "beginning", "building"),
    *("stress", "standards", "drafting", "publishing", "catalogue", "reading", "review", "cli"),
)


def main() -> None:
    """Replace what stands between the markers of the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog="example: python scripts/module_list.py"
    )
    parser.add_argument("--page", type=Path, default=PAGE, help="the page (default: %(default)s)")
    write_part(parser.parse_args().page, MARKER, "\n".join([*lines(), ""]))


def lines() -> Iterator[str]:
    """Yield the list: for each wing what it is, and a line for each of its modules."""
    yield "| module | holds |"
    yield "| --- | --- |"
    for path in sorted(PACKAGE.glob("*.py")):
        yield row(path)
    for wing in WINGS:
        yield f"| **`{wing}/`** | **{sentence(PACKAGE / wing / '__init__.py')}** |"
        for path in sorted((PACKAGE / wing).rglob("*.py")):
            if path != PACKAGE / wing / "__init__.py":
                yield row(path)


def row(path: Path) -> str:
    """Return a module's line."""
    return f"| `{path.relative_to(PACKAGE)}` | {sentence(path)} |"


def sentence(path: Path) -> str:
    """Return the first paragraph of a module's docstring."""
    docstring = ast.get_docstring(ast.parse(path.read_text())) or ""
    return docstring.split("\n\n")[0].replace("\n", " ")


if __name__ == "__main__":
    main()

"""Write the lists of docs/reference/glossary.md and errors.md, from the terms and the code."""

# allow milepost.local_file: pages of this checkout are written
from __future__ import annotations

import argparse
import ast
from pathlib import Path

from marked_page import write_part
from milepost.language import messages, page, terms

ROOT = Path(__file__).parents[1]
PROJECT_GLOSSARY = ROOT / "models/glossary.md"
# The list stands between two of them.
MARKER = "<!-- from the code -->"


def main() -> None:
    """Replace what stands between the markers of both pages."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog="example: python scripts/language_pages.py"
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=ROOT / "docs/reference",
        help="where the pages are (default: %(default)s)",
    )
    folder = parser.parse_args().folder
    own_words = {"Freight": terms.read_terms(PROJECT_GLOSSARY.read_text())}
    macro_messages = messages.macro_messages(messages.checkout_macros())
    lists = {
        "glossary": page.glossary({**terms.platform_chapters(), **own_words}, level=2),
        "errors": page.errors([*messages.package_messages(), *macro_messages], docstrings()),
    }
    for name, text in lists.items():
        write_part(folder / f"{name}.md", MARKER, text)


def docstrings() -> dict[str, str]:
    """Return the first paragraph of each module's docstring, by the module's place."""
    package = ROOT / "milepost"
    texts = {
        path.relative_to(package).with_suffix("").as_posix(): ast.get_docstring(
            ast.parse(path.read_text())
        )
        for path in package.rglob("*.py")
    }
    return {
        place: text.split("\n\n")[0].replace("\n", " ") for place, text in texts.items() if text
    }


if __name__ == "__main__":
    main()

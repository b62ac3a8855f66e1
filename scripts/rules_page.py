"""Write the coding standards, as the code lists them, into docs/reference/rules.md."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterator
from pathlib import Path

from marked_page import write_part
from milepost.standards.rules import RULES

MARKER = "<!-- rules -->"
PAGE = Path(__file__).parents[1] / "docs/reference/rules.md"


def main() -> None:
    """Replace what stands between the markers of the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog="example: python scripts/rules_page.py"
    )
    parser.add_argument("--page", type=Path, default=PAGE, help="the page (default: %(default)s)")
    write_part(parser.parse_args().page, MARKER, "\n".join(lines()))


def lines() -> Iterator[str]:
    """Yield a table of the rules, then a section for each: example, reason, remedy."""
    yield "| rule | asks |"
    yield "| --- | --- |"
    for rule in RULES:
        yield f"| [`{rule.name}`](#{rule.name.replace('.', '')}) | {rule.says} |"
    yield ""
    for rule in RULES:
        yield f"### {rule.name}\n\n{rule.says}\n"
        yield f"**Example.** Bad:\n\n```{rule.language}\n{rule.bad}```\n"
        yield f"Good:\n\n```{rule.language}\n{rule.good}```\n"
        yield textwrap.fill(f"**Reason.** {rule.reason}", 100, break_on_hyphens=False) + "\n"
        remedy = f"**Remedy.** {rule.remedy[0].upper()}{rule.remedy[1:]}."
        yield textwrap.fill(remedy, 100, break_on_hyphens=False) + "\n"


if __name__ == "__main__":
    main()

"""Write the rules of the gate, as the code lists them, into docs/reference/release-format.md."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path

from marked_page import write_part
from milepost.publishing.rules import RULES, Rule

MARKER = "<!-- rules of the gate -->"
PAGE = Path(__file__).parents[1] / "docs/reference/release-format.md"


def main() -> None:
    """Replace what stands between the markers of the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog="example: python scripts/gate_rules.py"
    )
    parser.add_argument(
        "--page", type=Path, default=PAGE, help="the page to write (default: %(default)s)"
    )
    write_part(parser.parse_args().page, MARKER, rules_as_markdown(RULES))


def rules_as_markdown(rules: Sequence[Rule]) -> str:
    """Return a numbered list: each rule's name, what it requires, and the rules that it needs."""
    numbers = {rule.check: number for number, rule in enumerate(rules, start=1)}
    needed: dict[int, set[int]] = {}
    items = []
    for number, rule in enumerate(rules, start=1):
        direct = {numbers[check] for check in rule.needs}
        needed[number] = direct.union(*(needed[needed_number] for needed_number in direct))
        item = f"{number}. **{rule.name.capitalize()}.** {rule.says}"
        if direct:
            item += f" Needs {_ranges(needed[number])}."
        indent = " " * len(f"{number}. ")
        items.append(textwrap.fill(item, 100, subsequent_indent=indent, break_on_hyphens=False))
    return "".join(f"{item}\n" for item in items)


def _ranges(numbers: Iterable[int]) -> str:
    """Return numbers as a person lists them: `1 to 6, 15 and 16`."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    parts = [
        part
        for run in runs
        for part in ([f"{run[0]} to {run[-1]}"] if len(run) > 2 else map(str, run))
    ]
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


if __name__ == "__main__":
    main()

"""`milepost check` and `milepost promote`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from milepost.cli.answer import OK, REFUSED, Answer
from milepost.cli.command import Argument, command
from milepost.cli.dbt_project import of_database, project_folder

if TYPE_CHECKING:
    from milepost.standards.finding import Finding
    from milepost.standards.standing import Standing


@command(
    "check",
    example="check carrier_reliability",
    output="Of each view its rung, and what it lacks for the next: file, line, what to do.",
    json="`views`: of each `view`, `claimed`, `earned`, `next_rung`, `missing`; `findings` of no "
    "rung. A finding has `path`, `line`, `rule`, `message`, `remedy`.",
    exits="A view has not earned the rung that it claims, or a coding standard is not kept.",
    needs_store=False,
)
@click.argument(
    "view",
    cls=Argument,
    metavar="[VIEW]",
    required=False,
    help="A feature view (default: all).",
)
@of_database()
def check(view: str | None, *, database: Path) -> Answer:
    """Say where each view stands on the ladder, and what it lacks.

    It reads the project's files and what was recorded of its builds; it builds nothing.
    """
    from milepost.standards import check as checking  # needs DuckDB

    result = checking.check(project_folder(), database, view)
    data = {
        "views": [asdict(standing) for standing in result.standings],
        "findings": [asdict(finding) for finding in result.findings],
    }
    lines = [line for standing in result.standings for line in _lines(standing)]
    lines += [_indented(finding) for finding in result.findings]
    return Answer(data, "\n".join(lines), OK if result.is_passed else REFUSED)


def _lines(standing: Standing) -> list[str]:
    """Return what is said of a view."""
    text = f"{standing.view}: {standing.claimed}"
    if not standing.is_as_claimed:
        text += f", which it has not earned: it is {standing.earned or 'no draft yet'}"
    if standing.missing:
        text += f"; {len(standing.missing)} to do for {standing.next_rung}"
    elif standing.earned != standing.claimed:
        text += f"; `milepost promote {standing.view}` makes it {standing.earned}"
    return [text, *map(_indented, standing.missing)]


def _indented(finding: Finding) -> str:
    return "\n".join(f"  {line}" for line in str(finding).splitlines())


@command(
    "promote",
    example="promote carrier_reliability --approved-by carrier-science",
    output="The rung, and the files that were written, to be committed.",
    json="`view`, `rung`, `paths`.",
    needs_store=False,
)
@click.argument("view", cls=Argument, metavar="VIEW", help="A feature view.")
@click.option(
    "--approved-by",
    "approver",
    metavar="OWNER",
    help="The owner of the view who approves it for production; the other one asks for it.",
)
@of_database()
def promote(view: str, *, approver: str | None, database: Path) -> Answer:
    """Write the next rung of a view, and the evidence for it.

    For production it builds the view four times, in a database of its own, and compares the rows.
    """
    from milepost.standards import promote as promotion  # needs DuckDB

    promoted = promotion.promote_view(project_folder(), database, view, approver)
    lines = [f"{promoted.view} is {promoted.rung}: commit", *map("  {}".format, promoted.paths)]
    return Answer(asdict(promoted), "\n".join(lines))

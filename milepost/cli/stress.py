"""`milepost stress`."""

from __future__ import annotations

from collections import Counter

import click

from milepost.cli.answer import OK, REFUSED, Answer
from milepost.cli.command import Argument, command
from milepost.cli.dbt_project import project_folder


@command(
    "stress",
    example="stress carrier_reliability --days 60",
    output="Of each view how many faults had no effect, were set aside, were stopped by a check, "
    "or moved a feature silently, and what keeps it off production, such as a feature that moved "
    "beyond its tolerance.",
    json="Of each view: `view`, `file`, `outcomes`: how many faults had each outcome, "
    "`silent_moves`: what keeps it off production, such as a feature that moved too far.",
    exits="A feature moved silently beyond its tolerance, or a view is kept off production by "
    "something else: stdout names it.",
    needs_store=False,
)
@click.argument(
    "views",
    cls=Argument,
    metavar="[VIEW]...",
    nargs=-1,
    help="Feature views (default: all).",
)
@click.option(
    "--days",
    type=click.IntRange(min=10),
    default=120,
    metavar="NUMBER",
    help="How many of the newest days of the raw log are taken: 10 or more, of which production "
    "asks 30 (default: 120).",
)
def stress(views: tuple[str, ...], *, days: int) -> Answer:
    """Give the raw log faults, and certify what becomes of each.

    It builds views from a copy of the raw log, with one fault after another, and writes
    `<view>.stress.json` beside each model. Nothing is published, and the raw log stays as it is.
    """
    from milepost.stress.certificate import OUTCOMES
    from milepost.stress.stress import stressed  # needs DuckDB

    data, lines = [], []
    for result in stressed(project_folder().absolute(), views, days):
        made = result.certificate
        counts = Counter[str](outcome.outcome for outcome in made.outcomes)
        data.append(
            {
                "view": made.view,
                "file": result.path,
                "outcomes": {outcome: counts[outcome] for outcome in OUTCOMES},
                "silent_moves": [fault.message for fault in result.faults],
            }
        )
        outcomes = ", ".join(
            f"{counts[outcome]} {outcome.replace('_', ' ')}" for outcome in OUTCOMES
        )
        lines.append(f"{made.view}: {outcomes}; written to {result.path}")
        lines += [f"  {fault.message}" for fault in result.faults]
    is_silent = any(item["silent_moves"] for item in data)
    return Answer(data, "\n".join(lines), REFUSED if is_silent else OK)

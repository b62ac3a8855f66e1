"""`milepost stress`."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import click

from milepost.cli.answer import OK, REFUSED, Answer
from milepost.cli.command import Argument, command
from milepost.storage.location import Location


@command(
    "stress",
    example="stress carrier_reliability",
    output="For each feature view how many faults were without effect, set aside, stopped by a "
    "check, or moved a feature without a word, and which features moved beyond their tolerance.",
    json="For each view: `view`, `file`, `outcomes`: how many faults had each outcome, "
    "`silent_moves`: the sentences about features that moved too far.",
    exits="A feature moved without a word beyond its tolerance: stdout names it.",
)
@click.argument(
    "view",
    cls=Argument,
    metavar="[VIEW]",
    required=False,
    help="A feature view (default: every feature view of the project).",
)
@click.option(
    "--days",
    type=click.IntRange(min=10),
    default=120,
    show_default=True,
    help="How many of the newest days of the raw log are taken.",
)
def stress(store: Location, *, view: str | None, days: int) -> Answer:
    """Give the raw log of feature views one fault after another, and certify what became of each.

    It builds the views from a copy of the raw log, and writes `<view>.stress.json` beside each
    model. Nothing is published, and the raw log stays as it is.
    """
    from milepost.stress.certificate import OUTCOMES
    from milepost.stress.stress import stressed  # needs DuckDB, as no other command

    del store  # the profile names it, for dbt
    project = Path(os.environ.get("DBT_PROJECT_DIR", ".")).absolute()
    data, lines = [], []
    for result in stressed(project, [view] if view else [], days):
        counts = Counter[str](outcome.outcome for outcome in result.certificate.outcomes)
        data.append(
            {
                "view": result.certificate.view,
                "file": result.path,
                "outcomes": {outcome: counts[outcome] for outcome in OUTCOMES},
                "silent_moves": [str(fault.message) for fault in result.faults],
            }
        )
        told = ", ".join(f"{counts[outcome]} {outcome.replace('_', ' ')}" for outcome in OUTCOMES)
        lines.append(f"{result.certificate.view}: {told}; written to {result.path}")
        lines += [f"  {fault.message}" for fault in result.faults]
    is_silent = any(item["silent_moves"] for item in data)
    return Answer(data, "\n".join(lines), REFUSED if is_silent else OK)

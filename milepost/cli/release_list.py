"""`milepost releases`."""

from __future__ import annotations

from dataclasses import asdict

from milepost.cli.answer import Answer
from milepost.cli.command import command
from milepost.storage.location import Location


@command(
    "releases",
    example="releases --json",
    output="A line for each release: its id, views, rows, bytes, and its other names.",
    json="A list of `release`, `views`, `rows`, `bytes`, `commit`, `is_current`, `is_previous`, "
    "`pins`.",
)
def releases(store: Location) -> Answer:
    """List the releases, the newest first, with their other names."""
    from milepost.catalogue.tables import release_summaries

    summaries = release_summaries(store)
    return Answer([asdict(summary) for summary in summaries], repr(summaries))

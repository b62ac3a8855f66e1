"""`milepost releases`."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from milepost.catalogue.tables import release_summaries
from milepost.cli.answer import Answer, Command
from milepost.storage.location import Location


def _releases(_: argparse.Namespace, store: Location) -> Answer:
    """List the releases of a store, the newest first."""
    summaries = release_summaries(store)
    return Answer([asdict(summary) for summary in summaries], repr(summaries).splitlines())


COMMAND = Command("releases", _releases, "releases --json")

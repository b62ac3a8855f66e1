"""`milepost diff`."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from milepost.cli.answer import Answer, Command
from milepost.release import difference, releases
from milepost.storage.location import Location


def _diff(options: argparse.Namespace, store: Location) -> Answer:
    """Say what differs between two releases: views, features, rows, partitions."""
    before, after = (releases.read(store, release) for release in (options.a, options.b))
    differences = difference.between(before, after)
    return Answer([asdict(item) for item in differences], list(difference.lines(differences)))


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("a", metavar="A", help="the id of a release")
    parser.add_argument("b", metavar="B", help="the id of the release to compare with it")


COMMAND = Command(
    "diff",
    _diff,
    "diff 20261122T224232Z-3b27fb72ef49 20261123T224501Z-9a0c41d2e7b6",
    _add_arguments,
)

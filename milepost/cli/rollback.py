"""`milepost rollback`."""

from __future__ import annotations

import argparse

from milepost.cli.answer import Answer, Command
from milepost.release import releases
from milepost.storage.location import Location


def _rollback(options: argparse.Namespace, store: Location) -> Answer:
    """Make an older release current again."""
    release = releases.rollback(store, options.release).release
    return Answer({"release": release}, [f"current is now {release}"])


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("release", metavar="RELEASE", help="the id of the release to go back to")


COMMAND = Command("rollback", _rollback, "rollback 20261122T224232Z-3b27fb72ef49", _add_arguments)

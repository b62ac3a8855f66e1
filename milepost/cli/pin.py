"""`milepost pin` and `milepost unpin`."""

from __future__ import annotations

import argparse

from milepost.cli.answer import Answer, Command, add_release
from milepost.release import pointers, releases
from milepost.storage.location import Location


def _pin(options: argparse.Namespace, store: Location) -> Answer:
    """Keep a release under a name, for a model in production."""
    release = options.release or pointers.current(store)
    releases.pin(store, options.pin, release)
    return Answer({"pin": options.pin, "release": release}, [f"{options.pin} keeps {release}"])


def _unpin(options: argparse.Namespace, store: Location) -> Answer:
    """Remove a pin. Its release becomes garbage once nothing else keeps it."""
    releases.unpin(store, options.pin)
    return Answer({"pin": options.pin, "release": None}, [f"{options.pin} keeps nothing"])


def _add_pin_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pin", metavar="NAME", help="what keeps it, such as a model in production")
    add_release(parser)


def _add_unpin_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pin", metavar="NAME", help="the name that it was kept under")


PIN = Command("pin", _pin, "pin pricing-v3 20261122T224232Z-3b27fb72ef49", _add_pin_arguments)
UNPIN = Command("unpin", _unpin, "unpin pricing-v3", _add_unpin_arguments)

"""`milepost pin` and `milepost unpin`."""

from __future__ import annotations

import click

from milepost.cli import arguments
from milepost.cli.answer import Answer
from milepost.cli.command import Argument, command
from milepost.storage.location import Location

NAME = "The name under which it is kept, such as a model in production."


@command(
    "pin",
    example="pin pricing-v3 current",
    output="The name, and the release that it keeps.",
    json="`pin`, `release`.",
)
@click.argument("pin", cls=Argument, metavar="NAME", help=NAME)
@arguments.release()
def pin(store: Location, pin: str, release: str | None) -> Answer:
    """Keep a release under a name, for a model in production."""
    from milepost.release import releases
    from milepost.release.release_argument import resolve

    release = resolve(store, release)
    releases.pin(store, pin, release)
    return Answer({"pin": pin, "release": release}, f"{pin} keeps {release}")


@command(
    "unpin",
    example="unpin pricing-v3",
    output="The name, which keeps nothing now.",
    json="`pin`, `release`: null.",
)
@click.argument("pin", cls=Argument, metavar="NAME", help=NAME)
def unpin(store: Location, pin: str) -> Answer:
    """Remove a pin. Its release becomes garbage once nothing else keeps it."""
    from milepost.release import releases

    releases.unpin(store, pin)
    return Answer({"pin": pin, "release": None}, f"{pin} keeps nothing")

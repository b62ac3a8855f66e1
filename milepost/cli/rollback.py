"""`milepost rollback`."""

from __future__ import annotations

import click

from milepost.cli import arguments
from milepost.cli.answer import Answer
from milepost.cli.command import Argument, command
from milepost.storage.location import Location


@command(
    "rollback",
    example="rollback --previous",
    output="The release that is current now.",
    json="`release`.",
)
@click.argument(
    "release",
    cls=Argument,
    metavar="[RELEASE]",
    required=False,
    shell_complete=arguments.complete_releases,
    help=f"{arguments.RELEASE}.",
)
@click.option("--previous", is_flag=True, help="Go back to what was current before.")
def rollback(store: Location, release: str | None, *, previous: bool) -> Answer:
    """Make an older release current again.

    A second `rollback --previous` undoes the first. The releases in between stay until they are
    garbage.
    """
    from milepost.release import releases
    from milepost.release.release_argument import resolve

    if previous == bool(release):
        raise click.UsageError(
            "one release is to be current again\n"
            "hint: name it, as in `milepost rollback 20261122`, or write `--previous`"
        )
    release = releases.rollback(store, resolve(store, release or "previous")).release
    return Answer({"release": release}, f"current is now {release}")

"""`milepost diff`."""

from __future__ import annotations

from dataclasses import asdict

import click

from milepost.cli import arguments
from milepost.cli.answer import Answer
from milepost.cli.command import command
from milepost.storage.location import Location


@command(
    "diff",
    example="diff previous current",
    output="A line for each view and service that differs, and below it what differs; one "
    "for the glossary; `nothing differs` where nothing does.",
    json="A list: of views `view`, `change` (`added`, `removed`, `changed`), `features_added`, "
    "`features_removed`, `features_changed`, `complete_from` (`{feature: [before, after]}`, where "
    "it changed), `stated` (`{name: [before, after]}`), `rows_before`, `rows_after`, "
    "`partitions_added`, `partitions_removed`, `partitions_changed`; of services `service`, "
    "`change`, `features_added`, `features_removed`, `stated`.",
)
@arguments.release("a", default="the previous one")
@arguments.release("b")
def diff(store: Location, a: str | None, b: str | None) -> Answer:
    """Say what differs between two releases.

    It compares views, features, rows, partitions and services. Without releases it compares the
    last two: the previous one and the current one.
    """
    from milepost.release import difference, releases
    from milepost.release.release_argument import resolve

    if a and not b:
        raise click.UsageError(
            f"with what is `{a}` compared?\nhint: milepost diff {a} current, or leave both out"
        )
    before, after = (
        releases.read(store, resolve(store, release)) for release in (a or "previous", b)
    )
    differences = difference.between(before, after)
    text = "\n".join(difference.text(before, after))
    return Answer([asdict(item) for item in differences], text)

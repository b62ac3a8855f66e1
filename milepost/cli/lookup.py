"""`milepost head` and `milepost lookup`: some rows of a view, and the features of one entity."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from milepost.cli import arguments
from milepost.cli.answer import Answer
from milepost.cli.command import command
from milepost.errors import LookupInputError, UnknownFeatureError
from milepost.release.near_names import table_name
from milepost.storage.location import Location

if TYPE_CHECKING:
    from milepost.release.manifest import Manifest


@command(
    "head",
    example="head carrier_reliability -n 3",
    output="A line for each column, with its value in each row.",
    json="A list of rows, each with a value by column.",
)
@arguments.names("A feature view.", metavar="VIEW", nargs=1)
@click.option("-n", type=int, default=5, metavar="N", help="How many rows (default: 5).")
@arguments.of_release()
def head(store: Location, name: str, n: int, release: str | None) -> Answer:
    """Print the first rows of a view's newest month.

    Each column has a line. Where the month has fewer rows, those of older months follow.
    """
    from milepost.reading.store import FeatureStore

    rows = FeatureStore(store.uri(), release).head(name, n)
    return Answer(rows.to_arrow().to_pylist(), rows.text("`--json`"))


@command(
    "lookup",
    example="lookup carrier_reliability carrier_id=carrier_00027 --at 2026-03-01T12:00",
    output="The keys and the instant, then a line for each feature: its value, and why it "
    "has none.",
    json="`keys`, `at`, `features`: a list of `feature`, `value`, `note`.",
)
@arguments.names(
    "A feature service, or features as view:feature and whole views; and each key of the entity "
    "with its value. A feature derived at the request takes its inputs in the same way.",
    metavar="NAME... KEY=VALUE...",
)
@click.option(
    "--at",
    metavar="INSTANT",
    help="As of when, UTC: 2026-03-01T12:00 (default: the last instant, up to now, at which all "
    "are built).",
)
@arguments.of_release()
def lookup(store: Location, names: tuple[str, ...], at: str | None, release: str | None) -> Answer:
    """Print one entity's features as of an instant.

    They are as a model could have had them at that instant, one below the other. A feature that is
    not whole at that instant has no value, and says when it is.
    """
    from milepost.reading.store import FeatureStore
    from milepost.release.service import named

    feature_store = FeatureStore(store.uri(), release)
    _check_keys_are_named(names, feature_store.manifest)
    references = [name for name in names if "=" not in name]
    keys: dict[str, str] = {}
    for key, value in (name.split("=", 1) for name in names if "=" in name):
        if keys.setdefault(key, value) != value:
            raise LookupInputError(
                f"`{key}` has two values, `{keys[key]}` and `{value}`",
                hint="look one entity up at a time; of many, take a training set",
            )
        if not value:
            raise LookupInputError(
                f"`{key}=` has no value", hint=f"write `{key}=...` with the value of the entity"
            )
    looked_up = feature_store.lookup(named(references, feature_store.manifest.services), keys, at)
    data = {
        "keys": looked_up.keys,
        "at": looked_up.at,
        "features": [asdict(feature) for feature in looked_up.features],
    }
    return Answer(data, repr(looked_up))


def _check_keys_are_named(names: tuple[str, ...], manifest: Manifest) -> None:
    """Refuse `VIEW VALUE`: a value needs the name of its key before it."""
    first, *more_names = names
    view = manifest.by_name.get(table_name(first.partition(":")[0]))
    if view is None or any("=" in name for name in more_names):
        return
    known = {*manifest.by_name, *(service.name for service in manifest.services)}
    for name in more_names:
        if table_name(name.partition(":")[0]) not in known:
            values = [text for text in more_names if text not in view.keys]
            values += ["..."] * (len(view.keys) - len(values))
            pairs = [f"{key}={value}" for key, value in zip(view.keys, values, strict=False)]
            raise UnknownFeatureError(
                f"`{name}` is no feature view or service, and no key with its value",
                hint=f"write `{' '.join(['milepost lookup', first, *pairs])}`",
            )

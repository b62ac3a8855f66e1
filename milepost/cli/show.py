"""`milepost show`."""

from __future__ import annotations

import textwrap
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from milepost.cli import arguments
from milepost.cli.answer import Answer
from milepost.cli.command import command
from milepost.display import LINE, DisplayTable, labelled, to_text
from milepost.storage.location import Location

if TYPE_CHECKING:
    from milepost.release.manifest import Manifest, View

# A list of more than these is shown by its number.
LISTED = 3
# What the table of all views says of each.
IN_TABLE = ("rows", "until", "checks passed")


@command(
    "show",
    example="show previous",
    output="A table of the views; of each view what it says of itself and from when its "
    "features are complete; then the rows set aside, by reason. With "
    "`--example` the features of one entity, and how much there is.",
    json="The [manifest](release-format.md#manifestjson).",
)
@arguments.release()
@click.option("--example", is_flag=True, help="Print the features of one entity instead.")
def show(store: Location, release: str | None, *, example: bool) -> Answer:
    """Show a release: its views, and the rows set aside.

    Of each feature it says from when it is complete.
    """
    from milepost.release import releases
    from milepost.release.release_argument import resolve

    manifest = releases.read(store, resolve(store, release))
    if example:
        from milepost.reading import example as entity_example

        return Answer(asdict(manifest), "\n".join(entity_example.example(store, manifest)))
    table = DisplayTable(
        manifest.views,
        {
            "feature view": lambda view: view.name,
            "rows": lambda view: view.rows,
            "checks passed": lambda view: len(view.checks),
            "built until": lambda view: view.built_through_at,
            "deprecated": lambda view: view.deprecated_at,
        },
    )
    lines = [f"Release {manifest.release} at {store.uri()}", ""]
    lines += [f"  {line}" for line in repr(table).splitlines()]
    for view in manifest.views:
        lines += ["", f"  {view.name}", *_facts(view), "", *_ranges(manifest, view)]
    if empty := [view.name for view in manifest.views if not view.rows]:
        lines += ["", f"  Published without a row: {', '.join(empty)}"]
    lines += ["", f"  Rows set aside: {sum(aside.rows for aside in manifest.set_aside):,}"]
    lines += [
        f"    {aside.rows:,} of {aside.of_rows:,} rows of {aside.table}: {aside.reason}"
        for aside in manifest.set_aside
    ]
    return Answer(asdict(manifest), "\n".join(lines))


def _facts(view: View) -> list[str]:
    """Return what the view says of itself, a line for each fact.

    Of a long list it is the number: `describe` has all.
    """
    from milepost.catalogue.describe import view_facts

    shown = {
        label: len(fact) if isinstance(fact, list) and len(fact) > LISTED else fact
        for label, fact in view_facts(view).items()
    }
    facts = {label: to_text(fact) for label, fact in shown.items() if label not in IN_TABLE}
    return [f"  {line}" for line in labelled(facts)]


def _ranges(manifest: Manifest, view: View) -> Iterator[str]:
    """Yield from when the features of a view are whole, by instant, the first ones first."""
    from milepost.release import coverage

    features_from = defaultdict(list)
    feature_ranges = coverage.of_view(manifest, view)
    for feature_range in sorted(feature_ranges, key=lambda item: str(item.complete_from or "")):
        start = feature_range.complete_from
        head = "always" if start is None else f"from {start}"
        head = f"not yet, {head}" if feature_range.is_empty else head
        features_from[head].append(feature_range.feature)
    for head, features in features_from.items():
        yield from textwrap.wrap(
            ", ".join(features), LINE, initial_indent=f"    {head}: ", subsequent_indent=" " * 6
        )

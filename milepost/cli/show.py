"""`milepost show`."""

from __future__ import annotations

import argparse
import textwrap
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict

from milepost.catalogue.describe import view_facts
from milepost.cli.answer import Answer, Command, add_release
from milepost.display import LINE, DisplayTable, to_text
from milepost.release import coverage, pointers, releases
from milepost.release.manifest import Manifest, View
from milepost.storage.location import Location

# A list of more than these is shown by its number.
LISTED = 3


def _show(options: argparse.Namespace, store: Location) -> Answer:
    """Show a release: its feature views, and the rows set aside."""
    manifest = releases.read(store, options.release or pointers.current(store))
    if options.example:
        from milepost.reading.example import example

        return Answer(asdict(manifest), list(example(store, manifest)))
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
        lines += ["", f"  {view.name}", *_facts(view), *_ranges(manifest, view)]
    if empty := [view.name for view in manifest.views if not view.rows]:
        lines += ["", f"  Published without a row: {', '.join(empty)}"]
    lines += ["", f"  Rows set aside: {sum(aside.rows for aside in manifest.set_aside):,}"]
    lines += [
        f"    {aside.rows:,} of {aside.of_rows:,} rows of {aside.table}: {aside.reason}"
        for aside in manifest.set_aside
    ]
    return Answer(asdict(manifest), lines)


def _facts(view: View) -> list[str]:
    """Return what the view says of itself, in as few lines as it takes.

    Of a long list, such as the reasons of dropped checks, it is the number: `describe` has all.
    """
    shown = {
        label: len(fact) if isinstance(fact, list) and len(fact) > LISTED else fact
        for label, fact in view_facts(view).items()
    }
    facts = [f"{label}: {to_text(fact)}" for label, fact in shown.items() if fact]
    return textwrap.wrap("; ".join(facts), LINE, initial_indent=" " * 4, subsequent_indent=" " * 6)


def _ranges(manifest: Manifest, view: View) -> Iterator[str]:
    """Yield from when the features of a view are whole, by instant, the first ones first."""
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


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_release(parser)
    parser.add_argument(
        "--example", action="store_true", help="print the features of one entity instead"
    )


COMMAND = Command("show", _show, "show 20261122T224232Z-3b27fb72ef49", _add_arguments)

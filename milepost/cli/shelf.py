"""`milepost search`, `describe`, `services` and `covers`: what the client says, in a terminal."""

from __future__ import annotations

from dataclasses import asdict

import click

from milepost.cli import arguments
from milepost.cli.answer import Answer
from milepost.cli.command import Argument, command
from milepost.errors import ReleaseError
from milepost.storage.location import Location


@command(
    "search",
    example="search late deliveries",
    output="A line for each: its reference, its kind, its description, the best first. "
    "Where nothing has every word, what comes nearest.",
    json="`results`: a list of `reference`, `kind`, `description`; `nearest`: the same of what "
    "comes nearest, where nothing has every word.",
)
@click.argument(
    "words", cls=Argument, metavar="WORD...", nargs=-1, required=True, help="What to look for."
)
@arguments.of_release()
def search(store: Location, words: tuple[str, ...], release: str | None) -> Answer:
    """Find views, features and services by words.

    Words are looked for in names, descriptions, tags and owners, with other endings and as their
    synonyms in the project's glossary.
    """
    from milepost.catalogue.shelf import Shelf

    results = Shelf(store.uri(), release).search(" ".join(words))
    data = {
        "results": [asdict(result) for result in results],
        "nearest": [asdict(result) for result in results.nearest],
    }
    return Answer(data, repr(results))


@command(
    "describe",
    example="describe carrier_reliability:on_time_delivery_rate_28d",
    output="A line for each fact; of a view also a table of its features.",
    json="`reference`, `facts`: by label, null where there is nothing to say; `features`: of a "
    "view, a list of `reference`, `kind`, `description`. With `--sql`: `reference`, `sql`.",
)
@arguments.names("A view, a feature as view:feature, or a service.", metavar="NAME", nargs=1)
@click.option("--sql", is_flag=True, help="Print the SQL of the view's dbt model instead, whole.")
@arguments.of_release()
def describe(store: Location, name: str, release: str | None, *, sql: bool) -> Answer:
    """Describe a feature view, a feature or a service.

    Says what it means, what type it has, who owns it, and from when until when it is whole.
    """
    from milepost.catalogue.shelf import Shelf

    description = Shelf(store.uri(), release).describe(name)
    data = {
        "reference": description.reference,
        "facts": description.facts,
        "features": description.features and [asdict(item) for item in description.features],
    }
    if not sql:
        return Answer(data, repr(description))
    if description.sql is None:
        raise ReleaseError(
            f"`{name}` has no SQL of its own",
            hint="name a view, or a feature that its table has; a release before 2026-11 has none",
        )
    return Answer({"reference": description.reference, "sql": description.sql}, description.sql)


@command(
    "services",
    example="services",
    output="A line for each service: its features, its owner, its description.",
    json="A list of `name`, `description`, `maturity`, `owner`, `features`, `aliases`, `tags`.",
)
@arguments.of_release()
def services(store: Location, release: str | None) -> Answer:
    """List the feature services: what each model asks for."""
    from milepost.catalogue.shelf import Shelf

    listed = Shelf(store.uri(), release).services()
    return Answer([asdict(service) for service in listed], repr(listed))


@command(
    "covers",
    example="covers late_delivery",
    output="A line for each feature, and one for all of them together.",
    json="`features`: a list of `feature`, `complete_from`, `built_through`; and the last two of "
    "all of them together.",
)
@arguments.names("A feature service, or features as view:feature and whole views.")
@arguments.of_release()
def covers(store: Location, names: tuple[str, ...], release: str | None) -> Answer:
    """Say from when until when features are whole.

    It says so of each, and of all of them together. A lookup refuses instants outside.
    """
    from milepost.catalogue.shelf import Shelf
    from milepost.release.service import named

    shelf = Shelf(store.uri(), release)
    coverage = shelf.covers(named(names, shelf.manifest.services))
    data = {
        "features": [asdict(feature) for feature in coverage.features],
        "complete_from": coverage.complete_from,
        "built_through": coverage.built_through,
    }
    return Answer(data, repr(coverage))

"""Arguments that several commands share, and how a shell completes them from the store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click

from milepost.cli.command import Argument
from milepost.errors import MilepostError
from milepost.storage.location import Location

if TYPE_CHECKING:
    from milepost.catalogue.shelf import Shelf

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]
RELEASE = "A release: its id, the beginning of its id, a pin, `current` or `previous`"


def complete_releases(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Return what can be written for a release and begins as the text does."""
    from milepost.release import release_argument

    return _beginning(incomplete, lambda: release_argument.names(Location.parse(_store(ctx))))


def complete_names(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Return the views, features and services that begin as the text does."""
    from milepost.catalogue.shelf import Shelf

    return _beginning(incomplete, lambda: _names(Shelf(_store(ctx), ctx.params.get("release"))))


def release(name: str = "release", *, default: str = "the current one") -> Decorator:
    """Take a release as an argument, which may be left out."""
    return click.argument(
        name,
        cls=Argument,
        metavar=f"[{name.upper()}]",
        required=False,
        shell_complete=complete_releases,
        help=f"{RELEASE} (default: {default}).",
    )


def of_release() -> Decorator:
    """Take the release that is read as an option."""
    return click.option(
        "--release",
        metavar="RELEASE",
        shell_complete=complete_releases,
        help=f"{RELEASE} (default: the current one).",
    )


def names(help: str, *, metavar: str = "NAME...", nargs: int = -1) -> Decorator:  # noqa: A002
    """Take names of views, features or services."""
    return click.argument(
        "names" if nargs == -1 else "name",
        cls=Argument,
        metavar=metavar,
        nargs=nargs,
        required=True,
        shell_complete=complete_names,
        help=help,
    )


def _store(ctx: click.Context) -> str:
    return str(ctx.params.get("store") or "")


def _names(shelf: Shelf) -> Iterator[str]:
    for view in shelf.manifest.views:
        yield view.name
        yield from (f"{view.name}:{feature}" for feature in view.features)
        yield from (f"{view.name}:{derived.name}" for derived in view.derived)
    yield from (service.name for service in shelf.manifest.services)


def _beginning(incomplete: str, known: Callable[[], Iterable[str]]) -> list[str]:
    """Return the known names that begin as the text does; none where the store does not answer."""
    try:
        return [name for name in known() if name.startswith(incomplete)]
    except MilepostError:
        return []

"""Feature services: what a model asks for, by the model's name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from milepost.errors import LookupInputError

Aliases = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Service:
    """The features that a model takes, in their order, as its training set or exposure states them.

    A lookup takes a service where it takes a list of features. `aliases` are those of the lookup.
    """

    name: str
    description: str
    maturity: str | None
    owner: dict[str, str]
    features: list[str]
    aliases: dict[str, dict[str, Any]] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class TrainingSetModel:
    """A lookup of a dbt model that joins features to entity rows; one that has two is in two."""

    name: str
    features: list[str]
    aliases: dict[str, dict[str, Any]] = field(default_factory=dict)


def expand(
    features: str | Iterable[str] | Service,
    aliases: Aliases | None,
    services: Iterable[Service] = (),
) -> tuple[list[str], dict[str, dict[str, Any]]]:
    """Return a service's features and aliases, or those that are given, as a recipe keeps them.

    `features` that are one text are the service of this name, of `services`, or one reference.
    """
    if isinstance(features, str):
        features = named([features], services)
    if not isinstance(features, Service):
        return _listed(features), {} if aliases is None else _plain(aliases)
    if aliases:
        raise LookupInputError(
            f"service `{features.name}` has its aliases, and others were given",
            hint="leave `aliases` out, or give a list of features",
        )
    return _listed(features.features), _plain(features.aliases)


def _listed(features: Any) -> list[str]:
    # Of a set the order is chance, of a mapping the values would be ignored.
    if isinstance(features, set | frozenset | Mapping) or not isinstance(features, Iterable):
        raise LookupInputError(
            f"`features` is a `{type(features).__name__}`",
            hint='write a list, ["view:feature", "view"], or the name of a service',
        )
    listed = list(features)
    for feature in listed:
        if isinstance(feature, Service):
            raise LookupInputError(
                f"`features` has the service `{feature.name}` in a list",
                hint=f'write features="{feature.name}": a service is asked for alone',
            )
        if not isinstance(feature, str):
            raise LookupInputError(
                f"`features` has `{feature!r}`, which is no text",
                hint='write "view:feature", or "view" for all of its features',
            )
    return listed


def _plain(aliases: Any) -> dict[str, dict[str, Any]]:
    """Return aliases as dicts of dicts: each has options, of which `keys` maps text to text."""
    hint = 'write {"origin": {"view": "a view", "keys": {"its key": "a column of the rows"}}}'
    if not isinstance(aliases, Mapping):
        raise LookupInputError(f"`aliases` is a `{type(aliases).__name__}`, not a dict", hint=hint)
    plain_aliases = {}
    for alias, options in aliases.items():
        if isinstance(alias, str) and isinstance(options, str):
            raise LookupInputError(
                f"alias `{alias}` is `{options!r}`",
                hint=f'write aliases={{"the view": {{"keys": {{"{alias}": "{options}"}}}}}} where '
                "the entity rows name a key of the view otherwise",
            )
        keys = options.get("keys", {}) if isinstance(options, Mapping) else None
        if not isinstance(keys, Mapping) or not all(
            isinstance(text, str)
            for text in (alias, options.get("view", ""), *keys, *keys.values())
        ):
            raise LookupInputError(
                f"alias `{alias}` is `{options!r}`", hint=f"{hint}: all of it is text"
            )
        plain_aliases[alias] = (
            {**options, "keys": dict(keys)} if "keys" in options else dict(options)
        )
    return plain_aliases


def named(names: Sequence[str], services: Iterable[Service]) -> list[str] | Service:
    """Return the service if the only name is that of one, else the names, which are features."""
    service_by_name = {service.name: service for service in services}
    return service_by_name.get(names[0], list(names)) if len(names) == 1 else list(names)

"""Feature services: what a model asks for, by the model's name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from milepost.errors import LookupInputError

Aliases = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Service:
    """The features that a model takes, in their order, as its dbt exposure states them.

    A lookup takes it where it takes a list of features. `aliases` are those of the lookup.
    """

    name: str
    description: str
    maturity: str | None
    owner: dict[str, str]
    features: list[str]
    aliases: dict[str, dict[str, Any]] = field(default_factory=dict)


def expand(
    features: Iterable[str] | Service, aliases: Aliases | None
) -> tuple[str | list[str], Aliases]:
    """What a lookup asks for: a service's features and aliases, or those that are given."""
    if not isinstance(features, Service):
        return features if isinstance(features, str) else list(features), aliases or {}
    if aliases:
        raise LookupInputError(
            f"service `{features.name}` has its aliases, and others were given",
            hint="leave `aliases` out, or give a list of features",
        )
    return features.features, features.aliases

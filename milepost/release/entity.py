"""Entities: what rows of feature views are about, such as a market, and the keys that name one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Entity:
    """A kind of thing that features describe, which a project defines once.

    `keys` has its key columns in order, each with its type; a view may name its columns otherwise.
    """

    name: str
    keys: dict[str, str]
    description: str


@dataclass(frozen=True)
class EntityRole:
    """An entity that a view is about, and the view's columns that hold the entity's keys, in order.

    `role` is the entity's name, unless a view has it twice: a lane has the market `origin` and the
    market `destination`.
    """

    role: str
    entity: str
    keys: list[str]

    @property
    def title(self) -> str:
        """What a person calls it: `carrier`, or `origin market`."""
        return self.role if self.role == self.entity else f"{self.role} {self.entity}"

    def __str__(self) -> str:
        return f"{self.title} ({', '.join(self.keys)})" if self.keys else self.title


def join_keys(roles: Iterable[EntityRole]) -> list[str]:
    """Return the key columns of a view, in the order of its entities."""
    return [key for role in roles for key in role.keys]


def unmapped_roles(names: list[str], keys: list[str]) -> list[EntityRole]:
    """Return the roles of a release before format 4, which named entities and keys side by side.

    A single entity has all the keys. Which of several has which key was not written down.
    """
    return [EntityRole(name, name, keys if len(names) == 1 else []) for name in names]

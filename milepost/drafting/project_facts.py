"""What a project says of its feature views: entities, owners, folders."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from milepost.building.catalog import Catalog
from milepost.building.declared_entities import DEFINITIONS, read_definitions
from milepost.building.declared_views import is_feature_view, published_name
from milepost.drafting.grouping import Key
from milepost.release.entity import Entity, EntityRole
from milepost.release.names import name_fault

TODO = "TODO"


@dataclass(frozen=True)
class ProjectFacts:
    """The feature views of a project, of which a new one takes what all of them have."""

    catalog: Catalog

    @property
    def prefix(self) -> str:
        """What stands before a macro of ours: nothing in our own project."""
        return "" if self.catalog.project == "milepost" else "milepost."

    @property
    def sensitivity(self) -> str:
        """The sensitivity that all views have, which a new one must be given."""
        stated = {str(meta.get("sensitivity")) for meta in self._metas().values()}
        return stated.pop() if len(stated) == 1 else TODO

    def entities(self) -> dict[str, Entity]:
        """Return every entity that the project defines, by name."""
        return read_definitions(self._metas())

    def words(self, role: EntityRole) -> str:
        """Return what people call an entity in a role: `origin`, `equipment type`."""
        is_known = any(role.role in meta["entities"] for meta in self._metas().values())
        words = role.role if is_known else role.title
        stem = _stem(role.keys[0])
        if role.role == role.entity and len(role.keys) == 1 and stem.startswith(f"{words}_"):
            words = stem
        return words.replace("_", " ")

    def owner(self, role: str) -> str:
        """Return the owner that all views have, or what is to be done."""
        stated = {meta.get("owners", {}).get(role) for meta in self._metas().values()}
        return str(stated.pop()) if len(stated) == 1 and None not in stated else TODO

    def folder(self, entity: str) -> str:
        """Return the folder for a view of an entity: where the views of that entity are."""
        parents: Counter[str] = Counter()
        of_entity: Counter[str] = Counter()
        for node in self._views():
            parent = str(PurePosixPath(node["original_file_path"]).parent)
            parents[parent] += 1
            if entity in node["config"]["meta"]["entities"]:
                of_entity[parent] += 1
        if of_entity:
            return of_entity.most_common(1)[0][0]
        if len(parents) == 1:
            return next(iter(parents))
        if parents:
            # Folders by entity, side by side.
            return str(PurePosixPath(parents.most_common(1)[0][0]).parent / entity)
        return "models/features"

    def _views(self) -> list[Mapping[str, Any]]:
        return [
            node
            for node in self.catalog.nodes.values()
            if is_feature_view(node) and node["package_name"] == self.catalog.project
        ]

    def _metas(self) -> dict[str, Mapping[str, Any]]:
        return {published_name(node): node["config"]["meta"] for node in self._views()}


@dataclass(frozen=True)
class Roles:
    """The entities of a view as its YAML has them, and those that it has to define itself."""

    entities: Sequence[EntityRole]
    defined: Mapping[str, Entity]

    @property
    def first(self) -> str:
        """The role that the view is filed under."""
        return self.entities[0].role

    def meta_lines(self) -> list[str]:
        """Return the lines of the view's `meta`."""
        inner = ", ".join(f"{role.role}: {_declared(role)}" for role in self.entities)
        lines = [f"entities: {{{inner}}}"]
        if self.defined:
            lines.append(f"{DEFINITIONS}:")
        for name, entity in self.defined.items():
            keys = ", ".join(f"{key}: {kind.lower()}" for key, kind in entity.keys.items())
            lines += [
                f"  {name}:",
                f"    keys: {{{keys}}}",
                f"    description: {entity.description}",
            ]
        return lines


def roles_of(keys: Sequence[Key], entities: Mapping[str, Entity], name: str | None) -> Roles:
    """Return the entities whose keys the keys of a view are.

    A key such as `origin_market_id` is that of the market in the role `origin`. What no entity has
    as its key becomes an entity of its own, called `name` or after the key.
    """
    roles: list[EntityRole] = []
    waiting = list(keys)
    for entity in sorted(entities.values(), key=lambda item: -len(item.keys)):
        columns = [key for key in waiting if key.name in entity.keys]
        if [key.name for key in columns] == list(entity.keys):
            roles.append(EntityRole(entity.name, entity.name, list(entity.keys)))
            waiting = [key for key in waiting if key not in columns]
    for key in list(waiting):
        for entity in entities.values():
            ending = f"_{next(iter(entity.keys))}"
            if len(entity.keys) == 1 and key.name.endswith(ending):
                role = key.name.removesuffix(ending)
                roles.append(EntityRole(role, entity.name, [key.name]))
                waiting.remove(key)
                break
    defined = {}
    if waiting:
        new = name or _stem(waiting[0].name)
        new = waiting[0].name if name_fault(new) or new in entities else new
        types = {key.name: key.data_type.upper() for key in waiting}
        description = f'"{TODO}: what `{waiting[0].name}` names."'
        defined[new] = Entity(new, types, description)
        roles.append(EntityRole(new, new, list(types)))
    order = [key.name for key in keys]
    in_order = sorted(roles, key=lambda item: min(map(order.index, item.keys)))
    return Roles(in_order, defined)


def _declared(role: EntityRole) -> str:
    keys = f"[{', '.join(role.keys)}]"
    return keys if role.role == role.entity else f"{{entity: {role.entity}, keys: {keys}}}"


def _stem(key: str) -> str:
    """Return the name of what a key names."""
    return re.sub(r"_(id|code|key|uuid|number|no|nr)$", "", key)

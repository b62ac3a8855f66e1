"""The entities that a dbt project defines, and which of them a feature view says it is about.

A project defines them once, in `meta.entity_definitions` for all its feature views:

    +meta:
      entity_definitions:
        market: {keys: {market_id: varchar}, description: A market of pickups and deliveries.}

A view names them, and which of its columns hold their keys: `entities: {market: [market_id]}`, or
`entities: {origin: {entity: market, keys: [origin_market_id]}}` for one in a role.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from milepost.errors import PublishError
from milepost.release.entity import Entity, EntityRole, join_keys
from milepost.release.names import TYPES, name_fault
from milepost.release.near_names import suggest

DEFINITIONS = "entity_definitions"
_DEFINE = (
    f"define it in `models: +meta: {DEFINITIONS}` of dbt_project.yml: "
    "`market: {keys: {market_id: varchar}, description: ...}`"
)
_NAME = (
    "name each entity with its key columns: `entities: {market: [market_id]}`, or `{origin: "
    "{entity: market, keys: [origin_market_id]}}` for one in a role"
)


def read_definitions(metas: Mapping[str, Mapping[str, Any]]) -> dict[str, Entity]:
    """Return every entity that the meta of a feature view defines, by name; `metas` are by view.

    Raises a PublishError for an entity that is incomplete, or that two views define differently.
    """
    entities: dict[str, Entity] = {}
    first_views: dict[str, str] = {}
    for view, meta in metas.items():
        definitions = meta.get(DEFINITIONS, {})
        if not isinstance(definitions, Mapping):
            raise PublishError(
                f"feature view `{view}` has no valid `meta.{DEFINITIONS}`: `{definitions}`",
                hint=_DEFINE,
            )
        for name, definition in definitions.items():
            entity = _entity(name, definition)
            if entities.setdefault(name, entity) != entity:
                raise PublishError(
                    f"entity `{name}` is defined differently for the feature views "
                    f"`{first_views[name]}` and `{view}`",
                    hint="define it once, in dbt_project.yml above the folders of both",
                )
            first_views.setdefault(name, view)
    return entities


def _entity(name: Any, definition: Any) -> Entity:
    keys = definition.get("keys") if isinstance(definition, Mapping) else None
    if (
        not isinstance(keys, Mapping)
        or set(definition) != {"keys", "description"}
        or not isinstance(definition["description"], str)
        or not definition["description"].strip()
    ):
        raise PublishError(f"entity `{name}` is not defined: `{definition}`", hint=_DEFINE)
    for text in (name, *keys):
        if fault := name_fault(str(text)):
            raise PublishError(f"`{text}` of entity `{name}` is {fault[0]}", hint=fault[1])
    types = {key: str(key_type).upper() for key, key_type in keys.items()}
    for key, key_type in types.items():
        if key_type not in TYPES:
            raise PublishError(
                f"key `{key}` of entity `{name}` is `{key_type}`, which not every consumer reads",
                hint=f"define it as one of {', '.join(TYPES)}",
            )
    return Entity(name, types, " ".join(definition["description"].split()))


def read_roles(view: str, meta: Mapping[str, Any]) -> list[EntityRole]:
    """Return the entities that a view is about, in the order of its YAML.

    Raises a PublishError where `meta.entities` is something else, or `meta.keys` says it again.
    """
    stated = meta["entities"]
    if "keys" in meta:
        raise PublishError(
            f"feature view `{view}` states `meta.keys`: `{meta['keys']}`",
            hint=f"leave it out, its keys follow from `meta.entities`: {_NAME}",
        )
    if not isinstance(stated, Mapping):
        raise PublishError(
            f"feature view `{view}` has no valid `meta.entities`: `{stated}`", hint=_NAME
        )
    roles = []
    for role, value in stated.items():
        if isinstance(value, Mapping) and set(value) == {"entity", "keys"}:
            entity, keys = value["entity"], value["keys"]
        else:
            entity, keys = role, value
        if not isinstance(keys, list) or not all(isinstance(text, str) for text in (entity, *keys)):
            raise PublishError(
                f"feature view `{view}` has no valid `meta.entities.{role}`: `{value}`", hint=_NAME
            )
        if fault := name_fault(str(role)):
            raise PublishError(
                f"entity `{role}` of feature view `{view}` is {fault[0]}", hint=fault[1]
            )
        roles.append(EntityRole(role, entity, keys))
    return roles


def key_columns(node: Mapping[str, Any]) -> list[str]:
    """Return the key columns of a feature view in their order; none of another model."""
    meta = node["config"]["meta"]
    return join_keys(read_roles(str(node["name"]), meta)) if "entities" in meta else []


def check_roles(
    view: str,
    roles: Iterable[EntityRole],
    entities: Mapping[str, Entity],
    types: Mapping[str, str],
) -> None:
    """Raise a PublishError unless a view's keys are those of entities that the project defines.

    `types` are the declared types of the view's columns. One that is empty is not compared: a
    contract, or publishing, asks for it.
    """
    key_roles: dict[str, str] = {}
    for role in roles:
        entity = entities.get(role.entity)
        if entity is None:
            near = f"{suggest(role.entity, entities)}; or " if entities else ""
            raise PublishError(
                f"feature view `{view}` is about the entity `{role.entity}`, which is not defined",
                hint=f"{near}{_DEFINE}",
            )
        if len(role.keys) != len(entity.keys):
            raise PublishError(
                f"feature view `{view}` names as keys of entity `{role.role}` "
                f"{_listed(role.keys)}, and entity `{entity.name}` has {_listed(entity.keys)}",
                hint="name one column for each key, in the order of the definition",
            )
        for column, (key, key_type) in zip(role.keys, entity.keys.items(), strict=True):
            if column in key_roles:
                raise PublishError(
                    f"feature view `{view}` has the key `{column}` twice, for the entities "
                    f"`{key_roles[column]}` and `{role.role}`",
                    hint="name each column for one entity",
                )
            key_roles[column] = role.role
            if column not in types:
                raise PublishError(
                    f"feature view `{view}` has no column `{column}`, the key of entity "
                    f"`{role.role}`",
                    hint=f"declare it; the columns are {_listed(types)}",
                )
            if types[column] not in {"", key_type}:
                raise PublishError(
                    f"`{view}.{column}` is {types[column]}, and the key `{key}` of entity "
                    f"`{entity.name}` is {key_type}",
                    hint="cast the column, or correct the entity's definition",
                )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"

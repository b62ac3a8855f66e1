"""Reading a release manifest of any format, and refusing one that is damaged.

The format is documented in docs/reference/release-format.md. Readers keep reading old versions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from milepost.errors import ReleaseError
from milepost.release.definition import GRIDS, Field
from milepost.release.derived import Derived, is_plain
from milepost.release.entity import Entity, EntityRole, join_keys, unmapped_roles
from milepost.release.manifest import (
    DATA_FILE,
    RELEASE_ID,
    File,
    Manifest,
    SetAside,
    View,
    release_id,
)
from milepost.release.names import AVAILABLE_AT, NAME, TYPES
from milepost.release.service import Service, TrainingSetModel
from milepost.release.stressed_feature import StressedFeature
from milepost.release.term import Term

# It rises when an older reader would refuse or misread a manifest: with a new field, because
# readers refuse a field that they do not know, and with a new type or a new meaning. Older readers
# look at the version first, and say that Milepost must be upgraded.
FORMAT_VERSION = 9
READABLE = (1, 2, 3, 4, 5, 6, 7, 8, 9)


def parse(body: bytes, where: str) -> Manifest:
    """Read a manifest; a ReleaseError where it is damaged, or of a newer format."""
    try:
        raw = json.loads(body)
        version = raw["format_version"]
        if version not in READABLE:
            raise ReleaseError(
                f"`{where}` has format version {version}, this Milepost reads "
                f"{', '.join(map(str, READABLE))}",
                hint="upgrade Milepost",
            )
        manifest = Manifest(
            **{
                **raw,
                "views": [_view(view) for view in raw["views"]],
                "set_aside": [SetAside(**rows) for rows in raw["set_aside"]],
                "services": [Service(**service) for service in raw.get("services", [])],
                "entities": [Entity(**entity) for entity in raw.get("entities", [])],
                "training_sets": [
                    TrainingSetModel(**model) for model in raw.get("training_sets", [])
                ],
                "glossary": [Term(**term) for term in raw.get("glossary", [])],
            }
        )
        _check(manifest)
        # The id has a hash of all but itself. That of format 1 is random, and its files lack what
        # came later.
        if version == 1:
            is_sealed = all(len(file) == 3 for view in raw["views"] for file in view["files"])
        else:
            unnamed = body.replace(manifest.release.encode(), b"", 1)
            is_sealed = manifest.release == release_id(manifest.created_at, unnamed)
        if not is_sealed:
            raise ValueError("its content is not what its release id says")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, ReleaseError):
            raise
        raise ReleaseError(
            f"`{where}` is damaged: {error}",
            hint="pin another release, or restore the object from a backup",
        ) from error
    return manifest


def _view(raw: Mapping[str, Any]) -> View:
    raw = dict(raw)
    columns = [Field(**column) for column in raw["fields"]]
    # Before format 3 a view had one `complete_from`: that of its longest window.
    if "complete_from" in raw:
        complete_from = raw.pop("complete_from")
        names = (*raw["keys"], AVAILABLE_AT)
        columns = [
            column if column.name in names else replace(column, complete_from=complete_from)
            for column in columns
        ]
    # Before format 4 entities were names alone.
    if all(isinstance(entity, str) for entity in raw["entities"]):
        roles = unmapped_roles(raw["entities"], raw["keys"])
    else:
        roles = [EntityRole(**role) for role in raw["entities"]]
    certificate = raw.get("certificate")
    return View(
        **{
            **raw,
            "certificate": certificate and [StressedFeature(**row) for row in certificate],
            "entities": roles,
            "fields": columns,
            "files": [File(**file) for file in raw["files"]],
            "derived": [Derived(**feature) for feature in raw.get("derived", [])],
        }
    )


def _check(manifest: Manifest) -> None:
    if not RELEASE_ID.fullmatch(manifest.release):
        raise ValueError(f"release id `{manifest.release}`")
    for names, kind in (
        ([service.name for service in manifest.services], "services"),
        ([view.name for view in manifest.views], "views"),
        ([entity.name for entity in manifest.entities], "entities"),
        ([term.name for term in manifest.glossary], "terms"),
    ):
        if len(set(names)) < len(names):
            raise ValueError(f"two {kind} of one name")
    latest = [view.model for view in manifest.views if view.is_latest]
    if len(set(latest)) < len(latest):
        raise ValueError("two latest versions of one view")
    entities = {entity.name: entity for entity in manifest.entities}
    for view in manifest.views:
        _check_definition(view)
        if manifest.format_version >= 4:
            _check_entities(view, entities)
        _check_measured(view)


def _check_definition(view: View) -> None:
    if view.version and not view.name.endswith(f"_v{view.version}"):
        raise ValueError(f"version `{view.version}` of `{view.name}`")
    if view.deprecated_at and datetime.fromisoformat(view.deprecated_at).tzinfo:
        raise ValueError(f"date of deprecation of `{view.name}`, which is not naive")
    names = [column.name for column in view.fields]
    names += [feature.name for feature in view.derived]
    if len(set(names)) < len(names):
        raise ValueError(f"two columns of one name in `{view.name}`")
    field_ids = [column.field_id for column in view.fields if column.field_id is not None]
    if len(set(field_ids)) < len(field_ids):
        raise ValueError(f"two columns of one field id in `{view.name}`")
    for name in (view.name, *names):
        if not NAME.fullmatch(name):
            raise ValueError(f"name `{name}`")
    if not {*view.keys, AVAILABLE_AT} <= set(names) or view.grid not in GRIDS:
        raise ValueError(f"keys or grid of `{view.name}`")
    if not set(view.types.values()) <= set(TYPES):
        raise ValueError(f"types of `{view.name}`")
    if not all(is_plain(feature) for feature in view.derived):
        raise ValueError(f"derived features of `{view.name}`")


def _check_entities(view: View, entities: Mapping[str, Entity]) -> None:
    """Check that keys follow from entities, and have their types."""
    if view.keys != join_keys(view.entities):
        raise ValueError(f"keys of `{view.name}`, which are not those of its entities")
    for role in view.entities:
        if role.entity not in entities:
            raise ValueError(f"entity `{role.entity}` of `{view.name}`, which is not defined")
        types = [view.types[key] for key in role.keys]
        if types != list(entities[role.entity].keys.values()):
            raise ValueError(f"keys of entity `{role.role}` of `{view.name}`")


def _check_measured(view: View) -> None:
    if list(view.complete_from) != view.features:
        raise ValueError(f"since when features of `{view.name}` are complete")
    if any(instant.tzinfo for instant in (view.built_through_at, *view.complete_from.values())):
        raise ValueError(f"instants of `{view.name}`, which are not naive")
    for file in view.files:
        match = DATA_FILE.fullmatch(file.name)
        if not match or match[1] != view.name:
            raise ValueError(f"file `{file.name}`")
    if sum(file.rows for file in view.files) != view.rows:
        raise ValueError(f"rows of `{view.name}`")

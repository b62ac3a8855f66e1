"""The recipe of a training set: all that is needed to make the same one again.

It stands as JSON in the metadata of the Arrow schema, and so in the Parquet file, under `milepost`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.fs import S3FileSystem

from milepost.errors import LookupInputError
from milepost.reading.training_set_file import location_of
from milepost.release.manifest import Manifest
from milepost.release.request import FeatureRequest, parse_request
from milepost.release.service import expand
from milepost.storage.arrow import storage_failure

METADATA_KEY = b"milepost"
# The packages that decide on a file's bytes.
PACKAGES = ("milepost", "pyarrow")
# The options that a recipe has whenever it was written; the permissions had another name before.
REQUIRED_OPTIONS = ("features", "full_feature_names", "aliases", "ttl_seconds", "as_of")


@dataclass(frozen=True)
class LookupOptions:
    """The options of a lookup; `as_of` is the instant of latest features, else None."""

    features: list[str]
    full_feature_names: bool
    aliases: dict[str, dict[str, Any]]
    ttl: timedelta | None = None
    allow_early: bool = False
    allow_late: bool = False
    as_of: datetime | None = None

    def request(self, manifest: Manifest) -> FeatureRequest:
        """Resolve the options against a release; a LookupInputError where they do not fit it."""
        return parse_request(
            manifest,
            self.features,
            full_feature_names=self.full_feature_names,
            aliases=self.aliases,
            ttl=self.ttl,
            allow_early=self.allow_early,
            allow_late=self.allow_late,
        )

    def to_json(self) -> dict[str, Any]:
        """Return the options as a recipe has them."""
        return {
            "features": self.features,
            "full_feature_names": bool(self.full_feature_names),
            "aliases": self.aliases,
            "ttl_seconds": None if self.ttl is None else self.ttl.total_seconds(),
            "allow_early": self.allow_early,
            "allow_late": self.allow_late,
            "as_of": None if self.as_of is None else self.as_of.isoformat(),
        }

    @classmethod
    def from_json(cls, options: Mapping[str, Any]) -> LookupOptions:
        """Return what a recipe says; until 2026-11 it had one permission for early and late."""
        ttl, as_of = options["ttl_seconds"], options["as_of"]
        allow_incomplete = options.get("allow_incomplete", False)
        features, aliases = expand(options["features"], options["aliases"])
        return cls(
            features=features,
            full_feature_names=options["full_feature_names"],
            aliases=aliases,
            ttl=None if ttl is None else timedelta(seconds=ttl),
            allow_early=bool(options.get("allow_early", allow_incomplete)),
            allow_late=bool(options.get("allow_late", allow_incomplete)),
            as_of=None if as_of is None else datetime.fromisoformat(as_of),
        )


@dataclass(frozen=True)
class Recipe:
    """A release, the options of the lookup as they were written, and a hash of the entity rows.

    `code` has the versions of the packages that decide on the bytes.
    """

    release: str
    options: dict[str, Any]
    entities: str
    code: dict[str, str] = field(default_factory=lambda: {name: version(name) for name in PACKAGES})

    def to_bytes(self) -> bytes:
        """Return the recipe as it stands in the metadata."""
        return json.dumps(
            {
                "release": self.release,
                **self.options,
                "entities": self.entities,
                "code": self.code,
            }
        ).encode()

    @classmethod
    def parse(cls, body: bytes) -> Recipe:
        """Read a recipe; a ValueError, KeyError, TypeError or AttributeError if it is damaged."""
        content = json.loads(body)
        release, entities, code = (content.pop(name) for name in ("release", "entities", "code"))
        if missing := set(REQUIRED_OPTIONS) - set(content):
            raise KeyError(missing)
        return cls(release, content, entities, dict(code.items()))


def open_training_set(uri: str, filesystem: S3FileSystem) -> tuple[Recipe, pq.ParquetFile]:
    """Return recipe and file.

    Raises a LookupInputError for a file without a recipe that can be read, a StorageError where S3
    fails.
    """
    try:
        source = filesystem.open_input_file(location_of(uri).path())
        file = pq.ParquetFile(source, pre_buffer=True, page_checksum_verification=True)
    except (OSError, pa.ArrowInvalid) as error:
        raise storage_failure(f"`{uri}`", error) or LookupInputError(
            f"`{uri}` cannot be read: {error}", hint="name a training set on S3"
        ) from error
    metadata = (file.metadata.metadata or {}).get(METADATA_KEY)
    if metadata is None:
        raise LookupInputError(
            f"`{uri}` has no recipe in its metadata",
            hint="only a training set that Milepost made can be made again",
        )
    try:
        recipe = Recipe.parse(metadata)
        differing = {
            name: recipe_version
            for name, recipe_version in recipe.code.items()
            if version(name) != recipe_version
        }
    except (ValueError, TypeError, AttributeError, KeyError, PackageNotFoundError) as error:
        raise LookupInputError(
            f"the recipe of `{uri}` is damaged",
            hint="the file was edited after it was written: restore it",
        ) from error
    if differing:
        made_by = ", ".join(f"{name} {number}" for name, number in recipe.code.items())
        wanted = " ".join(f"{name}=={number}" for name, number in differing.items())
        raise LookupInputError(
            f"`{uri}` was made by {made_by}", hint=f"install {wanted} to make the same bytes"
        )
    return recipe, file


def entity_rows_of(file: pq.ParquetFile, features: list[str]) -> pa.RecordBatchReader:
    """Return the columns of a training set but for the features, as they came in."""
    schema = file.schema_arrow
    names = [name for name in schema.names if name not in features]
    metadata = {key: text for key, text in (schema.metadata or {}).items() if key != METADATA_KEY}
    entity_schema = pa.schema([schema.field(name) for name in names], metadata=metadata or None)
    return pa.RecordBatchReader.from_batches(
        entity_schema,
        (
            pa.RecordBatch.from_arrays(batch.select(names).columns, schema=entity_schema)
            for batch in file.iter_batches(1 << 17, columns=names)
        ),
    )

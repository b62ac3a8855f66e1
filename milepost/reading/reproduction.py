"""A training set on S3 taken apart again: its recipe, and the entity rows that it was made from."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError, version

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.fs import S3FileSystem

from milepost.errors import LookupInputError
from milepost.reading.parquet_stream import place
from milepost.reading.training_set import METADATA_KEY, Recipe

# What a recipe says beside the options of the lookup.
FOUND = ("release", "entities", "code")
# What of those options it has, whenever it was written.
OPTIONS = ("features", "full_feature_names", "aliases", "ttl_seconds", "as_of")


def open_training_set(uri: str, filesystem: S3FileSystem) -> tuple[Recipe, pq.ParquetFile]:
    """The recipe and the file; a LookupInputError where it has none or needs other code."""
    source_place = place(uri)
    try:
        source = filesystem.open_input_file(f"{source_place.bucket}/{source_place.prefix}")
        file = pq.ParquetFile(source, pre_buffer=True, page_checksum_verification=True)
    except (OSError, pa.ArrowInvalid) as error:
        raise LookupInputError(
            f"`{uri}` cannot be read: {error}", hint="name a training set on S3"
        ) from error
    written = (file.metadata.metadata or {}).get(METADATA_KEY)
    if written is None:
        raise LookupInputError(
            f"`{uri}` has no recipe in its metadata",
            hint="only a training set that Milepost made can be made again",
        )
    try:
        recipe: Recipe = json.loads(written)
        differing = {name: was for name, was in recipe["code"].items() if version(name) != was}
        missing = {*FOUND, *OPTIONS} - set(recipe)
    except (ValueError, TypeError, AttributeError, KeyError, PackageNotFoundError) as error:
        raise _damaged(uri) from error
    if missing:
        raise _damaged(uri)
    if differing:
        raise LookupInputError(
            f"`{uri}` was made by {', '.join(f'{n} {was}' for n, was in recipe['code'].items())}",
            hint="install "
            + " ".join(f"{name}=={was}" for name, was in differing.items())
            + " to make the same bytes",
        )
    return recipe, file


def permissions(options: Recipe) -> tuple[bool, bool]:
    """Whether instants may be early, and late: one permission for both until 2026-11."""
    both = options.get("allow_incomplete", False)
    return bool(options.get("allow_early", both)), bool(options.get("allow_late", both))


def _damaged(uri: str) -> LookupInputError:
    return LookupInputError(
        f"the recipe of `{uri}` is damaged",
        hint="the file was edited after it was written: restore it",
    )


def entity_rows(file: pq.ParquetFile, features: list[str]) -> pa.RecordBatchReader:
    """The columns of the file but for the features."""
    schema = file.schema_arrow
    names = [name for name in schema.names if name not in features]
    metadata = {k: v for k, v in (schema.metadata or {}).items() if k != METADATA_KEY}
    own = pa.schema([schema.field(name) for name in names], metadata=metadata or None)
    batches = file.iter_batches(1 << 17, columns=names)
    return pa.RecordBatchReader.from_batches(
        own,
        (pa.RecordBatch.from_arrays(batch.select(names).columns, schema=own) for batch in batches),
    )

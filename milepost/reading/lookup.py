"""A lookup from entity rows to a training set, in memory or streamed to a file on S3."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from milepost.errors import LookupInputError
from milepost.reading import entity_rows, entity_sources, training_set_file
from milepost.reading.entity_hash import EntityHash, lasting
from milepost.reading.join import join
from milepost.reading.recipe import METADATA_KEY, Recipe
from milepost.reading.training_set import TrainingSet
from milepost.reading.worker_threads import worker_threads
from milepost.release import coverage
from milepost.release.files import ViewFiles
from milepost.release.manifest import Manifest
from milepost.release.request import FeatureRequest
from milepost.storage.arrow import filesystem, without_index
from milepost.storage.location import Location

if TYPE_CHECKING:
    import pyarrow.dataset as pads  # imports pandas, which takes as long as all else


@dataclass(frozen=True)
class Lookup:
    """A lookup in a release: the request, and its options as a recipe has them.

    `as_of` is the one instant of latest features; None where each entity row has its own.
    `expected_hash` is the hash that the entity rows must have, where they are looked up again:
    `_recipe` compares it, once all rows are read. `warns` of keys that are in no row of a view.
    """

    location: Location
    manifest: Manifest
    request: FeatureRequest
    options: dict[str, Any]
    as_of: datetime | None = None
    expected_hash: str | None = None
    warns: bool = True

    def run(self, rows: Any, to: str | None = None) -> TrainingSet | int:
        """Return the training set; with `to` write it there, and return the number of its rows.

        `rows` is anything that `entity_sources.reader` takes. Raises a LookupInputError for rows
        that do not fit.
        """
        if to is not None:
            training_set_file.check_target(to, self.location)  # before anything is read
        s3_files = filesystem()
        reader = entity_sources.reader(
            rows, s3_files, lambda: datasets(self.location, self.manifest)
        )
        self.request.check_names(reader.schema.names)
        if self.as_of is not None:
            entity_rows.check_untimed(reader.schema.names)
        files = {
            requested.view.name: ViewFiles(self.location, requested.view, s3_files)
            for requested in self.request.views
        }
        rows_hash = EntityHash()

        def look_up(block: pa.Table, first_row: int = 0) -> pa.Table:
            entity_rows.check_not_empty(block)
            instants = self._instants(block, first_row, is_all=to is None)
            # An early Milepost wrote the index to the file, and its recipe has the hash of all.
            lasting_rows = lasting(block if self.expected_hash else without_index(block))
            hashing = pool.submit(rows_hash.update, lasting_rows)
            # In memory columns keep the types in which they came; a file has those of Parquet.
            entity_block = block if to is None else lasting_rows
            table = join(self.request, entity_block, instants, files, pool, warns=self.warns)
            hashing.result()  # The next block's hash continues it.
            return table

        def metadata() -> dict[bytes, bytes]:
            return {METADATA_KEY: self._recipe(rows_hash.hexdigest()).to_bytes()}

        with worker_threads() as pool:
            if to is None:
                return TrainingSet.of(look_up(reader.read_all()), metadata())
            return training_set_file.write(to, reader, look_up, metadata)

    def _instants(self, block: pa.Table, first_row: int, *, is_all: bool) -> pa.Array:
        """Return the checked instants of a block; `is_all` where the block has all entity rows."""
        if self.as_of is not None:
            return entity_rows.same_instant(self.as_of, block.num_rows)
        instants = entity_rows.event_instants(block, first_row)
        coverage.check(self.request, instants, None if is_all else first_row)
        return instants

    def _recipe(self, rows_hash: str) -> Recipe:
        if self.expected_hash not in {None, rows_hash}:
            raise LookupInputError(
                "the entity rows are not those that the training set was made from",
                hint="the file was edited after it was written: restore it; or an early "
                "Milepost made it from a category, a list or instants in seconds: look it up "
                "anew",
            )
        return Recipe(self.manifest.release, self.options, rows_hash)


def datasets(location: Location, manifest: Manifest) -> Mapping[str, pads.Dataset]:
    """Return every feature view by each of its names, as a dataset that is read when scanned."""
    s3_files = filesystem()
    of_view = {view.name: ViewFiles(location, view, s3_files).dataset() for view in manifest.views}
    return {name: of_view[view.name] for name, view in manifest.by_name.items()}

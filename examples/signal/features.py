"""Features of entity rows at any instants, as columns of numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from examples.signal.entity_rows import EntityRows, training_set_model
from examples.signal.split import Instants, Numbers
from milepost import FeatureStore
from milepost.release.service import TrainingSetModel

MICROSECONDS_A_DAY = 86_400e6


def look_up(
    store: FeatureStore, training_set: str, rows: EntityRows, at: Instants | None = None
) -> pa.Table:
    """Return the features of a training set for each row, as known at its own instant, or at `at`.

    What is computed from the instant of the request, such as the hours to the pickup, is left out
    where `at` moves it: it belongs to the row's own instant.
    """
    model = training_set_model(store, training_set)
    entity_rows, left_out = rows.table, set()
    if at is not None:
        place = entity_rows.column_names.index("event_timestamp")
        entity_rows = entity_rows.set_column(place, "event_timestamp", pa.array(at))
        left_out = timed_features(store, model)
    features = store.get_historical_features(
        entity_rows,
        [feature for feature in model.features if feature not in left_out],
        aliases=model.aliases,
        full_feature_names=True,
    ).to_arrow()
    return features.drop_columns(entity_rows.column_names)


def timed_features(store: FeatureStore, model: TrainingSetModel) -> set[str]:
    """Return the features of a training set that are computed from the instant of the request."""
    timed = set()
    for feature in model.features:
        name, _, column = feature.partition(":")
        view = store.manifest.view(model.aliases.get(name, {}).get("view", name))
        if any(derived.name == column and derived.is_timed for derived in view.derived):
            timed.add(feature)
    return timed


def texts_of(table: pa.Table) -> dict[str, pa.Array]:
    """Return the values of each column of text, in order: their places stand for them."""
    return {
        name: pc.unique(table[name].combine_chunks().drop_null()).sort()
        for name in table.column_names
        if pa.types.is_string(table[name].type)
    }


def as_numbers(table: pa.Table, at: Instants, texts: Mapping[str, pa.Array]) -> dict[str, Numbers]:
    """Return columns as floats, NaN for null; an instant as days before `at`, text as its place."""
    numbers = {}
    for name in table.column_names:
        column = table[name].combine_chunks()
        if pa.types.is_timestamp(column.type):
            before = (at - column.cast(pa.timestamp("us")).to_numpy(zero_copy_only=False)).astype(
                "timedelta64[us]"
            )
            numbers[name] = np.where(np.isnat(before), np.nan, before.astype(float)) / (
                MICROSECONDS_A_DAY
            )
            continue
        if name in texts:
            column = pc.index_in(column, texts[name])
        numbers[name] = np.asarray(
            column.cast(pa.float64()).to_numpy(zero_copy_only=False), np.float64
        )
    return numbers

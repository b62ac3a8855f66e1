"""Features of entity rows at any instants, as columns of numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from examples.signal.entity_rows import EntityRows, model_without, training_set_model
from examples.signal.split import Instants, Numbers
from examples.signal.tasks import Task
from milepost import FeatureStore
from milepost.release.service import TrainingSetModel

MICROSECONDS_A_DAY = 86_400e6


def look_up(
    store: FeatureStore, task: Task, rows: EntityRows, at: Instants | None = None
) -> pa.Table:
    """Return the features of a task for each row, as known at its own instant, or at `at`.

    What is computed from the instant of the request, such as the hours to the pickup, is left out
    where `at` moves it: it belongs to the row's own instant.
    """
    model, entity_rows = training_set_model(store, task), rows.table
    if at is not None:
        place = entity_rows.column_names.index("event_timestamp")
        entity_rows = entity_rows.set_column(place, "event_timestamp", pa.array(at))
        model = model_without(model, timed_features(store, model))
    features = store.get_historical_features(
        entity_rows, model.features, aliases=model.aliases, full_feature_names=True
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

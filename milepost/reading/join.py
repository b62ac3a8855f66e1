"""The point-in-time join: requested features as new columns of the entity rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial

import pyarrow as pa

from milepost.reading import entity_rows
from milepost.reading.asof_search import newest
from milepost.reading.derived_values import evaluate
from milepost.reading.key_index import KeyIndex, as_int64
from milepost.reading.unknown_keys import example_value, warn_of_unknown_keys
from milepost.release.files import ARROW_TYPES, ViewFiles
from milepost.release.names import EVENT_TIMESTAMP
from milepost.release.request import FeatureRequest

MICROSECOND = timedelta(microseconds=1)
# Longer than the calendar: a ttl of more is one without an end.
LONGEST_TTL = timedelta(days=10_000 * 366)

Columns = dict[tuple[str, str], pa.Array]
"""Columns by the names of the requested view and its feature."""


def join(
    request: FeatureRequest,
    rows: pa.Table,
    instants: pa.Array,
    files: Mapping[str, ViewFiles],
    *,
    warns: bool = True,
) -> pa.Table:
    """Return the entity rows with the requested columns behind them.

    `instants` are those of the rows, naive UTC in microseconds; `files` has each view's files, by
    its name in the release. With `warns` it is said where most keys are in no row of a view.
    """
    microseconds = as_int64(instants)
    oldest = None
    if request.ttl is not None:
        oldest = microseconds - min(request.ttl, LONGEST_TTL) // MICROSECOND
    columns: Columns = {}
    for view in request.views:
        view_files, features = files[view.view.name], request.stored_features(view)
        if not features:
            continue
        keys = entity_rows.key_columns(
            rows,
            view.name,
            view.keys,
            view_files.schema,
            view.view.entities,
            partial(example_value, view_files),
        )
        index = KeyIndex(keys, rows.num_rows)
        values = newest(view_files, index, microseconds, features, oldest=oldest)
        if warns:
            warn_of_unknown_keys(view_files, view.keys, index)
        for feature, column in zip(features, values, strict=True):
            columns[view.name, feature] = column
    if request.derived:
        columns |= _derive(request, rows, instants, columns)
    for name, view, feature in request.columns:
        rows = rows.append_column(name, columns.pop((view.name, feature)))
    return rows


def _derive(
    request: FeatureRequest, rows: pa.Table, instants: pa.Array, columns: Columns
) -> Columns:
    """Return the derived features, computed from stored ones, the instants and the request."""
    requested: dict[tuple[str, str], pa.Array] = {}
    expressions = []
    for needed in request.derived.values():
        derived = needed.derived
        inputs = {
            name: columns[view.name, feature] for name, (view, feature) in needed.inputs.items()
        }
        if derived.is_timed:
            inputs[EVENT_TIMESTAMP] = instants
        for name, type_name in derived.request.items():
            if (name, type_name) not in requested:
                requested[name, type_name] = entity_rows.request_column(
                    rows, name, ARROW_TYPES[type_name], derived.name
                )
            inputs[name] = requested[name, type_name]
        expressions.append((derived, inputs))
    values = evaluate(expressions, rows.num_rows)
    return dict(zip(request.derived, values, strict=True))

"""The point-in-time join: requested features as new columns of the entity rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import Executor, Future
from datetime import timedelta
from functools import partial

import pyarrow as pa

from milepost.reading import entity_rows
from milepost.reading.asof_search import ViewFetch, ViewSearch, begin_search
from milepost.reading.derived_values import evaluate
from milepost.reading.key_index import Int64s, KeyIndex, as_int64
from milepost.reading.rows_by_month import RowsByMonth
from milepost.reading.unknown_keys import example_value, warn_of_unknown_keys
from milepost.reading.view_promises import MICROSECOND
from milepost.release.files import ARROW_TYPES, ViewFiles
from milepost.release.names import EVENT_TIMESTAMP
from milepost.release.request import FeatureRequest, RequestedView

# Longer than the calendar: a ttl of more is one without an end.
LONGEST_TTL = timedelta(days=10_000 * 366)

Columns = dict[tuple[str, str], pa.Array]
"""Columns by the names of the requested view and its feature."""


def join(
    request: FeatureRequest,
    rows: pa.Table,
    instants: pa.Array,
    files: Mapping[str, ViewFiles],
    pool: Executor,
    *,
    warns: bool = True,
) -> pa.Table:
    """Return the entity rows with the requested columns behind them.

    `instants` are those of the rows, naive UTC in microseconds; `files` has each view's files, by
    its name in the release. `pool` has the threads that do it; the error is that of the first view,
    whichever thread is first. With `warns` it is said where most keys are in no row of a view.
    """
    columns = _stored(request, rows, as_int64(instants), files, pool, warns=warns)
    if request.derived:
        columns |= _derive(request, rows, instants, columns)
    for name, view, feature in request.columns:
        rows = rows.append_column(name, columns.pop((view.name, feature)))
    return rows


def _stored(
    request: FeatureRequest,
    rows: pa.Table,
    instants: Int64s,
    files: Mapping[str, ViewFiles],
    pool: Executor,
    *,
    warns: bool,
) -> Columns:
    """Return the stored features that are requested, or that derived ones need."""
    oldest = None
    if request.ttl is not None:
        oldest = instants - min(request.ttl, LONGEST_TTL) // MICROSECOND
    views = [view for view in request.views if request.stored_features(view)]
    indexes = _indexes(views, rows, files, pool)
    by_month = RowsByMonth((file for view in views for file in view.view.files), instants)
    arrays: list[dict[str, Future[pa.Array]]] = []
    searching: ViewSearch | None = None
    fetching: ViewFetch | None = None
    # While the results of a view are awaited, the next one is searched.
    for view, next_view in zip([None, *views, None], [*views, None, None], strict=True):
        begun = None
        if next_view is not None:
            view_files, index = files[next_view.view.name], indexes[next_view.name].result()
            features = request.stored_features(next_view)
            begun = begin_search(pool, view_files, index, by_month, features, oldest)
        if fetching is not None:
            arrays.append(fetching.arrays())
            fetching = None
        if view is not None and searching is not None:
            fetching = searching.fetch()
            if warns:
                warn_of_unknown_keys(searching.files, view.keys, searching.index, fetching.seen)
        searching = begun
    return {
        (view.name, feature): array.result()
        for view, view_arrays in zip(views, arrays, strict=True)
        for feature, array in view_arrays.items()
    }


def _indexes(
    views: Iterable[RequestedView],
    rows: pa.Table,
    files: Mapping[str, ViewFiles],
    pool: Executor,
) -> dict[str, Future[KeyIndex]]:
    """Return by its name each view's index of the entity rows; views of the same keys share it.

    All keys are checked before a file is read.
    """
    index_of_keys: dict[tuple[tuple[str, pa.DataType], ...], Future[KeyIndex]] = {}
    indexes = {}
    for view in views:
        view_files = files[view.view.name]
        typed_keys = tuple(
            (column, view_files.schema.field(key).type) for key, column in view.keys.items()
        )
        if typed_keys not in index_of_keys:
            key_columns = entity_rows.key_columns(
                rows,
                view.name,
                view.keys,
                view_files.schema,
                view.view.entities,
                partial(example_value, view_files),
            )
            index_of_keys[typed_keys] = pool.submit(KeyIndex, key_columns, rows.num_rows)
        indexes[view.name] = index_of_keys[typed_keys]
    return indexes


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

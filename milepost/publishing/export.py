"""From a tested table to content-named Parquet files on the store, described for the manifest."""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import reduce
from threading import BoundedSemaphore
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection

from milepost.building.declared_views import FeatureView
from milepost.errors import PublishError
from milepost.publishing.gate import Passed
from milepost.release.definition import Field
from milepost.release.files import ARROW_TYPES
from milepost.release.manifest import File, Manifest, View
from milepost.release.names import AVAILABLE_AT
from milepost.storage import s3
from milepost.storage.location import Location
from milepost.storage.uploads import upload

logger = logging.getLogger(__name__)

# Chosen by measurement, docs/decisions/0016-file-layout.md; a reader takes any. 2026-11.
ROW_GROUP_ROWS = 122_880
DICTIONARY_BYTES = 64 << 10
# Each holds a month's rows and its file in memory.
MONTHS_IN_FLIGHT = 4


class Uploads:
    """Puts data files on S3, but for those that the current release has.

    Each file has the token of this publication in its name, so that no other ever writes or needs
    it before a release names it: garbage collection cannot meet a name that comes back.
    """

    def __init__(self, store: Location, current: Manifest | None) -> None:
        self.store = store
        self.sent: list[File] = []
        self._views = {view.name: view for view in current.views} if current else {}
        self._token = secrets.token_hex(6)

    def unchanged(self, passed: Passed) -> View | None:
        """The view in the current release, if it has the same rows in the same order."""
        there = self._views.get(passed.view.name)
        same = there and (there.fingerprint, there.keys) == (
            passed.fingerprint,
            passed.view.keys,
        )
        return there if same else None

    def put(self, view: str, month: str, rows: pa.Table) -> File:
        """Have one file of these rows on the store, sent now or there already."""
        sink = pa.BufferOutputStream()
        pq.write_table(
            rows,
            sink,
            compression="lz4",
            row_group_size=ROW_GROUP_ROWS,
            dictionary_pagesize_limit=DICTIONARY_BYTES,
            write_page_checksum=True,
        )
        body = sink.getvalue()
        digest = hashlib.sha256(body).hexdigest()
        for file in self._views[view].files if view in self._views else ():
            if (file.month, file.digest) == (month, digest):
                return file
        footer = memoryview(body)[-8 - int.from_bytes(memoryview(body)[-8:-4], "little") :]
        file = File(
            f"data/{view}/{month}/{digest}-{self._token}.parquet",
            rows.num_rows,
            body.size,
            len(footer),
            hashlib.sha256(footer).hexdigest(),
        )
        self._upload(file, body)
        self.sent.append(file)
        return file

    def _upload(self, file: File, body: pa.Buffer) -> None:
        upload(self.store, file.name, body, file.digest)
        if s3.sha256(self.store, file.name) != (file.digest, file.bytes):
            raise PublishError(
                f"`{self.store.uri(file.name)}` came back with other content than was sent",
                hint="the store or the network is damaged; nothing is published",
            )


class NoUploads(Uploads):
    """Names the files, and sends none."""

    def _upload(self, file: File, body: pa.Buffer) -> None:
        """Nothing is sent."""


def export(con: DuckDBPyConnection, passed: Passed, uploads: Uploads) -> View:
    """Put a view's rows on the store, a file for each month, and describe it for the manifest."""
    view = passed.view
    there = uploads.unchanged(passed)
    if there:
        files, statistics = there.files, there.statistics
    else:
        _check_types(con, view)
        _check_values(con, view)
        packed = _put_months(con, view, uploads)
        files, statistics = [one.file for one in packed], _statistics(con, view, packed)
    rows = sum(file.rows for file in files)
    return replace(describe(passed), files=files, rows=rows, statistics=statistics)


def describe(passed: Passed) -> View:
    """What the manifest says of a view, but for its files and what is measured on them."""
    definition = passed.view.definition()
    definition["fields"] = [_with_complete_from(passed, column) for column in passed.view.fields]
    return View(
        **definition,
        files=[],
        rows=0,
        built_through=passed.built_through.isoformat(),
        statistics={},
        checks=list(passed.checks),
        code=passed.code,
        fingerprint=passed.fingerprint,
        dropped_checks=dict(passed.dropped_checks),
    )


def _with_complete_from(passed: Passed, column: Field) -> Field:
    complete_from = passed.complete_from.get(column.name)
    return replace(column, complete_from=complete_from.isoformat() if complete_from else None)


@dataclass(frozen=True)
class _Packed:
    """A month's file, and of its features the nulls and a few rows with the extremes."""

    file: File
    nulls: list[int]
    extremes: pa.Table


def _put_months(con: DuckDBPyConnection, view: FeatureView, uploads: Uploads) -> list[_Packed]:
    """DuckDB sorts a month while those before it are packed and sent."""
    in_flight = BoundedSemaphore(MONTHS_IN_FLIGHT)

    def put(month: str, rows: pa.Table) -> _Packed:
        try:
            _check_rows(view, rows)
            features = rows.select(view.features)
            nulls = [column.null_count for column in features.columns]
            extremes = pa.table([_extremes(c) for c in features.columns], features.schema)
            return _Packed(uploads.put(view.name, month, rows), nulls, extremes)
        finally:
            in_flight.release()

    with ThreadPoolExecutor(MONTHS_IN_FLIGHT) as pool:
        futures: list[Future[_Packed]] = []
        for month, rows in _months(con, view):
            logger.info("exporting %s, %s", view.name, month)
            in_flight.acquire()
            if any(future.done() and future.exception() for future in futures):
                break
            futures.append(pool.submit(put, month, rows))
    return [future.result() for future in futures]


def _check_types(con: DuckDBPyConnection, view: FeatureView) -> None:
    """What lookups rest on, whatever tests the view has: its declared types."""
    actual = {row[0]: row[1] for row in con.execute(f"describe {view.relation}").fetchall()}
    declared = view.types
    if actual != declared:
        differing = sorted(set(actual.items()) ^ set(declared.items()))[0][0]
        raise PublishError(
            f"`{view.name}.{differing}` is {actual.get(differing)}, declared "
            f"{declared.get(differing)}",
            hint="enforce the view's contract: `config: {contract: {enforced: true}}`",
        )


def _check_values(con: DuckDBPyConnection, view: FeatureView) -> None:
    """And that a number or an instant is finite or null: no two readers compare NaN alike."""
    columns = [name for name, kind in view.types.items() if kind in {"DOUBLE", "TIMESTAMP"}]
    counts = ", ".join(f"count(*) filter (not isfinite({name}))" for name in columns)
    row = con.execute(f"select {counts} from {view.relation}").fetchone()  # noqa: S608 - checked names
    assert row is not None  # noqa: S101 - an aggregate has one row
    for name, count in zip(columns, row, strict=True):
        if count:
            raise PublishError(
                f"`{view.name}.{name}` is NaN or infinite in {count:,} rows",
                hint="a value is finite, or null where there is no evidence: divide by "
                "`nullif(..., 0)`, and have `row_fault` check what comes from the raw log",
            )


def _check_rows(view: FeatureView, rows: pa.Table) -> None:
    """And one row per key and instant. The rows are a month's, sorted."""
    identity = [rows[name] for name in (*view.keys, AVAILABLE_AT)]
    if any(column.null_count for column in identity):
        raise _not_unique(view)
    repeats = (pc.equal(column.slice(0, len(column) - 1), column.slice(1)) for column in identity)
    if pc.any(reduce(pc.and_, repeats)).as_py():
        raise _not_unique(view)


def _not_unique(view: FeatureView) -> PublishError:
    return PublishError(
        f"`{view.name}` has rows that share ({', '.join((*view.keys, AVAILABLE_AT))}), or lack one "
        "of them",
        hint="give the view the data tests `is_unique_on` and `not_null`, and find them",
    )


def _months(con: DuckDBPyConnection, view: FeatureView) -> Iterator[tuple[str, pa.Table]]:
    """Each month of `available_at` with its rows, sorted by keys and `available_at`."""
    columns = ", ".join(view.types)
    order = ", ".join((*view.keys, AVAILABLE_AT))
    months = con.execute(
        f"select distinct strftime({AVAILABLE_AT}, '%Y-%m') from {view.relation} "  # noqa: S608
        "order by 1"
    ).fetchall()
    if (None,) in months:
        raise _not_unique(view)
    for (month,) in months:
        yield (
            month,
            con.execute(
                f"select {columns} from {view.relation} "  # noqa: S608
                f"where {AVAILABLE_AT} >= cast(? || '-01' as timestamp) "
                f"and {AVAILABLE_AT} < cast(? || '-01' as timestamp) + interval '1' month "
                f"order by {order}",
                [month, month],
            ).to_arrow_table(),
        )


def _extremes(column: pa.ChunkedArray) -> pa.Array:
    """The least value and the greatest."""
    found = pc.min_max(column)
    return pa.array([found["min"], found["max"]], column.type)


def _statistics(
    con: DuckDBPyConnection, view: FeatureView, packed: Sequence[_Packed]
) -> dict[str, dict[str, Any]]:
    """Per feature: nulls, and the least and greatest value as text."""
    if not view.features:
        return {}
    types = {name: ARROW_TYPES[kind] for name, kind in view.types.items()}
    none = pa.schema([(name, types[name]) for name in view.features]).empty_table()
    con.register("extremes", pa.concat_tables([none, *(one.extremes for one in packed)]))
    texts = ", ".join(
        f"cast(min({name}) as varchar), cast(max({name}) as varchar)" for name in view.features
    )
    row = con.execute(f"select {texts} from extremes").fetchone()  # noqa: S608 - checked names
    con.unregister("extremes")
    assert row is not None  # noqa: S101 - an aggregate has one row
    return {
        name: {
            "nulls": sum(one.nulls[n] for one in packed),
            "min": row[2 * n],
            "max": row[2 * n + 1],
        }
        for n, name in enumerate(view.features)
    }

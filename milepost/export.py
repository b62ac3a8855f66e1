"""From a tested table to content-named Parquet files on the store, described for the manifest."""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from threading import BoundedSemaphore
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection

from milepost import s3
from milepost.catalog import FeatureView
from milepost.errors import PublishError
from milepost.gate import Passed
from milepost.manifest import Field, File, Manifest, View
from milepost.names import AVAILABLE_AT
from milepost.s3 import Location

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
            list(passed.view.keys),
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
        s3.upload(self.store, file.name, body)
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
        _check_rows(con, view)
        files, statistics = _put_months(con, view, uploads), _statistics(con, view)
    rows = sum(file.rows for file in files)
    return replace(describe(passed), files=files, rows=rows, statistics=statistics)


def describe(passed: Passed) -> View:
    """What the manifest says of a view, but for its files and what is measured on them."""
    view = passed.view
    return View(
        name=view.name,
        description=view.description,
        entities=list(view.entities),
        keys=list(view.keys),
        grid=view.grid,
        serving_delay_minutes=view.serving_delay_minutes,
        owners=dict(view.owners),
        maturity=view.maturity,
        sensitivity=view.sensitivity,
        fields=[Field(c.name, c.type, c.description) for c in view.columns],
        files=[],
        rows=0,
        complete_from=passed.complete_from.isoformat(),
        built_through=passed.built_through.isoformat(),
        statistics={},
        checks=list(passed.checks),
        code=passed.code,
        fingerprint=passed.fingerprint,
        version=view.version,
        is_latest=view.is_latest,
        deprecated_at=view.deprecated_at,
        is_dense=view.is_dense,
        fresh_within_hours=view.fresh_within_hours,
        derived=list(view.derived),
    )


def _put_months(con: DuckDBPyConnection, view: FeatureView, uploads: Uploads) -> list[File]:
    """DuckDB sorts a month while those before it are packed and sent."""
    in_flight = BoundedSemaphore(MONTHS_IN_FLIGHT)

    def put(month: str, rows: pa.Table) -> File:
        try:
            return uploads.put(view.name, month, rows)
        finally:
            in_flight.release()

    with ThreadPoolExecutor(MONTHS_IN_FLIGHT) as pool:
        futures: list[Future[File]] = []
        for month, rows in _months(con, view):
            logger.info("exporting %s, %s", view.name, month)
            in_flight.acquire()
            if any(future.done() and future.exception() for future in futures):
                break
            futures.append(pool.submit(put, month, rows))
    return [future.result() for future in futures]


def _check_rows(con: DuckDBPyConnection, view: FeatureView) -> None:
    """What lookups rest on, whatever tests the view has: its declared types, one row per key."""
    actual = {row[0]: row[1] for row in con.execute(f"describe {view.relation}").fetchall()}
    declared = {column.name: column.type for column in view.columns}
    if actual != declared:
        differing = sorted(set(actual.items()) ^ set(declared.items()))[0][0]
        raise PublishError(
            f"`{view.name}.{differing}` is {actual.get(differing)}, declared "
            f"{declared.get(differing)}",
            hint="enforce the view's contract: `config: {contract: {enforced: true}}`",
        )
    names = (*view.keys, AVAILABLE_AT)
    identity = ", ".join(names)
    row = con.execute(
        f"select count(*) - count(distinct ({identity})), "  # noqa: S608 - checked names
        f"count(*) filter (where {' or '.join(f'{name} is null' for name in names)}) "
        f"from {view.relation}"
    ).fetchone()
    if row != (0, 0):
        raise PublishError(
            f"`{view.name}` has rows that share ({identity}), or lack one of them",
            hint="give the view the data tests `is_unique_on` and `not_null`, and find them",
        )


def _months(con: DuckDBPyConnection, view: FeatureView) -> Iterator[tuple[str, pa.Table]]:
    """Each month of `available_at` with its rows, sorted by keys and `available_at`."""
    columns = ", ".join(column.name for column in view.columns)
    order = ", ".join((*view.keys, AVAILABLE_AT))
    months = con.execute(
        f"select distinct strftime({AVAILABLE_AT}, '%Y-%m') from {view.relation} "  # noqa: S608
        "order by 1"
    ).fetchall()
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


def _statistics(con: DuckDBPyConnection, view: FeatureView) -> dict[str, dict[str, Any]]:
    """Per feature: nulls, and the least and greatest value as text."""
    features = [c for c in view.columns if c.name not in (*view.keys, AVAILABLE_AT)]
    aggregates = ", ".join(
        f"count(*) - count({f.name}), "
        f"cast(min({f.name}) as varchar), cast(max({f.name}) as varchar)"
        for f in features
    )
    row = con.execute(f"select {aggregates} from {view.relation}").fetchone() if features else ()  # noqa: S608
    assert row is not None  # noqa: S101 - an aggregate has one row
    return {
        feature.name: {"nulls": row[3 * n], "min": row[3 * n + 1], "max": row[3 * n + 2]}
        for n, feature in enumerate(features)
    }

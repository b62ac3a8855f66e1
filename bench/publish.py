"""Time publication against what it must do at least: pyarrow's writing, rclone's copying, hashing.

Run by `make bench-publish`; the figures are in docs/reference/performance.md.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from milepost.building.declared_views import FeatureView
from milepost.building.fingerprint import fingerprint
from milepost.publishing.data_files import DICTIONARY_BYTES, ROW_GROUP_ROWS, Uploads
from milepost.publishing.export import export
from milepost.publishing.publishable import PublishableView
from milepost.publishing.rules.table import not_finite
from milepost.release import pointers, releases
from milepost.release.definition import Field
from milepost.release.entity import Entity, EntityRole
from milepost.release.manifest import File, Manifest, View
from milepost.release.manifest_format import FORMAT_VERSION
from milepost.storage import s3
from milepost.storage.client import endpoint
from milepost.storage.location import Location

FEATURES, MONTHS, VIEWS = 12, 24, ("carriers", "lanes")
# With random doubles a row takes some 105 bytes as Parquet.
ROWS_OF_2_GB = 19_000_000
REQUIRED, REQUIRED_UNCHANGED, REQUIRED_SENT = 1.3, 2.0, 1.1


def main() -> int:
    """Print the figures; 1 where one is not what is required."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS_OF_2_GB, help="of all views (%(default)s)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(f"{folder}/tables.duckdb") as con:
        for view in VIEWS:
            _prepare(con, view, arguments.rows // len(VIEWS))
        con.execute("checkpoint")
        return _measure(con, Path(folder))


def _measure(con: duckdb.DuckDBPyConnection, folder: Path) -> int:
    best = _floor(con, folder / "parquet")
    prints = {view: fingerprint(con, view) for view in VIEWS}
    with _place() as store:
        whole, first, _ = _publish(con, store, prints)
        unchanged, _, sent = _publish(con, store, prints)
        con.execute(
            "update carriers set feature_0 = feature_0 + 1 "
            f"where available_at >= timestamp '2024-01-01' + to_months({MONTHS - 2}) "
            f"and available_at < timestamp '2024-01-02' + to_months({MONTHS - 2})"
        )
        prints["carriers"] = fingerprint(con, "carriers")
        day, second, sent_day = _publish(con, store, prints)
    old = {file.name for file in first.files}
    changed = sum(file.bytes for file in second.files if file.name not in old)
    sent_bytes, day_bytes = sum(f.bytes for f in sent), sum(f.bytes for f in sent_day)
    print(f"{sum(file.bytes for file in first.files):,} bytes in {len(first.files)} files")
    print(f"all of it      {whole:.1f} s, {whole / best:.2f} of the floor's {best:.1f} s")
    print(f"nothing new    {unchanged:.2f} s, {sent_bytes:,} bytes sent")
    print(f"one day        {day:.1f} s, {day_bytes:,} bytes sent, {day_bytes / changed:.2f} of")
    print(f"               the {changed:,} bytes of the partitions that changed")
    is_met = (
        whole / best <= REQUIRED
        and unchanged < REQUIRED_UNCHANGED
        and not sent_bytes
        and day_bytes <= REQUIRED_SENT * changed
    )
    return 0 if is_met else 1


def _prepare(con: duckdb.DuckDBPyConnection, view: str, rows: int) -> None:
    """A table as builds leave it: instant by instant, not sorted by key."""
    features = ", ".join(f"random() * 100 as feature_{n}" for n in range(FEATURES))
    con.execute("select setseed(0.5)")
    con.execute(
        f"create table {view} as select 'c' || lpad(cast(n % 20011 as varchar), 5, '0') "
        "as carrier_id, timestamp '2024-01-01' "
        f"+ to_microseconds(cast(n * ({MONTHS} * 30.4 * 86400e6 / {rows}) as bigint)) "
        f"as available_at, {features} from range({rows}) as numbers (n)"
    )


def _floor(con: duckdb.DuckDBPyConnection, folder: Path) -> float:
    """Write the same files with pyarrow, copy them with rclone, hash them: seconds in all."""
    written = queried = 0.0
    for view in VIEWS:
        for month, rows, seconds in _months(con, view):
            path = folder / view / month / "part.parquet"
            path.parent.mkdir(parents=True)
            began = time.monotonic()
            pq.write_table(
                rows,
                path,
                compression="lz4",
                row_group_size=ROW_GROUP_ROWS,
                dictionary_pagesize_limit=DICTIONARY_BYTES,
                write_page_checksum=True,
            )
            written, queried = written + time.monotonic() - began, queried + seconds
    with _place() as store:
        began = time.monotonic()
        _rclone("copy", str(folder), f"bench:{store.bucket}/{store.prefix}")
        copied = time.monotonic() - began
    began = time.monotonic()
    with ThreadPoolExecutor() as pool:
        list(pool.map(_hash, sorted(folder.rglob("*.parquet"))))
    hashed = time.monotonic() - began
    print(
        f"floor: DuckDB's query {queried:.1f} s (not counted), pyarrow {written:.1f} s, "
        f"rclone {copied:.1f} s, sha256 {hashed:.1f} s"
    )
    return written + copied + hashed


def _months(con: duckdb.DuckDBPyConnection, view: str) -> Iterator[tuple[str, pa.Table, float]]:
    for n in range(MONTHS + 1):
        began = time.monotonic()
        rows = con.execute(
            f"from {view} where available_at >= timestamp '2024-01-01' + to_months({n}) "
            f"and available_at < timestamp '2024-01-01' + to_months({n + 1}) "
            "order by carrier_id, available_at"
        ).to_arrow_table()
        if rows.num_rows:
            yield f"{n:02}", rows, time.monotonic() - began


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _rclone(*arguments: str) -> None:
    options = endpoint()
    remote = {
        "TYPE": "s3",
        "PROVIDER": "SeaweedFS",
        "ACCESS_KEY_ID": options.key or "",
        "SECRET_ACCESS_KEY": options.secret or "",
        "ENDPOINT": f"{options.scheme}://{options.host}",
        "NO_CHECK_BUCKET": "true",
    }
    subprocess.run(
        [Path(sys.executable).with_name("rclone"), "--transfers=16", *arguments],
        check=True,
        env={**os.environ, **{f"RCLONE_CONFIG_BENCH_{key}": text for key, text in remote.items()}},
    )


def _publish(
    con: duckdb.DuckDBPyConnection, store: Location, prints: dict[str, str]
) -> tuple[float, Manifest, list[File]]:
    """Do what `milepost publish` does with tested tables; the seconds, and what was sent."""
    began = time.monotonic()
    pointer = pointers.pointer(store)
    current = releases.read(store, pointer.release) if pointer else None
    uploads = Uploads(store, current)
    manifest = Manifest(
        format_version=FORMAT_VERSION,
        release="",
        created_at=datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="seconds"),
        code={},
        views=[_export(con, _publishable(view, prints[view]), uploads) for view in VIEWS],
        set_aside=[],
        entities=[Entity("carrier", {"carrier_id": "VARCHAR"}, "")],
    ).sealed()
    if not current or current.content != manifest.content:
        releases.commit(store, manifest, pointer)
    return time.monotonic() - began, manifest, uploads.sent


def _export(con: duckdb.DuckDBPyConnection, view: PublishableView, uploads: Uploads) -> View:
    """Look for values that are not finite, as the gate does of a view that changed, and export."""
    assert uploads.unchanged(view) or not not_finite(con, view.view)
    return export(con, view, uploads)


def _publishable(name: str, content: str) -> PublishableView:
    view = FeatureView(
        name=name,
        unique_id=name,
        relation=name,
        description="",
        entities=[EntityRole("carrier", "carrier", ["carrier_id"])],
        keys=["carrier_id"],
        grid="hour",
        longest_window_days=1,
        serving_delay_minutes=0,
        owners={},
        maturity="production",
        sensitivity="internal",
        fields=[
            Field("carrier_id", "VARCHAR", ""),
            Field("available_at", "TIMESTAMP", ""),
            *(Field(f"feature_{n}", "DOUBLE", "") for n in range(FEATURES)),
        ],
    )
    ends = datetime(2024, 1, 1), datetime(2026, 2, 1)  # noqa: DTZ001 - naive is UTC
    return PublishableView(view, content, (), "", ends[1], dict.fromkeys(view.features, ends[0]))


@contextmanager
def _place() -> Iterator[Location]:
    """An empty place on the store, removed afterwards."""
    store = Location.parse(f"s3://milepost-store/bench-{os.getpid()}-{time.monotonic_ns()}")
    try:
        yield store
    finally:
        s3.remove(store, [item.name for item in s3.listing(store)])


if __name__ == "__main__":
    sys.exit(main())

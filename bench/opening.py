"""Opening a release with many views and months: seconds, calls to S3, and what takes them.

Usage: opening.py, which puts such a release on the local S3 and opens it in processes of their own.
Each view has an empty table in each month, descriptions, code and statistics as long as this
project's own: only the rows are missing, which opening does not read.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa

from milepost.publishing.data_files import Uploads
from milepost.release import pointers, releases
from milepost.release.definition import Field
from milepost.release.entity import Entity, EntityRole
from milepost.release.manifest import Manifest, View
from milepost.release.manifest_format import FORMAT_VERSION
from milepost.storage.client import PARALLEL_REQUESTS
from milepost.storage.location import Location

VIEWS, FEATURES, REPEATS = 14, 12, 9
MONTHS = [f"{year}-{month:02}" for year in (2023, 2024, 2025) for month in range(1, 13)]
STORE = Location.parse("s3://milepost-store/bench-opening")
BUILT_THROUGH = "2026-01-01T00:00:00"
OPEN = """
import time
began = time.perf_counter()
from milepost import FeatureStore
imported = time.perf_counter()
import boto3
from milepost.storage.client import client
calls = []
client().meta.events.register("before-send.s3", lambda request, **_: calls.append(request.url))
opening = time.perf_counter()
store = FeatureStore({uri!r})
opened = time.perf_counter()
call_count = len(calls)
FeatureStore({uri!r})
again = time.perf_counter()
print(imported - began, opening - imported, opened - opening, again - opened, call_count)
"""


def main() -> None:
    """Publish, open, print."""
    began = time.perf_counter()
    uploads = Uploads(STORE, None)
    with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
        views = [_view(uploads, pool, f"view_{number}") for number in range(VIEWS)]
    code = {"project": "bench", "dbt": None, "commit": None}
    entities = [Entity("carrier", {"carrier_id": "BIGINT"}, "")]
    manifest = Manifest(FORMAT_VERSION, "", BUILT_THROUGH, code, views, [], [], entities).sealed()
    releases.commit(STORE, manifest, pointers.pointer(STORE))
    print(
        f"{len(manifest.files)} files and a manifest of {len(manifest.to_bytes()):,} bytes put in "
        f"{time.perf_counter() - began:.1f} s"
    )
    runs = []
    for _ in range(REPEATS):
        program = [sys.executable, "-c", OPEN.format(uri=STORE.uri())]
        ran = subprocess.run(program, stdout=subprocess.PIPE, text=True, check=True)
        runs.append([float(number) for number in ran.stdout.split()])
    names = ("import milepost", "boto3's client", "opening", "opening again", "calls")
    for name, values in zip(names, zip(*runs, strict=True), strict=True):
        print(f"{name:<16} {statistics.median(values):.3f}, at most {max(values):.3f}")


def _view(uploads: Uploads, pool: ThreadPoolExecutor, name: str) -> View:
    features = [f"late_delivery_rate_{number}d" for number in range(FEATURES)]
    kinds = {"carrier_id": pa.int64(), "available_at": pa.timestamp("us")}
    kinds |= dict.fromkeys(features, pa.float64())
    empty = pa.schema(list(kinds.items())).empty_table()
    text = "Share of deliveries that missed their due time, 0 to 1. "
    milepost_types = {pa.int64(): "BIGINT", pa.timestamp("us"): "TIMESTAMP", pa.float64(): "DOUBLE"}
    measured = {
        "nulls": 12345,
        "min": "0.0123456789",
        "max": "0.9876543210",
        "quantiles": dict.fromkeys(("0", "0.01", "0.5", "0.99", "1"), "0.1234567890"),
        "histogram": {"from": "0.01", "to": "0.98", "counts": [1234567] * 20},
    }
    return View(
        name=name,
        description=text * 5,
        entities=[EntityRole("carrier", "carrier", ["carrier_id"])],
        keys=["carrier_id"],
        grid="hour",
        serving_delay_minutes=0,
        owners={"science": "bench", "engineering": "bench"},
        maturity="production",
        sensitivity="internal",
        fields=[
            Field(
                column,
                milepost_types[kind],
                text * 5,
                MONTHS[0] + "-01" if column in features else None,
            )
            for column, kind in kinds.items()
        ],
        files=list(pool.map(lambda month: uploads.put(name, month, empty), MONTHS)),
        rows=0,
        built_through=BUILT_THROUGH,
        statistics={feature: dict(measured) for feature in features},
        checks=[f"{feature}_is_a_share" for feature in features],
        code="select 1\n" * 150,
        sql="select 1\n" * 150,
        fingerprint="",
    )


if __name__ == "__main__":
    main()

"""More entity rows than memory holds, streamed to one Parquet file on S3: time and peak memory.

Usage: many.py ROWS. The views are those of `make bench-lookup`, which makes them.
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

import data

from milepost import FeatureStore
from milepost.storage.location import Location

if __name__ == "__main__":
    rows = int(sys.argv[1])
    store = Location.parse("s3://milepost-store/bench-lookup-1")
    if "--make" in sys.argv:
        data.make(Path(".local/bench/lookup-1"), store, [rows])
        sys.exit()
    started = time.perf_counter()
    written = FeatureStore(store.uri()).get_historical_features(
        store.uri(f"entities/{rows}.parquet"),
        list(data.FEATURES),
        to=f"{store.uri()}-sets/{time.time_ns()}.parquet",
    )
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(
        f"{written:,} rows, {used.ru_utime + used.ru_stime:.0f} s CPU, "
        f"{time.perf_counter() - started:.0f} s wall, peak {used.ru_maxrss * 1024 / 1e9:.2f} GB"
    )

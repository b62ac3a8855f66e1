"""What opening a release takes does not grow with its views and months."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from milepost import FeatureStore
from milepost.release import pointers
from milepost.release.manifest import File
from milepost.storage import s3
from milepost.storage.client import client
from milepost.storage.location import Location
from small_releases import manifest_of, put_view, rows_of

MONTHS = [f"{year}-{month:02}" for year in (2023, 2024, 2025) for month in range(1, 13)]


def test_a_release_of_14_views_and_3_years_is_opened_with_few_calls(store: Location) -> None:
    """It does not look at data files, which are not even there."""
    types = {"carrier_id": "BIGINT", "available_at": "TIMESTAMP", "late_rate": "DOUBLE"}
    empty = put_view(store, "empty", rows_of(types))
    views = []
    for number in range(14):
        name = f"view_{number}"
        files = [File(f"data/{name}/{month}/{'0' * 64}.parquet", 1, 100) for month in MONTHS]
        views.append(replace(empty, name=name, files=files, rows=len(files)))
    manifest = manifest_of(*views)
    s3.put(store, manifest.name, manifest.to_bytes())
    pointers.move_current(store, manifest.release, None, time.monotonic())
    calls: list[str] = []

    def note(request: Any, **_: object) -> None:
        calls.append(request.url)

    events = client().meta.events
    events.register("before-send.s3", note)
    try:
        shelf = FeatureStore(store.uri())
    finally:
        events.unregister("before-send.s3", note)
    assert sum(len(view.files) for view in shelf.feature_views()) == 14 * 36
    assert len(calls) <= 5

"""What a release is for, on one screen: the features of one entity, as a model would get them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from milepost.reading.store import FeatureStore
from milepost.release.manifest import Manifest, View
from milepost.storage.location import Location

# So many features leave room on a screen for what stands around them.
MOST_FEATURES = 12


def example(location: Location, manifest: Manifest) -> Iterator[str]:
    """Yield one entity's features, downwards, and how much there is in the release."""
    store = FeatureStore(location.uri(), release=manifest.release)
    view = max(manifest.views, key=_filled_values)
    if view.rows:
        keys = _busiest_entity(store.to_arrow(view.name), view.keys)
        # What a request brings, such as the age of an offer, nobody has asked for here.
        derived = [item.name for item in view.derived if not item.request]
        features = [f"{view.name}:{name}" for name in (*view.features, *derived)]
        yield from repr(store.lookup(features, keys, _instant(view))).splitlines()
    yield ""
    counts = {
        "feature views": len(manifest.views),
        "features": sum(len(view.features) + len(view.derived) for view in manifest.views),
        "checks passed": sum(len(view.checks) for view in manifest.views),
        "rows": sum(view.rows for view in manifest.views),
    }
    yield ", ".join(f"{count:,} {counted}" for counted, count in counts.items())


def _instant(view: View) -> datetime:
    """Return the newest instant that is not in the future and for which the view is built."""
    now = datetime.now(UTC).replace(second=0, microsecond=0, tzinfo=None)
    return min(now, view.built_through_at - timedelta(hours=1))


def _filled_values(view: View) -> tuple[bool, float]:
    """Rank a view by how many complete features of a row are not null, if all fit on a screen."""
    instant = _instant(view)
    features = [name for name in view.features if view.complete_from[name] <= instant]
    nulls = sum(view.statistics.get(name, {}).get("nulls", 0) for name in features)
    return len(view.features) <= MOST_FEATURES, len(features) - nulls / max(view.rows, 1)


def _busiest_entity(feature_rows: pa.Table, keys: list[str]) -> dict[str, Any]:
    """Return the keys of the entity with the most rows, the first of several; none without keys."""
    if not keys:
        return {}
    columns = ", ".join(keys)
    with duckdb.connect() as con:
        con.register("feature_rows", feature_rows)
        entities = con.execute(
            f"select {columns} from feature_rows group by all "  # noqa: S608 - checked names
            f"order by count(*) desc, {columns} limit 1"
        ).to_arrow_table()
    (entity,) = entities.to_pylist()
    return dict(entity)

"""What a release is for, on one screen: the features of one entity, as a model would get them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from milepost.display import to_text
from milepost.reading.store import FeatureStore
from milepost.release.manifest import Manifest, View
from milepost.storage.location import Location

# So many features leave room on a screen for what stands around them.
MOST_FEATURES = 12


def example(location: Location, manifest: Manifest) -> Iterator[str]:
    """Yield one entity's features, downwards, and how much there is in the release."""
    store = FeatureStore(location.uri(), release=manifest.release)
    view = max(manifest.views, key=_filled_values)
    now = datetime.now(UTC).replace(second=0, microsecond=0, tzinfo=None)
    instant = min(now, view.built_through_at - timedelta(hours=1))
    features = [name for name, at in view.complete_from.items() if at <= instant]
    if features and view.rows:
        keys = _busiest_entity(store.to_arrow(view.name), view.keys)
        entity = {**keys, "event_timestamp": pa.scalar(instant, pa.timestamp("us"))}
        entity_rows = pa.table({name: [value] for name, value in entity.items()})
        requested = [f"{view.name}:{name}" for name in features]
        (values,) = store.get_historical_features(entity_rows, requested).to_arrow().to_pylist()
        of_keys = ", ".join(f"{name} {value}" for name, value in keys.items())
        yield f"{view.name} of {of_keys}, as of {instant:%Y-%m-%d %H:%M} UTC"
        yield ""
        width = max(map(len, features))
        yield from (f"  {name:<{width}}  {_text(values[name])}" for name in features)
    if waiting := [name for name in view.complete_from if name not in features]:
        yield f"{view.name} has no full window yet of: {', '.join(waiting)}"
    yield ""
    yield (
        f"{len(manifest.views):,} feature views, "
        f"{sum(len(view.features) + len(view.derived) for view in manifest.views):,} features, "
        f"{sum(len(view.checks) for view in manifest.views):,} checks passed, "
        f"{sum(view.rows for view in manifest.views):,} rows"
    )


def _filled_values(view: View) -> tuple[bool, float]:
    """Rank a view by how many features of a row are not null, if all fit on a screen."""
    nulls = sum(statistic.get("nulls", 0) for statistic in view.statistics.values())
    filled = len(view.features) - nulls / max(view.rows, 1)
    return len(view.features) <= MOST_FEATURES, filled


def _busiest_entity(feature_rows: pa.Table, keys: list[str]) -> dict[str, Any]:
    """Return the keys of the entity with the most rows, the first of several."""
    columns = ", ".join(keys)
    with duckdb.connect() as con:
        con.register("feature_rows", feature_rows)
        entities = con.execute(
            f"select {columns} from feature_rows group by all "  # noqa: S608 - checked names
            f"order by count(*) desc, {columns} limit 1"
        ).to_arrow_table()
    (entity,) = entities.to_pylist()
    return dict(entity)


def _text(value: Any) -> str:
    """Return a value as a person reads it; six digits of a number tell enough."""
    if value is None:
        return "null"
    return f"{value:.6g}" if isinstance(value, float) else to_text(value)

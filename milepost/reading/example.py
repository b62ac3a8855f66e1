"""A small training set, as a person who looks at a release wants to see one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import duckdb

from milepost.reading.store import FeatureStore
from milepost.release.manifest import Manifest
from milepost.storage.location import Location


def training_set(location: Location, manifest: Manifest) -> Iterator[str]:
    """Five entities of the view with the most rows, with the features that are complete."""
    store = FeatureStore(location.uri(), release=manifest.release)
    view = max(manifest.views, key=lambda view: view.rows)
    instant = view.built_through_at - timedelta(hours=1)
    features = [f"{view.name}:{name}" for name, at in view.complete_from.items() if at <= instant]
    if not features:
        yield f"  Training set: no feature of {view.name} is complete yet"
        return
    keys = "".join(f"{key}, " for key in view.keys)
    with duckdb.connect() as con:
        con.register("feature_rows", store.to_arrow(view.name))
        entities = con.execute(
            f"select {keys} cast(? as timestamp) as event_timestamp "  # noqa: S608 - checked names
            "from feature_rows group by all "
            f"order by count(*) desc, {keys} event_timestamp limit 5",
            [instant],
        ).to_arrow_table()
        features_of_five = store.get_historical_features(entities, features)
        yield f"  Training set: {view.name} of five entities, as of {instant}"
        yield ""
        con.register("training_set", features_of_five.to_arrow())
        table = con.sql("from training_set")
        yield from str(table).splitlines()

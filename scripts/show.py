"""Print the current release as a reader finds it, and a training set of five rows from it."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import timedelta

import duckdb
import pyarrow as pa

from milepost import FeatureStore, MilepostError
from milepost.manifest import View


def main() -> int:
    """Show; 0, or 1 where the store cannot be read."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="example: python scripts/show.py --store s3://my-bucket/features",
    )
    parser.add_argument(
        "--store",
        default=os.environ.get("MILEPOST_STORE_URI", "s3://milepost-store/simulated"),
        help="where the releases are (default: MILEPOST_STORE_URI, %(default)s)",
    )
    try:
        show(FeatureStore(parser.parse_args().store))
    except MilepostError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def show(store: FeatureStore) -> None:
    """Print the release's views and a training set from the view with the most rows."""
    print(f"\nRelease {store.release} at {store.location.uri()}\n")
    print(f"  {'feature view':<24}{'rows':>10}{'checks passed':>15}   values from .. until")
    for view in store.feature_views():
        print(
            f"  {view.name:<24}{view.rows:>10,}{len(view.checks):>15}   "
            f"{view.complete_from} .. {view.built_through}"
        )
    set_aside = sum(rows.rows for rows in store.manifest.set_aside)
    print(f"\n  Rows set aside: {set_aside:,}")
    for rows in store.manifest.set_aside:
        print(f"    {rows.rows:,} of {rows.of_rows:,} rows of {rows.table}: {rows.reason}")
    _show_training_set(store, max(store.feature_views(), key=lambda view: view.rows))


def _show_training_set(store: FeatureStore, view: View) -> None:
    """Five entities of a view, at an instant for which it is complete where there is one."""
    instant = view.instant("built_through") - timedelta(hours=1)
    keys = ", ".join(view.keys)
    rows = store.to_arrow(view.name)
    with duckdb.connect() as con:
        con.register("feature_rows", rows)
        entities = con.execute(
            f"select {keys}, cast(? as timestamp) as event_timestamp "  # noqa: S608 - checked names
            f"from feature_rows group by {keys} order by count(*) desc, {keys} limit 5",
            [instant],
        ).to_arrow_table()
        training_set: pa.Table = store.get_historical_features(
            entities, [view.name], allow_incomplete=instant < view.instant("complete_from")
        )
        print(f"\n  Training set: {view.name} of five entities, as of {instant}\n")
        con.register("training_set", training_set)
        con.sql("from training_set").show(max_width=120)


if __name__ == "__main__":
    sys.exit(main())

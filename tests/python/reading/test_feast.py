"""Lookups beside those of Feast's DuckDB store, on the cases in which Feast is well defined.

Each entity row has a match within the ttl in every view, and is there once; a view has no ties.
"""

from __future__ import annotations

import math
import subprocess
from pathlib import Path

import data
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from milepost import FeatureStore
from milepost.storage.location import Location

PROJECT = Path(__file__).parents[3]
FEAST = PROJECT / ".venv-feast/bin/python"
ROWS = 5000
LOOK_UP = """
import sys
from pathlib import Path
import pyarrow.parquet as pq
from contestants import feast
pq.write_table(feast(Path(sys.argv[1]), int(sys.argv[2]), store="", threads=1)[1], sys.argv[3])
"""

pytestmark = pytest.mark.skipif(
    not FEAST.exists(), reason="Feast is not installed: `make feast` installs it and runs this"
)


def well_defined(folder: Path) -> pa.Table:
    """The benchmark's entity rows that Feast answers well; one in ten at the instant of a row."""
    matched = " and ".join(
        f"exists (from '{folder / view}.parquet' {view} where "
        + "".join(f"{view}.{key} = asked.{key} and " for key in keys)
        + f"available_at between event_timestamp - to_days({data.TTL_DAYS[view]}) "
        "and event_timestamp)"
        for view, keys in data.KEYS.items()
    )
    with duckdb.connect() as con:
        return con.execute(
            "with asked as (select distinct on (carrier_id, lane_id, event_timestamp) * from ("
            "select * replace (case when row_id % 10 = 0 then date_trunc('day', event_timestamp) "
            f"else event_timestamp end as event_timestamp) from '{folder}/entities_{ROWS}.parquet'"
            f") order by row_id) from asked where {matched} order by row_id"
        ).to_arrow_table()


def test_a_lookup_finds_what_feast_finds(store: Location, tmp_path: Path) -> None:
    data.make(tmp_path, store, [ROWS], scale=0.01)
    asked = well_defined(tmp_path)
    assert asked.num_rows > ROWS / 2
    pq.write_table(asked, tmp_path / f"entities_{ROWS}.parquet")
    found = tmp_path / "found.parquet"
    command: list[str | Path] = [FEAST, "-c", LOOK_UP, tmp_path, str(ROWS), found]
    subprocess.run(command, cwd=PROJECT / "bench/lookup", check=True)
    theirs = pq.read_table(found).sort_by("row_id")
    own = FeatureStore(store.uri()).get_historical_features(asked, list(data.FEATURES)).to_arrow()
    assert theirs["row_id"].equals(own["row_id"])
    for name in (name for names in data.FEATURES.values() for name in names):
        values, others = own[name].to_pylist(), theirs[name].to_pylist()
        assert len({*values}) > 100
        if own[name].type == pa.int64():
            assert values == others
        else:  # a null that Feast took through pandas is NaN
            values, others = (
                [math.nan if value is None else value for value in column]
                for column in (values, others)
            )
            assert values == pytest.approx(others, rel=1e-9, abs=0, nan_ok=True)

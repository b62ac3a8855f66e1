"""What the manifest says of a view's values: nulls, and the least and the greatest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from duckdb import DuckDBPyConnection

from milepost.building.declared_views import FeatureView
from milepost.release.files import ARROW_TYPES


@dataclass(frozen=True)
class MonthStatistics:
    """For the features of a month: their numbers of nulls, and two rows with the extremes."""

    nulls: list[int]
    extremes: pa.Table


def of_month(features: pa.Table) -> MonthStatistics:
    """Return the statistics of a month's rows."""
    nulls = [column.null_count for column in features.columns]
    extremes = [_extremes(column) for column in features.columns]
    return MonthStatistics(nulls, pa.table(extremes, features.schema))


def _extremes(column: pa.ChunkedArray) -> pa.Array:
    """Return the least value and the greatest."""
    bounds = pc.min_max(column)
    return pa.array([bounds["min"], bounds["max"]], column.type)


def of_view(
    con: DuckDBPyConnection, view: FeatureView, months: Sequence[MonthStatistics]
) -> dict[str, dict[str, Any]]:
    """Return per feature: nulls, and the least and greatest value as DuckDB's text."""
    if not view.features:
        return {}
    types = {name: ARROW_TYPES[kind] for name, kind in view.types.items()}
    none = pa.schema([(name, types[name]) for name in view.features]).empty_table()
    con.register("extremes", pa.concat_tables([none, *(month.extremes for month in months)]))
    texts = ", ".join(
        f"cast(min({name}) as varchar), cast(max({name}) as varchar)" for name in view.features
    )
    row = con.execute(f"select {texts} from extremes").fetchone()  # noqa: S608 - checked names
    con.unregister("extremes")
    assert row is not None  # noqa: S101 - an aggregate has one row
    return {
        name: {
            "nulls": sum(month.nulls[n] for month in months),
            "min": row[2 * n],
            "max": row[2 * n + 1],
        }
        for n, name in enumerate(view.features)
    }

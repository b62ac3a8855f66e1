"""How much each feature of a built marketplace varies, and how much it must."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from milepost import FeatureStore
from milepost.release.manifest import View

ROWS = 2_000
# The least share of rows with a value. A feature of which one row in twenty has a value is one that
# a model can learn from; 2026-11.
SHARE_MIN = 0.05
# The features of which fewer rows have a value, or all have the same: the least share, and why.
# Nothing is asked of one whose least share is 0.
FEW_LOADS = "at this scale eight spot loads of three carriers in a week are seldom there"
SHORT_LOG = "it tells of a year before, and the log has 120 days"
EXCEPTIONS: dict[str, tuple[float, str]] = {
    "lane_rates:spot_rpm_p50_usd_7d": (0, FEW_LOADS),
    "lane_rates:spot_rpm_p50_ratio_7d_to_28d": (0, FEW_LOADS),
    "lane_rates:spot_rpm_p50_usd_7d_or_origin": (0.01, FEW_LOADS),
    "market_rates:spot_rpm_p50_usd_7d": (0.01, FEW_LOADS),
    "lane_rates:spot_rpm_p50_ratio_28d_to_28d_before_364d": (0, SHORT_LOG),
    "lane_rates:spot_load_count_28d_before_364d": (0, SHORT_LOG),
    "lane_rates:spot_carrier_count_28d_before_364d": (0, SHORT_LOG),
}


@dataclass(frozen=True)
class Variation:
    """Over rows of its view: the share with a value, and how many values there are."""

    share: float
    values: int

    def is_enough(self, share_min: float = SHARE_MIN) -> bool:
        """Whether so many rows have a value, and not all the same."""
        return self.values > 1 and self.share >= share_min


def variations(store: FeatureStore) -> Iterator[tuple[str, Variation]]:
    """Yield how each feature of the release varies, stored and derived, by `view:feature`."""
    for view in store.feature_views():
        names = [*view.features, *(derived.name for derived in view.derived)]
        features = [f"{view.name}:{name}" for name in names]
        found = store.get_historical_features(
            _entity_rows(store, view), features, allow_early=True
        ).to_arrow()
        for name, feature in zip(names, features, strict=True):
            column = found[name]
            share = 1 - column.null_count / len(column)
            yield feature, Variation(share, pc.count_distinct(column).as_py())


def _entity_rows(store: FeatureStore, view: View) -> pa.Table:
    """Rows of a view, evenly spread over time, as a model would ask for them."""
    rows = store.to_arrow(view.name).sort_by("available_at")
    rows = rows.take(list(range(0, rows.num_rows, rows.num_rows // ROWS + 1)))
    entity_rows = rows.select(view.keys).append_column("event_timestamp", rows["available_at"])
    for derived in view.derived:
        for name, kind in derived.request.items():
            if name not in entity_rows.column_names:
                values = [_requested(kind, n, row) for n, row in enumerate(rows.to_pylist())]
                entity_rows = entity_rows.append_column(name, pa.array(values))
    return entity_rows


def _requested(kind: str, number: int, row: dict[str, Any]) -> Any:
    """What a request may say in the row of this number: a time after it, or a number to 40."""
    match kind:
        case "TIMESTAMP":
            return row["available_at"] + timedelta(hours=number % 60)
        case "DOUBLE":
            return 30.0 + number % 10
        case "BIGINT" | "INTEGER":
            return number % 10
        case "BOOLEAN":
            return number % 2 == 0
        case _:
            return str(number % 10)

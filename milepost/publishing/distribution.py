"""How a feature's values are distributed: exact quantiles, and a histogram of few bars.

The values of one feature at a time are sorted, after the rows were exported: to be exact, all of
them must be there, and all features at once would not fit in memory. The same values in any order
give the same numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from duckdb import DuckDBPyConnection

from milepost.building.declared_views import FeatureView

Values = npt.NDArray[Any]

QUANTILES = ("0.01", "0.05", "0.25", "0.5", "0.75", "0.95", "0.99")
# As many as fit in a line of a description. 2026-11.
BARS = 24
# How DuckDB reads a feature's values as numbers, and how it writes a list of these as texts. Adding
# 0 makes of -0.0, which equals 0.0, the same text.
_NUMBERS = {
    "BIGINT": ("{}", "unnest($1::bigint[])"),
    "DOUBLE": ("{} + 0", "unnest($1::double[])"),
    "BOOLEAN": ("cast({} as bigint)", "cast(unnest($1::bigint[]) as boolean)"),
    "TIMESTAMP": ("epoch_us({})", "make_timestamp(unnest($1::bigint[]))"),
}


def measured(view: FeatureView) -> list[str]:
    """Return the features that have a distribution: all but texts."""
    return [name for name in view.features if view.types[name] in _NUMBERS]


def is_in(statistics: Mapping[str, Mapping[str, Any]], view: FeatureView) -> bool:
    """Return whether a release measured the distributions, which it did not before format 6."""
    return all("quantiles" in statistics.get(name, {}) for name in measured(view))


def of_feature(con: DuckDBPyConnection, view: FeatureView, name: str) -> dict[str, Any]:
    """Return the quantiles and the histogram of a feature, its values as DuckDB's text.

    Both are None where it has no value.
    """
    number, text = _NUMBERS[view.types[name]]
    rows = con.execute(
        f"select {number.format(name)} as number from {view.relation} "  # noqa: S608 - checked names
        f"where {name} is not null"
    ).to_arrow_table()
    values = np.sort(rows["number"].to_numpy())
    if not len(values):
        return {"quantiles": None, "histogram": None}
    quantiles = [values[_place(quantile, len(values))] for quantile in QUANTILES]
    first, last, counts = _histogram(values, quantiles[0], quantiles[-1])
    numbers = [value.item() for value in quantiles] + [first, last]
    texts = [row[0] for row in con.execute(f"select cast({text} as varchar)", [numbers]).fetchall()]
    return {
        "quantiles": dict(zip(QUANTILES, texts, strict=False)),
        "histogram": {"from": texts[-2], "to": texts[-1], "counts": counts},
    }


def _place(quantile: str, count: int) -> int:
    """Return the place of the smallest value that at least this share of the values do not exceed.

    The share is in whole hundredths, so that no rounding moves the place.
    """
    hundredths = round(float(quantile) * 100)
    return -(-hundredths * count // 100) - 1


def _histogram(values: Values, low: Any, high: Any) -> tuple[Any, Any, list[int]]:
    """Return the range of the bars, and how many values each has.

    They divide the range from `low` to `high`, or that of all values if these are equal, into equal
    parts. The outer ones also count what lies beyond, so that a few far values hide no shape.
    """
    if low == high:
        low, high = values[0], values[-1]
    low, high = low.item(), high.item()
    edges: list[Any]
    if isinstance(low, int):
        width = -(-(high - low + 1) // BARS)
        edges = list(range(low + width, high + 1, width))
    else:
        # The range of the largest numbers is no number: half of it is added, half subtracted.
        width, half = high / BARS - low / BARS, BARS // 2
        lower = [low + width * bar for bar in range(1, half + 1)]
        upper = [high - width * bar for bar in range(1, half)]
        edges = sorted(lower + upper) if width else []
    places = np.searchsorted(values, np.array(edges, values.dtype), side="left")
    counts = np.diff(places, prepend=0, append=len(values))
    return low, high, [int(count) for count in counts]

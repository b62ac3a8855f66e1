"""The query that answers to a few questions make, of which a view is drafted as of any other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from milepost.drafting.feature_list import singular
from milepost.errors import DraftError

# What stands for a column, by what a measure is called.
_AGGREGATES = {
    "count": ("count({})", "{}_count"),
    "distinct": ("count(distinct {})", "{}_count"),
    "sum": ("sum({})", "{}_sum"),
    "mean": ("avg({})", "{}_mean"),
    "stddev": ("stddev({})", "{}_stddev"),
    "min": ("min({})", "{}_min"),
    "max": ("max({})", "{}_max"),
    "rate": ("avg(cast({} as integer))", "{}_rate"),
}
_QUANTILE = re.compile(r"p([1-9][0-9]?)")
_LENGTH = re.compile(r"([1-9][0-9]*)(d|h)")
_UNITS = {"d": "day", "h": "hour"}
MEASURES = f"{', '.join(_AGGREGATES)}, p1 .. p99"


@dataclass(frozen=True)
class Answers:
    """What a view is of: the model with its facts, keys, measures such as `mean:minutes`, windows.

    The measure `count` without a column is of the facts themselves.
    """

    facts: str
    keys: Sequence[str]
    measures: Sequence[str]
    windows: Sequence[str]

    def query(self) -> str:
        """Return the query."""
        items = [
            f"    {aggregate} filter (where known_at >= now() - interval {number} {unit})"
            f" as {name}_{window}"
            for aggregate, name in map(self._aggregate, self.measures)
            for window in self.windows
            for number, unit in [_length(window)]
        ]
        keys = ",\n".join(f"    {key}" for key in self.keys)
        features = ",\n".join(items)
        return (
            f"select\n{keys},\n{features}\nfrom {self.facts}\nwhere superseded_at is null\n"
            f"group by {', '.join(self.keys)}\n"
        )

    def _aggregate(self, measure: str) -> tuple[str, str]:
        """Return the SQL of a measure, and the name of its feature without a window."""
        kind, _, column = measure.partition(":")
        if measure == "count":
            return "count(*)", f"{singular(self.facts.rpartition('__')[2])}_count"
        if column.isidentifier() and (match := _QUANTILE.fullmatch(kind)):
            return f"quantile_cont({column}, {int(match[1]) / 100:.2f})", f"{column}_{kind}"
        if not column.isidentifier() or kind not in _AGGREGATES:
            raise DraftError(
                f"`{measure}` is no measure",
                hint=f"`count`, or one of {MEASURES} with a column: `mean:response_minutes`",
            )
        sql, name = _AGGREGATES[kind]
        base = column.removeprefix("is_") if kind == "rate" else column
        return sql.format(column), name.format(base)


def _length(window: str) -> tuple[str, str]:
    match = _LENGTH.fullmatch(window)
    if match is None:
        raise DraftError(f"`{window}` is no window", hint="days or hours: `28d`, `6h`")
    return match[1], _UNITS[match[2]]

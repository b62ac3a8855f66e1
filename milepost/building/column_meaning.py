"""What a column of a feature view means beyond its description: unit, nulls and sample.

`meta.unit` and `meta.null_meaning` of the column state it. Where they do not, the unit follows from
the column's name, and the meaning of nulls is what the description says of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

Column = Mapping[str, Any]

_SHARE = "share, 0 to 1"
_WINDOW = re.compile(r"_(?:last_\d+|(?:next_|in_)?\d+[a-z]+(?:_before_\d+[a-z]+)?)$")
# What the last words of a name, without its window, say of the unit; the first that fits counts.
_UNITS = (
    (re.compile(r"_(rate|share)_change$"), "difference of shares, -1 to 1"),
    (re.compile(r"_(rate|share)$"), _SHARE),
    (re.compile(r"_count$"), "count"),
    (re.compile(r"_ratio(_|$)"), "ratio"),
    (re.compile(r"_(?P<unit>seconds|minutes|hours|days|weeks|miles|kilometers|usd)$"), ""),
)
_CURRENCIES = {"usd": "USD"}
_SENTENCE = re.compile(r"(?<=[.;]) +")


def unit(column: Column) -> str | None:
    """Return the unit of a column's values, None where there is none or it is not known.

    >>> unit({"name": "lateness_p90_minutes_90d"}), unit({"name": "on_time_rate_last_50"})
    ('minutes', 'share, 0 to 1')
    """
    stated = _meta(column).get("unit")
    if stated is not None:
        return str(stated)
    measure = without_window(column["name"])
    for pattern, text in _UNITS:
        if match := pattern.search(measure):
            return text or _CURRENCIES.get(match["unit"], match["unit"])
    return None


def without_window(name: str) -> str:
    """Return the name of a column without the window at its end.

    >>> without_window("load_count_28d_before_28d"), without_window("late_rate_last_50")
    ('load_count', 'late_rate')
    """
    return _WINDOW.sub("", name)


def null_meaning(column: Column) -> str | None:
    """Return what a null means.

    >>> null_meaning({"name": "rate", "description": "Share on time. Null without arrivals."})
    'Null without arrivals.'
    """
    stated = _meta(column).get("null_meaning")
    if stated is not None:
        return " ".join(str(stated).split())
    sentences = _SENTENCE.split(" ".join(column.get("description", "").split()))
    return " ".join(text for text in sentences if re.match("[Nn]ull\\b", text)) or None


def sample(column: Column) -> dict[str, int]:
    """Return how many facts each count of the sample has at least where the column has a value.

    `macros/checks/sample_minimums.sql` reads it for the tests, and refuses what is no sample.
    """
    stated = _meta(column).get("sample")
    if isinstance(stated, dict):
        return {str(count): least for count, least in stated.items() if isinstance(least, int)}
    counts = [stated] if isinstance(stated, str) else stated
    return dict.fromkeys(map(str, counts), 1) if isinstance(counts, list) else {}


def _meta(column: Column) -> Mapping[str, Any]:
    meta: Mapping[str, Any] = column.get("config", {}).get("meta", {})
    return meta

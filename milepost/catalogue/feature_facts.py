"""The facts of one feature: its unit, window, nulls, and how its values are distributed."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from typing import Any

from milepost.release.definition import Fact, Field
from milepost.release.derived import Derived
from milepost.release.manifest import View

_LAST = re.compile(r".+_last_(\d+)")
_IN_NAME = re.compile(r"_(last_\d+|(next_)?\d+[a-z](_before_\d+[a-z])?)$")
_NAMES = {
    "0.01": "1%",
    "0.05": "5%",
    "0.25": "25%",
    "0.5": "median",
    "0.75": "75%",
    "0.95": "95%",
    "0.99": "99%",
}


def of_stored(view: View, column: Field) -> dict[str, Fact]:
    """Return the facts of a feature that the view's table has."""
    statistics = view.statistics.get(column.name, {})
    bars = statistics.get("histogram")
    return {
        "type": column.type,
        "unit": column.unit,
        "window": _window(column),
        "nulls mean": column.null_meaning,
        "sample": [_at_least(view, count, minimum) for count, minimum in column.sample.items()]
        or None,
        "rows": view.rows,
        "nulls": null_share(view, column.name),
        "true": _share(_trues(bars), sum(bars["counts"]))
        if bars and column.type == "BOOLEAN"
        else None,
        "values": _values(statistics, column.type),
    }


def null_share(view: View, feature: str) -> str | None:
    """Return how many of a view's rows have no value of a feature; None where nobody counted."""
    statistics = view.statistics.get(feature)
    return _share(statistics["nulls"], view.rows) if statistics else None


def of_derived(derived: Derived) -> dict[str, Fact]:
    """Return the facts of a feature that a lookup computes."""
    return {
        "type": derived.type,
        "sql": derived.sql,
        "inputs": derived.inputs,
        "keys of inputs": [
            f"{view}.{key} = {own_key}"
            for view, keys in derived.keys.items()
            for key, own_key in keys.items()
        ]
        or None,
        "request": [f"{name} {kind}" for name, kind in derived.request.items()] or None,
    }


def histogram(view: View, column: Field) -> Mapping[str, Any] | None:
    """Return the histogram of a feature, its range as people read it; None where it has none."""
    bars = view.statistics.get(column.name, {}).get("histogram")
    if not bars or column.type == "BOOLEAN":
        return None
    return {**bars, **{end: readable(bars[end], column.type) for end in ("from", "to")}}


def readable(text: str, kind: str) -> str:
    """Return a value of a manifest as people read it: with commas, and four digits.

    >>> readable("0.3333333333333333", "DOUBLE"), readable("1234567.8", "DOUBLE")
    ('0.3333', '1,234,568')
    """
    if kind == "BIGINT":
        return f"{int(text):,}"
    if kind != "DOUBLE":
        return text
    number = float(text)
    return f"{number:,.0f}" if 1e4 <= abs(number) < 1e15 else f"{number:.4g}"


def sql_lines(sql: str | None, feature: str) -> str | None:
    """Return the lines of a view's SQL that name a feature, without its window, too, or all."""
    if sql is None:
        return None
    names = {feature, _IN_NAME.sub("", feature)}
    lines = [line for line in sql.splitlines() if names & set(re.findall(r"\w+", line))]
    return textwrap.dedent("\n".join(lines)) if lines else sql


def _window(column: Field) -> str | None:
    last = _LAST.fullmatch(column.name)
    hours = column.look_back_hours
    length = None
    if hours:
        length = f"{hours // 24:,} days" if hours % 24 == 0 and hours > 24 else f"{hours:,} hours"
    if last:
        return f"the last {last[1]}" + (f", within {length}" if length else "")
    return length


def _at_least(view: View, count: str, minimum: int) -> str:
    reference = f"{view.name}:{count}"
    return reference if minimum == 1 else f"{minimum:,} of {reference} at least"


def _share(count: int, of_count: int) -> str:
    """Return a number and which share of another it is; a share that is not 0 or 1 is not said so.

    >>> _share(1, 1000), _share(999_999, 1_000_000), _share(0, 9)
    ('1 (0.1%)', '999,999 (> 99.9%)', '0')
    """
    if not count:
        return "0"
    share = count / of_count
    text = f"{share:.1%}"
    if text == "0.0%":
        text = "< 0.1%"
    elif count < of_count and text == "100.0%":
        text = "> 99.9%"
    return f"{count:,} ({text})"


def _trues(bars: Mapping[str, Any]) -> int:
    return int(bars["counts"][-1]) if bars["to"] == "true" else 0


def _values(statistics: Mapping[str, Any], kind: str) -> list[str] | None:
    """Return the least value, the quantiles and the greatest; None where there are none."""
    if kind == "BOOLEAN" or statistics.get("min") is None:
        return None
    texts = {"min": statistics["min"]}
    for share, text in (statistics.get("quantiles") or {}).items():
        texts[_NAMES.get(share, share)] = text
    texts["max"] = statistics["max"]
    return [f"{name}: {readable(text, kind)}" for name, text in texts.items()]

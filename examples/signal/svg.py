"""Plots as SVG text, for a page without scripts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from examples.signal.scores import Interval

WIDTH, LABELS, MARGIN, ROW, SERIES_GAP = 860, 410, 24, 30, 9
TOP, PLOT = 10, 400
# Apart for people who do not see red and green apart, too (Okabe and Ito).
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
TICKS = 7


@dataclass(frozen=True)
class Scale:
    """Places from `start` to `end` for values from `low` to `high`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the place of a value."""
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)

    def ticks(self) -> list[float]:
        """Return round values at equal distances between the ends, as many as there is room for."""
        power = 10 ** math.floor(math.log10((self.high - self.low) / TICKS))
        steps = [factor * power for factor in (1, 2, 5, 10)]
        step = next(step for step in steps if (self.high - self.low) / step <= TICKS)
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        return [round(number * step, 10) for number in range(first, last + 1)]


def scale(values: Sequence[float], start: float, end: float) -> Scale:
    """Return a scale that has room for all values."""
    low, high = min(values), max(values)
    room = 0.05 * (high - low) or 1.0
    return Scale(low - room, high + room, start, end)


def intervals(rows: Mapping[str, Mapping[str, Interval]], *, line_at: float | None = None) -> str:
    """Return a row for each label with a dot for each series, and its interval as a line."""
    series = list(dict.fromkeys(name for row in rows.values() for name in row))
    drawn = [item for row in rows.values() for item in row.values()]
    ends = [end for item in drawn for end in (item.low, item.high, item.value)]
    along = scale([*ends, *([] if line_at is None else [line_at])], LABELS, WIDTH - MARGIN)
    top = 28 if len(series) > 1 else TOP
    bottom = top + ROW * len(rows)
    parts = []
    if len(series) > 1:
        for place, name in enumerate(series):
            parts += _legend(LABELS + 110 * place, 12, COLOURS[place], name)
    for tick in along.ticks():
        parts.append(_line(along(tick), top, along(tick), bottom, "#ddd"))
        parts.append(_text(along(tick), bottom + 16, f"{tick:g}", "middle"))
    if line_at is not None:
        parts.append(_line(along(line_at), top, along(line_at), bottom, "#333"))
    for number, (label, row) in enumerate(rows.items()):
        middle = top + ROW * (number + 0.5)
        parts.append(_text(LABELS - 12, middle + 4, label, "end"))
        for place, item in ((series.index(name), item) for name, item in row.items()):
            y = middle + SERIES_GAP * (place - (len(series) - 1) / 2)
            parts.append(_line(along(item.low), y, along(item.high), y, COLOURS[place]))
            parts.append(_dot(along(item.value), y, COLOURS[place]))
    return _svg(parts, bottom + 26)


def calibration(series: Mapping[str, Sequence[tuple[float, Interval]]]) -> str:
    """Return observed values over predictions, with the line on which they should lie."""
    ends = [
        end for points in series.values() for x, item in points for end in (x, item.low, item.high)
    ]
    left, bottom = 70, TOP + PLOT
    across = scale(ends, left, left + PLOT)
    up = Scale(across.low, across.high, bottom, TOP)
    parts = []
    for tick in across.ticks():
        parts.append(_line(across(tick), TOP, across(tick), bottom, "#ddd"))
        parts.append(_text(across(tick), bottom + 16, f"{tick:g}", "middle"))
        parts.append(_line(left, up(tick), left + PLOT, up(tick), "#ddd"))
        parts.append(_text(left - 8, up(tick) + 4, f"{tick:g}", "end"))
    parts.append(_line(left, bottom, left + PLOT, TOP, "#333", "5 4"))
    for place, (name, points) in enumerate(series.items()):
        colour = COLOURS[place]
        parts += _legend(left + PLOT + 30, TOP + 20 * (place + 1), colour, name)
        line = " ".join(f"{across(x)},{up(item.value)}" for x, item in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" opacity="0.4"/>')
        for x, item in points:
            parts.append(_line(across(x), up(item.low), across(x), up(item.high), colour))
            parts.append(_dot(across(x), up(item.value), colour))
    parts.append(_text(left + PLOT / 2, bottom + 36, "predicted", "middle"))
    middle = TOP + PLOT / 2
    parts.append(
        f'<text x="18" y="{middle}" text-anchor="middle" '
        f'transform="rotate(-90 18 {middle})">observed</text>'
    )
    return _svg(parts, bottom + 46)


def _legend(x: float, y: float, colour: str, name: str) -> list[str]:
    return [_dot(x, y, colour), _text(x + 10, y + 4, name, "start")]


def _dot(x: float, y: float, colour: str) -> str:
    return f'<circle cx="{x}" cy="{y}" r="4" fill="{colour}"/>'


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, dashes: str = "none") -> str:
    return (
        f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{colour}" stroke-width="1.5" '
        f'stroke-dasharray="{dashes}"/>'
    )


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(parts: Sequence[str], height: float) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="12">{"".join(parts)}</svg>'
    )

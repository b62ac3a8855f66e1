"""Plots as SVG text, for a page without scripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from examples.signal.scores import Interval

WIDTH, LABELS, MARGIN, ROW, SERIES_GAP = 760, 290, 24, 30, 9
# Apart for people who do not see red and green apart, too (Okabe and Ito).
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
TICKS = 5


@dataclass(frozen=True)
class Scale:
    """Values from `low` to `high` as places from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)

    def ticks(self) -> list[float]:
        """Return values at equal distances from one end to the other."""
        return [self.low + (self.high - self.low) * n / (TICKS - 1) for n in range(TICKS)]


def scale(values: Sequence[float], start: float, end: float) -> Scale:
    """Return a scale that has room for all values."""
    low, high = min(values), max(values)
    room = 0.05 * (high - low) or 1.0
    return Scale(low - room, high + room, start, end)


def intervals(rows: Mapping[str, Mapping[str, Interval]], *, line_at: float | None = None) -> str:
    """Return a row for each label: of each series a dot at its value, and its interval as a line."""
    series = list(dict.fromkeys(name for row in rows.values() for name in row))
    drawn = [item for row in rows.values() for item in row.values()]
    ends = [end for item in drawn for end in (item.low, item.high, item.value)]
    along = scale([*ends, *([] if line_at is None else [line_at])], LABELS, WIDTH - MARGIN)
    legend = 28 if len(series) > 1 else 6
    bottom = legend + ROW * len(rows)
    parts = _legend(series) if len(series) > 1 else []
    for tick in along.ticks():
        parts += _tick(along(tick), legend, bottom, f"{tick:.3f}")
    if line_at is not None:
        parts.append(_line(along(line_at), legend, along(line_at), bottom, "#333", 1.5))
    for number, (label, row) in enumerate(rows.items()):
        middle = legend + ROW * (number + 0.5)
        parts.append(_text(LABELS - 12, middle + 4, label, "end"))
        for name, item in row.items():
            place = series.index(name)
            y = middle + SERIES_GAP * (place - (len(series) - 1) / 2)
            parts.append(_line(along(item.low), y, along(item.high), y, COLOURS[place], 2))
            parts.append(f'<circle cx="{along(item.value)}" cy="{y}" r="4" fill="{COLOURS[place]}"/>')
    return _svg(parts, bottom + 26)


def calibration(series: Mapping[str, Sequence[tuple[float, Interval]]]) -> str:
    """Return observed means over predictions, with the diagonal on which they should lie."""
    points = [point for bins in series.values() for point in bins]
    ends = [end for x, item in points for end in (x, item.low, item.high)]
    height = 420
    across = scale(ends, 70, 560)
    up = Scale(across.low, across.high, height - 40, 34)
    parts = _legend(list(series))
    for tick in across.ticks():
        parts += _tick(across(tick), 34, height - 40, f"{tick:.2f}")
        parts.append(_line(70, up(tick), 560, up(tick), "#ddd", 1))
        parts.append(_text(62, up(tick) + 4, f"{tick:.2f}", "end"))
    low, high = across.low, across.high
    parts.append(_line(across(low), up(low), across(high), up(high), "#333", 1.5, dashes="5 4"))
    for colour, bins in zip(COLOURS, series.values(), strict=False):
        line = " ".join(f"{across(x)},{up(item.value)}" for x, item in bins)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-opacity="0.5"/>')
        for x, item in bins:
            parts.append(_line(across(x), up(item.low), across(x), up(item.high), colour, 1.5))
            parts.append(f'<circle cx="{across(x)}" cy="{up(item.value)}" r="3.5" fill="{colour}"/>')
    parts.append(_text(315, height - 4, "predicted", "middle"))
    parts.append(
        f'<text x="14" y="{height / 2}" text-anchor="middle" '
        f'transform="rotate(-90 14 {height / 2})">observed</text>'
    )
    return _svg(parts, height)


def _legend(series: Sequence[str]) -> list[str]:
    parts, x = [], LABELS - 220
    for colour, name in zip(COLOURS, series, strict=False):
        parts.append(f'<circle cx="{x}" cy="12" r="5" fill="{colour}"/>')
        parts.append(_text(x + 10, 16, name, "start"))
        x += 30 + round(6.6 * len(name))
    return parts


def _tick(x: float, top: float, bottom: float, label: str) -> list[str]:
    return [_line(x, top, x, bottom, "#ddd", 1), _text(x, bottom + 16, label, "middle")]


def _line(
    x1: float, y1: float, x2: float, y2: float, colour: str, width: float, dashes: str = ""
) -> str:
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return (
        f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{colour}" '
        f'stroke-width="{width}"{dashed}/>'
    )


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(parts: Sequence[str], height: float) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="12">{"".join(parts)}</svg>'
    )

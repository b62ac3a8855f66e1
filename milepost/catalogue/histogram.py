"""A histogram as block characters for a terminal, and as SVG for a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

_BLOCKS = "▁▂▃▄▅▆▇█"
_BAR, _HEIGHT = 10, 48


def blocks(counts: Sequence[int]) -> str:
    """Return a character for each bar, as high as its count; a space for none.

    >>> blocks([0, 1, 50, 100])
    ' ▁▄█'
    """
    most = max(counts)
    return "".join(
        _BLOCKS[max(-(-count * len(_BLOCKS) // most), 1) - 1] if count else " " for count in counts
    )


def svg(counts: Sequence[int], low: str, high: str) -> str:
    """Return the bars as SVG in the colour of the text around it, with the range below."""
    most = max(counts)
    bars = []
    for place, count in enumerate(counts):
        # A bar of few values among many is still seen.
        height = max(round(_HEIGHT * count / most, 1), 1) if count else 0
        bars.append(
            f'<rect x="{place * _BAR}" y="{_HEIGHT - height}" width="{_BAR - 1}" '
            f'height="{height}"><title>{count:,}</title></rect>'
        )
    width = len(counts) * _BAR
    return (
        f'<svg role="img" aria-label="histogram from {escape(low)} to {escape(high)}" '
        f'width="{width}" height="{_HEIGHT}" viewBox="0 0 {width} {_HEIGHT}" '
        f'fill="currentColor" fill-opacity="0.6">{"".join(bars)}</svg>'
    )

"""How many rows of a raw table may be set aside, as its source declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

# Of fewer rows a share says nothing: three of fifty are a morning's typing; 2026-11.
_ROW_COUNT_MIN = 100


def declared_bounds(sources: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the strictest bounds of some sources.

    `share_max` is None where none declares one. Below `row_count_min` rows a share is not judged.
    """
    metas = [source["config"].get("meta", {}) for source in sources]
    shares = [meta["set_aside_share_max"] for meta in metas if "set_aside_share_max" in meta]
    counts = [meta.get("set_aside_row_count_min", _ROW_COUNT_MIN) for meta in metas]
    return {
        "share_max": min(shares, default=None),
        "row_count_min": min(counts, default=_ROW_COUNT_MIN),
    }

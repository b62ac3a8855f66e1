"""Which columns say when a row happened, and when it was known."""

from __future__ import annotations

import re
from collections.abc import Sequence

from milepost.beginning.sample import Sample

# Names under which loaders write when they loaded a row.
_KNOWN = re.compile(
    r"(^|_)(landed|ingest\w*|loaded|load_time|synced|extracted|emitted|received|recorded|arrived|"
    r"inserted|imported|batched|written|_commit\w*)(_|$)"
)
_LATEST_HOURS = 48
# Rows that are wrong are set aside: so many do not speak against a column.
_ENOUGH = 0.99


def known_column(sample: Sample, names: dict[str, str], *, is_partitioned: bool) -> str | None:
    """Return the column that says when a row reached its owner, or None.

    It is named so, and where a path names a time, lies in it or within two days after it. `names`
    gives each column its plain name.
    """
    for name in _instants(sample):
        if not _KNOWN.search(names[name]) or sample.profiles[name].value_count == 0:
            continue
        known_at = sample.instant(name)
        if not is_partitioned or (
            sample.share(
                f"{known_at} >= milepost__starts_at and {known_at} < milepost__ends_at "
                f"+ interval {_LATEST_HOURS} hour"
            )
            >= _ENOUGH
        ):
            return name
    return None


def event_column(sample: Sample, known: str | None) -> str | None:
    """Return the column that says when a row happened: the latest that is not after it was known.

    None where no column does; a row then happened when it was known.
    """
    before = sample.instant(known) if known else "milepost__ends_at"
    candidates = []
    for position, name in enumerate(_instants(sample)):
        profile = sample.profiles[name]
        event_at = sample.instant(name)
        if name == known or profile.value_count < _ENOUGH * sample.row_count:
            continue
        if sample.share(f"{event_at} <= {before}") < _ENOUGH:
            continue
        lag = sample.value(f"median(epoch({before}) - epoch({event_at}))")
        candidates.append((0.0 if lag is None else float(lag), position, name))
    return min(candidates)[2] if candidates else None


def minutes_after_end(sample: Sample, known: str) -> int:
    """Return by how many minutes the latest row was known after the end of its partition."""
    known_at = sample.instant(known)
    seconds = sample.value(
        f"max(epoch({known_at}) - epoch(milepost__ends_at))",
        f"{known_at} < milepost__ends_at + interval {_LATEST_HOURS} hour",
    )
    return 0 if seconds is None else max(0, int(seconds // 60) + 1)


def _instants(sample: Sample) -> Sequence[str]:
    return [name for name, column in sample.columns.items() if column.is_instant()]

"""Which columns name a row, which one names what it is about, and which number is worth a mean."""

from __future__ import annotations

import re
from itertools import combinations

from milepost.beginning.sample import Sample, quoted

_KEY_NAME = re.compile(r"(^|_)(id|uuid|guid|key|code|number|no|nr|sku)$")
_NO_MEASURE = re.compile(
    r"(^|_)(year|month|day|hour|minute|second|lat|latitude|lon|longitude|zip|version|sequence|"
    r"lsn|offset|partition|id|key|code|number|no|dir|direction)(_|$)"
)
_MEASURE = re.compile(
    r"(^|_)(amount|price|cost|value|total|quantity|qty|weight|miles|distance|duration|temp\w*|"
    r"speed|usd|eur|fare|rate|moisture)(_|$)"
)
# Columns of which two or three together may name a row.
_PARTS_MAX = 8


def unique_column(sample: Sample, names: dict[str, str], table: str) -> str | None:
    """Return the column that names each row of the sample, or None: the likeliest by its name."""
    unique = [
        name
        for name in _key_columns(sample)
        if sample.profiles[name].distinct_count == sample.row_count > 0
        and (_is_key(names[name], table) or name == next(iter(sample.columns)))
    ]
    return min(unique, key=lambda name: _rank(names[name], table)) if unique else None


def unique_in_files(sample: Sample, names: dict[str, str], table: str) -> str | None:
    """Return the column that names each row of a file, with the same values in the next; or None.

    A table is a full snapshot then: each file describes all that there is.
    """
    if sample.file_count < 2:
        return None
    for name in sorted(_key_columns(sample), key=lambda name: _rank(names[name], table)):
        value = quoted(name)
        profile = sample.profiles[name]
        if not _is_key(names[name], table) or profile.value_count < sample.row_count:
            continue
        pairs = sample.value(f"count(distinct (milepost__file, {value}))")
        if pairs == sample.row_count and profile.distinct_count * 2 <= sample.row_count:
            return name
    return None


def likely_column(
    sample: Sample, names: dict[str, str], table: str, *, of_any_name: bool = False
) -> str | None:
    """Return the column that is named as the id of the table, though several rows may have one.

    With `of_any_name` it may also be named as the id of something else: that with most values.
    """
    likely = [
        name
        for name in _key_columns(sample)
        if _rank(names[name], table) < (3 if of_any_name else 2)
        and sample.profiles[name].value_count >= 0.99 * sample.row_count > 0
    ]
    if not likely:
        return None
    return min(
        likely,
        key=lambda name: (_rank(names[name], table), -sample.profiles[name].distinct_count),
    )


def unique_columns(sample: Sample, event: str | None) -> tuple[str, ...]:
    """Return the columns, three at most, that name each row of the sample; none if none do."""
    whole = [
        name
        for name in _key_columns(sample)
        if sample.profiles[name].value_count == sample.row_count
        and sample.profiles[name].distinct_count > 1
    ]
    if event and sample.profiles[event].value_count == sample.row_count:
        whole = [event, *whole]
    whole = whole[:_PARTS_MAX]
    for size in (1, 2, 3):
        for columns in combinations(whole, size):
            values = ", ".join(quoted(name) for name in columns)
            if sample.value(f"count(distinct ({values}))") == sample.row_count > 0:
                keys = [name for name in columns if name != event]
                return (*keys, *(name for name in columns if name == event))
    return ()


def entity_column(sample: Sample, names: dict[str, str], id_columns: tuple[str, ...]) -> str:
    """Return the column of what rows are about: a key that many rows share."""
    shared = [
        name
        for name, column in sample.columns.items()
        if (column.data_type == "varchar" or (column.data_type == "bigint" and _named(names, name)))
        and 1 < sample.profiles[name].distinct_count <= sample.row_count / 2
        and sample.profiles[name].value_count >= 0.99 * sample.row_count
        and id_columns != (name,)
    ]
    if not shared:
        return next(
            (name for name in id_columns if not sample.columns[name].is_instant()), id_columns[0]
        )
    return max(shared, key=lambda name: (_named(names, name), sample.profiles[name].distinct_count))


def measure_column(sample: Sample, names: dict[str, str], taken: set[str]) -> str | None:
    """Return the number that is likeliest worth a mean, or None."""
    numbers = [
        name
        for name, column in sample.columns.items()
        if column.is_number()
        and name not in taken
        and not _NO_MEASURE.search(names[name])
        and sample.profiles[name].distinct_count > 2
        and sample.profiles[name].value_count * 2 >= sample.row_count
    ]
    if not numbers:
        return None
    return max(
        numbers,
        key=lambda name: (
            _MEASURE.search(names[name]) is not None,
            sample.columns[name].data_type != "bigint",
            -numbers.index(name),
        ),
    )


def _key_columns(sample: Sample) -> list[str]:
    """Return the columns that may name something: text and whole numbers."""
    return [
        name for name, column in sample.columns.items() if column.data_type in {"varchar", "bigint"}
    ]


def _named(names: dict[str, str], name: str) -> bool:
    return _KEY_NAME.search(names[name]) is not None


def _is_key(plain: str, table: str) -> bool:
    return _rank(plain, table) < 3


def _rank(plain: str, table: str) -> int:
    """Return how likely a name is one of the table's id: 0 is likeliest, 3 is no name of an id."""
    singular = table[:-1] if table.endswith("s") else table
    if plain in {f"{table}_id", f"{singular}_id", f"{singular}_key", f"{singular}_number"}:
        return 0
    if plain in {"id", "uuid", "guid", "key", "event_id", "row_id"}:
        return 1
    return 2 if _KEY_NAME.search(plain) else 3

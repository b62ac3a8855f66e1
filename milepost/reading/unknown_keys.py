"""A warning where the keys of entity rows are probably written otherwise than those of a view."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from milepost.reading.key_index import KeyIndex, comparable, to_arrow
from milepost.release.columns import to_array
from milepost.release.files import ViewFiles

# From `warn` to who called the client: this, `_stored`, `join`, `look_up`, `run`, the client.
STACK_LEVEL = 7


def warn_of_unknown_keys(
    files: ViewFiles,
    columns: Mapping[str, str],
    index: KeyIndex,
    seen: Sequence[NDArray[np.bool_]],
) -> None:
    """Warn of each key of which most values are in no row of the view at any instant.

    `columns` names the entity column of each key, and `seen` has for each key which of its distinct
    values in `index` the months have that were read. A new entity has no row either, so that this
    is no error, and says nothing where most are known.
    """
    for (key, column), known_values, is_seen in zip(
        columns.items(), index.distinct_values, seen, strict=True
    ):
        count = len(is_seen)
        values = known_values.take(to_arrow(np.flatnonzero(~is_seen)))
        if files.view.rows and 2 * len(values) > count:
            unknown = _unknown(files, key, values, count // 2)
            if 2 * len(unknown) > count:
                warnings.warn(
                    f"`{column}`: {len(unknown):,} of {count:,} values are in no row of feature "
                    f"view `{files.view.name}`, such as `{unknown[0]}`, so that its features are "
                    f"null; its values look like `{example_value(files, key)}`",
                    stacklevel=STACK_LEVEL,
                )


def example_value(files: ViewFiles, key: str) -> str | None:
    """Return a value of a key as text, out of what a file says of itself; None without rows."""
    for file in reversed(files.view.files):
        opened = files.open(file)
        place = opened.schema_arrow.get_field_index(key)
        for group in range(opened.metadata.num_row_groups):
            statistics = opened.metadata.row_group(group).column(place).statistics
            if statistics is not None and statistics.has_min_max:
                return str(statistics.min)
    return None


def _unknown(files: ViewFiles, key: str, values: pa.Array, enough: int) -> pa.Array:
    """Return the values that no file has; reading ends where they are not more than enough."""
    for file in files.view.files:
        if len(values) <= enough:
            break
        opened = files.open(file, dictionaries=[key])
        with files.damage(file):
            column = to_array(opened.read(columns=[key]).unify_dictionaries().column(key)).unique()
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        values = values.filter(pc.invert(pc.is_in(values, value_set=comparable(column))))
    return values

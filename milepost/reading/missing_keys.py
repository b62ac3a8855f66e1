"""What is said of the keys of an entity that has no row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from milepost.release.files import ViewFiles
from milepost.release.near_names import near
from milepost.release.request import RequestedView
from milepost.storage.location import Location

# Near keys are looked for among this many: as long as a person does not wait for it. 2026-11.
MOST_KEYS = 20_000


def missing_keys(
    location: Location, views: Sequence[RequestedView], keys: Mapping[str, Any]
) -> list[str]:
    """Return a sentence for each key that no row of a view has, with the keys that are near.

    `views` have no row of the entity with these keys. Where each key is in some row of a view, but
    not with the others or not until then, the sentence is about the view.
    """
    views_without = defaultdict(list)
    near_keys: dict[str, list[str]] = {}
    sentences = []
    for requested in views:
        if not requested.keys:
            sentences.append(f"`{requested.view.name}` has no row until then")
            continue
        rows = ViewFiles(location, requested.view).read([*requested.keys])
        known = {column: pc.unique(rows[key]) for key, column in requested.keys.items()}
        unknown = [column for column in known if not _is_in(keys[column], known[column])]
        for column in unknown:
            views_without[column].append(requested.view.name)
            near_keys.setdefault(column, _near(keys[column], known[column]))
        if not unknown:
            sentences.append(f"`{requested.view.name}` has no row of these keys until then")
    for column, names in views_without.items():
        listed = ", ".join(f"`{name}`" for name in names)
        nearest = ", ".join(f"`{key}`" for key in near_keys[column])
        remedy = (
            f"near it is {nearest}" if nearest else f"`head` of `{names[0]}` shows some that are"
        )
        sentences.append(f"{column} `{keys[column]}` is in no row of {listed}; {remedy}")
    return sentences


def _is_in(value: Any, known: pa.Array) -> bool:
    return bool(pc.is_in(pa.array([value], known.type), value_set=known)[0].as_py())


def _near(value: Any, known: pa.Array) -> list[str]:
    """Return the keys that are near, as text; none where there are too many to look at."""
    if len(known) > MOST_KEYS:
        return []
    return near(str(value), map(str, known.drop_null().to_pylist()))

"""Field ids: the number by which Iceberg, and readers of it, know a column of a Parquet file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from milepost.errors import PublishError

# A field id has 32 bits, of which Iceberg keeps the highest numbers for columns of its own.
_COUNT = 2_000_000_000


def field_id(name: str) -> int:
    """Return the field id of a column, which follows from its name alone.

    So it is the same in every release and every store, whatever the view had before.
    """
    return 1 + int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) % _COUNT


def of_columns(view: str, names: Iterable[str]) -> dict[str, int]:
    """Return the field id of each column of a view; a PublishError where two have the same."""
    ids: dict[str, int] = {}
    name_of: dict[int, str] = {}
    for name in names:
        ids[name] = field_id(name)
        if (twin := name_of.setdefault(ids[name], name)) != name:
            raise PublishError(
                f"columns `{twin}` and `{name}` of `{view}` have the same field id, which follows "
                "from the name",
                hint="rename one of them: one pair of names in two billion has the same",
            )
    return ids

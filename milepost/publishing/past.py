"""What changed in a view's past since a release: in the values that held, not in the rows.

A row that only a new feature adds repeats the values of the columns that both releases have, and is
no change; nor is the first row of a key while it has no evidence in them: null, zero or false.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb
import pyarrow as pa
from duckdb import DuckDBPyConnection

from milepost.errors import ReleaseError
from milepost.release.files import ViewFiles
from milepost.release.manifest import View
from milepost.release.names import AVAILABLE_AT
from milepost.storage.arrow import storage_failure
from milepost.storage.location import Location

# A first row of a key with none of these says nothing that a model could have learned from.
_EVIDENCE = {"BIGINT": "{} <> 0", "DOUBLE": "{} <> 0", "BOOLEAN": "{}"}


@dataclass(frozen=True)
class FeatureChange:
    """A feature with another past: at how many instants of how many keys, and the first of them.

    `key` names the columns of the first key and their values; it is "" of a view without keys.
    """

    feature: str
    instant_count: int
    first_at: datetime
    key: str


@dataclass(frozen=True)
class PastChanges:
    """What differs at instants before that to which a release is built.

    `row_count` is the number of keys' instants at which some feature of both has another value.
    """

    before: datetime
    row_count: int
    features: list[FeatureChange]


def changes(
    con: DuckDBPyConnection, relation: str, old: View, new: View, store: Location
) -> PastChanges:
    """Return what changed in features that both have, in the same type, before the end of `old`.

    `relation` has the rows that `new` describes. A month with the same file in both is not read,
    unless the months that differ, taken for themselves, do not show that nothing changed.
    """
    files = {(file.month, file.digest) for file in old.files}
    files ^= {(file.month, file.digest) for file in new.files}
    months = sorted({month for month, _ in files if month <= old.built_through[:7]})
    unchanged = PastChanges(old.built_through_at, 0, [])
    features = [name for name in old.features if new.types.get(name) == old.types[name]]
    if not months or not features:
        return unchanged
    try:
        # Each month begins with the values with which the one before ended: where the changes in
        # each month are the same, so are those in all.
        if set(old.features) == set(new.features) and _is_same(con, relation, old, months, store):
            return unchanged
        return _changed(con, relation, old, features, store)
    except duckdb.Error as error:
        failure = storage_failure(f"`{old.name}` of the release", error)
        raise failure or ReleaseError(
            f"`{old.name}` of the release cannot be compared: {error}",
            hint="`milepost verify` says whether its files are whole",
        ) from error


def _is_same(
    con: DuckDBPyConnection, relation: str, old: View, months: Sequence[str], store: Location
) -> bool:
    """Return whether the months, each taken for itself, have the same changes in both."""
    con.register("released", _stream(store, old, old.features, months))
    contents = [
        con.execute(
            f"with {_changes('held', table, old, old.features, months)} "  # noqa: S608 - checked
            "select count(*), sum(cast(hash(held) as hugeint)), bit_xor(hash(held)) from held"
        ).fetchone()
        for table in ("released", relation)
    ]
    return contents[0] == contents[1]


def _changed(
    con: DuckDBPyConnection, relation: str, old: View, features: Sequence[str], store: Location
) -> PastChanges:
    """Return the features that changed, each with its number of instants and the first of them."""
    con.register("released", _stream(store, old, features))
    columns = ", ".join((*old.keys, AVAILABLE_AT))
    equal = "".join(f"differing.{key} = {{0}}.{key} and " for key in old.keys)
    joins = " ".join(
        f"asof left join {table} on {equal.format(table)}"
        f"differing.{AVAILABLE_AT} >= {table}.{AVAILABLE_AT}"
        for table in ("before", "after")
    )
    key = ", ', ', ".join(f"'{name}=', differing.{name}" for name in old.keys) or "''"
    differs = [f"before.{name} is distinct from after.{name}" for name in features]
    measures = ", ".join(
        f"count(*) filter ({is_other}), min(differing.{AVAILABLE_AT}) filter ({is_other}), "
        f"arg_min(concat({key}), differing.{AVAILABLE_AT}) filter ({is_other})"
        for is_other in differs
    )
    row = con.execute(
        f"with {_changes('before', 'released', old, features)}, "  # noqa: S608 - checked names
        f"{_changes('after', relation, old, features)}, "
        f"differing as (select distinct {columns} from ("
        "(from before except all from after) union all (from after except all from before))) "
        f"select {measures}, count(*) filter ({' or '.join(differs)}) from differing {joins}"
    ).fetchone()
    assert row is not None  # noqa: S101 - an aggregate has one row
    by_feature = [(name, *row[3 * n : 3 * n + 3]) for n, name in enumerate(features)]
    changed = [FeatureChange(*values) for values in by_feature if values[1]]
    return PastChanges(old.built_through_at, row[-1], changed)


def _stream(
    store: Location, old: View, features: Sequence[str], months: Sequence[str] = ()
) -> pa.RecordBatchReader:
    """Return the rows of the release, of some months or of all."""
    return ViewFiles(store, old).stream([*old.keys, AVAILABLE_AT, *features], months)


def _changes(
    name: str, relation: str, old: View, features: Iterable[str], months: Sequence[str] = ()
) -> str:
    """Return a CTE of the rows of `relation` at which one of the features changes."""
    types = {field.name: field.type for field in old.fields}
    columns = ", ".join((*old.keys, AVAILABLE_AT, *features))
    values = f"row({', '.join(features)})"
    month = f"strftime({AVAILABLE_AT}, '%Y-%m')"
    within = f" and {month} in {(*months, '')}" if months else ""
    parts = ", ".join([*old.keys, *([month] if months else [])])
    evidence = " or ".join(_EVIDENCE.get(types[f], "{} is not null").format(f) for f in features)
    has_evidence = "true" if months else f"bool_or(coalesce({evidence}, false)) over held_so_far"
    return (
        f"{name} as materialized (select {columns} from {relation} "  # noqa: S608 - checked names
        f"where {AVAILABLE_AT} < timestamp '{old.built_through_at}'{within} "
        f"window held_so_far as ({'partition by ' + parts if parts else ''} "
        f"order by {AVAILABLE_AT}) "
        f"qualify {has_evidence} and (row_number() over held_so_far = 1 "
        f"or {values} is distinct from lag({values}) over held_so_far))"
    )

"""The past of a view: which changes of a table are changes of what a model may have seen."""

from __future__ import annotations

from typing import Any

import duckdb
import pyarrow as pa
import pytest

from faults.proxy import before_the_server
from milepost.errors import ReleaseError, StorageError
from milepost.publishing import past
from milepost.publishing.rules.past import faults as faults_of
from milepost.release.manifest import View
from milepost.storage.client import client
from milepost.storage.location import Location
from small_releases import at, put_view, rows_of

TYPES = {"bed_id": "VARCHAR", "available_at": "TIMESTAMP", "wet": "DOUBLE", "readings": "BIGINT"}
MORE = {**TYPES, "is_dry": "BOOLEAN"}
Row = tuple[Any, ...]
THROUGH = "2026-03-01T00:00:00"
ROWS: list[Row] = [
    ("north", at("2026-01-02"), 0.5, 1),
    ("north", at("2026-01-05"), 0.7, 2),
    ("north", at("2026-02-03"), None, 0),
    ("south", at("2026-01-02"), 0.1, 1),
    ("south", at("2026-02-28 23:59:59.999999"), 0.2, 1),
]


def put(store: Location, rows: pa.Table, keys: tuple[str, ...] = ("bed_id",)) -> View:
    return put_view(store, "beds", rows, keys=keys, built_through=THROUGH)


def faults(
    store: Location, before: pa.Table, after: pa.Table, keys: tuple[str, ...] = ("bed_id",)
) -> list[str]:
    old, new = put(store, before, keys), put(store, after, keys)
    with duckdb.connect() as con:
        con.register("built", after)
        changes = past.changes(con, "built", old, new, store)
    return [f"{refusal.view}: {refusal.sentence}" for refusal in faults_of("beds", changes)]


def changed(row: int, *values: Any) -> list[Row]:
    return [values if n == row else old for n, old in enumerate(ROWS)]


NO_CHANGE: dict[str, list[Row]] = {
    "nothing": ROWS,
    "a row at built_through": [*ROWS, ("north", at("2026-03-01"), 0.9, 1)],
    "a new key at built_through": [*ROWS, ("east", at("2026-03-01"), 0.9, 1)],
    "a row that repeats": [*ROWS, ("north", at("2026-01-09"), 0.7, 2)],
    "a row that repeats at the opening of a month": [*ROWS, ("south", at("2026-02-01"), 0.1, 1)],
    "a key without evidence": [*ROWS, ("east", at("2026-01-03"), None, 0)],
    "a first row without evidence": [*ROWS, ("south", at("2026-01-01"), None, 0)],
}
CHANGES: dict[str, tuple[list[Row], set[str]]] = {
    "a value": (changed(1, "north", at("2026-01-05"), 0.8, 2), {"wet"}),
    "both values": (changed(1, "north", at("2026-01-05"), 0.8, 3), {"wet", "readings"}),
    "null to zero": (changed(2, "north", at("2026-02-03"), 0.0, 0), {"wet"}),
    "an instant": (changed(1, "north", at("2026-01-06"), 0.7, 2), {"wet", "readings"}),
    "the last microsecond": (changed(4, *ROWS[4][:2], 0.2, 2), {"readings"}),
    "a row less": (ROWS[:1] + ROWS[2:], {"wet", "readings"}),
    "a row more": ([*ROWS, ("south", at("2026-01-20"), 0.3, 1)], {"wet"}),
    "a month more": ([*ROWS, ("south", at("2025-12-20"), 0.3, 2)], {"wet", "readings"}),
    "a key more": ([*ROWS, ("east", at("2026-01-20"), 0.3, 1)], {"wet", "readings"}),
    "everything gone": ([], {"wet", "readings"}),
}


@pytest.mark.parametrize("what", NO_CHANGE)
def test_it_is_no_change_of_the_past(store: Location, what: str) -> None:
    assert faults(store, rows_of(TYPES, *ROWS), rows_of(TYPES, *NO_CHANGE[what])) == []


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_of_the_past_is_told_by_feature(store: Location, what: str) -> None:
    rows, features = CHANGES[what]
    reasons = faults(store, rows_of(TYPES, *ROWS), rows_of(TYPES, *rows))
    assert {reason.split(":")[1] for reason in reasons} == {
        f" `{name}` has another past" for name in features
    }


def test_a_change_says_how_often_since_when_and_of_what(store: Location) -> None:
    rows = changed(1, "north", at("2026-01-05"), 0.8, 2)
    assert faults(store, rows_of(TYPES, *ROWS), rows_of(TYPES, *rows)) == [
        "beds: `wet` has another past: at 1 instants before 2026-03-01 00:00:00, first at "
        "2026-01-05 00:00:00 of bed_id=north"
    ]


def test_a_new_feature_and_its_rows_are_no_change(store: Location) -> None:
    rows = [(*row, True) for row in ROWS]
    rows += [("south", at("2026-01-09"), 0.1, 1, False), ("east", at("2026-01-01"), None, 0, True)]
    assert faults(store, rows_of(TYPES, *ROWS), rows_of(MORE, *rows)) == []
    rows[1] = ("north", at("2026-01-05"), 0.8, 2, True)
    (reason,) = faults(store, rows_of(TYPES, *ROWS), rows_of(MORE, *rows))
    assert reason.startswith("beds: `wet` has another past: at 1 instants")


def test_a_view_without_features_has_no_past(store: Location) -> None:
    before, after = (
        rows_of({"bed_id": "VARCHAR", "available_at": "TIMESTAMP"}, *rows)
        for rows in ([("north", at("2026-01-02"))], [("south", at("2026-01-03"))])
    )
    assert faults(store, before, after) == []


def test_a_view_without_keys_is_compared(store: Location) -> None:
    before, after = (
        rows_of(TYPES, *rows).drop_columns("bed_id")
        for rows in (ROWS[:3], changed(1, "north", at("2026-01-05"), 0.8, 2)[:3])
    )
    assert faults(store, before, before, keys=()) == []
    (reason,) = faults(store, before, after, keys=())
    assert reason.endswith("first at 2026-01-05 00:00:00")


def test_a_past_that_s3_refuses_is_its_failure(
    store: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after = (
        rows_of(TYPES, *rows) for rows in (ROWS, changed(1, "north", at("2026-01-05"), 0.8, 2))
    )
    old, new = put(store, before), put(store, after)
    with before_the_server(monkeypatch) as between, duckdb.connect() as con:
        between.plan = lambda *call: "409_before" if "/data/beds" in call[2] else None
        con.register("built", after)
        with pytest.raises(StorageError, match=r"^reading `s3://.*/data/beds/.*AWS Error"):
            past.changes(con, "built", old, new, store)


def remove(store: Location, name: str) -> None:
    client().delete_object(Bucket=store.bucket, Key=store.key(name))


def test_a_month_with_the_same_file_is_not_read(store: Location) -> None:
    before = rows_of(TYPES, *ROWS)
    after = rows_of(TYPES, *ROWS, ("north", at("2026-03-01"), 0.9, 1))
    after = pa.concat_tables([after, rows_of(TYPES, ("south", at("2026-02-20"), 0.1, 1))])
    old, new = put(store, before), put(store, after)
    remove(store, old.files[0].name)
    with duckdb.connect() as con:
        con.register("built", after)
        with pytest.raises((OSError, ReleaseError), match="2026-01"):
            # February differs, and does not show for itself that nothing changed.
            past.changes(con, "built", old, new, store)
        after = rows_of(TYPES, *ROWS, ("north", at("2026-03-01"), 0.9, 1))
        con.register("built", after)
        assert not past.changes(con, "built", old, put(store, after), store).row_count

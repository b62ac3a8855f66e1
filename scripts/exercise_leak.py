"""The check of the first exercise: what a query for training rows knows too early."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import duckdb
import pyarrow as pa

from milepost import FeatureStore

VIEW = "carrier_reliability"
FEATURES = ("delivery_count_28d", "on_time_delivery_rate_28d")
COPIED = ("event_timestamp", "outcome")
# So many bookings are looked at one by one.
INSTANTS = 12


def hint(sql: str, bookings: pa.Table, features: pa.Table, store: FeatureStore) -> str | None:
    """Return where a query leaks; None if it gives each booking what a lookup gives."""
    if not bookings.num_rows:
        return "there are no bookings: `make run`, then `make exercises AGAIN=1`"
    try:
        return _fault(sql, bookings, features, store)
    except duckdb.Error as error:
        return f"leak.sql does not run: {str(error).splitlines()[0]}"


def _fault(sql: str, bookings: pa.Table, features: pa.Table, store: FeatureStore) -> str | None:
    con = duckdb.connect()
    con.register("bookings", bookings)
    con.register("all_features", features)

    def rows(until: str) -> pa.Table:
        con.sql(f"create or replace view {VIEW} as from all_features {until}")
        relation = con.sql(sql)
        if relation is None:
            raise duckdb.InvalidInputException("it selects nothing")
        return relation.to_arrow_table()

    table = rows("")
    if fault := _shape_fault(table, bookings):
        return fault
    answered = _by_id(table)
    for row in bookings.to_pylist():
        for name in COPIED:
            if answered[row["load_event_id"]][name] != row[name]:
                return f"the booking `{row['load_event_id']}` has another {name} than in bookings"
    instants: list[datetime] = bookings["event_timestamp"].to_pylist()
    by_instant = dict(zip(instants, bookings["load_event_id"].to_pylist(), strict=True))
    for instant in sorted(by_instant)[:: max(1, len(by_instant) // INSTANTS)]:
        id_ = by_instant[instant]
        before = _by_id(rows(f"where available_at <= timestamp '{instant}'")).get(id_)
        taken_away = f"when rows of {VIEW} that became available after it are taken away"
        if before is None:
            return f"the booking `{id_}` at {instant} is lost {taken_away}"
        if changed := [name for name in before if before[name] != answered[id_][name]]:
            return (
                f"the booking `{id_}` at {instant} has another `{changed[0]}` {taken_away}: "
                f"{answered[id_][changed[0]]} with them, {before[changed[0]]} without"
            )
    looked_up = store.get_historical_features(
        bookings.select(["load_event_id", "carrier_id", "event_timestamp"]),
        [f"{VIEW}:{name}" for name in FEATURES],
        allow_early=True,
        allow_late=True,
    ).to_arrow()
    for row in looked_up.to_pylist():
        for name in FEATURES:
            if (value := answered[row["load_event_id"]][name]) != row[name]:
                return (
                    f"the booking `{row['load_event_id']}` has the {name} {value}, a lookup says "
                    f"{row[name]}: take the newest row that was available at its instant"
                )
    return None


def _shape_fault(answered: pa.Table, bookings: pa.Table) -> str | None:
    """Return what is wrong with the columns or the number of rows; None if nothing is."""
    columns = Counter(("load_event_id", *COPIED, *FEATURES))
    given = Counter(answered.column_names)
    if missing := [*(columns - given)]:
        return f"the column `{missing[0]}` is left out: keep all columns"
    if more := [*(given - columns)]:
        return f"the column `{more[0]}` was not there: keep the columns as they were"
    ids = Counter(answered["load_event_id"].to_pylist())
    if lost := set(bookings["load_event_id"].to_pylist()) - ids.keys():
        return f"{len(lost)} bookings are lost: a booking without features is a training row, too"
    if repeated := answered.num_rows - bookings.num_rows:
        return f"there are {repeated} rows more than bookings: each booking is one training row"
    return None


def _by_id(table: pa.Table) -> dict[str, dict[str, object]]:
    return {row["load_event_id"]: row for row in table.to_pylist()}

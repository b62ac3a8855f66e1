"""The same features without a clock: joins that people make, and that know the future."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import duckdb
import numpy as np
import pyarrow as pa

from examples.signal.split import Instants, Numbers

WINDOW = timedelta(days=28)


@dataclass(frozen=True)
class Variant:
    """A way to join features to entity rows: its name, and what somebody did who made it."""

    name: str
    title: str
    says: str


KNOWN = Variant("known", "as known at t", "Milepost's join: the newest row with `available_at <= t`.")
NEWEST = Variant(
    "newest",
    "the newest value of each key",
    "Joined on the key alone: each row gets the values of the day on which the training set is made.",
)
OUTCOME_DATE = Variant(
    "outcome_date",
    "joined on the day of the outcome",
    "Joined on a date: each row gets the values computed at the end of the day on which its outcome is known.",
)
EVENT_WINDOW = Variant(
    "event_window",
    "a window along event time",
    "One more feature: the mean label of the key in the 28 days up to the row, the row itself and "
    "outcomes that nobody knew yet among them.",
)
LEAKS = (NEWEST, OUTCOME_DATE, EVENT_WINDOW)


def end_of_outcome_day(at: Instants, horizon: timedelta, serving_delay: timedelta) -> Instants:
    """Return when the features of the end of the day are served on which each outcome is known."""
    day = np.timedelta64(1, "D")
    last_midnight = (at + np.timedelta64(horizon)).astype("datetime64[D]")
    return (last_midnight + day).astype("datetime64[us]") + np.timedelta64(serving_delay)


def trailing_mean(
    keys: np.ndarray, at: Instants, label: Numbers, *, known_after: timedelta = timedelta()
) -> Numbers:
    """Return the mean label of each row's key in the 28 days that end `known_after` before it.

    With `known_after` 0 that is the leak: the row's own label is in its window. With the horizon of the
    outcome each label in the window is known. NaN where the window is empty.
    """
    rows = pa.table(
        {"place": np.arange(len(at)), "key": keys, "instant": pa.array(at), "label": label}
    )
    end = f"interval '{round(known_after.total_seconds())} seconds'"
    start = f"interval '{round((known_after + WINDOW).total_seconds())} seconds'"
    with duckdb.connect() as con:
        con.register("rows", rows)
        means = con.sql(
            "select avg(label) over (partition by key order by instant "  # noqa: S608 - two numbers
            f"range between {start} preceding and {end} preceding) as mean from rows order by place"
        ).to_arrow_table()
    return np.asarray(means["mean"].to_numpy(), np.float64)

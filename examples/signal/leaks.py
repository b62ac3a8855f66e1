"""The same features without a clock: joins that people make, and that know the future."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import duckdb
import numpy as np
import pyarrow as pa

from examples.signal.entity_rows import KeyNumbers
from examples.signal.split import Instants, Numbers

WINDOW = timedelta(days=28)


@dataclass(frozen=True)
class Variant:
    """A way to give entity rows their features; `says` is what somebody does who takes it."""

    name: str
    title: str
    says: str


KNOWN = Variant(
    "known",
    "as known at t",
    "Milepost's join: each row gets the newest values that a model could have had at its instant.",
)
NEWEST = Variant(
    "newest",
    "the newest value of each key",
    "A join on the key alone: each row gets the values of the day on which the join is made, the "
    "end of its split.",
)
OUTCOME_DATE = Variant(
    "outcome_date",
    "joined on the day of the outcome",
    "A join on a date: each row gets the values from the end of the day on which its outcome is "
    "known.",
)
EVENT_WINDOW = Variant(
    "event_window",
    "a window along event time",
    "One more feature: the mean label of the key in the 28 days up to and including the row, "
    "whether an outcome was known by then or not. In the next month it has the outcomes that were.",
)


def end_of_outcome_day(at: Instants, horizon: timedelta, serving_delay: timedelta) -> Instants:
    """Return when the features are served that the day of each outcome ends with."""
    outcome_dates = (at + np.timedelta64(horizon)).astype("datetime64[D]")
    ends = (outcome_dates + np.timedelta64(1, "D")).astype("datetime64[us]")
    return np.asarray(ends + np.timedelta64(serving_delay), "datetime64[us]")


def trailing_mean(
    keys: KeyNumbers, at: Instants, label: Numbers, *, known_after: timedelta = timedelta()
) -> Numbers:
    """Return the mean label of each row's key in the 28 days that end `known_after` before the row.

    Without `known_after` that is the leak: the row's own label is among them. With the horizon of
    the outcome, each of these labels was known. NaN where there is none.
    """
    rows = pa.table({"place": range(len(at)), "key": keys, "instant": at, "label": label})
    end, start = (round(span.total_seconds()) for span in (known_after, known_after + WINDOW))
    with duckdb.connect() as con:
        con.register("rows", rows)
        means = con.sql(
            "select avg(label) over (partition by key order by instant range between "  # noqa: S608
            f"interval {start} second preceding and interval {end} second preceding) as mean "
            "from rows order by place"
        ).to_arrow_table()
    return np.asarray(means["mean"].to_numpy(), np.float64)

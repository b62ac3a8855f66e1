"""The questions that models are trained for: which training set, which label, which data."""

# allow milepost.local_file: the query beside this module is read
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

FOLDER = Path(__file__).parent
LANE = ("origin_market_id", "destination_market_id", "equipment_type")


@dataclass(frozen=True)
class Task:
    """A question to the features that one training set looks up.

    `data` is the `DATA` of make whose store and scratch database have them. `label` is a column: a
    number, or text that `outcomes` give a number; rows of another outcome are left out. An outcome
    is known `horizon` after the prediction. `key` are the columns of the baseline, the mean by key.
    `inputs` are columns of the entity rows that the model takes beside the features. `rows` is a
    file with the query of the entity rows, where the training set has none. `without` are features
    whose windows are longer than the data.
    """

    name: str
    title: str
    question: str
    data: str
    training_set: str
    label: str
    horizon: timedelta
    key: tuple[str, ...]
    outcomes: Mapping[str, float] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    rows: Path | None = None
    without: tuple[str, ...] = ()

    @property
    def query(self) -> str:
        """The query of the entity rows, in the scratch database."""
        if self.rows:
            return self.rows.read_text()
        return f"select * from main_training_sets.{self.training_set}"  # noqa: S608 - ours


TASKS = (
    Task(
        name="late_arrival",
        title="Late arrival, real flights",
        question="Will a flight out of New York arrive more than half an hour late?",
        data="flights",
        training_set="late_delivery",
        label="outcome",
        outcomes={"late": 1, "on_time": 0},
        # On sale a day before, in the air for half a day, delayed for a day, known an hour later.
        horizon=timedelta(days=3),
        key=("carrier_id",),
        inputs=("miles",),
        rows=FOLDER / "flights.sql",
        # It looks back a year, and there is one.
        without=("carrier_lane_experience:days_since_last_load",),
    ),
    Task(
        name="tender_acceptance",
        title="Tender acceptance, simulated marketplace",
        question="Will a carrier accept a tender?",
        data="signal",
        training_set="tender_acceptance",
        label="outcome",
        outcomes={"accepted": 1, "rejected": 0, "expired": 0},
        horizon=timedelta(hours=6),
        key=("carrier_id",),
    ),
    Task(
        name="late_delivery",
        title="Late delivery, simulated marketplace",
        question="Will a booked load be delivered late?",
        data="signal",
        training_set="late_delivery",
        label="outcome",
        outcomes={"late": 1, "on_time": 0},
        horizon=timedelta(days=14),
        key=("carrier_id",),
    ),
    Task(
        name="fall_off",
        title="Fall-off, simulated marketplace",
        question="Will a carrier cancel a load that it has booked?",
        data="signal",
        training_set="fall_off",
        label="outcome",
        outcomes={"fell_off": 1, "kept": 0},
        # Its outcomes are those of bookings, as late delivery has them.
        horizon=timedelta(days=14),
        key=("carrier_id",),
    ),
    Task(
        name="carrier_matching",
        title="Carrier matching, simulated marketplace",
        question="Will a carrier that has a load offered, or bids on it, haul it?",
        data="signal",
        training_set="carrier_matching",
        label="outcome",
        outcomes={"hauled": 1, "not_hauled": 0},
        horizon=timedelta(days=16),
        key=("carrier_id",),
    ),
    Task(
        name="spot_rate",
        title="Spot rate, simulated marketplace",
        question="What will a carrier be paid per mile for a spot load?",
        data="signal",
        training_set="spot_rate",
        label="settled_rpm_usd",
        horizon=timedelta(days=45),
        key=LANE,
        inputs=("miles",),
    ),
)

"""Entity rows with their labels, from the database that dbt built."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from examples.signal.split import Instants, Numbers
from examples.signal.tasks import Task
from milepost import FeatureStore
from milepost.errors import LookupInputError
from milepost.release.service import TrainingSetModel


@dataclass(frozen=True)
class EntityRows:
    """Rows in the order of their instants, `label` beside `table`; how often each outcome is left out."""

    table: pa.Table
    label: Numbers
    left_out: dict[str, int]

    @property
    def at(self) -> Instants:
        """The prediction instants, naive UTC."""
        return np.asarray(self.table["event_timestamp"].to_numpy(), "datetime64[us]")

    def key_numbers(self, columns: tuple[str, ...]) -> np.ndarray:
        """Return a number for each row that rows with equal keys share, from 0 on."""
        keys = self.table.select(columns)
        distinct = keys.group_by(list(columns)).aggregate([])
        numbered = distinct.append_column("number", pa.array(range(distinct.num_rows)))
        places = keys.append_column("place", pa.array(range(keys.num_rows)))
        joined = places.join(numbered, list(columns)).sort_by("place")
        return np.asarray(joined["number"].to_numpy())


def training_set_model(store: FeatureStore, name: str) -> TrainingSetModel:
    """Return the features and aliases of a training set, as the release states them."""
    models = {model.name: model for model in store.manifest.training_sets}
    if name not in models:
        raise LookupInputError(
            f"the release has no training set `{name}`", hint=f"it has {', '.join(sorted(models))}"
        )
    return models[name]


def read_rows(task: Task, store: FeatureStore, scratch: Path) -> EntityRows:
    """Read the rows whose features have full windows, and whose outcome is a label."""
    with duckdb.connect(str(scratch), read_only=True) as con:
        table = con.sql(task.query).to_arrow_table()
    model = training_set_model(store, task.training_set)
    covered = store.covers(model.features, aliases=model.aliases)
    instants = table["event_timestamp"]
    is_covered = pc.less_equal(pc.add(instants, pa.scalar(task.horizon)), covered.built_through)
    if covered.complete_from:
        is_covered = pc.and_(is_covered, pc.greater_equal(instants, covered.complete_from))
    table = table.filter(is_covered)
    if not table.num_rows:
        raise LookupInputError(
            f"no row of `{task.name}` has the full windows of all features of `{model.name}`",
            hint=f"land more days: they are full from {covered.complete_from} on",
        )
    # A feature of the training set is named `view__feature`, and is looked up anew.
    table = table.select([name for name in table.column_names if "__" not in name])
    labels = table[task.label]
    if task.outcomes:
        labels = pa.array([task.outcomes.get(outcome) for outcome in labels.to_pylist()], pa.float64())
    left_out = Counter(table["outcome"].filter(pc.is_null(labels)).to_pylist())
    table = table.append_column("label", labels).filter(pc.is_valid(labels))
    table = table.sort_by([(name, "ascending") for name in ("event_timestamp", *task.key, "load_id")])
    return EntityRows(
        table.drop_columns("label"), table["label"].to_numpy().astype(float), dict(left_out)
    )

"""Entity rows with their labels, from the database that dbt built."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from examples.signal.split import Instants, Numbers
from examples.signal.tasks import Task
from milepost import FeatureStore
from milepost.errors import LookupInputError
from milepost.release.service import TrainingSetModel

KeyNumbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class EntityRows:
    """Rows in the order of their instants, with a label each.

    `left_out` says how many rows of which outcome have no label.
    """

    table: pa.Table
    label: Numbers
    left_out: dict[str, int]

    @property
    def at(self) -> Instants:
        """The prediction instants, naive UTC."""
        return np.asarray(self.table["event_timestamp"].to_numpy(), "datetime64[us]")

    def key_numbers(self, columns: Sequence[str]) -> KeyNumbers:
        """Return a number for each row, from 0 on, that rows with an equal key share."""
        rows = self.table.select(columns)
        with duckdb.connect() as con:
            con.register("rows", rows.append_column("place", pa.array(range(len(rows)))))
            numbered = con.sql(
                f"select dense_rank() over (order by {', '.join(columns)}) - 1 as number "  # noqa: S608
                "from rows order by place"
            ).to_arrow_table()
        return np.asarray(numbered["number"].to_numpy(), np.int64)


def training_set_model(store: FeatureStore, task: Task) -> TrainingSetModel:
    """Return the features and aliases of a task's training set, as the release states them."""
    models = {model.name: model for model in store.manifest.training_sets}
    if task.training_set not in models:
        raise LookupInputError(
            f"the release has no training set `{task.training_set}`",
            hint=f"it has {', '.join(sorted(models))}",
        )
    return model_without(models[task.training_set], task.without)


def model_without(model: TrainingSetModel, left_out: Collection[str]) -> TrainingSetModel:
    """Return the features that are not left out, and the aliases that they need."""
    features = [name for name in model.features if name not in left_out]
    names = {name.partition(":")[0] for name in features}
    aliases = {name: alias for name, alias in model.aliases.items() if name in names}
    return replace(model, features=features, aliases=aliases)


def read_rows(task: Task, store: FeatureStore, scratch: Path) -> EntityRows:
    """Return the rows whose features have full windows and whose outcome is a label."""
    with duckdb.connect(str(scratch), read_only=True) as con:
        table = con.sql(task.query).to_arrow_table()
    model = training_set_model(store, task)
    covered = store.covers(model.features, aliases=model.aliases)
    instants = table["event_timestamp"]
    is_covered = pc.less_equal(pc.add(instants, pa.scalar(task.horizon)), covered.built_through)
    if covered.complete_from:
        is_covered = pc.and_(is_covered, pc.greater_equal(instants, covered.complete_from))
    table = table.filter(is_covered)
    if not table.num_rows:
        raise LookupInputError(
            f"no row of `{task.name}` has full windows of all features of `{model.name}`",
            hint=f"land more days: they are full from {covered.complete_from} on",
        )
    # A feature in the training set is named `view__feature`. It is looked up anew.
    table = table.select([name for name in table.column_names if "__" not in name])
    others = [name for name in table.column_names if name != "event_timestamp"]
    table = table.sort_by([(name, "ascending") for name in ("event_timestamp", *others)])
    labels = table[task.label]
    if task.outcomes:
        numbers = [task.outcomes.get(outcome) for outcome in labels.to_pylist()]
        labels = pa.chunked_array([pa.array(numbers, pa.float64())])
    left_out = Counter(table["outcome"].filter(pc.is_null(labels)).to_pylist())
    has_label = pc.is_valid(labels)
    label = labels.filter(has_label).cast(pa.float64()).to_numpy()
    return EntityRows(table.filter(has_label), label, dict(sorted(left_out.items())))

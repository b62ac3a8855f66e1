"""What a model is trained and tested on, for each way to join the features."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from examples.signal import leaks
from examples.signal.entity_rows import EntityRows, training_set_model
from examples.signal.features import as_numbers, look_up, texts_of
from examples.signal.leaks import Variant, end_of_outcome_day, trailing_mean
from examples.signal.split import Numbers, Split
from examples.signal.tasks import Task
from milepost import FeatureStore


@dataclass(frozen=True)
class Matrices:
    """Inputs of one variant, a column for each name. The next month is as it was known then."""

    names: list[str]
    train: Numbers
    validation: Numbers
    next_month: Numbers


def matrices(
    store: FeatureStore, task: Task, rows: EntityRows, split: Split
) -> dict[Variant, Matrices]:
    """Return the inputs with features as known at t, then those of each leak."""
    known_table = look_up(store, task.training_set, rows)
    texts = texts_of(known_table)
    inputs = as_numbers(rows.table.select(task.inputs), rows.at, {})
    known = as_numbers(known_table, rows.at, texts) | inputs

    at_end = np.full(len(rows.at), split.next_from)
    at_outcome = end_of_outcome_day(rows.at, task.horizon, serving_delay(store, task))
    # Nothing is learned from the next month, and its outcomes may be after the build.
    at_outcome = np.minimum(at_outcome, at_outcome[split.validation].max())
    leaking = {
        variant: known | as_numbers(look_up(store, task.training_set, rows, at), rows.at, texts)
        for variant, at in ((leaks.NEWEST, at_end), (leaks.OUTCOME_DATE, at_outcome))
    }
    keys = rows.key_numbers(task.key)
    window = f"mean_{task.label}_28d"
    with_window = known | {window: trailing_mean(keys, rows.at, rows.label)}
    known_window = trailing_mean(keys, rows.at, rows.label, known_after=task.horizon)
    return {
        leaks.KNOWN: _matrices(known, known, split),
        **{variant: _matrices(columns, known, split) for variant, columns in leaking.items()},
        leaks.EVENT_WINDOW: _matrices(with_window, known | {window: known_window}, split),
    }


def serving_delay(store: FeatureStore, task: Task) -> timedelta:
    """Return after how long the slowest view of the task's features is served."""
    model = training_set_model(store, task.training_set)
    names = {feature.partition(":")[0] for feature in model.features}
    views = {model.aliases.get(name, {}).get("view", name) for name in names}
    delays = [store.manifest.view(view).serving_delay_minutes for view in views]
    return timedelta(minutes=max(delays))


def _matrices(own: dict[str, Numbers], known: dict[str, Numbers], split: Split) -> Matrices:
    columns = np.column_stack([*own.values()])
    return Matrices(
        list(own),
        columns[split.train],
        columns[split.validation],
        np.column_stack([known[name] for name in own])[split.next_month],
    )

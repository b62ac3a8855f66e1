"""What a model is trained and tested on, for each way to join the features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from examples.signal import leaks
from examples.signal.entity_rows import EntityRows, training_set_model
from examples.signal.features import as_numbers, look_up, texts_of
from examples.signal.leaks import Variant, end_of_outcome_day, trailing_mean
from examples.signal.split import Mask, Numbers, Split
from examples.signal.tasks import Task
from milepost import FeatureStore


@dataclass(frozen=True)
class Matrices:
    """The inputs of a model, a column for each name; in the next month they are as known then."""

    names: list[str]
    train: Numbers
    validation: Numbers
    next_month: Numbers


def matrices(
    store: FeatureStore, task: Task, rows: EntityRows, split: Split
) -> dict[Variant, Matrices]:
    """Return the inputs with features as known at t, then those of each leak."""
    table = look_up(store, task, rows)
    texts = texts_of(table)
    inputs = as_numbers(rows.table.select(task.inputs), rows.at, texts={})
    known = as_numbers(table, rows.at, texts) | inputs

    # A leak learns from no row of the next month: those have any instant that is built.
    at_end = np.full(len(rows.at), split.next_from)
    at_outcome = end_of_outcome_day(rows.at, task.horizon, serving_delay(store, task))
    at_outcome = np.minimum(at_outcome, at_outcome[split.validation].max())
    moved = {leaks.NEWEST: at_end, leaks.OUTCOME_DATE: at_outcome}

    keys = rows.key_numbers(task.key)
    name = f"mean_{task.label}_28d"
    leaking_mean = {name: trailing_mean(keys, rows.at, rows.label)}
    known_mean = {name: trailing_mean(keys, rows.at, rows.label, known_after=task.horizon)}
    return {
        leaks.KNOWN: _matrices(known, known, split),
        **{
            variant: _matrices(
                known | as_numbers(look_up(store, task, rows, at), rows.at, texts),
                known,
                split,
            )
            for variant, at in moved.items()
        },
        leaks.EVENT_WINDOW: _matrices(known | leaking_mean, known | known_mean, split),
    }


def serving_delay(store: FeatureStore, task: Task) -> timedelta:
    """Return after how long the slowest view of the task's features is served."""
    model = training_set_model(store, task)
    names = {feature.partition(":")[0] for feature in model.features}
    views = {model.aliases.get(name, {}).get("view", name) for name in names}
    return timedelta(minutes=max(store.manifest.view(view).serving_delay_minutes for view in views))


def _matrices(own: Mapping[str, Numbers], known: Mapping[str, Numbers], split: Split) -> Matrices:
    def rows(columns: Mapping[str, Numbers], mask: Mask) -> Numbers:
        return np.column_stack([columns[name][mask] for name in own])

    train, validation = rows(own, split.train), rows(own, split.validation)
    return Matrices(list(own), train, validation, rows(known, split.next_month))

"""What the predictions of one task show: scores, leaks, calibration, importances."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from examples.signal.entity_rows import EntityRows, KeyNumbers
from examples.signal.importances import Importance, groups_of, importances
from examples.signal.leaks import KNOWN, Variant
from examples.signal.matrices import Matrices
from examples.signal.scores import Draws, Interval, Score, auc, minus_absolute_error
from examples.signal.split import Numbers, Split
from examples.signal.tasks import Task

MEAN_BY_KEY = Variant(
    "mean_by_key", "mean by key", "No features: the mean label of the key in the rows to train on."
)
# So many rows with the mean of all count among those of a key: one of few rows is near that mean.
ROWS_OF_THE_MEAN = 10
BINS = 10


@dataclass(frozen=True)
class Comparison:
    """The scores of a variant, and by how much they are better than those of features as known."""

    variant: Variant
    own: Interval
    next_month: Interval
    own_gain: Interval
    next_gain: Interval


@dataclass(frozen=True)
class Bin:
    """Rows with predictions near each other: the mean prediction and the mean label."""

    predicted: float
    observed: Interval


@dataclass(frozen=True)
class Evidence:
    """All that one task shows; the first comparison is the model with features as known."""

    task: Task
    release: str
    split: Split
    left_out: dict[str, int]
    label_mean: float
    comparisons: list[Comparison]
    calibration: dict[Variant, list[Bin]]
    importances: list[Importance]


def evidence(
    task: Task,
    release: str,
    rows: EntityRows,
    split: Split,
    inputs: Mapping[Variant, Matrices],
    predictions: Mapping[str, Numbers],
) -> Evidence:
    """Return what the predictions of `fit.py` show."""
    score: Score = auc if task.outcomes else minus_absolute_error
    masks = {"validation": split.validation, "next_month": split.next_month}
    draws = {part: Draws.of(rows.at[mask]) for part, mask in masks.items()}
    by_key = mean_by_key(rows.key_numbers(task.key), rows.label, split)
    predicted = {MEAN_BY_KEY: {part: by_key[mask] for part, mask in masks.items()}}
    for variant in inputs:
        predicted[variant] = {part: predictions[f"{variant.name}.{part}"] for part in masks}
    drawn = {
        variant: {
            part: score(rows.label[mask], predicted[variant][part], draws[part])
            for part, mask in masks.items()
        }
        for variant in (*inputs, MEAN_BY_KEY)
    }
    later = split.validation | split.next_month
    label, later_draws = rows.label[later], Draws.of(rows.at[later])
    known = inputs[KNOWN]
    return Evidence(
        task=task,
        release=release,
        split=split,
        left_out=rows.left_out,
        label_mean=float(rows.label[split.train].mean()),
        comparisons=[
            Comparison(
                variant,
                Interval.of(parts["validation"]),
                Interval.of(parts["next_month"]),
                Interval.of(parts["validation"] - drawn[KNOWN]["validation"]),
                Interval.of(parts["next_month"] - drawn[KNOWN]["next_month"]),
            )
            for variant, parts in drawn.items()
        ],
        calibration={
            variant: calibration(
                rows.label[split.next_month],
                predicted[variant]["next_month"],
                draws["next_month"],
            )
            for variant in inputs
        },
        importances=importances(
            groups_of(known.names),
            known.train,
            label,
            predictions["permuted"],
            score(label, np.concatenate([*predicted[KNOWN].values()]), later_draws),
            later_draws,
            score,
        ),
    )


def mean_by_key(keys: KeyNumbers, label: Numbers, split: Split) -> Numbers:
    """Return for each row the mean label of its key in the rows to train on."""
    size = int(keys.max()) + 1
    totals = np.bincount(keys[split.train], label[split.train], size)
    counts = np.bincount(keys[split.train], minlength=size)
    total = totals + ROWS_OF_THE_MEAN * label[split.train].mean()
    return np.asarray((total / (counts + ROWS_OF_THE_MEAN))[keys], np.float64)


def calibration(label: Numbers, prediction: Numbers, draws: Draws) -> list[Bin]:
    """Return ten groups of equally many rows, from the lowest prediction to the highest."""
    bins = []
    for places in np.array_split(np.argsort(prediction, kind="stable"), BINS):
        is_in = np.zeros(len(label))
        is_in[places] = 1
        counts, sums = draws.totals(is_in), draws.totals(is_in * label)
        observed = np.divide(sums, counts, out=np.full(len(sums), np.nan), where=counts > 0)
        bins.append(Bin(float(prediction[places].mean()), Interval.of(observed)))
    return bins

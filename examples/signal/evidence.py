"""What the predictions of one task show: scores, leaks, calibration, importances."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from examples.signal import leaks
from examples.signal.entity_rows import EntityRows
from examples.signal.leaks import Variant
from examples.signal.matrices import Matrices
from examples.signal.scores import (
    Interval,
    Score,
    auc,
    day_weights,
    interval,
    minus_absolute_error,
)
from examples.signal.split import Numbers, Split
from examples.signal.tasks import Task

MEAN_BY_KEY = Variant("mean_by_key", "mean by key", "No features: the mean label of the key.")
# A key of few rows is near the mean of all: so many rows of that mean count among its own.
ROWS_OF_THE_MEAN = 10
BINS = 10


@dataclass(frozen=True)
class Comparison:
    """Scores of a variant in its own split and in the next month, and how far above those of `known`."""

    variant: Variant
    own: Interval
    next_month: Interval
    own_gain: Interval
    next_gain: Interval


@dataclass(frozen=True)
class Bin:
    """Rows of the next month that were predicted alike: the mean prediction and the mean label."""

    predicted: float
    observed: Interval


@dataclass(frozen=True)
class Importance:
    """How much worse the score of the next month is with a column in another order; None if it never varies."""

    name: str
    drop: Interval | None
    null_share: float

    @property
    def carries(self) -> bool:
        """Whether the score is worse without it, beyond chance."""
        return self.drop is not None and self.drop.low > 0


@dataclass(frozen=True)
class Evidence:
    """All that one task shows; the first of `comparisons` is the model with features as known at t."""

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
    weights = {part: day_weights(rows.at[mask]) for part, mask in masks.items()}
    by_key = mean_by_key(rows.key_numbers(task.key), rows.label, split)
    predicted = {
        variant: {part: predictions[f"{variant.name}.{part}"] for part in masks}
        for variant in inputs
    } | {MEAN_BY_KEY: {part: by_key[mask] for part, mask in masks.items()}}
    drawn = {
        variant: {
            part: score(rows.label[mask], parts[part], weights[part])
            for part, mask in masks.items()
        }
        for variant, parts in predicted.items()
    }
    known = drawn[leaks.KNOWN]
    label, next_weights = rows.label[split.next_month], weights["next_month"]
    return Evidence(
        task=task,
        release=release,
        split=split,
        left_out=rows.left_out,
        label_mean=float(rows.label[split.train].mean()),
        comparisons=[
            Comparison(
                variant,
                interval(parts["validation"]),
                interval(parts["next_month"]),
                interval(parts["validation"] - known["validation"]),
                interval(parts["next_month"] - known["next_month"]),
            )
            for variant, parts in drawn.items()
        ],
        calibration={
            variant: calibration(label, predicted[variant]["next_month"], next_weights)
            for variant in (leaks.KNOWN, *leaks.LEAKS)
        },
        importances=importances(
            inputs[leaks.KNOWN], label, predictions["permuted"], known["next_month"], next_weights, score
        ),
    )


def mean_by_key(keys: np.ndarray, label: Numbers, split: Split) -> Numbers:
    """Return for each row the mean label of its key in the rows to train on, drawn to the mean of all."""
    overall = label[split.train].mean()
    size = int(keys.max()) + 1
    totals = np.bincount(keys[split.train], label[split.train], size)
    counts = np.bincount(keys[split.train], minlength=size)
    means = (totals + ROWS_OF_THE_MEAN * overall) / (counts + ROWS_OF_THE_MEAN)
    return np.asarray(means[keys], np.float64)


def calibration(label: Numbers, prediction: Numbers, weights: Numbers) -> list[Bin]:
    """Return ten bins of rows as many, from the lowest to the highest prediction."""
    bins = []
    for places in np.array_split(np.argsort(prediction, kind="stable"), BINS):
        counts = weights[:, places].sum(axis=1)
        sums = weights[:, places] @ label[places]
        observed = np.divide(sums, counts, out=np.full(len(sums), np.nan), where=counts > 0)
        bins.append(Bin(float(prediction[places].mean()), interval(observed)))
    return bins


def importances(
    inputs: Matrices,
    label: Numbers,
    permuted: Numbers,
    scores: Numbers,
    weights: Numbers,
    score: Score,
) -> list[Importance]:
    """Return each column's importance, the largest first.

    `permuted` are predictions by column, repeat and row, `scores` those without a change by draw. Each draw
    of days takes one of the repeats, so that the interval has the chance of both.
    """
    results = []
    for name, column, train, predictions in zip(
        inputs.names, inputs.next_month.T, inputs.train.T, permuted, strict=True
    ):
        null_share = float(np.isnan(column).mean())
        if len(np.unique(train[~np.isnan(train)])) <= 1:
            results.append(Importance(name, None, null_share))
            continue
        repeats = len(predictions)
        drops = np.empty(len(weights))
        values = np.empty(repeats)
        for repeat, prediction in enumerate(predictions):
            taken = np.arange(1 + repeat, len(weights), repeats)
            drawn = score(label, prediction, weights[np.concatenate([[0], taken])])
            values[repeat] = scores[0] - drawn[0]
            drops[taken] = scores[taken] - drawn[1:]
        results.append(Importance(name, Interval.of(values.mean(), drops[1:]), null_share))
    return sorted(results, key=lambda item: -item.drop.value if item.drop else 1)

"""Gradient boosting, in the environment of requirements-signal.lock: arrays in, predictions out.

    .venv-signal/bin/python examples/signal/fit.py arrays.npz predictions.npz

Arrays: `label`, and for each variant `<variant>.train`, `.validation` and `.next_month`, a column for each
input. `is_rate` says whether the label is a number and no class. Predictions have the same names,
without `.train`, and `permuted`: those of the first variant for the next month with one column's
values in another order, by column and repeat.
"""

# allow milepost.local_file: arrays come from and go to the process that started this one
from __future__ import annotations

import sys
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

REPEATS = 5
# Few leaves of many rows: the features of one key are the same for days, and a small leaf is then
# one key in one week. Nothing was tuned on the rows that the models are judged by; 2026-11.
OPTIONS = {
    "learning_rate": 0.05,
    "max_iter": 100,
    "max_leaf_nodes": 8,
    "min_samples_leaf": 100,
    "early_stopping": False,
    "random_state": 1,
}


class Model:
    """A model of the columns that vary; the library takes no column without a value."""

    def __init__(self, inputs: np.ndarray, label: np.ndarray, *, is_rate: bool) -> None:
        self._varies = np.array([len(np.unique(column[~np.isnan(column)])) > 1 for column in inputs.T])
        if is_rate:
            self._model: Any = HistGradientBoostingRegressor(loss="absolute_error", **OPTIONS)
        else:
            self._model = HistGradientBoostingClassifier(**OPTIONS)
        self._is_rate = is_rate
        self._model.fit(inputs[:, self._varies], label)

    def predict(self, inputs: np.ndarray) -> np.ndarray:
        """Return the rate, or the probability of label 1."""
        inputs = inputs[:, self._varies]
        if self._is_rate:
            return np.asarray(self._model.predict(inputs))
        return np.asarray(self._model.predict_proba(inputs)[:, 1])


def permuted(model: Model, inputs: np.ndarray) -> np.ndarray:
    """Return predictions by column, repeat and row, in each of which one column is in another order."""
    random = np.random.default_rng(1)
    predictions = np.empty((inputs.shape[1], REPEATS, len(inputs)), np.float32)
    for number in range(inputs.shape[1]):
        changed = inputs.copy()
        for repeat in range(REPEATS):
            changed[:, number] = random.permutation(inputs[:, number])
            predictions[number, repeat] = model.predict(changed)
    return predictions


def main(source: str, target: str) -> None:
    """Train a model for each variant of the arrays, and write its predictions."""
    arrays = np.load(source)
    variants = [name.removesuffix(".train") for name in arrays.files if name.endswith(".train")]
    predictions = {}
    for variant in variants:
        model = Model(arrays[f"{variant}.train"], arrays["label"], is_rate=bool(arrays["is_rate"]))
        for part in ("validation", "next_month"):
            predictions[f"{variant}.{part}"] = model.predict(arrays[f"{variant}.{part}"])
        if variant == variants[0]:
            predictions["permuted"] = permuted(model, arrays[f"{variant}.next_month"])
    np.savez(target, **predictions)


if __name__ == "__main__":
    main(*sys.argv[1:])

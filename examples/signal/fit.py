"""Train the models, in the environment of requirements-signal.lock: arrays in, predictions out.

    .venv-signal/bin/python examples/signal/fit.py inputs.npz predictions.npz

It reads `label`, `is_rate`, whether the label is a number and no class, and for each variant
`<variant>.train`, `.validation` and `.next_month`, with a column for each input. It writes the
predictions for the latter two under the same names, and `permuted`: predictions of the first
variant for both, by group of columns, repeat and row, with the values of the group's columns in
another order, NaN if none of them varies. `groups` has a row for each group, which says of each
column whether it is in it.
"""

# allow milepost.local_file: arrays come from and go to the process that started this one
from __future__ import annotations

import sys
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

REPEATS = 4
# Few leaves of many rows, because the features of a key are the same for days: a small leaf is a
# key in a week. Nothing was tuned on the rows that the models are judged by; 2026-11.
OPTIONS = {
    "learning_rate": 0.05,
    "max_iter": 100,
    "max_leaf_nodes": 8,
    "min_samples_leaf": 100,
    "early_stopping": False,
    "random_state": 1,
}
Numbers = npt.NDArray[np.float64]


class Model:
    """A model of the columns that vary: the library refuses a column without a value."""

    def __init__(self, inputs: Numbers, label: Numbers, *, is_rate: bool) -> None:
        self.varies = np.array([len(np.unique(row[~np.isnan(row)])) > 1 for row in inputs.T])
        self._is_rate = is_rate
        self._model: Any = (
            HistGradientBoostingRegressor(loss="absolute_error", **OPTIONS)
            if is_rate
            else HistGradientBoostingClassifier(**OPTIONS)
        )
        self._model.fit(inputs[:, self.varies], label)

    def predict(self, inputs: Numbers) -> Numbers:
        """Return the rate, or the probability of label 1."""
        inputs = inputs[:, self.varies]
        if self._is_rate:
            return np.asarray(self._model.predict(inputs))
        return np.asarray(self._model.predict_proba(inputs)[:, 1])


def permuted(model: Model, inputs: Numbers, groups: npt.NDArray[np.bool_]) -> Numbers:
    """Return predictions by group, repeat and row, the group's columns in another order of rows."""
    random = np.random.default_rng(1)
    predictions = np.empty((len(groups), REPEATS, len(inputs)))
    for number, group in enumerate(groups):
        if not (group & model.varies).any():
            predictions[number] = np.nan
            continue
        for repeat in range(REPEATS):
            order = random.permutation(len(inputs))
            predictions[number, repeat] = model.predict(np.where(group, inputs[order], inputs))
    return predictions


def main(source: str, target: str) -> None:
    """Train a model for each variant of the arrays, and write its predictions."""
    arrays = np.load(source)
    variants = [name.removesuffix(".train") for name in arrays.files if name.endswith(".train")]
    predictions: dict[str, Any] = {}
    for variant in variants:
        model = Model(arrays[f"{variant}.train"], arrays["label"], is_rate=bool(arrays["is_rate"]))
        later = [arrays[f"{variant}.{part}"] for part in ("validation", "next_month")]
        predictions[f"{variant}.validation"], predictions[f"{variant}.next_month"] = map(
            model.predict, later
        )
        if variant == variants[0]:
            predictions["permuted"] = permuted(model, np.concatenate(later), arrays["groups"])
    np.savez(target, **predictions)


if __name__ == "__main__":
    main(*sys.argv[1:])

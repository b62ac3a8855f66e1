"""How good predictions are, with the uncertainty of days drawn again and again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from examples.signal.split import Instants, Numbers

DRAWS = 400
# (label, prediction, weights by draw and row) to a score by draw; a higher one is better.
Score = Callable[[Numbers, Numbers, Numbers], Numbers]


@dataclass(frozen=True)
class Interval:
    """A value and the ends of its 95 % interval."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, value: float, drawn: Numbers) -> Interval:
        """Return the value with the interval of its draws."""
        low, high = np.nanquantile(drawn, [0.025, 0.975])
        return cls(float(value), float(low), float(high))

    def __neg__(self) -> Interval:
        return Interval(-self.value, -self.high, -self.low)


def day_weights(at: Instants) -> Numbers:
    """Return how often each row counts in each draw of days; the first draw is the rows as they are.

    Days are drawn and not rows, because the rows of a day share its weather and its market.
    """
    days, day_numbers = np.unique(at.astype("datetime64[D]"), return_inverse=True)
    random = np.random.default_rng(1)
    counts = random.multinomial(len(days), np.full(len(days), 1 / len(days)), DRAWS)
    drawn = counts[:, day_numbers].astype(np.float32)
    return np.vstack([np.ones(len(at), np.float32), drawn])


def auc(label: Numbers, prediction: Numbers, weights: Numbers) -> Numbers:
    """Return by draw the share of pairs of a 1 and a 0 that are in the right order; a tie is half of one."""
    order = np.argsort(prediction, kind="stable")
    starts = np.flatnonzero(np.diff(prediction[order], prepend=-np.inf))
    is_one = label[order] == 1
    scores = np.empty(len(weights))
    for draw, row_weights in enumerate(weights):
        sorted_weights = row_weights[order].astype(float)
        ones = np.add.reduceat(np.where(is_one, sorted_weights, 0), starts)
        zeros = np.add.reduceat(np.where(is_one, 0, sorted_weights), starts)
        pairs = ones.sum() * zeros.sum()
        right = (ones * (np.cumsum(zeros) - zeros / 2)).sum()
        scores[draw] = right / pairs if pairs else np.nan
    return scores


def minus_absolute_error(label: Numbers, prediction: Numbers, weights: Numbers) -> Numbers:
    """Return by draw the mean absolute error, below 0 so that a higher score is better."""
    return -(weights @ np.abs(label - prediction)) / weights.sum(axis=1)


def interval(scores: Numbers) -> Interval:
    """Return the score of all rows with the interval of the draws behind it."""
    return Interval.of(scores[0], scores[1:])

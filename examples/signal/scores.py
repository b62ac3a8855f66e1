"""How good predictions are, with the uncertainty of days drawn again and again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from examples.signal.split import Instants, Numbers

DRAWS = 400


@dataclass(frozen=True)
class Interval:
    """A value with the ends of its 95 % interval."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, drawn: Numbers) -> Interval:
        """Return the first value, that of the rows as they are, with the interval of the others."""
        low, high = np.nanquantile(drawn[1:], [0.025, 0.975])
        return cls(float(drawn[0]), float(low), float(high))

    def __neg__(self) -> Interval:
        return Interval(-self.value, -self.high, -self.low)


@dataclass(frozen=True)
class Draws:
    """Draws of days: the day of each row, and how often each day counts in each draw.

    Days are drawn and not rows, because the rows of a day share its weather and its market. In the
    first draw each day counts once.
    """

    day: npt.NDArray[np.int64]
    counts: Numbers

    @classmethod
    def of(cls, at: Instants) -> Draws:
        """Return the draws of the days of these instants."""
        days, day = np.unique(at.astype("datetime64[D]"), return_inverse=True)
        drawn = np.random.default_rng(1).multinomial(
            len(days), np.full(len(days), 1 / len(days)), DRAWS
        )
        return cls(day, np.vstack([np.ones(len(days)), drawn]))

    def totals(self, values: Numbers) -> Numbers:
        """Return the total of a value of each row, by draw."""
        by_day = np.bincount(self.day, values, self.counts.shape[1])
        return np.asarray(self.counts @ by_day, np.float64)


# Of labels and predictions: a score by draw. A higher one is better.
Score = Callable[[Numbers, Numbers, Draws], Numbers]


def auc(label: Numbers, prediction: Numbers, draws: Draws) -> Numbers:
    """Return by draw how many pairs of a 1 and a 0 are in the right order; a tie counts half."""
    values, place = np.unique(prediction, return_inverse=True)
    ones, zeros = (np.zeros((len(values), draws.counts.shape[1])) for _ in range(2))
    np.add.at(ones, (place, draws.day), label)
    np.add.at(zeros, (place, draws.day), 1 - label)
    # Of a 1 on each day and a 0 on each day, so that a draw of days need not sort its rows anew.
    right = ones.T @ (np.cumsum(zeros, axis=0) - zeros / 2)
    pairs = draws.totals(label) * draws.totals(1 - label)
    wins = np.einsum("ni,ij,nj->n", draws.counts, right, draws.counts, optimize=True)
    scores = np.full(len(pairs), np.nan)
    np.divide(wins, pairs, out=scores, where=pairs > 0)
    return scores


def minus_absolute_error(label: Numbers, prediction: Numbers, draws: Draws) -> Numbers:
    """Return by draw the mean absolute error, below 0 so that a higher score is better."""
    return -draws.totals(np.abs(label - prediction)) / draws.totals(np.ones(len(label)))

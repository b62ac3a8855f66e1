"""What each feature, and each view, adds to the predictions for rows that the model never saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from examples.signal.scores import Draws, Interval, Score
from examples.signal.split import Mask, Numbers


@dataclass(frozen=True)
class Importance:
    """By how much the score falls when the values of a group are dealt out anew.

    None of a feature that has one value, or none, in the rows to train on.
    """

    name: str
    drop: Interval | None

    @property
    def carries(self) -> bool:
        """Whether the score falls, beyond chance."""
        return self.drop is not None and self.drop.low > 0


def groups_of(names: Sequence[str]) -> dict[str, Mask]:
    """Return which columns are in each group: each alone, then those of each view together."""
    views = [name.partition("__")[0] if "__" in name else None for name in names]
    alone = {name: np.array([other == name for other in names]) for name in names}
    together = {
        f"all of {view}": np.array([other == view for other in views])
        for view in dict.fromkeys(views)
        if view and views.count(view) > 1
    }
    return alone | together


def importances(
    groups: dict[str, Mask],
    train: Numbers,
    label: Numbers,
    permuted: Numbers,
    scores: Numbers,
    draws: Draws,
    score: Score,
) -> list[Importance]:
    """Return the importance of each group, the largest first.

    `permuted` are predictions by group, repeat and row; `scores` are of predictions without a
    change, by draw. A draw takes one of the repeats, so that the interval has the chance of both.
    """
    varies = np.array([len(np.unique(column[~np.isnan(column)])) > 1 for column in train.T])
    results = []
    for (name, group), predictions in zip(groups.items(), permuted, strict=True):
        if not (varies & group).any():
            results.append(Importance(name, None))
            continue
        drops = np.array([scores - score(label, repeat, draws) for repeat in predictions])
        drawn = drops[np.arange(len(scores)) % len(drops), np.arange(len(scores))]
        drawn[0] = drops[:, 0].mean()
        results.append(Importance(name, Interval.of(drawn)))
    return sorted(results, key=lambda item: -item.drop.value if item.drop else np.inf)

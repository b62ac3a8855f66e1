"""What is said of evidence, on the pages and in the summary alike."""

from __future__ import annotations

from collections.abc import Sequence

from examples.signal.evidence import Comparison, Evidence, Importance
from examples.signal.scores import Interval


def measure(shown: Evidence) -> str:
    """Return the name of the score."""
    return "AUC" if shown.task.outcomes else "absolute error, $/mile"


def score_text(shown: Evidence, score: Interval) -> str:
    """Return a score with its interval; an error is above 0."""
    score = score if shown.task.outcomes else -score
    return f"{score.value:.3f} ({score.low:.3f} to {score.high:.3f})"


def gain_text(gain: Interval) -> str:
    """Return how much better a score is than that of the features as known, with its interval."""
    return f"{gain.value:+.3f} ({gain.low:+.3f} to {gain.high:+.3f})"


def verdict(comparison: Comparison) -> str:
    """Return what a comparison with the features as known shows, beyond chance."""
    own, later = direction(comparison.own_gain), direction(comparison.next_gain)
    if own == "better" and later == "worse":
        return "flatters in its own split, and is worse in the next month"
    if own == "better" and later == "no different":
        return "flatters in its own split; the gain is gone in the next month"
    return f"{own} in its own split, {later} in the next month"


def direction(gain: Interval) -> str:
    """Return whether a gain is above 0, below it, or neither beyond chance."""
    if gain.low > 0:
        return "better"
    return "worse" if gain.high < 0 else "no different"


def sizes(shown: Evidence) -> str:
    """Return how many rows there are in each part of the split, and from when."""
    split = shown.split
    counts = [int(mask.sum()) for mask in (split.train, split.validation, split.next_month)]
    starts = [str(instant)[:10] for instant in (split.validation_from, split.next_from)]
    return (
        f"{counts[0]:,} rows to train on, {counts[1]:,} to validate from {starts[0]}, "
        f"{counts[2]:,} in the next month from {starts[1]}"
    )


def without_signal(importances: Sequence[Importance]) -> tuple[list[str], list[str]]:
    """Return the columns that vary and carry nothing, and those that never vary."""
    flat = [item.name for item in importances if item.drop and not item.carries]
    return flat, [item.name for item in importances if item.drop is None]

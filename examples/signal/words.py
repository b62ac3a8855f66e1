"""What is said of evidence, on the pages and in the summary alike."""

from __future__ import annotations

from dataclasses import dataclass

from examples.signal.evidence import Comparison, Evidence
from examples.signal.importances import Importance
from examples.signal.leaks import KNOWN
from examples.signal.scores import Interval


@dataclass(frozen=True)
class Sorted:
    """The features of a task by what they carry; those of `shared` only as a whole view."""

    carrying: list[Importance]
    shared: list[Importance]
    without_signal: list[Importance]
    constant: list[Importance]
    views: list[Importance]


def measure(shown: Evidence) -> str:
    """Return the name of the score."""
    return "AUC" if shown.task.outcomes else "absolute error in $/mile"


def as_shown(shown: Evidence, score: Interval) -> Interval:
    """Return a score as people know it: an error is above 0."""
    return score if shown.task.outcomes else -score


def score_text(shown: Evidence, score: Interval) -> str:
    """Return a score with its interval."""
    score = as_shown(shown, score)
    return f"{score.value:.3f} ({score.low:.3f} to {score.high:.3f})"


def gain_text(gain: Interval) -> str:
    """Return a gain with its interval."""
    return f"{gain.value:+.3f} ({gain.low:+.3f} to {gain.high:+.3f})"


def cells(shown: Evidence, comparison: Comparison) -> list[str]:
    """Return the row of a table that compares a variant with the features as known."""
    scores = [score_text(shown, score) for score in (comparison.own, comparison.next_month)]
    if comparison.variant == KNOWN:
        return [comparison.variant.title, *scores, "", "", ""]
    gains = [gain_text(gain) for gain in (comparison.own_gain, comparison.next_gain)]
    return [comparison.variant.title, *scores, *gains, verdict(comparison)]


def header(shown: Evidence) -> list[str]:
    """Return what the columns of `cells` are."""
    return [
        "features",
        f"{measure(shown)}, own split",
        "next month",
        "better than as known by, own split",
        "next month",
        "beyond chance",
    ]


def verdict(comparison: Comparison) -> str:
    """Return what a comparison with the features as known shows, beyond chance."""
    own, later = _direction(comparison.own_gain), _direction(comparison.next_gain)
    if own == "better" and later != "better":
        return f"flatters in its own split, {later} in the next month"
    return f"{own} in its own split, {later} in the next month"


def _direction(gain: Interval) -> str:
    if gain.low > 0:
        return "better"
    return "worse" if gain.high < 0 else "no better"


def sizes(shown: Evidence) -> str:
    """Return how many rows each part of the split has, and from when."""
    split = shown.split
    dates = [str(instant)[:10] for instant in (split.validation_from, split.next_from)]
    return (
        f"{split.train.sum():,} rows to train on, {split.validation.sum():,} to validate from "
        f"{dates[0]}, {split.next_month.sum():,} in the next month from {dates[1]}"
    )


def left_out(shown: Evidence) -> str:
    """Return how many rows have which outcome that is no label."""
    counts = [f"{count:,} `{outcome}`" for outcome, count in shown.left_out.items()]
    return ", ".join(counts) or "none"


def by_signal(shown: Evidence) -> Sorted:
    """Return the features by what they carry."""
    views = [item for item in shown.importances if item.name.startswith("all of ")]
    alone = [item for item in shown.importances if item not in views]
    carrying_views = {item.name.removeprefix("all of ") for item in views if item.carries}
    flat = [item for item in alone if item.drop and not item.carries]
    shared = [item for item in flat if item.name.partition("__")[0] in carrying_views]
    return Sorted(
        carrying=[item for item in alone if item.carries],
        shared=shared,
        without_signal=[item for item in flat if item not in shared],
        constant=[item for item in alone if item.drop is None],
        views=[item for item in views if item.drop],
    )

"""Why a release is refused, told as a person reads it: one line for each cause."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from milepost.display import shortened

REBUILD = "`dbt build` builds and tests everything"
NEW_VERSION = (
    "undo the change, or raise the view's version as docs/concepts/compatibility.md says and run "
    "`dbt build` and `milepost publish`"
)

# The command that reruns tests names as many.
RERUN = 5


@dataclass(frozen=True)
class Refusal:
    """A fault of a view, of its lineage or of its tests.

    `subject` and `fault` make a sentence. Refusals with the same `cause`, a sentence about many
    subjects, are told in one line; one without a cause is told in its own words. `remedy` is what
    to run or do. `view` is empty where the refusal is about the whole release.
    """

    view: str
    subject: str
    fault: str
    cause: str = ""
    remedy: str = REBUILD

    @property
    def sentence(self) -> str:
        """The fault as a sentence about this subject alone."""
        return f"{self.subject} {self.fault}"


def lines(refusals: Iterable[Refusal], views: Sequence[str]) -> list[str]:
    """Return one line for each cause; `views` are the names of all views."""
    by_cause: dict[str, list[Refusal]] = {}
    for refusal in refusals:
        by_cause.setdefault(refusal.cause or refusal.sentence, []).append(refusal)
    return [_line(cause, same, views) for cause, same in by_cause.items()]


def _line(cause: str, refusals: Sequence[Refusal], views: Sequence[str]) -> str:
    """Return the line of one cause: whose it is, and its subjects."""
    subjects = list(dict.fromkeys(refusal.subject for refusal in refusals))
    refused_views = list(dict.fromkeys(refusal.view for refusal in refusals if refusal.view))
    sentence = refusals[0].sentence
    if len(subjects) > 1:
        sentence = f"{len(subjects)} {cause}: {shortened(subjects)}"
    if not refused_views:
        return sentence
    is_all = len(views) > 1 and set(views) == set(refused_views)
    view_names = f"all {len(views)} views" if is_all else shortened(refused_views)
    return f"{view_names}: {sentence}"


def rerun(tests: Iterable[str]) -> str:
    """Return what to do about tests that did not pass, by their names."""
    names = sorted(set(tests))[:RERUN]
    return f"`dbt test --select {' '.join(names)}` says why; once it passes, {REBUILD}"


def remedies(refusals: Iterable[Refusal]) -> str:
    """Return what to run or do, each once."""
    return "; ".join(dict.fromkeys(refusal.remedy for refusal in refusals))

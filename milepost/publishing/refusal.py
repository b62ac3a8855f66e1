"""Why a release is refused, told as a person reads it: one line for each cause."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

SHOWN = 3
REBUILD = "`dbt build` builds and tests everything"
NEW_VERSION = (
    "undo the change, or raise the view's version as docs/concepts/compatibility.md says and run "
    "`dbt build` and `milepost publish`"
)


@dataclass(frozen=True)
class Refusal:
    """One thing that is wrong with a view, or with what it is made from or tested by.

    `subject` and `fault` make a sentence. Refusals with the same `cause`, a sentence about many
    subjects, are told in one line. `remedy` is what to run or do.
    """

    view: str
    subject: str
    fault: str
    cause: str
    remedy: str = REBUILD

    @property
    def sentence(self) -> str:
        """What is wrong, said of this subject alone."""
        return f"{self.subject} {self.fault}".strip()


def lines(refusals: Iterable[Refusal], views: Sequence[str]) -> list[str]:
    """Return one line for each cause; `views` are the names of all views."""
    by_cause: dict[str, list[Refusal]] = {}
    for refusal in refusals:
        by_cause.setdefault(refusal.cause, []).append(refusal)
    told = []
    for cause, same in by_cause.items():
        subjects = list(dict.fromkeys(refusal.subject for refusal in same))
        whose = list(dict.fromkeys(refusal.view for refusal in same))
        named = f"all {len(views)} views" if len(whose) == len(views) > 1 else shortened(whose)
        what = same[0].sentence
        if len(subjects) > 1:
            what = f"{len(subjects)} {cause}: {shortened(subjects)}"
        told.append(f"{named}: {what}" if named else what)
    return told


def plain(faults: Iterable[str], remedy: str) -> Iterator[Refusal]:
    """Turn faults that name their view and stand alone into refusals."""
    return (Refusal("", fault, "", fault, remedy) for fault in faults)


def remedies(refusals: Iterable[Refusal]) -> str:
    """Return what to run or do, each once."""
    return "; ".join(dict.fromkeys(refusal.remedy for refusal in refusals))


def shortened(texts: Sequence[str]) -> str:
    """Return the first few texts, and how many more there are."""
    more = len(texts) - SHOWN
    return ", ".join(texts[:SHOWN]) + (f" and {more} more" if more > 0 else "")

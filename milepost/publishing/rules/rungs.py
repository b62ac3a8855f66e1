"""Whether views have earned the rungs that they claim, and services stand on features of theirs."""

from __future__ import annotations

from collections.abc import Iterator

from milepost.publishing.candidate import Candidate
from milepost.publishing.refusal import Refusal
from milepost.standards.standing import missing_for, services_above_their_features


def earns_its_rung(candidate: Candidate) -> Iterator[Refusal]:
    """Require that a view meets what the rung that it claims asks, as its `maturity` says:
    [the ladder](ladder.md) lists it. From `production` on the evidence beside the model is as
    `milepost promote` wrote it, for exactly this code.
    """
    for view in candidate.views:
        for finding in missing_for(candidate.examined(view), view.maturity):
            fault = finding.message.removeprefix(f"`{view.name}` ")
            yield Refusal(
                view.name,
                "it",
                f"claims `{view.maturity}` and {fault} (`{finding.path}`, {finding.rule})",
                remedy=finding.remedy,
            )


def services_stand_on_their_rung(candidate: Candidate) -> Iterator[Refusal]:
    """Require that the features of a service stand as high as its exposure's `maturity` asks:
    `medium` asks for `experimental`, `high` for `production`.
    """
    folder = candidate.project.folder
    for view, finding in services_above_their_features(candidate.catalog, folder):
        yield Refusal(view, finding.message, f"({finding.path})", remedy=finding.remedy)

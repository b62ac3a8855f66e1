"""The certificate of a feature view: what each fault in the raw log did to each of its features.

`milepost stress` writes it beside the model, as `<view>.stress.json`. It states no time and no
machine, so that the same code and the same raw log give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from milepost.building.catalog import Catalog
from milepost.building.code import Coder
from milepost.building.declared_views import FeatureView
from milepost.building.model_files import file_beside
from milepost.building.project import Project
from milepost.building.view_code import view_code
from milepost.errors import StandardsError
from milepost.release.stressed_feature import StressedFeature

FORMAT = 1
OUTCOMES = ("unchanged", "set_aside", "stopped", "moved")


@dataclass(frozen=True)
class Move:
    """How far a feature moved: a share of its values, and their median move.

    The move of a value is relative to what it was. One that came or went moved by 1, as did 0 and
    what is no number.
    """

    share: float
    median: float

    @property
    def size(self) -> float:
        """The share of values, times their median move of 1 at most: what a tolerance bounds."""
        return self.share * min(self.median, 1.0)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one fault did: `rows` of a raw table had it, in `column` or, without one, as a whole.

    `stopped`: the check that is named in `by` stops the build, or holds back the release.
    `set_aside`: all of its rows were set aside and counted. `moved`: some of them were not, and
    features moved silently. `moves` are the features whose values differ; any other is
    unchanged. Where the build is stopped, none has a value.
    """

    table: str
    column: str
    kind: str
    rows: int
    outcome: Literal["unchanged", "set_aside", "stopped", "moved"]
    by: str = ""
    set_aside: int = 0
    moves: Mapping[str, Move] = field(default_factory=dict)

    @property
    def fault(self) -> str:
        """The fault in words: `nulls` of a column, or of a table."""
        return f"{self.kind} of `{self.table}{'.' if self.column else ''}{self.column}`"

    def of(self, feature: str) -> str:
        """Return the outcome for one feature."""
        if self.outcome == "stopped" or feature in self.moves:
            return self.outcome
        return "unchanged"


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """All outcomes for the features of a view, and what they were measured on.

    `code` is that of `building.view_code`, `share` of a table's rows had a fault that is not of a
    whole time, and `days` up to `raw_log_end` were in each of its raw tables. `unproven` features
    had no value, so that no fault can be seen to move them.
    """

    view: str
    version: str | None
    code: str
    share: float
    seed: int
    days: int
    raw_log_end: str
    rows: Mapping[str, int]
    features: list[str]
    unproven: list[str]
    outcomes: list[Outcome]

    def to_bytes(self) -> bytes:
        """The certificate as it stands in the project: a line for each outcome, and a digest."""
        content = self._content()
        outcomes = content.pop("outcomes")
        head = json.dumps({**content, "digest": self.digest}, indent=1)
        lines = ",\n".join(f"  {json.dumps(outcome)}" for outcome in outcomes)
        return f'{head[:-2]},\n "outcomes": [\n{lines}\n ]\n}}\n'.encode()

    @property
    def digest(self) -> str:
        """The hash of all that it says: a certificate that was edited by hand has another."""
        return hashlib.sha256(json.dumps(self._content(), sort_keys=True).encode()).hexdigest()

    def silent_moves(self, tolerances: Mapping[str, float]) -> list[tuple[str, Outcome]]:
        """Return each feature that moved silently beyond its tolerance, with the outcome."""
        return [
            (feature, outcome)
            for outcome in self.outcomes
            if outcome.outcome == "moved"
            for feature, move in outcome.moves.items()
            if move.size > tolerances[feature]
        ]

    def table(self) -> list[StressedFeature]:
        """Return what a release says of it: how each feature fared, and its worst silent move."""
        return [self._of_feature(feature) for feature in self.features]

    def _of_feature(self, feature: str) -> StressedFeature:
        counts = Counter[str](outcome.of(feature) for outcome in self.outcomes)
        silent = [outcome for outcome in self.outcomes if outcome.of(feature) == "moved"]
        worst = max(silent, key=lambda outcome: outcome.moves[feature].size, default=None)
        numbers = (counts["unchanged"], counts["set_aside"], counts["stopped"], counts["moved"])
        row = StressedFeature(feature, *numbers)
        return replace(row, worst=worst.fault, **asdict(worst.moves[feature])) if worst else row

    def _content(self) -> dict[str, Any]:
        content = {"format": FORMAT, **asdict(self)}
        content["outcomes"] = [_written(outcome) for outcome in self.outcomes]
        return content


def path(catalog: Catalog, view: FeatureView) -> str:
    """Return where the certificate of a view is, relative to the root of the project."""
    return file_beside(catalog.nodes[view.unique_id], "stress.json")


def of_view(catalog: Catalog, coder: Coder, view: FeatureView, root: Path) -> Certificate | None:
    """Return the certificate of a view; None without one, or where it is of other code.

    `root` is the folder of the project. Raises a StandardsError for a damaged file.
    """
    written = read(root / path(catalog, view))
    if written is None or written.view != view.name or written.features != view.features:
        return None
    return written if written.code == view_code(catalog, coder, view) else None


def withstood(project: Project) -> dict[str, list[StressedFeature]]:
    """Return what each view's features withstood, by the id of its model in dbt's manifest.

    Views without a certificate of exactly this code are left out.
    """
    if project.folder is None:
        return {}
    coder = Coder(project.catalog, project.variables, "", {})
    return {
        view.unique_id: certificate.table()
        for view in project.catalog.feature_views()
        if (certificate := of_view(project.catalog, coder, view, project.folder))
    }


def read(file: Path) -> Certificate | None:
    """Return the certificate in a file, None without a file.

    Raises a StandardsError where its content is not what its digest says.
    """
    try:
        content = json.loads(file.read_bytes())
        if content.pop("format") != FORMAT:
            raise StandardsError(
                f"`{file}` is a certificate of another format", hint="`milepost stress` writes it"
            )
        stated = content.pop("digest")
        content["outcomes"] = [_read_outcome(outcome) for outcome in content["outcomes"]]
        certificate = Certificate(**content)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, StandardsError):
            raise
        raise StandardsError(
            f"`{file}` is no certificate: {error!r}", hint="`milepost stress` writes it anew"
        ) from error
    if certificate.digest != stated:
        raise StandardsError(
            f"`{file}` is not as `milepost stress` wrote it: its content has another digest",
            hint="`milepost stress` writes it anew; nobody edits it by hand",
        )
    return certificate


def _written(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as JSON has it: without what says nothing of it."""
    content = asdict(outcome)
    moves = {name: [move.share, move.median] for name, move in outcome.moves.items()}
    optional = {"by": outcome.by, "set_aside": outcome.set_aside, "moves": moves}
    required = {name: value for name, value in content.items() if name not in optional}
    return required | {name: value for name, value in optional.items() if value}


def _read_outcome(content: Mapping[str, Any]) -> Outcome:
    moves = {name: Move(*pair) for name, pair in content.get("moves", {}).items()}
    outcome = Outcome(**{**content, "moves": moves})
    if outcome.outcome not in OUTCOMES:
        raise ValueError(f"outcome `{outcome.outcome}`")
    return outcome

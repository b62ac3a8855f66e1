"""Evidence: the file beside a model that says which rung it has earned, with which code, and how.

`milepost promote` writes it and the gate reads it. Its digest shows an edit by hand. It is no
signature: whoever may commit can write another, which is why CODEOWNERS has both roles review it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from milepost.building.declared_views import FeatureView
from milepost.errors import StandardsError
from milepost.stress.judgement import stress_tolerances

FORMAT = 1


@dataclass(frozen=True)
class Proof:
    """What the builds of a proof showed: rows that stand before the cut, and after it.

    `cut_at` is the instant from which on raw rows were taken away, in ISO form, naive UTC.
    """

    cut_at: str
    rows_before: int
    rows_after: int


@dataclass(frozen=True)
class Approval:
    """Who approved a promotion: one of the view's two owners, and the role of that owner."""

    role: str
    name: str


@dataclass(frozen=True)
class Evidence:
    """That a view has earned a rung.

    `code` is what `view_code` gives, `promises` is what `promises` gives, and `certificate` is the
    digest of the stress certificate.
    """

    view: str
    rung: str
    code: str
    promises: Mapping[str, Any]
    proof: Proof
    approval: Approval
    certificate: str

    @property
    def digest(self) -> str:
        """The hash of all that the evidence says."""
        text = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def text(self) -> str:
        """Return the content of the file."""
        content = {"format": FORMAT, **asdict(self), "digest": self.digest}
        return json.dumps(content, indent=2) + "\n"


def promises(view: FeatureView, node: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a view's YAML states that was approved with it and that is no part of its code.

    `node` is the view's model. The values are as JSON has them.
    """
    stated = {
        "owners": dict(view.owners),
        "fresh_within_hours": view.fresh_within_hours,
        "bounds": dict(view.bounds),
        "derived": [asdict(feature) for feature in view.derived],
        "stress_tolerance": stress_tolerances(node, view.features),
    }
    normalised: dict[str, Any] = json.loads(json.dumps(stated))
    return normalised


def read(path: Path) -> Evidence | None:
    """Return the evidence in a file, None where there is no file.

    Raises a StandardsError where it was edited by hand, or is of another Milepost.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise _damaged(path, str(error)) from error
    try:
        if content.pop("format") != FORMAT:
            raise _damaged(path, "it has another format than this Milepost writes")
        digest = content.pop("digest")
        proof, approval = Proof(**content.pop("proof")), Approval(**content.pop("approval"))
        evidence = Evidence(proof=proof, approval=approval, **content)
    except (AttributeError, KeyError, TypeError) as error:
        raise _damaged(path, f"it lacks or adds {error}") from error
    if evidence.digest != digest:
        raise _damaged(path, "its digest is not that of its content: it was edited by hand")
    return evidence


def _damaged(path: Path, fault: str) -> StandardsError:
    return StandardsError(
        f"`{path.name}` is not as `milepost promote` wrote it: {fault}",
        hint="restore it from Git, or promote the view again",
    )

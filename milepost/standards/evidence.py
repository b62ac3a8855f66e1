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

from milepost.building.catalog import Catalog
from milepost.building.declared_entities import read_definitions
from milepost.building.declared_views import FeatureView
from milepost.errors import StandardsError
from milepost.release.derived import Derived
from milepost.stress.judgement import stress_tolerances

FORMAT = 1
_ALLOWED = "personal_data_allowed"


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


def promises(catalog: Catalog, view: FeatureView, rung: str) -> dict[str, Any]:
    """Return what YAML states that is approved with a view on a rung and is no part of its code.

    The values are as JSON has them.
    """
    node, lineage = catalog.nodes[view.unique_id], catalog.lineage(view.unique_id)
    definitions = read_definitions({view.name: node["config"]["meta"]})
    entities = sorted({role.entity for role in view.entities} & definitions.keys())
    stated: dict[str, Any] = {
        "owners": view.owners,
        "fresh_within_hours": view.fresh_within_hours,
        "dense": view.is_dense,
        "sensitivity": view.sensitivity,
        "bounds": view.bounds,
        "derived": [_derived(feature) for feature in view.derived],
        "stress_tolerance": stress_tolerances(node, view.features),
        "entity_definitions": [asdict(definitions[entity]) for entity in entities],
        "dropped_checks": catalog.dropped_checks(lineage),
        _ALLOWED: {
            node_id: allowed
            for node_id in lineage
            if (allowed := catalog.nodes[node_id]["config"].get("meta", {}).get(_ALLOWED))
        },
    }
    if rung == "deprecated":
        stated["replaced_by"] = node["config"]["meta"].get("replaced_by")
        stated["deprecation_date"] = view.deprecated_at
    normalised: dict[str, Any] = json.loads(json.dumps(stated, sort_keys=True))
    return normalised


def _derived(feature: Derived) -> dict[str, Any]:
    stated = asdict(feature)
    # Evidence of before there were such keys is still that of a feature without them.
    if not feature.keys:
        del stated["keys"]
    return stated


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

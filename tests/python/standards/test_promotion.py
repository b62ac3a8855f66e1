"""Promotion without builds: one rung at a time, and what is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from milepost.errors import StandardsError
from milepost.standards import promote as promotion
from milepost.standards.evidence import Proof
from milepost.standards.promote import promote
from milepost.standards.proof import ProofResult
from milepost.standards.requirement import Fault
from milepost.standards.standing import standing
from standards.ladders import RANGE, Ladder
from standards.test_requirements import deprecated


@pytest.fixture
def ladder(tmp_path: Path) -> Ladder:
    return Ladder(tmp_path)


def claim(ladder: Ladder, rung: str) -> None:
    ladder.yaml = ladder.yaml.replace("maturity: production", f"maturity: {rung}")
    ladder.meta["maturity"] = rung
    ladder.write()
    ladder.evidence_file.unlink()


@pytest.fixture
def proofs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The selectors of which a proof was asked, each of which passes for the code as it is."""
    selectors: list[str] = []

    def prove(folder: Path, view: object, selector: str) -> ProofResult:
        selectors.append(selector)
        return ProofResult(Proof("2026-02-25T00:00:00", 50, 3), [], Ladder(folder).examined().code)

    monkeypatch.setattr(promotion, "prove", prove)
    return selectors


def test_a_draft_with_all_that_production_asks_becomes_an_experiment(ladder: Ladder) -> None:
    claim(ladder, "draft")
    promoted = promote(ladder.examined(), None)
    assert (promoted.rung, promoted.paths) == ("experimental", ["models/beds.yml"])
    assert "maturity: experimental   # since" in (ladder.folder / "models/beds.yml").read_text()
    assert not ladder.evidence_file.exists()


def test_an_experiment_comes_into_production_with_evidence(
    ladder: Ladder, proofs: list[str]
) -> None:
    claim(ladder, "experimental")
    promoted = promote(ladder.examined(), "plants")
    assert promoted.paths == ["models/beds.evidence.json", "models/beds.yml"]
    assert proofs == ["beds"]
    evidence = json.loads(ladder.evidence_file.read_text())
    assert evidence["approval"] == {"role": "science", "name": "plants"}
    ladder.meta["maturity"] = "production"
    assert standing(ladder.examined()).is_as_claimed


def test_what_is_not_met_is_said_and_nothing_is_written(ladder: Ladder, proofs: list[str]) -> None:
    claim(ladder, "experimental")
    del ladder.nodes[RANGE]
    with pytest.raises(StandardsError) as refused:
        promote(ladder.examined(), "plants")
    assert refused.value.message.startswith(
        "`beds` has not earned `production`:\n"
        "models/beds.yml:17: `beds` does not say between which values `depth_cm` lies "
        "(experimental: bounds its numbers)\n  give the column a data test"
    )
    assert proofs == []
    assert (ladder.folder / "models/beds.yml").read_text() == ladder.yaml


def test_a_proof_that_fails_is_said_and_nothing_is_written(
    ladder: Ladder, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim(ladder, "experimental")
    result = ProofResult(None, [Fault("fails the proof of truncation", "look back")], "")
    monkeypatch.setattr(promotion, "prove", lambda *_: result)
    with pytest.raises(StandardsError, match="`beds` fails the proof of truncation"):
        promote(ladder.examined(), "plants")
    assert not ladder.evidence_file.exists()
    assert (ladder.folder / "models/beds.yml").read_text() == ladder.yaml


def test_a_proof_of_code_that_was_edited_meanwhile_does_not_count(
    ladder: Ladder, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim(ladder, "experimental")
    result = ProofResult(Proof("2026-02-25T00:00:00", 50, 3), [], "other code")
    monkeypatch.setattr(promotion, "prove", lambda *_: result)
    with pytest.raises(StandardsError, match="were edited while its proof ran"):
        promote(ladder.examined(), "plants")
    assert not ladder.evidence_file.exists()


def test_one_owner_for_both_roles_cannot_approve(ladder: Ladder, proofs: list[str]) -> None:
    ladder.meta["owners"] = {"science": "plants", "engineering": "plants"}
    claim(ladder, "experimental")
    with pytest.raises(StandardsError, match="has the same owner for both roles"):
        promote(ladder.examined(), "plants")
    assert proofs == []


def test_production_is_proved_again_for_other_code(ladder: Ladder, proofs: list[str]) -> None:
    ladder.write()
    with pytest.raises(StandardsError, match="is in `production`, and its evidence holds"):
        promote(ladder.examined(), "pipes")
    ladder.evidence_changes = {"code": "other code"}
    ladder.write()
    assert not standing(ladder.examined()).is_as_claimed
    promoted = promote(ladder.examined(), "pipes")
    assert (promoted.rung, promoted.paths) == ("production", ["models/beds.evidence.json"])
    assert proofs == ["beds"]
    assert standing(ladder.examined()).is_as_claimed


def test_a_view_in_production_that_names_a_replacement_is_deprecated(
    ladder: Ladder, proofs: list[str]
) -> None:
    deprecated(ladder)
    ladder.meta["maturity"] = "production"
    ladder.write()
    promoted = promote(ladder.examined(), None)
    assert promoted.rung == "deprecated"
    assert json.loads(ladder.evidence_file.read_text())["rung"] == "deprecated"
    assert proofs == [], "the proof of this code is there"
    ladder.meta["maturity"] = "deprecated"
    ladder.exposures = {}
    assert standing(ladder.examined()).earned == "deprecated"
    with pytest.raises(StandardsError, match="is in `deprecated`"):
        promote(ladder.examined(), None)


def test_a_deprecated_view_is_proved_again_for_other_code(
    ladder: Ladder, proofs: list[str]
) -> None:
    deprecated(ladder)
    ladder.exposures = {}
    ladder.evidence_changes = {"code": "other code"}
    ladder.write()
    assert "has evidence of other code" in standing(ladder.examined()).missing[0].message
    with pytest.raises(StandardsError, match="nobody has approved"):
        promote(ladder.examined(), None)
    promoted = promote(ladder.examined(), "pipes")
    assert (promoted.rung, promoted.paths) == ("deprecated", ["models/beds.evidence.json"])
    assert proofs == ["beds"]
    assert standing(ladder.examined()).earned == "deprecated"


def test_a_view_that_no_service_uses_any_more_is_deprecated(
    ladder: Ladder, proofs: list[str]
) -> None:
    deprecated(ladder)
    ladder.meta["maturity"] = "production"
    ladder.exposures = {}
    ladder.write()
    assert promote(ladder.examined(), None).rung == "deprecated"
    assert proofs == []


def test_a_rung_that_was_given_up_is_proved_again(ladder: Ladder, proofs: list[str]) -> None:
    ladder.write()
    ladder.meta["maturity"] = "experimental"
    path = ladder.folder / "models/beds.yml"
    path.write_text(ladder.yaml.replace("maturity: production", "maturity: experimental"))
    assert promote(ladder.examined(), "pipes").rung == "production"
    assert proofs == ["beds"]


def test_evidence_that_was_edited_by_hand_is_written_anew(
    ladder: Ladder, proofs: list[str]
) -> None:
    ladder.write()
    ladder.evidence_file.write_text("{}")
    assert promote(ladder.examined(), "pipes").rung == "production"
    assert proofs == ["beds"]
    assert standing(ladder.examined()).is_as_claimed


def test_a_deprecated_view_without_evidence_of_that_is_refused(ladder: Ladder) -> None:
    ladder.write()
    deprecated(ladder)
    stands = standing(ladder.examined())
    assert (stands.claimed, stands.earned) == ("deprecated", "experimental")
    assert "on the rung `production`, and not of `deprecated`" in stands.missing[0].message


def test_a_view_of_a_package_is_not_promoted(ladder: Ladder) -> None:
    ladder.write()
    ladder.view["package_name"] = "orchard"
    with pytest.raises(StandardsError, match="`beds` is of the package `orchard`"):
        promote(ladder.examined(), "pipes")
    stands = standing(ladder.examined())
    assert (stands.claimed, stands.earned) == ("production", "experimental")
    assert "is of the package `orchard`, which proves nothing" in stands.missing[0].message

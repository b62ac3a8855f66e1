"""Where a view stands: the rung that it has earned, what it lacks, and services above it."""

from __future__ import annotations

from pathlib import Path

import pytest

from milepost.building.catalog import Catalog
from milepost.errors import PublishError, StandardsError
from milepost.standards.maturity_line import with_maturity
from milepost.standards.places import StatedModel
from milepost.standards.standing import services_above_their_features, standing
from standards.ladders import RANGE, SOURCE, Ladder


@pytest.fixture
def ladder(tmp_path: Path) -> Ladder:
    ladder = Ladder(tmp_path)
    ladder.write()
    return ladder


def test_a_view_with_all_that_is_asked_is_in_production(ladder: Ladder) -> None:
    stands = standing(ladder.examined())
    assert (stands.claimed, stands.earned, stands.next_rung) == ("production", "production", "")
    assert stands.is_as_claimed
    assert stands.missing == []


def test_a_view_has_earned_the_rungs_below_what_it_lacks(ladder: Ladder) -> None:
    ladder.raw_logs[SOURCE]["first"] = "2026-02-20"
    stands = standing(ladder.examined())
    assert (stands.earned, stands.next_rung) == ("experimental", "production")
    assert not stands.is_as_claimed
    assert [finding.rule for finding in stands.missing] == ["production: has a history"]


def test_what_a_lower_rung_asks_comes_first(ladder: Ladder) -> None:
    ladder.raw_logs[SOURCE]["first"] = "2026-02-20"
    del ladder.nodes[RANGE]
    stands = standing(ladder.examined())
    assert (stands.earned, stands.next_rung) == ("draft", "experimental")
    assert [finding.rule for finding in stands.missing] == ["experimental: bounds its numbers"]


def test_a_view_may_claim_less_than_it_has_earned(ladder: Ladder) -> None:
    ladder.meta["maturity"] = "draft"
    stands = standing(ladder.examined())
    assert (stands.claimed, stands.earned) == ("draft", "production")
    assert stands.is_as_claimed


def test_another_maturity_is_no_rung(ladder: Ladder) -> None:
    ladder.meta["maturity"] = "beta"
    stands = standing(ladder.examined())
    assert (stands.earned, stands.is_as_claimed) == ("", False)
    (finding,) = stands.missing
    assert "has the maturity `beta`" in finding.message
    assert "write one of draft, experimental, production, deprecated" in finding.remedy
    with pytest.raises(PublishError, match="`beds` has the maturity `beta`"):
        ladder.catalog.feature_views()


def test_another_maturity_of_a_training_set_is_refused(ladder: Ladder) -> None:
    lookups = [{"features": ["beds:depth_cm"]}]
    ladder.nodes["model.green.harvest"] = {
        **ladder.view,
        "name": "harvest",
        "config": {"meta": {"lookups": lookups, "maturity": "stable"}},
    }
    with pytest.raises(PublishError, match="training set `harvest` has the maturity `stable`"):
        ladder.catalog.training_sets()


@pytest.mark.parametrize(
    ("maturity", "rung", "is_refused"),
    [
        (None, "draft", False),
        ("low", "draft", False),
        ("medium", "draft", True),
        ("medium", "experimental", False),
        ("high", "experimental", True),
        ("high", "production", False),
        ("high", "deprecated", False),
    ],
)
def test_a_service_stands_on_features_of_its_rung(
    ladder: Ladder, maturity: str | None, rung: str, is_refused: bool
) -> None:
    ladder.exposures["exposure.green.watering"]["maturity"] = maturity
    ladder.meta["maturity"] = rung
    catalog: Catalog = ladder.catalog
    findings = dict(services_above_their_features(catalog, ladder.folder))
    assert set(findings) == ({"beds"} if is_refused else set())
    for finding in findings.values():
        assert (finding.path, finding.line) == ("models/exposures.yml", 2)
        assert f"`watering` has the maturity `{maturity}`" in finding.message
        assert f"`beds` is `{rung}`" in finding.message


def test_promotion_changes_one_word_of_the_yaml(ladder: Ladder) -> None:
    stated = StatedModel(ladder.folder, ladder.view)
    text = with_maturity(ladder.folder, stated, "deprecated")
    assert text == ladder.yaml.replace(
        "maturity: production   # since", "maturity: deprecated   # since"
    )


def test_a_maturity_of_several_versions_is_not_written(ladder: Ladder) -> None:
    path = ladder.folder / "models/beds.yml"
    path.write_text(ladder.yaml + "    versions: [{v: 1}, {v: 2}]\n")
    stated = StatedModel(ladder.folder, {**ladder.view, "version": 2})
    with pytest.raises(StandardsError, match="does not state the `maturity` of `beds_v2` alone"):
        with_maturity(ladder.folder, stated, "deprecated")
    versions = "    versions: [{v: 1}, {v: 2, config: {meta: {maturity: draft}}}]\n"
    path.write_text(ladder.yaml + versions)
    stated = StatedModel(ladder.folder, {**ladder.view, "version": 2})
    text = with_maturity(ladder.folder, stated, "experimental")
    assert text == ladder.yaml + versions.replace("draft", "experimental")


def test_a_maturity_of_dbt_project_yml_is_not_written(ladder: Ladder) -> None:
    path = ladder.folder / "models/beds.yml"
    path.write_text(ladder.yaml.replace("        maturity: production   # since the first h", "#"))
    stated = StatedModel(ladder.folder, ladder.view)
    with pytest.raises(StandardsError, match="does not state the `maturity` of `beds` alone"):
        with_maturity(ladder.folder, stated, "experimental")


PLAIN = """\
models:
  - name: pots
    config:
      meta: {maturity: experimental}
  - name: beds
    config:
      meta: {maturity: experimental}
"""


@pytest.mark.parametrize(
    ("pots", "beds"),
    [
        ("{maturity: &m experimental}", "{maturity: *m}"),
        ("&shared {maturity: experimental}", "*shared"),
        ("&shared {maturity: experimental}", "{<<: *shared}"),
    ],
)
def test_a_maturity_that_views_share_is_not_written(ladder: Ladder, pots: str, beds: str) -> None:
    before, between, after = PLAIN.split("{maturity: experimental}")
    (ladder.folder / "models/beds.yml").write_text(before + pots + between + beds + after)
    for name in ("pots", "beds"):
        stated = StatedModel(ladder.folder, {**ladder.view, "name": name})
        with pytest.raises(
            StandardsError, match=f"does not state the `maturity` of `{name}` alone"
        ):
            with_maturity(ladder.folder, stated, "production")


@pytest.mark.parametrize("value", [">-\n        experimental", "'experi\n        mental'"])
def test_a_maturity_on_several_lines_is_not_written(ladder: Ladder, value: str) -> None:
    text = f"models:\n  - name: beds\n    config:\n      meta:\n       maturity: {value}\n"
    (ladder.folder / "models/beds.yml").write_text(text)
    with pytest.raises(StandardsError, match="does not state the `maturity` of `beds` alone"):
        with_maturity(ladder.folder, StatedModel(ladder.folder, ladder.view), "production")


@pytest.mark.parametrize("value", ["'experimental'", '"experimental"', "&m experimental"])
def test_a_maturity_is_written_over_in_quotes_and_at_an_anchor(ladder: Ladder, value: str) -> None:
    text = PLAIN.replace("experimental", "draft", 1)
    (ladder.folder / "models/beds.yml").write_text(text.replace("experimental", value))
    stated = StatedModel(ladder.folder, ladder.view)
    assert with_maturity(ladder.folder, stated, "production") in {
        text.replace("experimental", "production"),
        text.replace("experimental", "&m production"),
    }

"""A guest project climbs the ladder, by plain commands, and the gate holds it to what it earned."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

import greenhouse
from greenhouse import FIRST, Greenhouse
from milepost.cli.main import main
from milepost.errors import PublishError, StandardsError
from milepost.standards import dbt
from milepost.standards.check import examined_views
from milepost.standards.examined_view import ExaminedView
from milepost.standards.promote import promote_view
from milepost.storage.location import Location
from milepost.stress.certificate import Certificate, Outcome

pytestmark = pytest.mark.slow

LAST = date(2026, 2, 9)  # forty days
SQL, YAML = "models/features/bed_moisture.sql", "models/features/bed_moisture.yml"
CERTIFICATE = Path("models/features/bed_moisture.stress.json")
EVIDENCE = Path("models/features/bed_moisture.evidence.json")
EXPOSURE = """\
version: 2
exposures:
  - name: watering
    type: ml
    maturity: medium
    description: Says when to water a bed.
    owner: {name: plants, email: plants@example.com}
    config: {meta: {features: ["bed_moisture:reading_count_1d"]}}
    depends_on: [ref('bed_moisture')]
"""


@pytest.fixture(scope="module")
def grown(
    built_greenhouse: Greenhouse, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Greenhouse]:
    """The project with forty days, a service, and all that promotion asks but an approval."""
    raw, store = (
        Location.parse(f"s3://milepost-{kind}/test-{os.getpid()}-ladder")
        for kind in ("raw", "store")
    )
    readings = greenhouse.sound_readings(FIRST, LAST)
    greenhouse.land(raw, readings, first=FIRST, last=LAST)
    folder = tmp_path_factory.mktemp("ladder") / "project"
    project = built_greenhouse.copy(folder, raw=raw, store=store)
    project.edit(
        YAML, "        sensitivity:", "        fresh_within_hours: 50\n        sensitivity:"
    )
    project.edit("dbt_project.yml", "reference_days: 30", "reference_days: 90")
    (folder / "models/exposures.yml").write_text(EXPOSURE)
    project.build("--full-refresh")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in project.environment().items():
            patch.setenv(name, value)
        patch.delenv("MILEPOST_SCRATCH")  # promotion finds its own place for databases
        assert promote(project) == "experimental"
        yield project


@pytest.fixture
def project(grown: Greenhouse, tmp_path: Path, store: Location) -> Greenhouse:
    return grown.copy(tmp_path / "copy", store=store)


def examined(project: Greenhouse) -> ExaminedView:
    read = dbt.read_project(project.folder)
    (view,) = examined_views(read, project.folder / "scratch.duckdb", "bed_moisture")
    return view


def certify(project: Greenhouse) -> None:
    """Write the certificate that `milepost stress` would, of the code as it is now."""
    tables = ["sensors.beds", "sensors.readings"]
    certificate = Certificate(
        view="bed_moisture",
        version=None,
        code=examined(project).code,
        share=0.05,
        seed=1,
        days=40,
        raw_log_end=str(LAST),
        rows=dict.fromkeys(tables, 80),
        features=["moisture_max_1d", "reading_count_1d"],
        unproven=[],
        outcomes=[
            Outcome(table=table, column="", kind="duplicates", rows=4, outcome="unchanged")
            for table in tables
        ],
    )
    (project.folder / CERTIFICATE).write_bytes(certificate.to_bytes())


def promote(project: Greenhouse, approver: str | None = None) -> str:
    database = project.folder / "scratch.duckdb"
    return promote_view(project.folder, database, "bed_moisture", approver).rung


@pytest.fixture(scope="module")
def in_production(grown: Greenhouse, tmp_path_factory: pytest.TempPathFactory) -> Greenhouse:
    """The project with its view in production."""
    project = grown.copy(tmp_path_factory.mktemp("production") / "project", store=grown.store)
    certify(project)
    assert promote(project, "pipes") == "production"
    project.build()
    return project


def test_a_view_climbs_to_production_and_is_published(in_production: Greenhouse) -> None:
    project = in_production
    assert "maturity: production\n" in (project.folder / YAML).read_text()
    evidence = json.loads((project.folder / EVIDENCE).read_text())
    assert evidence["approval"] == {"role": "engineering", "name": "pipes"}
    assert evidence["proof"] == {
        "cut_at": "2026-02-09T00:00:00",
        "rows_before": 76,
        "rows_after": 4,
    }
    (view,) = project.publish().manifest.views
    assert (view.maturity, view.rung_evidence) == ("production", evidence["digest"])
    with pytest.raises(StandardsError, match="is in `production`, and its evidence holds"):
        promote(project, "pipes")


def test_the_commands_say_where_a_view_stands(
    project: Greenhouse, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBT_PROJECT_DIR", str(project.folder))
    database = ["--database", str(project.folder / "scratch.duckdb")]
    main(["check", "bed_moisture", *database, "--json"])
    (view,) = json.loads(capsys.readouterr().out)["views"]
    assert (view["claimed"], view["earned"]) == ("experimental", "experimental")
    assert {finding["rule"] for finding in view["missing"]} == {
        "production: has withstood stress",
        "production: has evidence of this code",
    }
    assert main(["promote", "bed_moisture", *database]) == 1
    assert f"{CERTIFICATE}:1: `bed_moisture` has not withstood" in capsys.readouterr().err
    project.edit(YAML, "maturity: experimental", "maturity: production")
    assert main(["check", "bed_moisture", *database]) == 1
    first_line = "bed_moisture: production, which it has not earned: it is experimental; 2 to do"
    assert capsys.readouterr().out.startswith(first_line)
    assert main(["check", "bed_moistur", *database]) == 1
    assert "`bed_moistur` is no feature view of `greenhouse`" in capsys.readouterr().err


def test_promotion_asks_for_an_owner_and_a_certificate(project: Greenhouse) -> None:
    with pytest.raises(StandardsError, match="has not withstood stress") as refused:
        promote(project, "pipes")
    assert f"{CERTIFICATE}:1: " in str(refused.value)
    certify(project)
    with pytest.raises(StandardsError, match="nobody has approved") as refused:
        promote(project)
    assert "`--approved-by` `plants` or `pipes`" in str(refused.value)
    with pytest.raises(StandardsError, match="`a stranger` is no owner of `bed_moisture`"):
        promote(project, "a stranger")
    assert not (project.folder / EVIDENCE).exists()
    assert "maturity: experimental\n" in (project.folder / YAML).read_text()


def test_a_view_that_looks_into_the_future_is_not_promoted(project: Greenhouse) -> None:
    project.edit(SQL, "known_at,", "known_at - interval 2 day as known_at,")
    certify(project)
    with pytest.raises(StandardsError, match="fails the proof of truncation: "):
        promote(project, "pipes")
    assert not (project.folder / EVIDENCE).exists()


def test_the_gate_refuses_a_rung_that_was_not_earned(project: Greenhouse) -> None:
    project.edit(YAML, "maturity: experimental", "maturity: production")
    project.build()
    with pytest.raises(PublishError) as refused:
        project.publish()
    assert "it claims `production` and has no evidence that it earned `production`" in str(
        refused.value
    )
    assert "run `milepost promote bed_moisture --approved-by" in refused.value.hint


def test_the_gate_refuses_evidence_of_other_code(
    in_production: Greenhouse, tmp_path: Path, store: Location
) -> None:
    project = in_production.copy(tmp_path / "copy", store=store)
    project.edit(YAML, "max_value: 1}", "max_value: 2}")
    certify(project)
    project.build()
    with pytest.raises(PublishError, match="has evidence of other code") as refused:
        project.publish()
    assert "run `milepost promote bed_moisture --approved-by" in refused.value.hint


def test_the_gate_refuses_evidence_that_was_edited_by_hand(
    in_production: Greenhouse, tmp_path: Path, store: Location
) -> None:
    project = in_production.copy(tmp_path / "copy", store=store)
    path = project.folder / EVIDENCE
    path.write_text(path.read_text().replace('"rows_before": 76', '"rows_before": 7600'))
    with pytest.raises(PublishError, match="has evidence that does not count: ") as refused:
        project.publish()
    assert "it was edited by hand" in str(refused.value)
    assert "restore it from Git, or promote the view again" in refused.value.hint


def test_the_gate_refuses_a_service_above_its_features(project: Greenhouse) -> None:
    project.edit("models/exposures.yml", "maturity: medium", "maturity: high")
    assert project.dbt("parse").returncode == 0
    with pytest.raises(PublishError) as refused:
        project.publish()
    assert (
        "service `watering` has the maturity `high`, which asks `production` of its features, and "
        "`bed_moisture` is `experimental` (models/exposures.yml)"
    ) in str(refused.value)

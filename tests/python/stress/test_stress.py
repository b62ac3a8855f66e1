"""A guest's view is stressed: each outcome is seen, and the certificate is of its code alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from greenhouse import Greenhouse
from milepost import cli
from milepost.building.code import Coder
from milepost.building.declared_views import FeatureView
from milepost.building.project import Project
from milepost.stress import certificate, judgement
from milepost.stress.stress import StressedView, stressed

pytestmark = pytest.mark.slow
PATH = "models/features/bed_moisture.stress.json"


def enter(green: Greenhouse, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in green.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(green.folder)


def stress(green: Greenhouse, monkeypatch: pytest.MonkeyPatch) -> StressedView:
    enter(green, monkeypatch)
    (result,) = stressed(green.folder, [], days=10)
    return result


def judged(green: Greenhouse) -> tuple[Project, FeatureView, list[str]]:
    project = Project.read(green.folder / "target/manifest.json")
    coder = Coder(project.catalog, project.variables, "dev", {})
    (view,) = project.catalog.feature_views()
    faults = judgement.faults(project.catalog, coder, view, green.folder)
    return project, view, [fault.message for fault in faults]


def test_each_outcome_is_seen_and_the_certificate_is_of_this_code_alone(
    green: Greenhouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = stress(green, monkeypatch)
    assert result.path == PATH
    by_fault = {item.fault: item for item in result.certificate.outcomes}
    # the same row again is one delivery; nobody looks at the order of rows
    for kind in ("duplicates", "out_of_order", "day_doubled"):
        assert by_fault[f"{kind} of `sensors.readings`"].outcome == "unchanged"
    # 3 of 60 are fewer than may be set aside
    sign = by_fault["sign of `sensors.readings.moisture`"]
    assert (sign.outcome, sign.rows, sign.set_aside) == ("set_aside", 3, 3)
    assert set(sign.moves) == {"moisture_max_1d", "reading_count_1d"}
    frozen = by_fault["source_frozen of `sensors.readings`"]
    assert (frozen.outcome, frozen.by) == ("stopped", "`rows_within_days` of `sensors.readings`")
    # a reading of 0 is one that nothing doubts; in an hour of three it hides behind the others
    nulls = by_fault["nulls of `sensors.readings.moisture`"]
    assert (nulls.outcome, nulls.rows) == ("moved", 3)
    assert nulls.moves["reading_count_1d"].median == pytest.approx(1 / 3, abs=0.01)

    # By the same rows it is written anew, elsewhere as well.
    written = (green.folder / PATH).read_bytes()
    again = green.copy(tmp_path / "again", store=green.store)
    (again.folder / PATH).unlink()
    stress(again, monkeypatch)
    assert (again.folder / PATH).read_bytes() == written

    # It holds for the code that was stressed, as `dbt build` finds it, and stands in the release.
    (view,) = green.publish().manifest.views
    assert view.certificate == result.certificate.table()
    assert [message for message in judged(green)[2] if "silently" not in message] == [
        "`bed_moisture` was given faults on 10 days of its raw logs, and production asks 30"
    ]
    green.edit("models/features/bed_moisture.sql", "'over': '1d'", "'over': '2d'")
    assert green.dbt("parse").returncode == 0
    assert judged(green)[2] == ["`bed_moisture` has a stress certificate of other code"]


def test_a_check_that_is_gone_is_missed(
    green: Greenhouse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    green.edit(
        "models/staging/base_sensors__readings.sql",
        "{'moisture_is_no_share': 'moisture not between 0 and 1'}",
        "{}",
    )
    enter(green, monkeypatch)
    code = cli.main(["stress", "bed_moisture", "--days", "10", "--json"])
    (told,) = json.loads(capsys.readouterr().out)
    assert (told["view"], told["file"]) == ("bed_moisture", PATH)
    assert code == bool(told["silent_moves"])
    written = certificate.read(green.folder / PATH)
    assert written is not None
    (outlier,) = (
        item
        for item in written.outcomes
        if item.fault == "outliers_x1000 of `sensors.readings.moisture`"
    )
    # nothing sets it aside any more; the view's own data test is left
    assert (outlier.outcome, outlier.by) == ("stopped", "`bed_moisture_is_a_share`")

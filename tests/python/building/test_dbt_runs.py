"""A build in a database of its own has the project's profile, from where dbt looks for it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from milepost.building import dbt_runs
from milepost.building.dbt_runs import ended
from milepost.errors import PublishError, StandardsError

PLUGIN = {"module": "milepost.dbt_plugin", "config": {"store_uri": "s3://store"}}
OUTPUT = {
    "type": "duckdb",
    "path": "a.duckdb",
    "settings": {"threads": 4, "TimeZone": "UTC"},
    "plugins": [PLUGIN],
}


def project(folder: Path, output: dict[str, Any] | None = None) -> Path:
    (folder / "dbt_project.yml").write_text("{name: green, profile: green}")
    profiles = {"green": {"target": "dev", "outputs": {"dev": output or OUTPUT}}}
    (folder / "profiles.yml").write_text(yaml.safe_dump(profiles))
    return folder


def written(folder: Path, **changes: Any) -> dict[str, Any]:
    (folder / "place").mkdir()
    dbt_runs.write_profile(folder, folder / "place", Path("other.duckdb"), **changes)
    profiles = yaml.safe_load((folder / "place/profiles.yml").read_text())
    output: dict[str, Any] = profiles["green"]["outputs"]["dev"]
    return output


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DBT_PROFILES_DIR", raising=False)


def test_what_is_stated_stays_beside_what_is_given(tmp_path: Path) -> None:
    """But a setting that would take an option back, as dbt sets it again for each query."""
    given = {"config_options": {"threads": 1}, "plugin": {"raw_copy": {"days": 9}}}
    config = {"store_uri": "s3://store", "raw_copy": {"days": 9}}
    assert written(project(tmp_path), **given) == {
        "type": "duckdb",
        "path": "other.duckdb",
        "config_options": {"threads": 1},
        "settings": {"TimeZone": "UTC"},
        "plugins": [{**PLUGIN, "config": config}],
    }


def test_the_stated_folder_of_profiles_is_the_only_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "profiles").mkdir()
    project(tmp_path / "profiles", {**OUTPUT, "schema": "other"})
    monkeypatch.setenv("DBT_PROFILES_DIR", str(tmp_path / "profiles"))
    assert written(project(tmp_path))["schema"] == "other"
    monkeypatch.setenv("DBT_PROFILES_DIR", str(tmp_path / "place"))
    (tmp_path / "place/profiles.yml").unlink()
    with pytest.raises(StandardsError, match="the profile `green` of "):
        dbt_runs.write_profile(tmp_path, tmp_path, Path("other.duckdb"))


def test_a_profile_that_builds_with_another_engine_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StandardsError, match="builds with `dev`, which is not DuckDB"):
        written(project(tmp_path, {"type": "sail", "schema": "green"}))


def test_a_profile_without_the_plugin_is_told_where_it_is_needed(tmp_path: Path) -> None:
    folder = project(tmp_path, {"type": "duckdb", "plugins": []})
    with pytest.raises(StandardsError, match=r"names the plugin `milepost\.dbt_plugin`"):
        written(folder, plugin={"raw_copy": {}})
    dbt_runs.write_profile(folder, folder / "place", Path("other.duckdb"))


def test_what_dbt_says_of_a_failure_is_told(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match=r"`dbt nonsense` failed:\n(?s:.*)nonsense"):
        dbt_runs.run(tmp_path, "nonsense")


def test_dbt_runs_in_a_process_of_its_own(tmp_path: Path) -> None:
    """Elsewhere in these tests it is forked from one that has imported dbt."""
    assert ended is not dbt_runs.ended
    nothing = ended(tmp_path, ["--quiet", "parse", "--profiles-dir", str(tmp_path)], os.environ)
    assert nothing.returncode == 2
    assert "dbt_project.yml" in nothing.stdout + nothing.stderr

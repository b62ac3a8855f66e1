"""The feature views in README and docs site are those of the dbt project."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / "scripts/feature_table.py"


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, SCRIPT, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_readme_has_the_feature_views_as_they_are(dbt_manifest: Path, tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    shutil.copy(ROOT / "README.md", readme)
    assert run("--manifest", dbt_manifest, "--write", readme).returncode == 0
    assert readme.read_text() == (ROOT / "README.md").read_text(), (
        "run `dbt parse && python scripts/feature_table.py --write README.md`"
    )


def test_a_row_has_the_number_of_features_and_not_their_names(dbt_manifest: Path) -> None:
    nodes = json.loads(dbt_manifest.read_text())["nodes"]
    view = nodes["model.milepost.market_balance"]
    entity_keys = [key for keys in view["config"]["meta"]["entities"].values() for key in keys]
    stored_count = len(view["columns"]) - len(entity_keys) - 1  # `available_at` is no feature
    derived_count = len(view["config"]["meta"]["derived"])
    assert min(stored_count, derived_count) > 0
    row = run("--manifest", dbt_manifest).stdout.partition("| `market_balance` |")[2].split("\n")[0]
    assert row.endswith(f" | {stored_count + derived_count} |")
    assert "`market_id`, `equipment_type`" in row
    assert "load_to_truck_ratio_1d" not in row


def test_overview_links_every_feature_view(dbt_manifest: Path) -> None:
    overview = (ROOT / "docs/site/overview.md").read_text()
    nodes = json.loads(dbt_manifest.read_text())["nodes"]
    views = [i for i, node in nodes.items() if "entities" in node["config"].get("meta", {})]
    assert len(views) >= 3
    for view in views:
        assert f"(#!/model/{view})" in overview, "name it in docs/site/overview.md"


def test_what_stood_in_the_file_before_is_replaced(dbt_manifest: Path, tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text("before\n<!-- feature views -->\nold\n<!-- feature views -->\nafter\n")
    assert run("--manifest", dbt_manifest, "--write", file).returncode == 0
    table = run("--manifest", dbt_manifest).stdout
    assert "| `carrier_reliability` |" in table
    assert file.read_text() == (
        f"before\n<!-- feature views -->\n\n{table}\n<!-- feature views -->\nafter\n"
    )


def test_a_file_without_two_markers_is_left_alone(dbt_manifest: Path, tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text("nothing to replace\n")
    done = run("--manifest", dbt_manifest, "--write", file)
    assert done.returncode == 1
    assert "hint: " in done.stderr
    assert file.read_text() == "nothing to replace\n"


def test_without_a_manifest_it_says_what_to_run(tmp_path: Path) -> None:
    done = run("--manifest", tmp_path / "manifest.json")
    assert (done.returncode, done.stdout) == (1, "")
    assert "dbt build" in done.stderr

"""The exported hook of pre-commit, run as a new project configures it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from milepost.beginning.project import commit_of, filled

PROJECT = Path(__file__).parents[3]


def test_the_hook_of_a_new_project_refuses_and_passes(tmp_path: Path) -> None:
    if (commit := commit_of(PROJECT)) == "HEAD":
        pytest.skip("the checkout is not git's, and pre-commit takes hooks from git alone")
    project = tmp_path / "harbor"
    (project / "models").mkdir(parents=True)
    config = filled("pre-commit-config.yaml", {"package": str(PROJECT), "revision": commit})
    (project / ".pre-commit-config.yaml").write_text(config)
    (project / ".sqlfluff").write_text("[sqlfluff]\ndialect = duckdb\n")
    (project / "dbt_project.yml").write_text("{name: harbor, version: 0.1.0}\n")
    model = project / "models/orders.sql"
    model.write_text("select now() as built_at\n")
    command = "git init -q && git add . && pre-commit run --all-files"

    def commit_files() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", command],
            cwd=project,
            env={
                **os.environ,
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
                "PRE_COMMIT_HOME": str(tmp_path / "hooks"),
            },
            capture_output=True,
            text=True,
            check=False,
        )

    refused = commit_files()
    assert refused.returncode == 1, refused.stdout + refused.stderr
    assert "models/orders.sql:1: `now()` reads the wall clock" in refused.stdout, refused.stdout
    model.write_text("select 1 as order_count\n")
    passed = commit_files()
    assert passed.returncode == 0, passed.stdout + passed.stderr


def test_files_of_no_dbt_project_have_no_rules(tmp_path: Path) -> None:
    (tmp_path / "green/scripts").mkdir(parents=True)
    (tmp_path / "green/dbt_project.yml").write_text("{name: green, version: 0.1.0}\n")
    for path in ("pyproject.toml", "train.py", "green/scripts/train.py"):
        (tmp_path / path).write_text("import pickle\n")
    command = [sys.executable, "-m", "milepost.cli.rules"]
    files = ["pyproject.toml", "train.py"]
    outside = subprocess.run([*command, *files], cwd=tmp_path, check=False)
    assert outside.returncode == 0
    both = subprocess.run(
        [*command, *files, "green/scripts/train.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert both.returncode == 1
    assert both.stdout.count("milepost.pickle") == 1, both.stdout

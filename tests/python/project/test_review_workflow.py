"""The workflow that reviews a pull request: its shell lines run on a local S3, with the CI policy.

GitHub itself is not here: what its actions do is done by the test, and `gh` is a script of ours.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from beginning import lake
from milepost.release import pointers, releases
from milepost.review.markdown import MARK
from milepost.storage import s3
from milepost.storage.location import Location
from test_security import ADMIN, STORE, acting_as, profiles

__all__ = ["acting_as", "profiles"]  # fixtures

PROJECT = Path(__file__).parents[3]
OURS = PROJECT / ".github/workflows/review.yml"
TEMPLATE = PROJECT / "milepost/beginning/templates/review.yml"
RAW_LOG, RELEASES = Location("milepost-raw", "harbor"), Location(STORE, "harbor")
SHARED = ("parse the base branch", "build what changed", "report", "owners", "comment")
GH = """#!/usr/bin/env bash
echo "$@" >> "$CALLS"
[[ "$*" == *--paginate* ]] && echo "$COMMENTS" || true
"""


def steps(text: str) -> dict[str, dict[str, Any]]:
    """The named steps of a workflow, of all its jobs."""
    jobs = yaml.safe_load(text)["jobs"].values()
    return {step["name"]: step for job in jobs for step in job["steps"] if "name" in step}


def filled() -> str:
    """The template as a project called `harbor` has it."""
    text = TEMPLATE.read_text().replace("$name", "harbor").replace("$store", RELEASES.uri())
    return text.replace("$$", "$")


def bash(script: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a script as GitHub runs a step."""
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            **environment,
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_the_workflow_of_a_new_project_is_ours() -> None:
    ours, theirs = steps(OURS.read_text()), steps(filled())
    for name in SHARED:
        assert theirs[name] == ours[name]


@pytest.mark.parametrize("text", [OURS.read_text(), filled()], ids=["ours", "template"])
def test_a_job_has_only_the_rights_that_it_needs(text: str) -> None:
    """What builds the code of a pull request cannot write to the repository."""
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {}
    assert workflow[True] == "pull_request"  # not `pull_request_target`; YAML reads `on` as true
    build, comment = workflow["jobs"]["build"], workflow["jobs"]["comment"]
    assert build["permissions"] == {"contents": "read", "id-token": "write"}
    assert comment["permissions"] == {"pull-requests": "write"}
    assert not any("checkout" in step.get("uses", "") for step in comment["steps"])
    assert "head.repo.full_name == github.repository" in build["if"]
    assert "secrets." not in text
    for step in steps(text).values():
        # An expression in a script would be code of whoever names a branch.
        assert "${{" not in step["run"]


@pytest.mark.parametrize("comments", ["", "11\n12"])
def test_the_comment_is_written_once_and_then_replaced(tmp_path: Path, comments: str) -> None:
    (tmp_path / "gh").write_text(GH)
    (tmp_path / "gh").chmod(0o755)
    calls = tmp_path / "calls"
    done = bash(
        steps(OURS.read_text())["comment"]["run"],
        tmp_path,
        PATH=f"{tmp_path}:{os.environ['PATH']}",
        CALLS=str(calls),
        COMMENTS=comments,
        GH_REPO="acme/green",
        NUMBER="7",
    )
    assert done.returncode == 0, done.stderr
    asked, written = calls.read_text().splitlines()
    assert asked.startswith("api --paginate repos/acme/green/issues/7/comments --jq ")
    assert MARK in asked
    assert written == (
        "api --silent --method PATCH repos/acme/green/issues/comments/12 --field body=@report.md"
        if comments
        else "pr comment 7 --body-file report.md"
    )


@pytest.mark.full_size
@pytest.mark.slow
def test_the_lines_of_the_workflow_run_with_the_rights_of_ci(
    acting_as: Callable[[str], None], tmp_path: Path
) -> None:
    acting_as(ADMIN)
    lake.orders(RAW_LOG)
    project = tmp_path / "harbor"
    setup = f"""
        milepost init harbor --raw {RAW_LOG.uri()} --store {RELEASES.uri()}
        cd harbor
        export MILEPOST_STORE_URI={RELEASES.uri()}
        dbt build
        milepost publish
        milepost owners --organisation acme
        git init --quiet --initial-branch main
        git config user.name test; git config user.email test@example.org
        git config uploadpack.allowAnySHA1InWant true
        git add --all; git commit --quiet --message base
        git remote add origin "file://$PWD"
        git checkout --quiet -b change
    """
    done = bash(setup, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    base = bash("git rev-parse main", project).stdout.strip()
    released = releases.read(RELEASES, pointers.current(RELEASES)).views[0]
    acting_as("ci")
    workflow = steps(filled())
    environment = {
        "BASE": base,
        "CI_STORE": f"s3://{STORE}/ci/pr-7",
        "MILEPOST_STORE_URI": RELEASES.uri(),
        "MILEPOST_SCRATCH": "ci.duckdb",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "GITHUB_REPOSITORY_OWNER": "acme",
    }

    def run(name: str) -> subprocess.CompletedProcess[str]:
        return bash(workflow[name]["run"], project, **environment)

    def report() -> str:
        return (project / "report.md").read_text()

    # A change that builds nothing. What the last build cost is not what this one does.
    for name in ("parse the base branch", "build what changed"):
        done = run(name)
        assert done.returncode == 0, done.stdout + done.stderr
    assert (project / "to_build.txt").read_text().strip() == ""
    assert not (project / "ci.duckdb").exists()
    done = run("report")
    assert done.returncode == 0, report() + done.stderr
    assert "0 of 1 feature views change" in report()
    assert "Nothing was built here" in report()
    assert f"Unchanged, and not built: `{released.name}`" in report()
    assert report() == (tmp_path / "summary.md").read_text()
    done = run("owners")
    assert done.returncode == 0, done.stdout + done.stderr

    # A change of values, without a new version.
    sql = project / f"models/features/{released.name}.sql"
    edit(sql, "        amount,\n", "        2 * amount as amount,\n")
    edit(sql.with_suffix(".yml"), "d: 2.0", "d: 4.0")  # what the unit test expects
    done = run("build what changed")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (project / "to_build.txt").read_text() == f"+{released.name}\n"
    done = run("report")
    assert done.returncode == 1, report() + done.stderr
    assert f"- Code: model `{released.name}`" in report()
    assert "**The gate refuses this:**" in report()
    assert re.search(r"\| \*\*[\d,]+ rows\*\* \|", report()), report()
    assert re.search(rf"\| `{released.name}` \| [\d.]+ \| {released.rows:,} \|", report())

    # All that the build wrote is below its own prefix.
    assert pointers.current(RELEASES)
    assert {item.name.split("/")[0] for item in s3.listing(Location(STORE, "ci"))} == {"pr-7"}

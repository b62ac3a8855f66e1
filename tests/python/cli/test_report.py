"""`milepost report` and `milepost owners` on a project that dbt built."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from greenhouse import Greenhouse
from milepost import cli

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(
    green: Greenhouse, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Run:
    monkeypatch.chdir(green.folder)
    monkeypatch.setenv("MILEPOST_RAW_URI", green.raw.uri())
    monkeypatch.setenv("MILEPOST_STORE_URI", green.store.uri())
    monkeypatch.setenv("MILEPOST_SCRATCH", "scratch.duckdb")
    monkeypatch.delenv("GITHUB_REPOSITORY_OWNER", raising=False)
    return lambda *arguments: (cli.main(arguments), *capsys.readouterr())


def report(run: Run, *arguments: str) -> dict[str, Any]:
    code, out, err = run("report", "--json", *arguments)
    assert (code, err) == (0, "")
    result: dict[str, Any] = json.loads(out)
    return result


@pytest.mark.slow
def test_a_report_before_and_after_the_first_release(run: Run, green: Greenhouse) -> None:
    first = report(run)
    assert first["against"] is None
    assert [(view["view"], view["change"]) for view in first["views"]] == [("bed_moisture", "new")]
    assert "Nothing is published yet: each view is new.\n" in run("report")[1]
    release = green.publish().manifest.release
    second = report(run)
    (view,) = second["views"]
    assert (second["against"], view["change"], view["is_built"]) == (release, "unchanged", True)
    assert (first["current"], second["current"]) == (None, release)
    assert view["past_changes"]["row_count"] == 0
    assert second["refused"] == []
    tables = {table["name"]: table for table in second["cost"]["tables"]}
    assert tables["bed_moisture"]["rows"] == 20
    assert tables["bed_moisture"]["seconds"] > 0
    assert second["cost"]["test_count"] >= 4
    assert report(run, "--against", release[:15])["against"] == release


@pytest.mark.slow
def test_owners_are_written_and_checked(run: Run, green: Greenhouse) -> None:
    path = green.folder.resolve() / ".github/CODEOWNERS"
    organisation = ("--organisation", "acme")
    code, out, _ = run("owners", *organisation, "--check")
    assert (code, out) == (1, f"{path} is not current: run `milepost owners`\n")
    assert not path.exists()
    assert run("owners", *organisation)[:2] == (0, f"written: {path}\n")
    assert "/models/features/bed_moisture.evidence.json @acme/pipes" in path.read_text()
    assert run("owners", *organisation, "--check")[:2] == (0, f"{path} is current\n")
    assert run("owners", *organisation)[:2] == (0, f"{path} is current\n")


@pytest.mark.slow
def test_what_cannot_be_compared_is_said(run: Run, green: Greenhouse) -> None:
    code, _, err = run("report", "--to-build")
    assert code == 2
    assert "hint: name its folder with --state" in err
    (green.folder / "copies/target").mkdir(parents=True)
    manifest = (green.folder / "target/manifest.json").read_bytes()
    (green.folder / "copies/target/manifest.json").write_bytes(manifest)
    code, _, err = run("report", "--state", "copies/target")
    assert code == 1
    assert "is not the folder `target` of a checkout of the project" in err
    assert run("report", "--state", "target")[0] == 0

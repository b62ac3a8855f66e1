"""CODEOWNERS from the owners of feature views: each role has files that it must approve."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from candidates import VIEW, Garden
from milepost.building.project import Project
from milepost.errors import PublishError
from milepost.publishing.data_files import Uploads
from milepost.review.owners import BEGIN, END, repository_root, with_code_owners
from milepost.storage.location import Location

PROJECT = Path(__file__).parents[3]
OWNERS = {"science": "plants", "engineering": "pipes"}


@pytest.fixture
def garden(tmp_path: Path) -> Garden:
    garden = Garden(tmp_path)
    garden.nodes[VIEW]["config"]["meta"]["owners"] = dict(OWNERS)
    garden.nodes[VIEW] |= {
        "original_file_path": "models/beds.sql",
        "patch_path": "green://models/beds.yml",
    }
    return garden


def project(garden: Garden) -> Project:
    uploads = Uploads(Location("bucket", "prefix"), None)
    return Project(garden.candidate(uploads).catalog, garden.folder)


def owners(garden: Garden, text: str = "") -> dict[str, str]:
    """The owners by path, as the lines of Milepost have them."""
    lines = with_code_owners(text, project(garden), "acme").removeprefix(text).strip().splitlines()
    assert (lines[0], lines[-1]) == (BEGIN, END)
    return {
        line.split(maxsplit=1)[0]: line.split(maxsplit=1)[1]
        for line in lines
        if not line.startswith("#")
    }


def test_each_role_has_files_of_its_own(garden: Garden) -> None:
    assert owners(garden) == {
        "/models/beds.sql": "@acme/plants",
        "/models/beds.yml": "@acme/plants",
        "/models/beds.stress.json": "@acme/plants",
        "/models/beds.evidence.json": "@acme/pipes",
        "/.github/CODEOWNERS": "@acme/pipes",
        "/.github/workflows/": "@acme/pipes",
    }


def test_owners_of_views_in_a_shared_file_are_alternatives(garden: Garden) -> None:
    garden.nodes["model.green.pots"] = {
        **garden.nodes[VIEW],
        "name": "pots",
        "unique_id": "model.green.pots",
        "original_file_path": "models/pots.sql",
        "config": {"meta": {**garden.nodes[VIEW]["config"]["meta"], "owners": {"science": "@ann"}}},
    }
    by_path = owners(garden)
    assert by_path["/models/beds.yml"] == "@acme/plants @ann"
    assert by_path["/models/pots.sql"] == "@ann"
    assert "/models/pots.evidence.json" not in by_path


def test_paths_are_those_of_the_repository(garden: Garden, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    folder = tmp_path / "features/green"
    folder.mkdir(parents=True)
    garden.folder = folder
    assert repository_root(folder) == tmp_path.resolve()
    assert "/features/green/models/beds.sql" in owners(garden)


@pytest.mark.parametrize("name", ["plant science", "-plants", "plants/", "@", "@acme/a/b", ""])
def test_a_name_that_github_would_not_take_is_refused(garden: Garden, name: str) -> None:
    """GitHub skips such a line, and then nobody has to approve."""
    garden.nodes[VIEW]["config"]["meta"]["owners"]["science"] = name
    with pytest.raises(PublishError, match="is no team that GitHub can have"):
        owners(garden)


def test_lines_of_others_stay_above(garden: Garden) -> None:
    block = with_code_owners("", project(garden), "acme")
    first = with_code_owners("* @acme/all\n", project(garden), "acme")
    assert first == f"* @acme/all\n\n{block}"
    garden.nodes[VIEW]["config"]["meta"]["owners"]["science"] = "roots"
    again = with_code_owners(first, project(garden), "acme")
    assert again == first.replace("plants", "roots")
    with pytest.raises(PublishError, match=f"without `{END}`"):
        with_code_owners(first.replace(END, ""), project(garden), "acme")


def test_no_line_after_them_takes_their_files_away(garden: Garden) -> None:
    """Of the lines that fit a file GitHub takes the last."""
    block = with_code_owners("", project(garden), "acme")
    overridden = f"* @acme/all\n\n{block}/models/** @mallory\n{block}"
    current = with_code_owners(overridden, project(garden), "acme")
    assert current.endswith(f"/models/** @mallory\n\n{block}")
    assert current.count(BEGIN) == 1
    assert with_code_owners(current, project(garden), "acme") == current


@pytest.mark.parametrize(
    ("text", "guarded"),
    [
        ("* @acme/all\n", {"CODEOWNERS", "workflows/"}),
        ("/.github/ @acme/platform\n", set()),
        (".github/** a@acme.com\n", set()),
        ("/.github/workflows @acme/platform\n", {"CODEOWNERS"}),
        ("/.github/ @acme/platform\n/.github/CODEOWNERS # not @acme/all\n", {"CODEOWNERS"}),
    ],
)
def test_what_holds_the_rules_has_an_owner(garden: Garden, text: str, guarded: set[str]) -> None:
    by_path = owners(garden, text)
    assert {path for path in by_path if "github" in path} == {f"/.github/{g}" for g in guarded}


def test_the_file_of_this_project_is_current(dbt_manifest: Path) -> None:
    text = (PROJECT / ".github/CODEOWNERS").read_text()
    (organisation,) = set(re.findall(r"@([\w-]+)/", text))
    here = Project(Project.read(dbt_manifest).catalog, PROJECT)
    assert with_code_owners(text, here, organisation) == text, "run `milepost owners`"

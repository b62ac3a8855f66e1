"""What the Markdown files say of this checkout is so: links, make targets, terms, code."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

import greenhouse
from milepost.building import docs_site
from milepost.release.stressed_feature import StressedFeature
from milepost.storage import s3
from milepost.storage.location import Location

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
BLOCK = re.compile(r"```(\w*)\n(.*?)```|((?:^ {4}[^\n]*\n)+)", re.DOTALL | re.MULTILINE)
CODE = re.compile(r"`[^`\n]+`")
MAKE = re.compile(r"\bmake((?: +(?:-\w+|[A-Z]+=\S+|[a-z][a-z0-9-]*))+)")


def files() -> list[Path]:
    """The Markdown files of the checkout, new ones too."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in sorted(set(names.split())) if (ROOT / name).exists()]


def anchors(text: str) -> set[str]:
    titles = re.findall(r"^#+ +(.+)$", BLOCK.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.fixture(scope="module")
def targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z0-9-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_every_relative_link_resolves() -> None:
    broken, found = [], 0
    for file in files():
        # Not in code, where brackets mean other things; a link's own text may be code.
        for link in LINK.findall(BLOCK.sub("", file.read_text())):
            if "://" in link or link.startswith("#!"):
                continue
            found += 1
            path, _, anchor = link.partition("#")
            target = file.parent / path if path else file
            if not target.exists() or (anchor and anchor not in anchors(target.read_text())):
                broken.append(f"{file.relative_to(ROOT)}: {link}")
    assert not broken
    assert found >= 30


def test_every_make_target_exists(targets: set[str]) -> None:
    unknown, found = [], 0
    for file in files():
        text = file.read_text()
        code = [match[0] for match in [*BLOCK.finditer(text), *CODE.finditer(text)]]
        for call in (call for part in code for call in MAKE.findall(part)):
            for name in call.split():
                if not name.startswith("-") and "=" not in name:
                    found += 1
                    if name not in targets:
                        unknown.append(f"{file.relative_to(ROOT)}: make {name}")
    assert not unknown
    assert found >= 15


def test_every_script_named_exists() -> None:
    missing = [
        f"{file.relative_to(ROOT)}: {name}"
        for file in files()
        for name in re.findall(r"\bscripts/\w+\.py\b", file.read_text())
        if not (ROOT / name).exists()
    ]
    assert not missing


def test_python_in_the_docs_is_python() -> None:
    blocks = [
        code for f in files() for kind, code, _ in BLOCK.findall(f.read_text()) if kind == "python"
    ]
    assert blocks
    for code in blocks:
        ast.parse(code)


def test_readme_has_eight_lines_from_entity_rows_to_a_training_set() -> None:
    _, code, _ = next(
        b for b in BLOCK.findall((ROOT / "README.md").read_text()) if b[0] == "python"
    )
    assert len([line for line in code.splitlines() if line]) == 8
    assert "get_historical_features" in code


def test_no_file_names_a_path_of_one_machine() -> None:
    for file in files():
        assert not re.search(r"(?<![\w.])/(work|tmp|root|home)/", file.read_text()), file


@pytest.mark.slow
def test_who_installs_milepost_as_a_package_has_a_front_page_of_their_own(
    tmp_path: Path, raw: Location, store: Location
) -> None:
    """dbt's site shows the last `__overview__` that is not dbt's own, whichever package has it."""
    green = greenhouse.create(tmp_path / "project", raw, store, package=ROOT)
    assert green.dbt("parse").returncode == 0
    manifest = json.loads((green.folder / "target/manifest.json").read_text())
    assert "doc.milepost.available_at" in manifest["docs"]
    assert [page["package_name"] for page in front_pages(manifest)] == ["dbt"]
    (page,) = front_pages(docs_site.with_shelf(manifest, {}))
    assert page["block_contents"].startswith("# greenhouse\n")
    assert (
        "[bed_moisture](#!/model/model.greenhouse.bed_moisture) | bed |" in page["block_contents"]
    )
    assert "A feature store for freight" not in page["block_contents"]
    assert "**leakage** &ndash;" in page["block_contents"]
    assert "**lane** &ndash;" not in page["block_contents"]
    # this project has its own, where `make docs` and the shell of `make env` look for it
    assert "{% docs __overview__ %}" in (ROOT / "docs/site/overview.md").read_text()
    assert (ROOT / "Makefile").read_text().count("MILEPOST_FRONT_PAGE=docs/site") == 3


def test_the_shelf_takes_the_place_of_the_list_of_views(dbt_manifest: Path) -> None:
    manifest = json.loads(dbt_manifest.read_text())
    text = (ROOT / "docs/site/overview.md").read_text()
    ours = {"name": "__overview__", "package_name": "milepost", "block_contents": text}
    manifest["docs"]["doc.milepost.__overview__"] = ours
    (page,) = front_pages(docs_site.with_shelf(manifest, {}))
    assert page["block_contents"].count("## Feature views\n") == 1
    assert "\n- [lane_rates]" not in page["block_contents"]
    assert "## Where to look\n" in page["block_contents"]
    assert "**lane** &ndash; A route" in page["block_contents"]
    assert "**`available_at`** &ndash;" in page["block_contents"]


def test_a_service_that_quotes_the_glossary_shows_no_synonyms(dbt_manifest: Path) -> None:
    manifest = json.loads(dbt_manifest.read_text())
    quoted = manifest["exposures"].values()
    assert any("Synonyms:" in exposure["description"] for exposure in quoted)
    described = docs_site.with_shelf(manifest, {})["exposures"].values()
    assert not any("Synonyms:" in exposure["description"] for exposure in described)


def test_a_view_shows_what_it_withstood(dbt_manifest: Path) -> None:
    manifest = json.loads(dbt_manifest.read_text())
    fragile = StressedFeature("load_count_7d", 3, 2, 1, 4, "`miles` of `loads`: zero", 0.25, 0.5)
    certificates = {"model.milepost.lane_rates": [fragile]}
    nodes = docs_site.with_shelf(manifest, certificates)["nodes"]
    row = (
        "| `load_count_7d` | 3 | 2 | 1 | 4 | `miles` of `loads`: zero: 25.0% of values, by 50.0% |"
    )
    described = nodes["model.milepost.lane_rates"]["description"]
    meaning = described.index("| `spot_load_count_7d` | Spot loads of the lane whose settlement")
    assert meaning < described.index("| owners |") < described.index(row)
    assert "silent" not in nodes["model.milepost.market_rates"]["description"]


def test_a_service_shows_the_latest_version_of_a_view(dbt_manifest: Path) -> None:
    manifest = json.loads(dbt_manifest.read_text())
    manifest["nodes"]["model.milepost.carrier_reliability"] |= {"version": 2, "latest_version": 2}
    described = docs_site.with_shelf(manifest, {})["exposures"]["exposure.milepost.late_delivery"]
    assert (
        "| `on_time_delivery_rate_90d` | [carrier_reliability](#!/model/model.milepost"
        in described["description"]
    )


def front_pages(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    return [doc for doc in manifest["docs"].values() if doc["name"] == "__overview__"]


def test_the_example_of_a_loader_runs(raw: Location) -> None:
    guide = (ROOT / "docs/guides/bring-your-own-data.md").read_text()
    (example,) = [code for kind, code, _ in BLOCK.findall(guide) if kind == "python"]
    exec(example.replace("s3://milepost-raw/ours", raw.uri()), {})  # noqa: S102 - the guide's own
    (marker,) = s3.listing(raw, "_closed/")
    stored = s3.get(raw, marker.name)
    assert stored
    files = json.loads(stored.body)["files"]
    assert [(file["table"], file["rows"]) for file in files] == [("claims", 0), ("load_events", 2)]

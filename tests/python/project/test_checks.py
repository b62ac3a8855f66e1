"""Each command of `make check` goes red when the project is broken on purpose."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from dbt_process import run_dbt

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parents[3]
BIN = Path(sys.executable).parent
PARTS = [
    ".sqlfluff",
    "dbt-bouncer.yml",
    "dbt_project.yml",
    "macros",
    "models",
    "seeds",
    "tests/dbt",
    "milepost/language/columns",
    "tests/fixtures/dbt_context",
]


def copy_of_the_project(path: Path) -> Path:
    for part in PARTS:
        target = path / part
        target.parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (PROJECT / part).is_dir() else shutil.copy2
        copy(PROJECT / part, target)
    shutil.copy2(PROJECT / "profiles.example.yml", path / "profiles.yml")
    return path


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1, f"`{old}` stands {text.count(old)} times in {path.name}"
    path.write_text(text.replace(old, new))


def run(project: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BIN / command[0], *command[1:]],
        cwd=project,
        env={**os.environ, "HOME": str(project)},
        capture_output=True,
        text=True,
        check=False,
    )


def parse(project: Path) -> subprocess.CompletedProcess[str]:
    command = ["--quiet", "--warn-error", "parse", "--no-partial-parse"]
    return run_dbt(project, command, {**os.environ, "HOME": str(project)})


def test_missing_metadata_is_found_and_nothing_else(tmp_path: Path) -> None:
    project = copy_of_the_project(tmp_path)
    views = project / "models/features"
    replace(
        views / "carrier/carrier_reliability.yml",
        '"Delivery arrivals of the carrier that had an appointment '
        'and became known in the last 28 days."',
        '""',
    )
    replace(
        views / "lane/lane_rates.yml",
        "owners: {science: pricing-science, engineering: marketplace-data}",
        "owners: {science: pricing-science}",
    )
    replace(
        project / "models/training_sets/spot_rate.yml",
        "label: settled_rpm_usd",
        "label: rate",
    )
    rates = views / "market/market_rates.yml"
    replace(
        rates, "The market in which the loads are picked up.", "The same market of their pickup."
    )
    tenders = views / "carrier/carrier_tenders.yml"
    replace(tenders, ", config: {meta: {sample: tender_count_90d}}", "")
    replace(
        project / "models/training_sets/tender_acceptance.yml",
        "- not_null\n          - is_covered_by_views:\n              name: every",
        "- is_covered_by_views:\n              name: every",
    )
    exposures = project / "models/exposures.yml"
    replace(exposures, "[ref('late_delivery')]", "[ref('late_delivery'), ref('carrier_tenders')]")
    replace(exposures, "{training_set: spot_rate}", "{features: [lane_rates]}")
    replace(exposures, "{training_set: tender_acceptance}", "{training_set: tenders}")

    parsed = parse(project)
    assert parsed.returncode == 0, parsed.stdout + parsed.stderr
    checked = run(project, "dbt-bouncer", "--output-file", "found.json", "--output-only-failures")
    assert checked.returncode == 1, checked.stdout + checked.stderr
    found = json.loads((project / "found.json").read_text())
    ids = [item["check_run_id"].split(":") for item in found]
    assert {(rule, where) for rule, _, where in ids} == {
        ("check_model_column_description_populated", "carrier_reliability"),
        ("check_model_has_meta_keys", "lane_rates"),
        ("check_training_set_columns", "spot_rate"),
        ("check_training_set_columns", "tender_acceptance"),
        ("check_exposure_follows_training_set", "late_delivery"),
        ("check_exposure_follows_training_set", "load_pricing"),
        ("check_exposure_follows_training_set", "tender_acceptance"),
    }

    stated = map(str, sorted((project / "models").rglob("*.yml")))
    ruled = run(project, "python", "-m", "milepost.cli.rules", *stated)
    assert ruled.returncode == 1, ruled.stdout + ruled.stderr
    places = re.findall(r"^(\S+?):\d+: .* \((\S+)\)$", ruled.stdout, re.MULTILINE)
    assert places == [
        ("models/features/carrier/carrier_tenders.yml", "milepost.rate_without_sample"),
        ("models/features/market/market_rates.yml", "milepost.dependent_description"),
    ]


def test_no_description_ends_at_a_comma() -> None:
    """In braces a comma ends a text without quotes, and dbt drops what follows without a word."""
    files = [*PROJECT.glob("models/**/*.yml"), *PROJECT.glob("seeds/*.yml")]
    for file in [*files, *PROJECT.glob("macros/*.yml")]:
        assert list(cut_off(yaml.safe_load(file.read_text()))) == [], file.name


def cut_off(value: Any) -> Iterator[str]:
    """The ends of texts in a YAML that became keys."""
    values = list(value.values()) if isinstance(value, dict) else value
    if isinstance(value, dict):
        yield from (str(key) for key in value if " " in str(key))
    if isinstance(values, list):
        for inner in values:
            yield from cut_off(inner)


def test_a_deprecated_key_is_an_error(tmp_path: Path) -> None:
    project = copy_of_the_project(tmp_path)
    replace(
        project / "models/features/lane/lane_rates.yml",
        "{name: lane_spot_rpm_p50_30d_is_a_plausible_price, arguments: *plausible_price}",
        "{name: lane_spot_rpm_p50_30d_is_a_plausible_price, min_value: 0}",
    )
    parsed = parse(project)
    assert parsed.returncode != 0
    assert "MissingArgumentsPropertyInGenericTestDeprecation" in parsed.stdout, parsed.stdout


def test_a_badly_written_model_is_found_in_the_model_and_in_the_macro(tmp_path: Path) -> None:
    project = copy_of_the_project(tmp_path)
    model = "models/intermediate/loads/int_loads__settled.sql"
    replace(project / model, "from settlements", "FROM   settlements")
    staged = "models/staging/freight/stg_freight__claims.sql"
    macro = project / "macros/facts/counting_rows.sql"
    replace(macro, "\nfrom linked\n", "\nFROM linked\n")
    assert lint(project, model, staged) == {model: {"CP01", "LT01"}, staged: {"CP01"}}


def test_every_folder_is_linted(tmp_path: Path) -> None:
    project = copy_of_the_project(tmp_path)
    # One file of each folder: `make check` renders and parses them all.
    found_files = sorted([*project.glob("models/**/*.sql"), *project.glob("tests/dbt/**/*.sql")])
    files = list({file.parent: file for file in found_files}.values())
    for file in files:
        file.write_text(file.read_text() + "\n")
    # LT12: one newline at the end. A file that did not render or parse would have another code.
    found = lint(project, "--rules", "LT12", *(str(f.relative_to(project)) for f in files))
    assert found == {str(file.relative_to(project)): {"LT12"} for file in files}


def lint(project: Path, *arguments: str) -> dict[str, set[str]]:
    """The codes of what sqlfluff finds, by file."""
    linted = run(project, "sqlfluff", "lint", "--format", "json", *arguments)
    assert linted.returncode == 1, linted.stdout + linted.stderr
    return {
        item["filepath"]: {violation["code"] for violation in item["violations"]}
        for item in json.loads(linted.stdout)
    }

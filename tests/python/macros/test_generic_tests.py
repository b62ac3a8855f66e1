"""The data tests and the fact macros on rows that they must tell apart: one dbt run, no S3.

What each must find stands beside its rows, in `tests/fixtures/generic_tests`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dbt_process import run_dbt

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parents[3]
BIN = Path(sys.executable).parent

MACROS = (
    *("names/is_same_key.sql", "windows/all_but.sql"),
    *("batch/ask.sql", "checks/is_feature_view.sql", "checks/published_name.sql"),
    *("checks/rules_of_names.sql", "checks/sample_minimums.sql", "checks/tested_view.sql"),
    *("checks/run_on_records.sql", "checks/window_in_name.sql"),
)
NO_BOUND = "is_between"
NO_GRID = "stands_on_grid: {arguments: {grid: week, serving_delay_minutes: 0}}"
IN_WINDOW = (
    "matches_facts_in_window: {arguments: {facts: ref('facts'), keys: [code], "
    "serving_delay_minutes: 0, %s}}"
)


def copy_of_the_fixture(path: Path) -> Path:
    shutil.copytree(PROJECT / "tests/fixtures/generic_tests", path, dirs_exist_ok=True)
    shutil.copy2(path / "profiles.example.yml", path / "profiles.yml")
    for folder in ("facts", "lookup"):
        shutil.copytree(PROJECT / "macros" / folder, path / "macros" / folder)
    for macro in MACROS:
        shutil.copy2(PROJECT / "macros" / macro, path / "macros")
    shutil.copytree(PROJECT / "tests/dbt/generic", path / "tests/generic")
    return path


def dbt(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **{name: text for name, text in os.environ.items() if not name.startswith("AWS_")},
        "AWS_EC2_METADATA_DISABLED": "true",  # There is no S3 to find credentials for.
        "HOME": str(project),
        "DBT_PROFILES_DIR": str(project),
    }
    return run_dbt(project, arguments, environment)


def sqlfluff(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = str(Path(sys.executable).with_name("sqlfluff"))
    return subprocess.run(
        [program, *arguments], cwd=project, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The fixture project after `dbt build`, in which the tests meant to fail have failed."""
    project = copy_of_the_fixture(tmp_path_factory.mktemp("generic_tests"))
    done = dbt(project, "--quiet", "--warn-error", "build")
    assert done.returncode == 1, done.stdout + done.stderr
    return project


def results(built: Path, kind: str) -> dict[str, dict[str, Any]]:
    """dbt's results of one kind of test, by the test's name, each with its `meta`."""
    manifest = json.loads((built / "target/manifest.json").read_text())
    nodes = manifest["nodes"] | manifest["unit_tests"]
    found = json.loads((built / "target/run_results.json").read_text())["results"]
    return {
        nodes[result["unique_id"]]["name"]: {**result, "node": nodes[result["unique_id"]]}
        for result in found
        if nodes[result["unique_id"]]["resource_type"] == kind
    }


def test_each_data_test_counts_the_bad_rows_and_no_good_row(built: Path) -> None:
    tests = results(built, "test")
    expected = {name: test["node"]["config"]["meta"]["failures"] for name, test in tests.items()}
    assert {name: test["failures"] for name, test in tests.items()} == expected
    assert {name for name, test in tests.items() if test["status"] == "fail"} == {
        name for name, failures in expected.items() if failures
    }


def test_each_data_test_is_shown_to_fail_and_to_pass(built: Path) -> None:
    shown = {
        (test["node"]["test_metadata"]["name"], test["status"])
        for test in results(built, "test").values()
    }
    files = (PROJECT / "tests/dbt/generic").glob("*.sql")
    assert shown == {(file.stem, status) for file in files for status in ("fail", "pass")}


def test_each_broken_promise_of_a_name_is_told_by_rule_column_and_rows(built: Path) -> None:
    compiled = built / "target/compiled/milepost/models"
    with duckdb.connect() as con:
        con.execute(f"create table measured as {(compiled / 'measured.sql').read_text()}")
        test = (compiled / "_data_tests.yml/values_fit_their_names_counts_promises.sql").read_text()
        found = con.execute(test.replace("memory.main.measured", "measured")).fetchall()
        # The condition that a fault tells finds its rows.
        for rule, column, row_count, rows_where in found:
            part = "qualify" if rule == "is_unique" else "where"
            rows = con.execute(f"select * from measured {part} {rows_where}").fetchall()
            assert len(rows) == row_count, (rule, column)
    assert sorted((rule, column, int(row_count)) for rule, column, row_count, _ in found) == [
        ("is_a_difference_of_shares", "seen_rate_change_2d", 2),
        ("is_a_share", "seen_rate_2d", 2),
        ("is_finite", "weight_p50_pounds_2d", 2),
        ("is_not_below_shorter_window", "sighting_count_48h", 1),
        ("is_not_negative", "sighting_count_2d_before_7d", 1),
        ("is_not_negative", "weight_interquartile_range_pounds_2d", 1),
        ("is_not_null", "available_at", 1),
        ("is_not_null", "place_id", 1),
        ("is_not_null", "sighting_count_2d_before_7d", 1),
        ("is_null_exactly_without_sample", "seen_rate_2d", 1),
        ("is_null_exactly_without_sample", "seen_rate_change_2d", 2),
        ("is_null_exactly_without_sample", "weight_p50_pounds_2d", 2),
        ("is_of_the_last", "sighting_count_last_5", 1),
        ("is_unique", "place_id, available_at", 2),
        ("stands_on_grid", "available_at", 2),
    ]


UNREADABLE = {
    "its sample is no column": (
        "sample: seen_count_2d",
        "sample: seen_count_3d",
        "`seen_count_3d`",
    ),
    "its sample is no count": ("sample: seen_count_2d", "sample: seen_rate_2d", "no count of the"),
    "its sample has no number": ("sample: seen_count_2d", "sample: {seen_count_2d: few}", "`few`"),
    "its window has no unit": (
        "seen_rate_2d",
        "seen_rate_2w",
        "`unreadable.seen_rate_2w` is in `w`",
    ),
    "its key is no column": ("place: [place_id]", "place: [place]", "declares no column `place`"),
    "it has no entities": ("entities: {place: [place_id]}, ", "", "states no `meta.entities`"),
    "it has no grid": ("grid: day", "grid: week", "states `meta.grid: week`"),
    "it has no delay": (", serving_delay_minutes: 0", "", "no `meta.serving_delay_minutes`"),
}


def test_a_promise_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    project = copy_of_the_fixture(tmp_path)
    readable = """
      - name: unreadable
        config: {meta: {entities: {place: [place_id]}, grid: day, serving_delay_minutes: 0}}
        columns:
          - {name: place_id}
          - {name: available_at}
          - {name: seen_count_2d}
          - {name: seen_rate_2d, config: {meta: {sample: seen_count_2d}}}
        data_tests: [values_fit_their_names]
"""
    models = "models:"
    for case, (old, new, _) in UNREADABLE.items():
        assert old in readable
        name = case.replace(" ", "_")
        models += readable.replace(old, new).replace("unreadable", name)
        (project / f"models/{name}.sql").write_text("select 1 as place_id")
    (project / "models/_unreadable.yml").write_text(models)
    tested = dbt(project, "test", "--select", "path:models/_unreadable.yml")
    test = "values_fit_their_names"
    errors = tested.stdout.split("Compilation Error in test")[1:]
    for case, (_, _, message) in UNREADABLE.items():
        name = case.replace(" ", "_")
        error = next(text for text in errors if text.startswith(f" {test}_{name}_ "))
        assert message.replace("unreadable", name) in error
        assert "hint: " in error


def test_the_fact_macros_treat_each_case_as_stated(built: Path) -> None:
    tests = results(built, "unit_test")
    models = {test["node"]["model"] for test in tests.values()}
    assert models == {"facts", "judged", "counted", "counted_places", "versioned_states"}
    assert {test["status"] for test in tests.values()} == {"pass"}, {
        name: test["message"] for name, test in tests.items() if test["status"] != "pass"
    }


def test_the_sql_of_the_data_tests_is_well_formed(built: Path) -> None:
    """`sqlfluff lint` sees nothing inside `{% test %}`, so what dbt compiled is linted."""
    compiled = built / "target/compiled/milepost/models/_data_tests.yml"
    # The ends of the file are dbt's, the columns are the user's.
    # LT05: a condition is as long as the columns' names.
    skipped = "ST06,LT05,LT09,LT12,LT13,AM04,RF02"
    options = ["--templater", "raw", "--exclude-rules", skipped, "--format", "json"]
    config = ["--config", str(PROJECT / ".sqlfluff")]
    counting = sorted(str(file) for file in compiled.glob("*_counts_*.sql"))
    assert counting
    linted = sqlfluff(built, "lint", *options, *config, *counting)
    found = {Path(f["filepath"]).name: f["violations"] for f in json.loads(linted.stdout)}
    assert not any(found.values()), found


@pytest.mark.parametrize(
    ("data_test", "message"),
    [
        (NO_BOUND, "is_between on `share` has no bound"),
        (NO_GRID, "stands_on_grid: `week` is no grid"),
        (IN_WINDOW % "value: sum(amount), window: 36h", "`36h` is no window on the grid `day`"),
        (IN_WINDOW % "value: count(*), window: 1d", "`count(*)` is 1 where no fact is"),
    ],
    ids=["no bound", "no grid", "beside the grid", "count(*)"],
)
def test_a_data_test_refuses_wrong_arguments(tmp_path: Path, data_test: str, message: str) -> None:
    project = copy_of_the_fixture(tmp_path)
    (project / "models/_data_tests.yml").write_text(
        "models: [{name: bounded, columns: [{name: share, data_tests: [" + data_test + "]}]}]"
    )
    refused(project, message)


@pytest.mark.parametrize("days", ["'seven'", "-1"])
def test_staged_facts_refuses_wrong_days(tmp_path: Path, days: str) -> None:
    project = copy_of_the_fixture(tmp_path)
    model = project / "models/facts.sql"
    model.write_text(model.read_text().replace(") }}", f"duplicates_within_days={days}) }}}}"))
    refused(project, "staged_facts: `duplicates_within_days` is")


@pytest.mark.parametrize("argument", ["'landed'", "'places'", "'makers'", "'codes'"])
def test_staged_facts_refuses_a_relation_for_a_name(tmp_path: Path, argument: str) -> None:
    project = copy_of_the_fixture(tmp_path)
    model = project / "models/facts.sql"
    model.write_text(model.read_text().replace(argument, f"ref({argument})"))
    refused(project, "is no name of a model")


def test_elapsed_refuses_another_unit(tmp_path: Path) -> None:
    project = copy_of_the_fixture(tmp_path)
    (project / "models/waited.sql").write_text("select {{ elapsed('a', 'b', 'week') }} as waited")
    refused(project, "elapsed: `week` is no unit")


def refused(project: Path, message: str) -> None:
    parsed = dbt(project, "--quiet", "parse")
    assert parsed.returncode == 2, parsed.stdout
    assert "Compilation Error" in parsed.stdout
    assert message in parsed.stdout
    assert "hint: " in parsed.stdout

"""What the gate makes of each option of `dbt build`. Real dbt, real S3."""

from __future__ import annotations

import shutil

import pytest
from dbt.cli.main import cli

from greenhouse import Greenhouse
from milepost.publishing.publish import judge

pytestmark = pytest.mark.slow

UNIQUE = "bed_moisture_has_one_row_per_bed_and_instant"
# The words of a command, and what publishing is refused for afterwards; nothing where it is not.
OUTCOMES: dict[tuple[str, ...], str] = {
    ("--empty",): "tables were built with `--empty`, not as the project says",
    ("--sample", "1 day"): "tables were built with `--sample`, not as the project says",
    ("--vars", "{a: 1}"): "tables were built with `--vars`, not as the project says",
    (
        *("--defer", "--favor-state", "--state", "state", "--select", "bed_moisture"),
    ): "`bed_moisture` was built with `--defer`, not as the project says",
    ("--target", "other"): "tables were built with `--target other`, not as the project says",
    ("--target", "dev"): "",
    ("--exclude", UNIQUE): f"test `{UNIQUE}` has not run since `bed_moisture` was rebuilt",
    ("--select", "bed_moisture"): "",
    (
        *("--indirect-selection", "empty", "--select", "bed_moisture"),
    ): "5 tests have not run since what they look at was rebuilt",
    ("--resource-type", "model"): "tests have not run since what they look at was rebuilt",
    (
        *("--exclude-resource-type", "unit_test"),
    ): "test `a_reading_counts_on_the_day_after` has not run since `bed_moisture` was rebuilt",
    ("--full-refresh",): "",
    ("--event-time-start", "2026-01-05", "--event-time-end", "2026-01-08"): "",
    ("--no-write-json", "--no-partial-parse", "--no-populate-cache", "--fail-fast"): "",
    ("--target-path", "elsewhere", "--threads", "1", "--store-failures", "--warn-error"): "",
}
# What selects as `--select` and `--exclude` do, where the project and its profile are looked for,
# and what is said, parsed or logged on the way.
ALIKE = {
    *("selector", "profile", "profiles_dir", "project_dir", "defer_state", "deprecated_defer"),
    *("deprecated_favor_state", "deprecated_state", "warn_error_options"),
}
SAID = {
    *("cache_selected_only", "debug", "deprecated_print", "log_cache_events", "log_file_max_bytes"),
    *("log_format", "log_format_file", "log_level", "log_level_file", "log_path", "print", "quiet"),
    *("macro_debugging", "partial_parse_file_path", "partial_parse_file_diff", "printer_width"),
    *("record_timing_info", "send_anonymous_usage_stats", "single_threaded", "static_parser"),
    *("show_all_deprecations", "use_colors", "use_colors_file", "use_experimental_parser"),
    *("version", "version_check", "use_fast_test_edges", "upload_to_artifacts_ingest_api"),
    *("export_saved_queries", "include_saved_query", "sqlparse", "show"),
}


def test_every_option_of_dbt_build_is_known() -> None:
    parameters = cli.commands["build"].params
    names = {
        word: parameter.name
        for parameter in parameters
        for word in (*parameter.opts, *parameter.secondary_opts)
    }
    tried = {names[word] for words in OUTCOMES for word in words if word.startswith("--")}
    assert tried | ALIKE | SAID == {parameter.name for parameter in parameters}


@pytest.mark.parametrize("words", OUTCOMES, ids=" ".join)
def test_the_gate_knows_what_the_option_makes_of_a_build(
    green: Greenhouse, words: tuple[str, ...]
) -> None:
    profiles = green.folder / "profiles.yml"
    head, dev = profiles.read_text().split("    dev:\n")
    profiles.write_text(f"{head}    dev:\n{dev}    other:\n{dev}      schema: other\n")
    (green.folder / "state").mkdir()
    shutil.copy(green.folder / "target/manifest.json", green.folder / "state")
    green.dbt("build", *words)
    verdict = judge(
        green.folder / "scratch.duckdb", green.folder / "target/manifest.json", green.store
    )
    if OUTCOMES[words]:
        assert any(OUTCOMES[words] in reason for reason in verdict.refused), verdict.refused
        assert len(verdict.refused) <= 2
        green.build()
        verdict = judge(
            green.folder / "scratch.duckdb", green.folder / "target/manifest.json", green.store
        )
    assert verdict.refused == []


def test_a_build_goes_on_after_it_has_spilled_to_disk(green: Greenhouse) -> None:
    green.edit("profiles.yml", "memory_limit: 3GB", "memory_limit: 60MB")
    rows = "select i, md5(cast(i as varchar)) as text from {} order by text"
    (green.folder / "models/spilled.sql").write_text(rows.format("range(2000000) as n (i)"))
    (green.folder / "models/later.sql").write_text(rows.format("{{ ref('spilled') }}"))
    done = green.dbt("run", "--select", "spilled", "later")
    assert done.returncode == 0, done.stdout


def test_a_session_whose_instants_are_not_utc_is_refused(green: Greenhouse) -> None:
    green.edit("profiles.yml", "TimeZone: UTC", "TimeZone: Europe/Berlin")
    done = green.dbt("build")
    assert done.returncode != 0
    assert "the session of DuckDB has instants in `Europe/Berlin`" in done.stdout
    assert "hint: set `TimeZone: UTC` among the `settings` of the profile" in done.stdout

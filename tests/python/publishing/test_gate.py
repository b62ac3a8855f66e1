"""A view is published only as the table on which all of its tests passed. Real dbt, real S3."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

import greenhouse
from greenhouse import LAST, Greenhouse
from milepost import FeatureStore
from milepost.errors import PublishError
from milepost.publishing.publish import publish
from milepost.storage import s3
from milepost.storage.location import Location

pytestmark = pytest.mark.slow

UNIQUE = "bed_moisture_has_one_row_per_bed_and_instant"


def refusal(green: Greenhouse) -> str:
    """What publishing is refused for; nothing has been written then."""
    with pytest.raises(PublishError) as refused:
        green.publish()
    assert list(s3.listing(green.store)) == []
    return str(refused.value)


def test_what_dbt_build_tested_is_published(green: Greenhouse) -> None:
    published = green.publish()
    assert published.is_new
    (view,) = published.manifest.views
    assert view.rows == 20
    assert {UNIQUE, "bed_moisture_is_a_share", "a_reading_counts_on_the_day_after"} <= set(
        view.checks
    )
    assert "a_reading_has_one_version_at_a_time" in view.checks
    assert view.complete_from == dict.fromkeys(
        ["moisture_max_1d", "reading_count_1d"], datetime(2026, 1, 2, 0, 30)
    )
    assert view.built_through == "2026-01-12T00:30:00"


def test_dbt_run_then_dbt_test_then_publish_works(green: Greenhouse) -> None:
    assert green.dbt("run").returncode == 0
    assert green.dbt("test").returncode == 0
    assert green.publish().is_new


def test_a_rebuild_without_a_new_test_is_refused(green: Greenhouse) -> None:
    assert green.dbt("run", "--select", "bed_moisture").returncode == 0
    reason = f"5 tests have not run since what they look at was rebuilt: test `{UNIQUE}`, "
    assert f"bed_moisture: {reason}" in refusal(green)


def test_a_rebuild_of_what_the_view_is_made_from_needs_its_tests(green: Greenhouse) -> None:
    selected = ("--select", "stg_sensors__readings", "bed_moisture")
    assert green.dbt("run", *selected).returncode == 0
    reason = refusal(green)
    assert "tests have not run since what they look at was rebuilt" in reason
    assert "test `a_reading_has_one_version_at_a_time`" in reason


def test_a_selection_that_leaves_a_test_out_is_refused(green: Greenhouse) -> None:
    green.build("--exclude", UNIQUE)
    assert f"test `{UNIQUE}` has not run since `bed_moisture` was rebuilt" in refusal(green)


def test_a_test_that_never_ran_is_refused(green: Greenhouse) -> None:
    (green.folder / "scratch.duckdb").unlink()
    green.build("--exclude", UNIQUE)
    assert f"test `{UNIQUE}` has not run\n" in refusal(green)


def test_a_warning_is_no_pass(green: Greenhouse) -> None:
    bound = "arguments: {min_value: 0, max_value: 1}"
    green.edit(
        "models/features/bed_moisture.yml",
        bound,
        "arguments: {max_value: 0.2}\n              config: {severity: warn}",
    )
    green.build()
    assert "test `bed_moisture_is_a_share` ended as `warn`" in refusal(green)


def test_a_failure_is_refused(green: Greenhouse) -> None:
    green.edit("models/features/bed_moisture.yml", "max_value: 1}", "max_value: 0.2}")
    assert green.dbt("build").returncode == 1
    assert "test `bed_moisture_is_a_share` ended as `fail`" in refusal(green)


def test_a_disabled_test_is_refused(green: Greenhouse) -> None:
    green.edit(
        "models/features/bed_moisture.yml",
        "arguments: {min_value: 0, max_value: 1}",
        "arguments: {min_value: 0, max_value: 1}\n              config: {enabled: false}",
    )
    green.build()
    assert "test `bed_moisture_is_a_share` is disabled" in refusal(green)


def test_a_disabled_unit_test_is_refused(green: Greenhouse) -> None:
    green.edit(
        "models/features/bed_moisture.yml",
        "    model: bed_moisture\n",
        "    model: bed_moisture\n    config: {enabled: false}\n",
    )
    green.build()
    assert "test `a_reading_counts_on_the_day_after` is disabled" in refusal(green)


def test_a_view_without_a_data_test_is_refused(green: Greenhouse) -> None:
    path = green.folder / "models/features/bed_moisture.yml"
    text = path.read_text()
    text = text.replace("        data_tests: [not_null]\n", "")
    head, _, rest = text.partition("        data_tests:\n          - milepost.is_between")
    _, _, rest = rest.partition("      - name: reading_count_1d")
    text = head + "      - name: reading_count_1d" + rest
    head, _, rest = text.partition("    data_tests:\n      - milepost.is_unique_on")
    path.write_text(head + "\nunit_tests:" + rest.partition("unit_tests:")[2])
    green.build()
    assert "`bed_moisture` has no data test" in refusal(green)


@pytest.mark.parametrize("command", ["build", "run"])
def test_an_empty_build_is_refused(green: Greenhouse, command: str) -> None:
    assert green.dbt(command, "--empty").returncode == 0
    assert green.dbt("test").returncode == 0
    reason = "tables were built with `--empty`, not as the project says: `bed_moisture`, "
    assert reason in refusal(green)


def test_a_view_made_from_empty_tables_is_refused(green: Greenhouse) -> None:
    assert green.dbt("run", "--empty", "--exclude", "bed_moisture").returncode == 0
    done = green.dbt("build", "--select", "bed_moisture")
    assert done.returncode != 0
    assert "which is not built, and needs" in done.stdout
    assert "hint: build both: `dbt build --select +bed_moisture`" in done.stdout
    assert "tables were built with `--empty`, not as the project says: `base_" in refusal(green)


def test_a_view_older_than_what_it_is_made_from_is_refused(green: Greenhouse) -> None:
    green.build("--exclude", "bed_moisture")
    assert "bed_moisture: `bed_moisture` is older than `stg_sensors__" in refusal(green)


def test_a_view_made_from_tables_of_other_landing_dates_is_refused(
    green: Greenhouse, raw: Location, tmp_path: Path
) -> None:
    greenhouse.land(raw)
    grown = green.copy(tmp_path / "grown", raw=raw, store=green.store)
    grown.build()
    tomorrow = LAST + timedelta(days=1)
    greenhouse.land(raw, first=tomorrow, last=tomorrow)
    done = grown.dbt("build", "--select", "bed_moisture")
    assert done.returncode != 0
    assert "holds landing dates from the first until 2026-01-11" in done.stdout
    grown.build()
    with duckdb.connect(grown.folder / "scratch.duckdb") as con:
        con.execute("update milepost_checks.builds set raw_logs = '{}' where node_id like '%stg_%'")
    reason = "tables were built from other landing dates than the view: `stg_sensors__beds`, "
    assert reason in refusal(grown)
    grown.build()
    assert grown.publish().manifest.views[0].rows == 22


@pytest.mark.parametrize(
    ("model", "old", "new"),
    [
        (
            "features/bed_moisture",
            "{'name': 'moisture_max', 'max'",
            "{'name': 'moisture_max', 'min'",
        ),
        ("staging/stg_sensors__readings", "id='reading_id'", "id='bed_id'"),
    ],
)
def test_code_that_was_edited_after_the_build_is_refused(
    green: Greenhouse, model: str, old: str, new: str
) -> None:
    green.edit(f"models/{model}.sql", old, new)
    assert f"`models/{model}.sql` was edited since dbt read it" in refusal(green)
    assert green.dbt("parse").returncode == 0
    assert f"before model `{Path(model).name}` changed" in refusal(green)


def test_a_serving_delay_that_was_edited_after_the_build_is_refused(green: Greenhouse) -> None:
    green.edit("dbt_project.yml", "serving_delay_minutes: 30", "serving_delay_minutes: 0")
    assert green.dbt("parse").returncode == 0
    assert "`bed_moisture` was built before settings of `bed_moisture` changed" in refusal(green)


def test_variables_of_one_command_are_refused(green: Greenhouse) -> None:
    green.build("--vars", "{lenient: true}")
    assert "tables were built with `--vars`, not as the project says: `bed_m" in refusal(green)
    green.build()
    assert green.dbt("test", "--vars", "{lenient: true}").returncode == 0
    assert "tests ran with `--vars`, not as the project says: test `a_reading_" in refusal(green)


@pytest.mark.parametrize(
    "softer", ["where: 'false'", "error_if: '>1000'", "fail_calc: 'count(*) - count(*)'"]
)
def test_a_test_that_asks_less_than_it_says_is_refused(green: Greenhouse, softer: str) -> None:
    bound = "arguments: {min_value: 0, max_value: 1}"
    green.edit(
        "models/features/bed_moisture.yml",
        bound,
        f"{bound}\n              config: {{{softer}}}",
    )
    green.build()
    reason = f"asks less than it says: it has `{softer.split(':')[0]}`"
    assert f"test `bed_moisture_is_a_share` {reason}" in refusal(green)


def test_a_disabled_test_of_what_the_view_is_made_from_is_refused(green: Greenhouse) -> None:
    green.edit(
        "models/staging/_sensors.yml",
        "arguments: {id: reading_id}",
        "arguments: {id: reading_id}\n          config: {enabled: false}",
    )
    green.build()
    assert "test `a_reading_has_one_version_at_a_time` is disabled" in refusal(green)


def test_a_build_that_failed_is_refused(green: Greenhouse) -> None:
    green.edit(
        "models/features/bed_moisture.sql", "'max': 'readings.moisture'", "'max': 'readings.colour'"
    )
    assert green.dbt("run").returncode == 1
    assert "the last build of `bed_moisture` ended as `error`" in refusal(green)


@pytest.mark.parametrize(
    "change",
    [
        "update {} set moisture_max_1d = 0.5 where bed_id = 'north'",
        "delete from {} where bed_id = 'north'",
        "insert into {} select 'east', available_at, 0.5, 1 from {} where bed_id = 'north'",
        "alter table {} alter reading_count_1d type integer",
    ],
)
def test_a_table_that_was_changed_after_its_tests_is_refused(
    green: Greenhouse, change: str
) -> None:
    with duckdb.connect(green.folder / "scratch.duckdb") as con:
        con.execute(change.replace("{}", "main.bed_moisture"))
    assert "`bed_moisture` has other rows than its last build left" in refusal(green)


def test_a_scratch_database_without_records_is_refused(green: Greenhouse) -> None:
    (green.folder / "scratch.duckdb").unlink()
    assert "`dbt build`" in refusal(green)
    duckdb.connect(green.folder / "scratch.duckdb").close()
    assert "no record of a build" in refusal(green)


def test_what_was_refused_is_published_after_a_build_in_full(green: Greenhouse) -> None:
    assert green.dbt("run", "--select", "bed_moisture").returncode == 0
    refusal(green)
    green.build()
    release = green.publish().manifest.release
    assert FeatureStore(green.store.uri()).release == release


def test_a_check_that_is_gone_needs_a_reason_which_the_release_keeps(green: Greenhouse) -> None:
    green.publish()
    green.edit("models/features/bed_moisture.yml", "        data_tests: [not_null]\n", "")
    green.build()
    with pytest.raises(PublishError) as refused:
        green.publish()
    name = "not_null_bed_moisture_bed_id"
    gone = f"bed_moisture: check `{name}` is gone, which the current release passed"
    assert gone in str(refused.value)
    reason = "        dropped_checks: {NAME: the contract says so}\n        derived:\n"
    green.edit(
        "models/features/bed_moisture.yml", "        derived:\n", reason.replace("NAME", name)
    )
    green.build()
    (view,) = green.publish().manifest.views
    assert view.dropped_checks == {name: "the contract says so"}
    assert name not in view.checks


def test_an_empty_build_of_a_view_loses_nothing(green: Greenhouse) -> None:
    release = green.publish().manifest.release
    green.build("--empty", "--select", "bed_moisture")
    with pytest.raises(PublishError, match=r"`bed_moisture` was built with `--empty`, not as the"):
        green.publish()
    with duckdb.connect(green.folder / "scratch.duckdb") as con:
        assert con.execute("select count(*) from main.bed_moisture").fetchone() == (20,)
    green.build()
    assert green.publish().manifest.release == release


def test_a_source_s_test_runs_again_with_what_is_built_from_it(green: Greenhouse) -> None:
    green.edit(
        "models/staging/_sensors.yml",
        "{name: moisture, data_type",
        "{name: moisture, data_tests: [{not_null: {name: moisture_is_there}}], data_type",
    )
    green.build()
    green.build("--exclude", "moisture_is_there")
    reason = "test `moisture_is_there` has not run since `base_sensors__readings` was rebuilt"
    assert reason in refusal(green)
    green.build("--select", "moisture_is_there")
    green.build("--select", "bed_moisture")
    assert green.publish().is_new


def test_a_test_of_an_ephemeral_model_is_of_its_code_and_its_tables(green: Greenhouse) -> None:
    model = green.folder / "models/staging/int_readings.sql"
    model.write_text(
        "{{ config(materialized='ephemeral') }} select * from {{ ref('stg_sensors__readings') }}"
    )
    (green.folder / "models/staging/int_readings.yml").write_text(
        "models:\n  - name: int_readings\n    columns:\n"
        "      - {name: moisture, data_tests: [{not_null: {name: it_is_moist}}]}\n"
    )
    view = green.folder / "models/features/bed_moisture"
    view.with_suffix(".sql").write_text(
        view.with_suffix(".sql").read_text().replace("stg_sensors__readings", "int_readings")
    )
    # dbt 1.11 runs no unit test with an ephemeral input.
    view.with_suffix(".yml").write_text(
        view.with_suffix(".yml").read_text().partition("unit_tests:")[0]
    )
    green.build()
    green.build("--select", "bed_moisture")
    green.build("--exclude", "it_is_moist")
    assert "`it_is_moist` has not run since `stg_sensors__readings` was re" in refusal(green)
    green.build()
    model.write_text(model.read_text() + " where moisture < 1")
    green.build("--select", "bed_moisture", "--exclude", "it_is_moist")
    assert "test `it_is_moist` ran before model `int_readings` changed" in refusal(green)
    green.build()
    assert green.publish().is_new


def test_what_changes_without_an_edit_is_part_of_no_view(green: Greenhouse) -> None:
    (green.folder / "targets.csv").write_text("bed_id,target\nnorth,0.5\n")
    (green.folder / "models/staging/targets.yml").write_text(
        "sources:\n  - name: files\n    tables:\n      - name: targets\n"
        "        config: {external_location: \"read_csv('targets.csv')\"}\n"
    )
    (green.folder / "snapshots").mkdir()
    (green.folder / "snapshots/beds.yml").write_text(
        "snapshots:\n  - name: beds_seen\n    relation: ref('stg_sensors__beds')\n"
        "    config: {unique_key: bed_id, strategy: check, check_cols: all, schema: main}\n"
    )
    green.edit(
        "models/features/bed_moisture.sql",
        "with\n\nreadings",
        "-- {{ source('files', 'targets') }} {{ ref('beds_seen') }}\nwith\n\nreadings",
    )
    green.build("--exclude-resource-type", "unit_test")
    told = refusal(green)
    assert "source `files.targets` is of no raw log, so that nobody sees when it changes" in told
    assert "`beds_seen` is a snapshot of dbt, which no build makes again" in told


def test_an_empty_build_of_days_loses_none_of_them(green: Greenhouse) -> None:
    """The next build goes on from where the view ends, so that a hole would stay."""
    green.build("--empty", "--event-time-start", "2026-01-05", "--event-time-end", "2026-01-08")
    green.build()
    assert green.publish().manifest.views[0].rows == 20


def test_files_with_the_line_ends_of_windows_are_no_edit(green: Greenhouse) -> None:
    view = green.folder / "models/features/bed_moisture.sql"
    text = view.read_text().replace("        moisture,", "        {{ share('moisture') }},")
    view.write_bytes(text.replace("\n", "\r\n").encode())
    (green.folder / "macros").mkdir()
    (green.folder / "macros/share.sql").write_bytes(
        b"{% macro share(column) %}\r\n{{ column }}\r\n{% endmacro %}\r\n"
    )
    green.build()
    assert green.publish().is_new


def test_a_view_is_built_alone_after_a_run_that_went_on(
    green: Greenhouse, raw: Location, tmp_path: Path
) -> None:
    """What that run read reaches back behind the first landing date: it is all there is."""
    greenhouse.land(raw)
    grown = green.copy(tmp_path / "grown", raw=raw, store=green.store)
    grown.build()
    tomorrow = LAST + timedelta(days=1)
    greenhouse.land(raw, first=tomorrow, last=tomorrow)
    assert grown.dbt("run").returncode == 0
    grown.build("--full-refresh", "--select", "bed_moisture")


def test_a_manifest_of_another_database_is_refused(green: Greenhouse) -> None:
    other = green.folder / "other.duckdb"
    (green.folder / "scratch.duckdb").rename(other)
    with pytest.raises(PublishError, match=r"in the database `scratch`, and `.*other.duckdb` is n"):
        publish(other, green.folder / "target/manifest.json", green.store)


def test_a_delay_that_no_build_can_keep_is_refused_before_one(green: Greenhouse) -> None:
    green.edit("models/features/bed_moisture.yml", "grid: day", "grid: hour")
    done = green.dbt("run")
    assert done.returncode != 0
    assert (
        "`bed_moisture` has a row each hour and says that it is served 30 minutes later"
        in done.stdout
    )
    assert "START sql" not in done.stdout


@pytest.mark.parametrize(
    ("entities", "message"),
    [
        ("{bad: [bed_id]}", "about the entity `bad`, which is not defined\n"),
        ("{bed: [moisture_max_1d]}", "is DOUBLE, and the key `bed_id` of entity `bed` is VARCHAR"),
        ("[bed]", "`bed_moisture` has no valid `meta.entities`"),
    ],
)
def test_a_key_that_is_not_its_entitys_is_refused_before_a_build(
    green: Greenhouse, entities: str, message: str
) -> None:
    green.edit(
        "models/features/bed_moisture.yml", "entities: {bed: [bed_id]}", f"entities: {entities}"
    )
    done = green.dbt("run")
    assert done.returncode != 0
    assert message in re.sub(r"\n +", "\n", done.stdout)
    assert "hint: " in done.stdout
    assert "START sql" not in done.stdout


def test_an_entity_is_described_anew_without_a_build(green: Greenhouse) -> None:
    green.edit("dbt_project.yml", "A bed of plants.", "A bed with plants and a sensor.")
    done = green.dbt("parse")
    assert done.returncode == 0, done.stdout
    (entity,) = green.publish().manifest.entities
    assert (entity.name, entity.keys) == ("bed", {"bed_id": "VARCHAR"})
    assert entity.description == "A bed with plants and a sensor."

"""A guest's project on Sail: the same tables as on DuckDB, in full, by batches, and built again."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from threading import Semaphore
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import compare_releases
import greenhouse
from compare_engines import compare, tables
from greenhouse import Greenhouse
from milepost.building import engine_lock
from milepost.building.build_records import keep
from milepost.building.catalog import Catalog
from milepost.building.engine_answers import EngineAnswers
from milepost.building.engine_lock import EngineLock
from milepost.building.engine_tables import EngineTables, connect
from milepost.errors import ConflictError, PublishError
from milepost.publishing.publish import publish
from milepost.storage import conditional, s3
from milepost.storage.location import Location
from small_releases import at, put_view, release, rows_of

# What docs/guides/other-engines.md says to add to a project that installs Milepost as a package.
SETTINGS = """    +materialized: table
    +file_format: "{{ none if target.type == 'duckdb' else 'delta' }}"
    +location_root: "{{ none if target.type == 'duckdb' else env_var('MILEPOST_TABLES_URI', '') }}"
"""
DISPATCH = "dispatch: [{macro_namespace: dbt, search_order: [greenhouse, milepost, dbt]}]\n"
VIEW = "model.greenhouse.bed_moisture"
# A late reading and a correction, both of the day before the last that had landed.
NEWS_OF_THE_PAST: list[greenhouse.Reading] = [
    (reading, "north", moisture, read_at, datetime(2026, 1, 11, 10))
    for reading, moisture, read_at in (
        ("late", 0.9, datetime(2026, 1, 9, 20)),
        ("2026-01-09-north-6", 0.8, datetime(2026, 1, 9, 6)),
    )
]
BATCH = {
    "test_id": "test.green.one",
    "model_id": "model.green.beds",
    "fingerprint": "1",
}


@pytest.fixture
def project(
    built_greenhouse: Greenhouse, tmp_path: Path, raw: Location, store: Location
) -> Greenhouse:
    """A copy of the greenhouse project with a raw log of its own, ready for both engines."""
    greenhouse.land(raw)
    copy = built_greenhouse.copy(tmp_path / "project", raw=raw, store=store)
    copy.edit("dbt_project.yml", "    +materialized: table\n", SETTINGS)
    copy.edit("dbt_project.yml", "vars:\n", f"{DISPATCH}\nvars:\n")
    return copy


def run_on_sail(project: Greenhouse, *arguments: str) -> subprocess.CompletedProcess[str]:
    return project.dbt(
        *arguments,
        *("--target", "sail", "--target-path", "sail"),
        MILEPOST_STORE_URI=project.store.uri(),
        MILEPOST_TABLES_URI=project.store.uri("engine"),
    )


def on_sail(project: Greenhouse, *arguments: str) -> str:
    done = run_on_sail(project, *arguments)
    assert done.returncode == 0, done.stdout
    return done.stdout


def differences(project: Greenhouse) -> dict[str, str]:
    """What differs between the tables of both engines, by the table's name; rows are expected."""
    manifest = json.loads((project.folder / "sail/manifest.json").read_bytes())
    with connect() as con:
        con.execute(f"attach '{project.folder / 'scratch.duckdb'}' as expected (read_only)")
        compared = [
            compare(
                con,
                node["alias"],
                f"expected.main.{node['alias']}",
                f"delta_scan('{node['config']['location_root']}/{node['alias']}')",
                typed=True,
            )
            for node in tables(manifest)
        ]
    assert len(compared) > 2
    assert all(comparison.rows for comparison in compared)
    return {comparison.table: comparison.fault for comparison in compared if comparison.fault}


def view_on_sail(project: Greenhouse) -> pa.Table:
    with connect() as con:
        table = f"delta_scan('{project.store.uri('engine/bed_moisture')}')"
        return con.execute(f"from {table} order by bed_id, available_at").to_arrow_table()


@pytest.mark.slow
def test_a_project_has_the_same_tables_on_sail_as_on_duckdb(project: Greenhouse) -> None:
    records = EngineTables.at(Location.parse(project.store.uri("engine")))
    project.build("--full-refresh")
    on_sail(project, "build")
    assert differences(project) == {}
    project.publish()
    known_then = view_on_sail(project)

    days = (date(2026, 1, 11), date(2026, 1, 12))
    readings = [*greenhouse.sound_readings(*days), *NEWS_OF_THE_PAST]
    greenhouse.land(project.raw, readings, first=days[0], last=days[1])
    project.build()
    assert differences(project) != {}
    printed = on_sail(project, "build")
    assert "Built anew" not in printed
    assert differences(project) == {}
    (batch,) = records.run("select built_to from milepost_checks.batches")
    assert batch["built_to"] == "2026-01-14 00:00:00"

    # The batch goes on from a release of DuckDB, since the past has the same values.
    from_sail = publish(Path("not/there"), project.folder / "sail/manifest.json", project.store)
    on_duckdb = project.publish()
    assert (from_sail.is_new, from_sail.manifest.code["engine"]) == (True, "sail")
    assert (on_duckdb.is_new, on_duckdb.uploaded) == (False, [])

    on_sail(project, "build", "--event-time-start", "2026-01-05", "--event-time-end", "2026-01-08")
    assert differences(project) == {}
    assert "as `--full-refresh` says" in on_sail(project, "build", "--full-refresh")
    assert differences(project) == {}
    # What landed later changed no row of an earlier instant, and a row of a later one.
    last = pc.max(known_then["available_at"])
    rebuilt = view_on_sail(project)
    assert rebuilt.filter(pc.field("available_at") <= last).equals(known_then)
    assert pc.max(rebuilt["moisture_max_1d"]).as_py() == NEWS_OF_THE_PAST[0][2]

    on_sail(project, "docs", "generate")
    catalog = json.loads((project.folder / "sail/catalog.json").read_bytes())
    assert VIEW in catalog["nodes"]


@pytest.mark.slow
def test_a_build_makes_again_what_a_failed_one_deleted(project: Greenhouse) -> None:
    hook, fails = "milepost.open_batch()", "execute and invocation_args_dict.event_time_start"
    raises = f"{{{{ exceptions.raise_compiler_error('too wet') if {fails} }}}}"
    project.edit("dbt_project.yml", f'"{{{{ {hook} }}}}"', f'["{{{{ {hook} }}}}", "{raises}"]')
    place = Location.parse(project.store.uri("engine"))
    put_lock_of_another_command(place)
    assert "another dbt command writes to" in run_on_sail(project, "build").stdout
    assert s3.get(place, "milepost_checks.json") is None
    s3.remove(place, ["milepost_lock.json"])
    on_sail(project, "build")
    (run,) = (project.folder / "sail/run").rglob("bed_moisture.sql")
    assert "from milepost.milepost__step_" in run.read_text()
    lock = EngineLock(place)
    lock.take()
    lock.release()
    tables = EngineTables.at(Location.parse(project.store.uri("engine")))
    view = json.loads((project.folder / "sail/manifest.json").read_bytes())["nodes"][VIEW]
    built = tables.fingerprint(view)
    days = ("--event-time-start", "2026-01-05", "--event-time-end", "2026-01-08")
    failed = run_on_sail(project, "build", *days)
    assert "too wet" in failed.stdout
    assert tables.fingerprint(view) != built
    place = Location.parse(tables.step_uri(""))
    conditional.create(place, "of_a_killed_build/part.parquet", b"")
    on_sail(project, "build")
    assert tables.fingerprint(view) == built
    assert not list(s3.listing(place))


SNAPSHOT = """{% snapshot beds_seen %}
{{ config(unique_key='bed_id', strategy='check', check_cols='all') }}
{{ config(file_format='delta', location_root=env_var('MILEPOST_TABLES_URI')) }}
select 'north' as bed_id, 'dry' as state
{% endsnapshot %}
"""


@pytest.mark.slow
def test_a_snapshot_waits_for_other_commands_and_keeps_its_history(project: Greenhouse) -> None:
    (project.folder / "snapshots").mkdir()
    (project.folder / "snapshots/beds_seen.sql").write_text(SNAPSHOT)
    place = Location.parse(project.store.uri("engine"))
    put_lock_of_another_command(place)
    assert "another dbt command writes to" in run_on_sail(project, "snapshot").stdout
    assert not list(s3.listing(place, "beds_seen/"))
    s3.remove(place, ["milepost_lock.json"])
    on_sail(project, "snapshot")
    project.edit("snapshots/beds_seen.sql", "'dry'", "'wet'")
    on_sail(project, "snapshot")
    with connect() as con:
        rows = f"from delta_scan('{place.uri('beds_seen')}')"
        seen = con.execute(f"select state, dbt_valid_to is null {rows} order by all").fetchall()
    assert seen == [("dry", False), ("wet", True)]
    lock = s3.get(place, "milepost_lock.json")
    assert lock
    assert lock.body == b"{}"


def test_records_are_kept_beside_the_tables(store: Location) -> None:
    (statement,) = keep("tested_tables", [BATCH])
    EngineTables.at(store).run(statement)
    assert EngineTables.at(store).run("select * from milepost_checks.tested_tables") == [BATCH]


TAKES_TURNS = """
import os, sys
from milepost.building.engine_lock import EngineLock
from milepost.errors import ConflictError
from milepost.storage import s3
from milepost.storage.location import Location

place, me = Location.parse(sys.argv[1]), str(os.getpid()).encode()
s3.put(place, f"ready/{os.getpid()}", b"")
while len(list(s3.listing(place, "ready/"))) < 2:
    pass
turns = 0
while turns < 10:
    lock = EngineLock(place)
    try:
        lock.take()
    except ConflictError:
        continue
    s3.put(place, "inside", me)
    for _ in range(5):
        assert s3.get(place, "inside").body == me, "another process is inside"
    turns += 1
    lock.release()
"""


TAKES_IT_AND_IS_KILLED = """
import os, signal, sys
from milepost.building.engine_lock import EngineLock
from milepost.storage.location import Location

EngineLock(Location.parse(sys.argv[1])).take()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_two_processes_hold_the_lock_one_after_the_other(store: Location) -> None:
    command = [sys.executable, "-c", TAKES_TURNS, store.uri("engine")]
    processes = [subprocess.Popen(command) for _ in range(2)]
    assert [process.wait(60) for process in processes] == [0, 0]


def put_lock_of_another_command(place: Location) -> None:
    """Write the lock of a command on another machine that has the same process number and name."""
    process = f"process {os.getpid()} on {socket.gethostname()}"
    body = json.dumps({"owner": "another", "process": process, "since": "today"}).encode()
    s3.put(place, "milepost_lock.json", body)


def test_a_lock_ends_with_its_command_and_soon_after_one_that_was_killed(
    store: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = EngineLock(store), EngineLock(store)
    first.take()
    first.release()
    killed = subprocess.run([sys.executable, "-c", TAKES_IT_AND_IS_KILLED, store.uri()])
    assert killed.returncode == -signal.SIGKILL
    with pytest.raises(ConflictError, match=r"another dbt command writes to .* process \d+ on"):
        second.take()
    second.release()
    with pytest.raises(ConflictError):
        first.take()
    with monkeypatch.context() as patch:
        patch.setattr(engine_lock, "EXPIRES_AFTER", timedelta(seconds=-1))
        second.take()
    second.release()
    monkeypatch.setattr(engine_lock, "OWNER", "another")
    first.take()
    first.release()


def test_a_process_is_told_from_one_of_the_same_number_and_host(store: Location) -> None:
    put_lock_of_another_command(store)
    with pytest.raises(ConflictError, match=f"process {os.getpid()} on {socket.gethostname()}"):
        EngineLock(store).take()


@pytest.mark.parametrize("body", [b"", b"[]", b'{"owner": "process 7"}'])
def test_a_damaged_lock_is_said(store: Location, body: bytes) -> None:
    s3.put(store, "milepost_lock.json", body)
    with pytest.raises(PublishError, match=r"`s3://.*/milepost_lock.json` is damaged") as error:
        EngineLock(store).take()
    assert error.value.hint == "remove it if no dbt command writes there"


@pytest.fixture
def renewals(monkeypatch: pytest.MonkeyPatch) -> Semaphore:
    """Makes commands renew their lock at once, and counts that."""
    done, replace = Semaphore(0), conditional.replace

    def replace_and_count(*arguments: Any) -> str:
        try:
            return replace(*arguments)
        finally:
            done.release()

    monkeypatch.setattr(conditional, "replace", replace_and_count)
    monkeypatch.setattr(engine_lock, "RENEWED_EVERY", timedelta(milliseconds=10))
    return done


def test_a_command_that_lives_renews_its_lock(
    store: Location, renewals: Semaphore, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = EngineLock(store)
    lock.take()
    etags = set()
    for _ in range(3):
        assert renewals.acquire(timeout=30)
        stored_lock = s3.get(store, "milepost_lock.json")
        assert stored_lock
        etags.add(stored_lock.etag)
    assert len(etags) > 1  # a store that encrypts by a key has a new one after each write
    lock.check()
    lock.release()
    monkeypatch.setattr(engine_lock, "OWNER", "another")
    lock.take()
    lock.release()  # else it would be renewed beside the next tests


def test_a_command_that_lost_its_lock_writes_nothing_more(
    store: Location, renewals: Semaphore, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = EngineTables.at(store)
    answers = EngineAnswers(Catalog.of(manifest_of()), tables)
    replace = conditional.replace

    def replace_late(*arguments: Any) -> str:
        put_lock_of_another_command(store)
        return replace(*arguments)

    monkeypatch.setattr(conditional, "replace", replace_late)
    tables.lock.take()
    s3.put(store, "milepost__steps/of_the_other", b"")
    assert renewals.acquire(timeout=30)
    answers.finish()
    for write in (
        lambda: answers.stored_steps("step", "select 1 as one"),
        lambda: answers.records("select 1 as one"),
        answers.remove_steps,
    ):
        with pytest.raises(ConflictError, match=r"has taken `s3://.*/milepost_lock.json`") as error:
            write()
        assert error.value.hint == "wait for the end of the other, then run this one again"
    stored_lock = s3.get(store, "milepost_lock.json")
    assert stored_lock
    assert json.loads(stored_lock.body)["owner"] == "another"
    assert list(s3.listing(store, "milepost__steps/"))


def test_records_that_another_command_changed_are_not_written_over(
    store: Location,
) -> None:
    (statement,) = keep("tested_tables", [BATCH])
    first, second = EngineTables.at(store), EngineTables.at(store)
    second.run("select 1 as one")
    first.run(statement)
    with pytest.raises(ConflictError):
        second.run(statement)


def add_version(table: Location, version: int) -> None:
    """Add one row to a Delta table as an engine does: a file, and what names it in the history."""
    rows, file = pa.BufferOutputStream(), f"{version}.parquet"
    pq.write_table(pa.table({"bed": [version]}), rows)
    body = rows.getvalue().to_pybytes()
    s3.put(table, file, body)
    column = {"name": "bed", "type": "long", "nullable": True, "metadata": {}}
    made: dict[str, object] = {
        "id": "beds",
        "format": {"provider": "parquet", "options": {}},
        "schemaString": json.dumps({"type": "struct", "fields": [column]}),
        "partitionColumns": [],
        "configuration": {},
    }
    added = {"path": file, "partitionValues": {}, "size": len(body), "modificationTime": 0}
    actions: list[dict[str, object]] = [{"add": added | {"dataChange": True}}]
    if version == 0:
        actions += [
            {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}},
            {"metaData": made},
        ]
    entry = "\n".join(map(json.dumps, actions)).encode()
    s3.put(table, f"_delta_log/{version:020}.json", entry)


def delta_node(store: Location, schema: str) -> dict[str, Any]:
    return {
        "unique_id": f"model.{schema}.beds",
        "resource_type": "model",
        "schema": schema,
        "alias": "beds",
        "config": {
            "materialized": "table",
            "file_format": "delta",
            "location_root": store.uri(),
        },
    }


def manifest_of(*nodes: dict[str, Any]) -> dict[str, Any]:
    return {
        "nodes": {node["unique_id"]: node for node in nodes},
        **{part: {} for part in ("sources", "unit_tests", "macros", "exposures", "disabled")},
        "metadata": {"project_name": "green", "dbt_version": "1", "adapter_type": "spark"},
    }


def test_rows_written_after_tables_are_opened_are_not_read(store: Location) -> None:
    table = Location.parse(store.uri("beds"))
    add_version(table, 0)
    con = EngineTables.at(store).open([delta_node(store, "green")])
    add_version(table, 1)
    assert con.execute("from green.beds").fetchall() == [(0,)]
    newest = con.execute(f"from delta_scan('{table.uri()}')").fetchall()
    assert sorted(newest) == [(0,), (1,)]


def test_what_is_called_like_no_step_is_not_dropped(store: Location) -> None:
    step = f"main.milepost__step_{'0' * 32}_1"
    for table in ("lane_rates", "main.milepost__step_0_1; drop table lane_rates", step):
        s3.put(store, f"milepost__steps/{table}/_delta_log/0.json", b"{}")
    tables = EngineTables.at(store)
    assert tables.steps() == [step]
    tables.remove_steps()
    assert list(s3.listing(store, "milepost__steps/")) == []


def test_two_nodes_with_one_folder_are_refused(store: Location) -> None:
    manifest = manifest_of(*(delta_node(store, schema) for schema in ("green", "red")))
    message = r"`model.green.beds` and `model.red.beds` would both write their table to `.*/beds`"
    with pytest.raises(PublishError, match=message):
        EngineAnswers(Catalog.of(manifest), EngineTables.at(store))


def test_records_of_another_milepost_are_those_of_no_build(store: Location) -> None:
    s3.put(store, "milepost_checks.json", b'{"form": "another", "tables": {"runs": [{"a": 1}]}}')
    assert EngineTables.at(store).run("select * from milepost_checks.builds") == []


def test_an_engine_without_a_place_for_its_tables_is_refused() -> None:
    with pytest.raises(PublishError, match="no place for the tables"):
        EngineTables.at(None)


def test_a_missing_extension_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MILEPOST_EXTENSIONS", str(tmp_path))
    with pytest.raises(PublishError, match="DuckDB cannot read Delta tables"):
        connect()


@pytest.mark.parametrize(
    ("actual", "fault"),
    [
        ("select 1 as key, 0.1e0 + 0.2e0 as number", ""),
        ("select 1 as key, 0.3e0 + 1e-11 as number", "1 rows"),
        ("select 2 as key, 0.3e0 as number", "2 rows"),
        ("select 1 as key, null::double as number", "1 rows"),
        ("select 1 as key, 0.3e0 as number union all select 1, 0.3e0", "1 rows"),
        ("select 1 as key", "columns number"),
        ("select 1::bigint as key, 0.3e0 as number", "types: key INTEGER, BIGINT"),
    ],
)
def test_what_differs_between_two_tables_is_seen(actual: str, fault: str) -> None:
    with duckdb.connect() as con:
        con.execute("create table expected as select 1 as key, 0.3e0 as number")
        con.execute(f"create table actual as {actual}")
        assert compare(con, "beds", "expected", "actual", typed=True).fault == fault


@pytest.mark.slow
def test_a_session_whose_instants_are_not_utc_is_refused(project: Greenhouse) -> None:
    for place, fault in {"engine": "has instants in `Europe/Berlin`", "x/": "ends in `/`"}.items():
        project.edit("profiles.yml", "timeZone: UTC", "timeZone: Europe/Berlin")
        done = project.dbt(
            *("build", "--target", "sail", "--target-path", "sail"),
            MILEPOST_STORE_URI=project.store.uri(),
            MILEPOST_TABLES_URI=f"s3://{project.store.bucket}/{place}",
        )
        project.edit("profiles.yml", "timeZone: Europe/Berlin", "timeZone: UTC")
        assert done.returncode != 0
        assert fault in done.stdout


def test_files_that_differ_between_two_releases_are_seen(
    store: Location, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    types = {"carrier_id": "VARCHAR", "available_at": "TIMESTAMP", "loads": "BIGINT"}
    rows = [("a", at("2026-01-02"), 1), ("a", at("2026-02-02"), 2)]
    contents = {
        "first": (rows, 1, "  0\n"),
        "same": (rows[::-1], 1, "  0\n"),
        "other": ([rows[0], (*rows[1][:2], 3)], 1, "  2026-02\n"),
        "more": (rows, 2, "  the view\n"),
    }
    for name, (values, view_count, printed) in contents.items():
        place = Location.parse(store.uri(name))
        views = [put_view(place, view, rows_of(types, *values)) for view in ("a", "b")[:view_count]]
        release(place, *views)
        arguments = ["compare_releases", store.uri("first"), place.uri()]
        monkeypatch.setattr(sys, "argv", arguments)
        assert compare_releases.main() == (printed != "  0\n")
        assert printed in capsys.readouterr().out

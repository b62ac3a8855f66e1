"""What macros are answered, without dbt; the plan itself is in test_plan.py."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from dbt_common.exceptions import CompilationError

import macro
from building.test_plan import (
    BASE,
    CLOSED,
    FIRST,
    HOURLY,
    RAW,
    SEED,
    STAGED,
    VIEW,
    manifest,
)
from milepost.building import build_records
from milepost.building.batches import Options
from milepost.building.built_range import built_range
from milepost.building.catalog import Catalog
from milepost.building.dbt_command import DbtCommand
from milepost.building.declared_views import published_name
from milepost.building.engine_versions import engine_versions
from milepost.building.fingerprint import fingerprint
from milepost.building.raw_logs import Recheck
from milepost.errors import LandingError, PublishError
from milepost.raw.tables import ClosedTable, RawFile, RawTable

SHARE = "test.green.share"


def files_of_days(tables: Sequence[RawTable]) -> dict[str, ClosedTable]:
    """A file for each day that is closed, with one column of two types."""
    days = [FIRST + timedelta(days=n) for n in range((CLOSED - FIRST).days)]
    files = tuple(
        RawFile(f"s3://raw/{day:%Y-%m-%d}", day, day + timedelta(days=1), {"a": kind}, rows=1)
        for day in days
        for kind in ("int64" if day.day > 1 else "int32",)
    )
    return {table.id: ClosedTable(FIRST, CLOSED, 1, files) for table in tables}


def first_file(asked: DbtCommand) -> str:
    """The first file that is read for the staged table."""
    parts = asked.raw_rows(STAGED, "raw", "beds")["parts"]
    return str(min(file["uri"] for part in parts for file in part["files"]))


def project() -> dict[str, Any]:
    green = manifest()
    green["nodes"][SHARE] = {
        **green["nodes"][SEED],
        "unique_id": SHARE,
        "resource_type": "test",
        "depends_on": {"nodes": [VIEW, STAGED], "macros": []},
    }
    view = green["nodes"][VIEW]
    view["config"]["meta"] |= {
        "entities": {"bed": ["bed_id"]},
        "entity_definitions": {"bed": {"keys": {"bed_id": "varchar"}, "description": "A bed."}},
        "serving_delay_minutes": 30,
    }
    names = ("bed_id", "available_at", "wet_7d", "dry_1d")
    view["columns"] = {name: {"name": name} for name in names}
    delay = {"grid": "hour", "serving_delay_minutes": 25 * 60}
    green["nodes"][HOURLY]["config"]["meta"] |= view["config"]["meta"] | delay
    green["nodes"][HOURLY]["columns"] = view["columns"]
    return green


def is_as_it_was(_tables: object, _closed: object) -> None:
    """No file was replaced."""


def command(
    green: dict[str, Any] | None = None, *, recheck: Recheck = is_as_it_was, **options: Any
) -> DbtCommand:
    chosen = Options(**{"command": "build", "target": "dev", **options})
    return DbtCommand(Catalog.of(green or project()), chosen, {}, dict, files_of_days, recheck)


def scratch() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    for statement in build_records.create():
        con.execute(statement)
    return con


def plan(asked: DbtCommand, con: duckdb.DuckDBPyConnection, *existing: str) -> dict[str, Any]:
    row = con.execute(asked.records_query()).fetchone()
    assert row
    answer = asked.plan([VIEW, STAGED, BASE, SHARE], list(existing), row[0], reference_days=10)
    for statement in answer["statements"]:
        con.execute(statement)
    json.dumps(answer)  # dbt reads it as JSON
    return answer


def test_a_build_after_another_goes_on_and_reads_a_slice() -> None:
    with scratch() as con:
        first = command()
        assert plan(first, con)["messages"] == []
        assert first.batch(VIEW) == {"start": None, "end": "2026-03-02 00:00:00"}
        assert first_file(first) == "s3://raw/2025-01-01"
        con.execute(first.batch_record(VIEW, "select 1 as wet_7d, 2 as dry_1d, 3 as bed_id"))
        statuses = dict.fromkeys([VIEW, STAGED, BASE], "success") | {SHARE: "pass"}
        assert first.views_looked_at([STAGED, SHARE]) == [VIEW]
        ended = first.results("2026-03-01 06:00:00", statuses, {VIEW: "1 2 3"})
        assert ended["fault"] is None
        for statement in ended["statements"]:
            con.execute(statement)
        records = build_records.read(con)
        assert records.builds[VIEW].raw_logs == first.raw_logs()
        assert records.builds[VIEW].fingerprint == "1 2 3"
        assert records.tests[SHARE].status == "pass"
        assert records.fingerprints == {(SHARE, VIEW): "1 2 3"}
        assert records.slices[VIEW].is_built
        assert records.batches[VIEW].look_backs == {"wet_7d": 0, "dry_1d": 0}
        assert (records.target, records.reopened) == ("dev", {RAW: 1})

        second = command()
        plan(second, con, VIEW)
        assert second.batch(VIEW)["start"] == "2026-03-02 00:00:00"
        assert first_file(second) == "s3://raw/2025-12-25"
        assert second.set_aside(STAGED, "base_beds", 10) == {
            "tables": ["beds"],
            "share_max": None,
            "row_count_min": 100,
            "closed_before": "2026-03-01 00:00:00",
            "judged_from": "2026-02-01",
        }
        interrupted = build_records.read(con)
        assert {build.status for build in interrupted.builds.values()} == {"interrupted"}
        assert not interrupted.slices[VIEW].is_built

        third = command(full_refresh=True)
        answer = plan(third, con, VIEW)
        assert answer["messages"] == ["Built anew: `beds`; as `--full-refresh` says"]
        assert answer["dropped"] == [VIEW]
        assert build_records.read(con).batches == {}


def test_a_snapshot_is_read_in_full() -> None:
    green = project()
    green["sources"][RAW]["config"]["meta"]["is_snapshot"] = True
    with scratch() as con:
        built = command(green)
        plan(built, con)
        con.execute(built.batch_record(VIEW, "select 1 as wet_7d, 2 as dry_1d, 3 as bed_id"))
        asked = command(green)
        plan(asked, con, VIEW)
    assert first_file(asked) == "s3://raw/2025-01-01"


def test_no_table_counts_that_was_built_while_a_file_was_replaced() -> None:
    tables_looked_at: list[str] = []

    def recheck(tables: Sequence[RawTable], closed: Mapping[str, ClosedTable]) -> None:
        tables_looked_at.extend(table.id for table in tables)
        assert closed[RAW].files
        raise LandingError("`s3://raw/a` was replaced", hint="build again")

    with scratch() as con:
        torn = command(recheck=recheck)
        plan(torn, con)
        torn.raw_rows(STAGED, "raw", "beds")
        con.execute(torn.batch_record(VIEW, "select 1 as wet_7d, 2 as dry_1d, 3 as bed_id"))
        ended = torn.results("2026-03-01", {VIEW: "success", SEED: "success"}, {})
        assert ended["fault"] == "`s3://raw/a` was replaced\nhint: build again"
        for statement in ended["statements"]:
            con.execute(statement)
        records = build_records.read(con)
    assert tables_looked_at == [RAW]
    assert records.builds[VIEW].status == "files replaced"
    assert records.builds[SEED].status == "success"
    assert VIEW not in records.batches
    assert not records.slices[VIEW].is_built


def test_what_is_built_otherwise_is_kept_as_such() -> None:
    with scratch() as con:
        sampled = command(narrowed_by="--sample")
        plan(sampled, con)
        assert sampled.batch_record(VIEW, "select 1") == ""
        for statement in sampled.results("2026-03-01", {VIEW: "success"}, {})["statements"]:
            con.execute(statement)
        records = build_records.read(con)
    assert records.builds[VIEW].narrowed_by == "--sample"
    assert not records.slices[VIEW].is_built


def test_a_seed_command_plans_nothing() -> None:
    assert command(command="seed").plan([SEED], [], "", 10)["dropped"] == []


def test_a_command_that_builds_nothing_is_told_every_instant() -> None:
    asked = command(command="compile")
    assert asked.batch(VIEW) == {"start": None, "end": "2026-03-02 00:00:00"}
    assert first_file(asked) == "s3://raw/2025-01-01"


def test_a_build_without_a_plan_is_refused() -> None:
    """It would append all rows to those that are there."""
    with pytest.raises(PublishError, match="on-run-start hooks have not run"):
        command().batch(VIEW)


def test_records_of_another_milepost_are_made_anew() -> None:
    assert command().record_tables(build_records.FORM) == []
    assert command().record_tables("other") == command().record_tables(None)
    assert command().record_tables(None) == build_records.create()


def test_a_raw_table_is_declared_once_and_a_source_has_a_raw_log() -> None:
    green = project()
    green["sources"]["source.green.twice.beds"] = {**green["sources"][RAW], "source_name": "twice"}
    with pytest.raises(LandingError, match=r"`raw.beds` and `twice.beds` declare the same raw"):
        command(green).check_landing()
    with pytest.raises(PublishError, match=r"source `other.a` has no `meta.raw_uri`\nhint: say in"):
        command().known_by("other", "a")
    assert command().known_by("raw", "beds") == {"by": "column", "column": "landed_at"}


def test_files_whose_columns_have_the_same_types_are_read_together() -> None:
    green = project()
    green["sources"][RAW]["columns"] = {"a": {"name": "a", "data_type": "bigint"}}
    rows = command(green, command="compile").raw_rows(STAGED, "raw", "beds")
    assert rows["columns"] == {"a": "bigint"}
    types = [part["readings"][0]["file_type"] for part in rows["parts"]]
    assert types == ["INTEGER", "BIGINT"]
    assert sum(len(part["files"]) for part in rows["parts"]) == (CLOSED - FIRST).days


# --- The built range


def test_a_view_is_whole_from_its_windows_on_up_to_what_is_built() -> None:
    found = built_range(
        features=["wet_7d", "dry_1d"],
        firsts=[datetime(2026, 1, 1), datetime(2026, 1, 3)],
        built_to=datetime(2026, 2, 1),
        look_backs={"dry_1d": 24},
        longest_window_days=7,
        serving_delay_minutes=30,
    )
    assert found.complete_from == {
        "wet_7d": datetime(2026, 1, 10, 0, 30),
        "dry_1d": datetime(2026, 1, 4, 0, 30),
    }
    assert found.built_through == datetime(2026, 2, 1, 0, 30)


def test_a_lookup_knows_how_far_a_view_is_built() -> None:
    asked = command()
    logs = asked.raw_logs()
    recorded = asked.built_range(VIEW, logs, "2026-02-20 00:00:00", {"dry_1d": 24})
    assert recorded == {
        "complete_from": {"wet_7d": "2025-01-08 00:30:00", "dry_1d": "2025-01-02 00:30:00"},
        "built_through": "2026-02-20 00:30:00",
    }
    unbuilt = asked.built_range(VIEW, logs, None, {})
    assert set(unbuilt["complete_from"].values()) == {"2025-01-08 00:30:00"}
    assert unbuilt["built_through"] == "2026-03-02 00:30:00"


# --- What stands in a macro and in Python


@pytest.mark.parametrize("version", [None, 2, "b"])
def test_a_macro_names_a_published_table_as_python_does(version: Any) -> None:
    node = {"name": "beds", "version": version}
    macros = macro.Macros("checks")
    assert macros.published_name(SimpleNamespace(**node)) == published_name(node)


def test_dbt_takes_the_fingerprint_that_the_publisher_takes() -> None:
    query = command().fingerprint_query("readings")
    with duckdb.connect() as con:
        con.execute("create table readings as select 1 as a union all select 2")
        row = con.execute(query).fetchone()
        assert row
        assert row[0] == fingerprint(con, "readings")
        for change in ("update readings set a = 3 where a = 1", "insert into readings values (3)"):
            con.execute(change)
            assert fingerprint(con, "readings") != row[0]


def questions() -> Iterator[tuple[str, str, set[str]]]:
    """Each question that a macro asks: in which file, which, and with which details."""
    for file in sorted(macro.MACROS.rglob("*.sql")):
        text = file.read_text()
        for asked in re.finditer(r"\bmilepost\.ask\(\s*'(\w+)'(?:,\s*(\{))?", text):
            details = text[asked.start(2) : _end(text, asked.start(2))] if asked[2] else ""
            yield file.name, asked[1], set(re.findall(r"'(\w+)': ", details))


def _end(text: str, start: int) -> int:
    """Where the mapping that begins at `start` ends."""
    depth = 0
    for end in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[end], 0)
        if depth == 0:
            break
    return end


def test_macros_ask_what_there_is_an_answer_to() -> None:
    asked = set()
    for file, question, details in questions():
        parameters = set(inspect.signature(getattr(DbtCommand, question)).parameters)
        assert details | {"self"} == parameters, (file, question)
        asked.add(question)
    assert asked == {name for name in dir(DbtCommand) if not name.startswith("_")}


def test_an_environment_without_milepost_is_refused() -> None:
    macros = macro.Macros("batch", adapter=SimpleNamespace())
    with pytest.raises(
        CompilationError, match=r"does not answer `batch`: .*\n *hint: install `milepost`"
    ):
        macros.ask("batch", {})


def test_another_engine_is_refused_by_name() -> None:
    with pytest.raises(PublishError, match=r"does not build on `snowflake`\nhint: .* duckdb, "):
        engine_versions("snowflake")

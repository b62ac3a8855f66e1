"""The records of builds and tests: what is kept is what is read back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import duckdb
import pytest

from milepost.building import build_records
from milepost.building.build_records import Batch, Build, Records, Slice
from milepost.errors import PublishError

AT, INSTANT = "2026-03-01 06:30:00.000001", datetime(2026, 3, 1, 6, 30, 0, 1)
PARTS = {"model `it's`": "a", 'source "x"': "b"}


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        run(con, build_records.create())
        yield con


def run(con: duckdb.DuckDBPyConnection, statements: list[str]) -> None:
    for statement in statements:
        con.execute(statement)


def test_what_is_kept_is_read_back(con: duckdb.DuckDBPyConnection) -> None:
    assert build_records.read(con) == Records()
    ended = {"recorded_at": AT, "status": "it's over", "narrowed_by": "", "parts": PARTS}
    logs = {"s3://raw": {"first": "2026-01-01", "closed_before": "2026-03-01", "reopened": "2"}}
    table = {"raw_logs": logs, "relation": '"a"."b"', "target": "dev", "fingerprint": "1 2"}
    batch = {"built_to": INSTANT, "code": "c", "parts": PARTS, "look_backs": {"a": 24}}
    planned = {"first_date": None, "closed_before": date(2026, 3, 1), "is_built": False}
    rows: dict[str, dict[str, Any]] = {
        "builds": {"node_id": "m", **ended, **table},
        "tests": {"node_id": "t", **ended},
        "tested_tables": {"test_id": "t", "model_id": "m", "fingerprint": "1 2"},
        "batches": {"node_id": "m", **batch},
        "slices": {"node_id": "m", **planned},
    }
    for table_name, row in rows.items():
        run(con, build_records.keep(table_name, [row]))
    assert build_records.read(con) == Records(
        builds={"m": Build("it's over", "", logs, '"a"."b"', "dev", "1 2", PARTS, INSTANT)},
        tests={"t": build_records.TestRun("it's over", "", PARTS, INSTANT)},
        fingerprints={("t", "m"): "1 2"},
        batches={"m": Batch(INSTANT, "c", PARTS, {"a": 24})},
        slices={"m": Slice(None, datetime(2026, 3, 1), is_built=False)},
    )


def test_a_record_replaces_that_of_the_same_node(con: duckdb.DuckDBPyConnection) -> None:
    rows = [
        {"node_id": node, "first_date": day, "closed_before": day, "is_built": False}
        for node in ("m", "n")
        for day in ("2026-01-01",)
    ]
    run(con, build_records.keep("slices", rows))
    run(con, build_records.keep("slices", [{**rows[0], "first_date": "2026-01-02"}]))
    run(con, build_records.keep_slices(["n"]))
    assert build_records.read(con).slices == {
        "m": Slice(date(2026, 1, 2), datetime(2026, 1, 1), is_built=False),
        "n": Slice(date(2026, 1, 1), datetime(2026, 1, 1), is_built=True),
    }


def test_builds_are_interrupted_and_batches_forgotten(con: duckdb.DuckDBPyConnection) -> None:
    ended = {"recorded_at": AT, "status": "success", "narrowed_by": "", "parts": {}}
    table = {"raw_logs": {}, "relation": "", "target": "", "fingerprint": ""}
    batch = {"built_to": INSTANT, "code": "", "parts": {}, "look_backs": {}}
    for node in ("m", "n"):
        run(con, build_records.keep("builds", [{"node_id": node, **ended, **table}]))
        run(con, build_records.keep("batches", [{"node_id": node, **batch}]))
    run(con, build_records.interrupt(["m", "unknown"]))
    run(con, build_records.forget_batches(["n"]))
    records = build_records.read(con)
    assert {id_: build.status for id_, build in records.builds.items()} == {
        "m": "interrupted",
        "n": "success",
    }
    assert set(records.batches) == {"m"}


def test_nothing_is_written_of_nothing() -> None:
    for statements in (
        build_records.keep("slices", []),
        build_records.interrupt([]),
        build_records.forget_batches([]),
        build_records.keep_slices([]),
    ):
        assert statements == []


def test_the_tables_say_which_form_they_have(con: duckdb.DuckDBPyConnection) -> None:
    comments = con.execute(
        "select comment from duckdb_tables() where schema_name = 'milepost_checks' "
        "and table_name = 'batches'"
    ).fetchall()
    assert comments == [(build_records.FORM,)]


@pytest.mark.parametrize("damage", ["drop table {}", "alter table {} drop column parts"])
def test_records_of_another_form_are_none(con: duckdb.DuckDBPyConnection, damage: str) -> None:
    run(con, build_records.keep("tests", [dict.fromkeys(("node_id", "status"), "t")]))
    con.execute(damage.format("milepost_checks.tests"))
    with pytest.raises(PublishError, match="no record of a build by this Milepost"):
        build_records.read(con)

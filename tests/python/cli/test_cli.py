"""The command line: what it prints where, and its exit codes, on releases of a real store."""

from __future__ import annotations

import json
import logging
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from milepost import cli
from milepost.cli import progress
from milepost.raw import ledger_parts
from milepost.raw.ledger_records import to_arrow
from milepost.release import garbage
from milepost.release.derived import Derived
from milepost.release.service import Service
from milepost.storage import s3
from milepost.storage.arrow import filesystem
from milepost.storage.client import client
from milepost.storage.location import Location
from small_releases import at, manifest_of, put_view, release, release_manifest, rows_of

TYPES = {"carrier_id": "VARCHAR", "available_at": "TIMESTAMP", "late": "DOUBLE"}
MORE = {**TYPES, "count": "BIGINT"}
ROWS = [("a", at("2026-01-02"), 0.5), ("b", at("2026-02-02"), 0.1)]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def two(store: Location) -> tuple[str, str]:
    """A release, and one with another feature, another month and another view."""
    first = release(store, put_view(store, "carriers", rows_of(TYPES, *ROWS)))
    grown = [(*row, 1) for row in [*ROWS, ("a", at("2026-03-02"), 0.7)]]
    carriers = replace(
        put_view(store, "carriers", rows_of(MORE, *grown)), built_through="2026-08-01T00:00:00"
    )
    lanes = put_view(store, "lanes", rows_of(TYPES, *ROWS))
    return first, release(store, carriers, lanes, created_at="2026-08-01T00:00:00")


@pytest.fixture
def run(
    store: Location, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Run:
    # On a busy machine a short command is a long one.
    monkeypatch.setattr(progress, "QUIET_SECONDS", 600.0)

    def command(*arguments: str) -> tuple[int, str, str]:
        code = cli.main([*arguments, "--store", store.uri()])
        out, err = capsys.readouterr()
        return code, out, err

    return command


def data(run: Run, *arguments: str) -> Any:
    code, out, err = run(*arguments, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


def test_releases_are_listed_newest_first(two: tuple[str, str], run: Run) -> None:
    first, second = two
    run("pin", "pricing", first)
    listed = data(run, "releases")
    assert [(row["release"], row["views"], row["rows"]) for row in listed] == [
        (second, 2, 5),
        (first, 1, 2),
    ]
    assert [(row["is_current"], row["pins"]) for row in listed] == [
        (True, []),
        (False, ["pricing"]),
    ]
    code, out, err = run("releases")
    assert (code, err) == (0, "")
    assert re.search(rf"^{second} +2 +5 .* current$", out, re.MULTILINE)
    assert re.search(rf"^{first} +1 +2 .* previous, pricing$", out, re.MULTILINE)


def test_a_release_is_shown(two: tuple[str, str], run: Run) -> None:
    first, second = two
    assert data(run, "show")["release"] == second
    assert data(run, "show", first)["views"][0]["rows"] == 2
    code, out, _ = run("show")
    assert code == 0
    assert f"Release {second} at s3://" in out
    assert re.search(r"^  carriers +3 +0 +2026-08-01 00:00:00$", out, re.MULTILINE)
    assert re.search(r"^    keys  +carrier_id\n    grid  +hour$", out, re.MULTILINE)
    assert "\n    from 2026-01-01 00:00:00: late, count\n" in out


def test_the_example_has_all_features_of_an_entity_and_how_much_there_is(
    two: tuple[str, str], run: Run
) -> None:
    code, out, _ = run("show", "--example")
    assert code == 0
    assert out.splitlines() == [
        "carrier_id a at 2026-07-31 23:00:00 UTC",
        "",
        "feature         value",
        "carriers:late   0.7",
        "carriers:count  1",
        "",
        "2 feature views, 3 features, 0 checks passed, 5 rows",
    ]
    assert data(run, "show", "--example") == data(run, "show")


def test_the_example_is_never_as_of_the_future(store: Location, run: Run) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    rows = rows_of(MORE, *[(*row, 1) for row in ROWS])
    release(store, put_view(store, "carriers", rows, built_through=f"{tomorrow:%Y-%m-%dT00:00:00}"))
    (as_of,) = re.findall(r" at (.+) UTC", run("show", "--example")[1])
    instant = datetime.fromisoformat(as_of).replace(tzinfo=UTC)
    assert datetime.now(UTC) - timedelta(minutes=2) < instant <= datetime.now(UTC)


def test_a_difference_names_views_features_rows_and_partitions(
    two: tuple[str, str], run: Run
) -> None:
    assert data(run, "diff", two[0], two[0]) == []
    carriers, lanes = data(run, "diff", *two)
    assert (lanes["view"], lanes["change"], lanes["rows_after"]) == ("lanes", "added", 2)
    assert carriers["features_added"] == ["count"]
    assert (carriers["rows_before"], carriers["rows_after"]) == (2, 3)
    assert carriers["partitions_added"] == ["2026-03"]
    assert carriers["partitions_changed"] == ["2026-01", "2026-02"]
    assert carriers["stated"] == {"built_through": ["2026-07-01T00:00:00", "2026-08-01T00:00:00"]}
    _, out, _ = run("diff", two[1], two[0])
    assert out.splitlines() == [
        "carriers: changed, rows 3 -> 2 (-1)",
        "  features removed: count",
        "  partitions removed: 2026-03",
        "  partitions changed: 2026-01, 2026-02",
        "  built_through: 2026-08-01 00:00 -> 2026-07-01 00:00",
        "lanes: removed, rows 2 -> 0 (-2)",
        "  features removed: late",
        "  partitions removed: 2026-01, 2026-02",
    ]


def test_show_names_the_views_without_a_row(store: Location, run: Run) -> None:
    views = [
        put_view(store, name, rows_of(MORE, *[(*row, 1) for row in rows]))
        for name, rows in (("carriers", ROWS), ("empty", []))
    ]
    release(store, *views)
    assert "  Published without a row: empty" in run("show")[1].splitlines()


def test_show_says_in_words_what_is_not_complete_yet(store: Location, run: Run) -> None:
    view = put_view(store, "carriers", rows_of(MORE, *[(*row, 1) for row in ROWS]))
    fields = [
        replace(field, complete_from="2026-09-01T00:00:00") if field.name == "late" else field
        for field in view.fields
    ]
    waits = Derived("waits", "DOUBLE", "", "late * 2.5e0", ["late"])
    asked = Derived("asked", "DOUBLE", "", "age", [], {"age": "DOUBLE"})
    release(store, replace(view, fields=fields, derived=[waits, asked]))
    lines = run("show")[1].splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("    always"))
    assert lines[start : start + 3] == [
        "    always: asked",
        "    from 2026-01-01 00:00:00: count",
        "    not yet, from 2026-09-01 00:00:00: late, waits",
    ]
    release(
        store, replace(view, fields=[*view.fields[:2], fields[2]]), created_at="2026-08-02T00:00:00"
    )
    unfilled = "carriers:late  null   its window is full from 2026-09-01 00:00"
    assert unfilled in run("show", "--example")[1].splitlines()


def test_a_difference_says_from_when_a_feature_is_complete(store: Location, run: Run) -> None:
    rows = rows_of(MORE, *[(*row, 1) for row in ROWS])
    first = release(store, put_view(store, "carriers", rows))
    later = put_view(store, "carriers", rows, complete_from="2026-01-02T00:00:00")
    second = release(store, later, created_at="2026-08-01T00:00:00")
    (carriers,) = data(run, "diff", first, second)
    change = ["2026-01-01 00:00:00", "2026-01-02 00:00:00"]
    assert carriers["complete_from"] == {"late": change, "count": change}
    assert run("diff", first, second)[1].splitlines() == [
        "carriers: changed, rows 2 -> 2 (+0)",
        "  complete from 2026-01-01 00:00 -> 2026-01-02 00:00: late, count",
    ]


def test_a_difference_names_services_that_came_went_or_changed(store: Location, run: Run) -> None:
    view = put_view(store, "carriers", rows_of(MORE, *[(*row, 1) for row in ROWS]))
    kept, gone = (Service(name, "", None, {}, ["carriers"]) for name in ("kept", "gone"))
    asks = Service("asks", "", "low", {"name": "us"}, ["carriers:late", "carriers:count"])
    other = replace(asks, maturity="high", features=["carriers:count"])
    back = replace(asks, features=asks.features[::-1])
    first, second, third = (
        replace(manifest_of(view, created_at=f"2026-07-0{n}T00:00:00"), services=services).sealed()
        for n, services in enumerate(([kept, gone, asks], [kept, other], [kept, gone, back]), 1)
    )
    for manifest in (first, second, third):
        release_manifest(store, manifest)
    assert run("diff", first.release, first.release)[1] == "nothing differs\n"
    assert run("diff", first.release, second.release)[1].splitlines() == [
        "service asks: changed",
        "  features removed: carriers:late",
        "  maturity: low -> high",
        "service gone: removed",
        "  features removed: carriers",
    ]
    assert data(run, "diff", first.release, third.release) == [
        {
            "service": "asks",
            "change": "changed",
            "features_added": [],
            "features_removed": [],
            "stated": {"features": [asks.features, back.features]},
        }
    ]
    assert data(run, "diff", second.release, third.release)[1]["change"] == "added"


def test_a_feature_that_is_said_otherwise_is_named(store: Location, run: Run) -> None:
    twice = Derived("twice", "DOUBLE", "", "late * 2", ["late"], {})
    carriers = replace(put_view(store, "carriers", rows_of(TYPES, *ROWS)), derived=[twice])
    said = [
        replace(field, description="Late.") if field.name == "late" else field
        for field in carriers.fields
    ]
    doubled = replace(twice, sql="late + late")
    first = release(store, carriers)
    second = release(store, replace(carriers, fields=said, derived=[doubled]))
    (found,) = data(run, "diff", first, second)
    assert found["features_changed"] == ["late", "twice"]
    assert found["features_added"] == found["features_removed"] == []
    assert "  features changed: late, twice\n" in run("diff", first, second)[1]


def test_going_back_keeping_and_letting_go(two: tuple[str, str], run: Run) -> None:
    first, second = two
    assert run("rollback", first)[:2] == (0, f"current is now {first}\n")
    assert data(run, "show")["release"] == first
    assert data(run, "pin", "pricing") == {"pin": "pricing", "release": first}
    assert run("unpin", "pricing")[:2] == (0, "pricing keeps nothing\n")
    code, out, err = run("unpin", "pricing")
    assert (code, out) == (1, "")
    assert "\nhint: " in err
    assert data(run, "releases")[0]["release"] in {first, second}


def test_verify_counts_and_finds_damage(two: tuple[str, str], run: Run, store: Location) -> None:
    assert (data(run, "verify")["files"], data(run, "verify")["damaged"]) == (5, [])
    damaged = data(run, "show")["views"][0]["files"][0]["name"]
    s3.put(store, damaged, b"x")
    code, out, _ = run("verify")
    assert code == 1
    assert damaged in out
    assert out.splitlines()[-1].endswith("1 damaged")


def test_garbage_is_named_before_it_is_removed(two: tuple[str, str], run: Run) -> None:
    found = data(run, "gc", "--dry-run")
    assert (found["dry_run"], found["removed"]) == (True, [])
    assert sorted(found["kept_releases"]) == sorted(two)
    assert run("gc")[0] == 0
    assert data(run, "verify")["damaged"] == []
    for days in ("x", "-1", "9" * 20):
        code, _, err = run("gc", "--grace-days", days)
        assert (code, "is no number of days" in err) == (2, True)
    code, _, err = run("gc", "--grace-days", "0")
    assert code == 1
    assert "\nhint: " in err


def test_what_no_ledger_names_is_garbage_too(
    store: Location, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = ledger_parts.append(ledger_parts.read(store), to_arrow([]))
    names = [ledger_parts.part_name("0" * 64), f"{ledger_parts.KEPT}{'0' * 32}.parquet"]
    for name in [*names, "ledger/notes.txt"]:
        s3.put(store, name, b"")
    assert data(run, "gc")["removed"] == []
    now = s3.clock
    monkeypatch.setattr(s3, "clock", lambda location: now(location) + timedelta(days=8))
    assert sorted(data(run, "gc", "--dry-run")["removed"]) == sorted(names)
    assert sorted(data(run, "gc")["removed"]) == sorted(names)
    present = {item.name for item in s3.listing(store)}
    assert present == {
        ledger_parts.CURRENT,
        ledger_parts.part_name(ledger.parts[0]),
        "ledger/notes.txt",
    }


def test_garbage_is_kept_for_a_week_unless_days_are_given(
    two: tuple[str, str], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    graces = []

    def collect(_: Location, *, grace: timedelta, **_options: Any) -> garbage.Collection:
        graces.append(grace)
        return garbage.Collection([], 0, [])

    monkeypatch.setattr(garbage, "collect", collect)
    assert run("gc")[0] == run("gc", "--grace-days", "30")[0] == 0
    assert graces == [timedelta(days=7), timedelta(days=30)]


def test_a_refusal_is_one_error_on_stderr(run: Run) -> None:
    code, out, err = run("show")
    assert (code, out) == (1, "")
    assert "is not a feature store" in err
    assert "\nhint: publish" in err
    assert "Traceback" not in err


def test_what_is_not_understood_is_2(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("fly")[0] == run("diff", "only-one")[0] == 2
    monkeypatch.delenv("MILEPOST_STORE_URI", raising=False)
    assert cli.main(["releases"]) == 2
    assert "hint: give --store s3://bucket/prefix, or set MILEPOST_STORE_URI" in (
        capsys.readouterr().err
    )


def test_a_training_set_is_written_from_a_query_and_a_service(
    store: Location, run: Run, tmp_path: Path
) -> None:
    service = Service("lateness", "", None, {}, ["carriers:late", "carriers:twice"])
    twice = Derived("twice", "DOUBLE", "", "late * factor", ["late"], {"factor": "DOUBLE"})
    carriers = replace(put_view(store, "carriers", rows_of(TYPES, *ROWS)), derived=[twice])
    manifest = replace(manifest_of(carriers), services=[service]).sealed()
    release_manifest(store, manifest)
    spine, out = tmp_path / "entity_rows.sql", f"{store.uri()}-training/set.parquet"
    spine.write_text(
        "select distinct carrier_id, timestamp '2026-03-01' as event_timestamp, 2.0 as factor "
        "from carriers order by carrier_id"
    )
    asked = ("training-set", "--entities", str(spine), "--out", out, "--features")
    assert data(run, *asked, "lateness") == {"release": manifest.release, "rows": 2, "out": out}
    written = pq.read_table(out.removeprefix("s3://"), filesystem=filesystem())
    assert written.select(["late", "twice"]).to_pydict() == {"late": [0.5, 0.1], "twice": [1, 0.2]}
    code, _, err = run(*asked, "lateness")
    assert (code, "is there already\nhint: a training set replaces nothing" in err) == (1, True)
    code, _, err = run(*asked[:-2], store.uri("b.parquet"), "--features", "lateness")
    assert (code, "is inside the store" in err, "name a file beside it" in err) == (1, True, True)
    named_out = f"{store.uri()}-training/b.parquet"
    again = (*asked[:-2], named_out, "--features", "carriers:late", "carriers:twice")
    code, line, _ = run(*again, "--full-feature-names", "--release", manifest.release)
    assert line == f"wrote 2 rows to {named_out}, from release {manifest.release}\n"
    named = pq.read_schema(named_out.removeprefix("s3://"), filesystem=filesystem())
    assert named.names[-2:] == ["carriers__late", "carriers__twice"]


def test_what_a_training_set_may_have_is_told_as_its_options(
    store: Location, run: Run, tmp_path: Path
) -> None:
    release_manifest(store, manifest_of(put_view(store, "carriers", rows_of(TYPES, *ROWS))))
    spine, out = tmp_path / "entity_rows.sql", f"{store.uri()}-training/set.parquet"
    rows = "select carrier_id, timestamp '2025-01-01' as event_timestamp from carriers"
    spine.write_text(f"{rows} union all {rows.replace('2025', '2027')}")
    asked = ("training-set", "--entities", str(spine), "--out", out, "--features", "carriers")
    code, _, err = run(*asked)
    assert (code, "or pass --allow-early and --allow-late\n" in err) == (1, True)
    assert run(*asked, "--allow-early", "--allow-late")[0] == 0


def test_entity_rows_that_cannot_be_read_are_said(two: object, run: Run, tmp_path: Path) -> None:
    asked = ("training-set", "--features", "carriers", "--out", "s3://milepost-store/x")
    code, _, err = run(*asked, "--entities", str(tmp_path / "none.sql"))
    assert (code, "none.sql` cannot be read" in err) == (1, True)
    assert "hint: name a file with one SQL query, or `s3://bucket/rows.parquet`" in err
    (tmp_path / "empty.sql").touch()
    code, _, err = run(*asked, "--entities", str(tmp_path / "empty.sql"))
    assert (code, "have no statements, not one\nhint: write one `select`" in err) == (1, True)
    (tmp_path / "two.sql").write_text("select 1; drop table x")
    code, _, err = run(*asked, "--entities", str(tmp_path / "two.sql"))
    assert (code, "have 2 statements, not one" in err) == (1, True)
    code, _, err = run(*asked[:-1], "set.parquet", "--entities", str(tmp_path / "two.sql"))
    assert (code, "`set.parquet` is not on S3, which is where" in err) == (1, True)


def test_a_bucket_that_does_not_exist_is_said(
    s3_server: object, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in ("show", "gc"):
        assert cli.main([command, "--store", "s3://milepost-none/x"]) == 1
        assert "the bucket does not exist\nhint: create the bucket" in capsys.readouterr().err


NO_RELEASE = "20260101T000000Z-0123456789ab"
COMMANDS: dict[str, tuple[str, ...]] = {
    "publish": (),
    "tables": (),
    "releases": (),
    "search": ("late",),
    "describe": ("carriers",),
    "services": (),
    "covers": ("carriers",),
    "head": ("carriers",),
    "lookup": ("carriers", "carrier_id=a"),
    "training-set": (
        *("--entities", "s3://milepost-store/rows.parquet", "--features", "carriers"),
        *("--out", "s3://milepost-store/out.parquet"),
    ),
    "show": (),
    "diff": (NO_RELEASE, NO_RELEASE),
    "rollback": (NO_RELEASE,),
    "pin": ("pricing",),
    "unpin": ("pricing",),
    "gc": (),
    "verify": (),
}
OF_A_RELEASE = {
    **dict.fromkeys(("show", "rollback", "verify"), (NO_RELEASE,)),
    "diff": (NO_RELEASE, NO_RELEASE),
    "pin": ("pricing", NO_RELEASE),
    **{
        name: (*COMMANDS[name], "--release", NO_RELEASE)
        for name in (
            *("search", "describe", "services", "covers", "head", "lookup", "training-set"),
        )
    },
}


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_says_that_s3_is_down(
    run: Run, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    client.cache_clear()
    try:
        code, out, err = run(command, *COMMANDS[command])
    finally:
        client.cache_clear()
    assert (code, out) == (1, "")
    assert re.fullmatch(
        "reading .*`s3://.*`: S3 cannot be reached at http://127.0.0.1:1\nhint: is the .*\n", err
    )


@pytest.mark.parametrize("command", sorted(COMMANDS.keys() - {"publish", "gc"}))
def test_each_command_says_that_a_store_is_empty(run: Run, store: Location, command: str) -> None:
    code, out, err = run(command, *COMMANDS[command])
    assert (code, out) == (1, "")
    assert err.startswith(f"`{store.uri()}` ")
    assert re.search(r" (is not a feature store|has no release|has no pin).*\nhint: ", err)


def test_an_empty_store_has_no_garbage(run: Run) -> None:
    assert run("gc") == (0, "removed 0 objects, 0 bytes; kept 0 releases\n", "")


@pytest.mark.parametrize("command", OF_A_RELEASE)
def test_each_command_says_that_a_release_does_not_exist(
    two: object, run: Run, store: Location, command: str
) -> None:
    code, out, err = run(command, *OF_A_RELEASE[command])
    assert (code, out) == (1, "")
    assert err.startswith(
        f"`{store.uri()}` has no release `{NO_RELEASE}`\nhint: `milepost releases`"
    )


def test_what_dbt_left_is_looked_for(store: Location, run: Run, tmp_path: Path) -> None:
    none, manifest = tmp_path / "none", tmp_path / "manifest.json"
    assert (
        f"`{none}` does not exist\nhint: run `dbt build`"
        in run("publish", "--manifest", str(none))[2]
    )
    code, _, err = run("publish", "--manifest", str(tmp_path))
    assert (code, f"`{tmp_path}` cannot be read: " in err) == (1, True)
    parts = ("nodes", "sources", "macros", "unit_tests", "disabled", "exposures")
    metadata = {"project_name": "test", "dbt_version": "1.11"}
    manifest.write_text(json.dumps({**{part: {} for part in parts}, "metadata": metadata}))
    for database, problem in ((none, "does not exist"), (manifest, "cannot be opened: ")):
        asked = ("publish", "--manifest", str(manifest), "--database", str(database))
        for more in ((), ("--dry-run",)):
            code, out, err = run(*asked, *more)
            assert (code, out) == (1, "")
            assert f"`{database}` {problem}" in err
            assert "\nhint: " in err


def test_a_reader_that_goes_away_is_no_error(two: object, store: Location) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    shown = subprocess.run(
        [sys.executable, "-m", "milepost.cli", "show", "--store", store.uri(), "--json"],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writing)
    assert (shown.returncode, shown.stderr) == (0, "")


@contextmanager
def terminal() -> Iterator[Callable[[], str]]:
    """Stderr is a terminal; call what this yields for what it was sent since."""
    master, slave = pty.openpty()
    os.set_blocking(master, False)
    with (
        os.fdopen(master, "rb", buffering=0) as screen,
        os.fdopen(slave, "w") as stderr,
        redirect_stderr(stderr),
    ):
        yield lambda: (screen.read(1 << 16) or b"").decode()


def test_work_of_more_than_a_second_says_on_a_terminal_what_it_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(progress, "QUIET_SECONDS", 0.01)
    told = ""
    with terminal() as read:
        with progress.progress("verify"):
            logging.getLogger("milepost.verify").info("hashed %d of %d files", 3, 5)
            while "s, hashed 3 of 5 files" not in told:
                told += read()
        assert told.startswith("\r\x1b[Kverify: 0 s, ")
        assert "\n" not in told
        assert read().endswith("\r\x1b[K")


@pytest.mark.parametrize(
    ("command", "step"),
    [
        (("verify",), "hashed 5 of 5 files"),
        (("gc", "--grace-days", "1"), "looking for what no kept release names"),
    ],
)
def test_a_terminal_is_told_how_far_a_command_is_and_json_and_pipes_are_not(
    two: object,
    store: Location,
    command: tuple[str, ...],
    step: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(progress, "QUIET_SECONDS", 0.001)
    asked = [*command, "--store", store.uri()]
    with terminal() as read:
        assert cli.main([*asked, "--json"]) == 0
        assert read() == ""
        assert cli.main(asked) == 0
        assert f"\r\x1b[K{command[0]}: 0 s, " in read()
    assert step in caplog.messages
    assert cli.main(asked) == 0
    assert capsys.readouterr().err == ""

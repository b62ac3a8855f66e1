"""What the command line understands: which release is meant, near names, completion, versions."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from typing import Any

import pytest

from milepost import FeatureStore, cli
from milepost.cli.main import SECTIONS
from milepost.release import releases
from milepost.release.service import Service
from milepost.storage.location import Location
from small_releases import at, manifest_of, put_view, release, release_manifest, rows_of

TYPES = {"carrier_id": "VARCHAR", "available_at": "TIMESTAMP", "late": "DOUBLE"}
FIRST, SECOND = "20261121T000000Z", "20261122T000000Z"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(
    store: Location, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Run:
    monkeypatch.setenv("MILEPOST_STORE_URI", store.uri())

    def command(*arguments: str) -> tuple[int, str, str]:
        return cli.main(arguments), *capsys.readouterr()

    return command


@pytest.fixture
def two(store: Location) -> tuple[str, str]:
    """Releases of two days; the second has a row more, and a service."""
    first = put_view(store, "carriers", rows_of(TYPES, ("a", at("2026-01-02"), 0.5)))
    rows = rows_of(TYPES, ("a", at("2026-01-02"), 0.5), ("a", at("2026-02-02"), 0.1))
    name = release(store, first, created_at="2026-11-21T00:00:00")
    manifest = manifest_of(put_view(store, "carriers", rows), created_at="2026-11-22T00:00:00")
    lateness = Service("lateness", "Of a delivery.", None, {}, ["carriers:late"])
    manifest = replace(manifest, services=[lateness]).sealed()
    release_manifest(store, manifest)
    return name, manifest.release


def data(run: Run, *arguments: str) -> Any:
    code, out, err = run(*arguments, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


def test_every_command_that_takes_a_release_takes_each_way_to_name_it(
    two: tuple[str, str], run: Run, store: Location
) -> None:
    first, second = two
    releases.pin(store, "pricing", first)
    for text, name in (
        ("previous", first),
        ("pricing", first),
        (FIRST, first),
        ("current", second),
        (second, second),
    ):
        assert data(run, "show", text)["release"] == name
        assert data(run, "verify", text)["release"] == name
        assert data(run, "pin", "other", text)["release"] == name
        rate = {first: 0.5, second: 0.1}[name]
        (feature,) = data(run, "lookup", "carriers", "carrier_id=a", "--release", text)["features"]
        assert feature == {"feature": "carriers:late", "value": rate, "note": ""}


def test_diff_compares_the_last_two(two: tuple[str, str], run: Run) -> None:
    assert run("diff")[1] == run("diff", *two)[1] == run("diff", FIRST, "current")[1]
    assert run("diff")[1].startswith("carriers: changed, rows 1 -> 2 (+1)\n")
    code, _, err = run("diff", FIRST)
    assert code == 2
    assert err == (
        f"with what is `{FIRST}` compared?\n"
        f"hint: milepost diff {FIRST} current, or leave both out\n"
    )


def test_rollback_goes_back_and_forth(two: tuple[str, str], run: Run, store: Location) -> None:
    first, second = two
    assert run("rollback", "--previous")[1] == f"current is now {first}\n"
    assert run("rollback", "--previous")[1] == f"current is now {second}\n"
    assert run("rollback", FIRST)[1] == f"current is now {first}\n"
    for arguments in ((), (FIRST, "--previous")):
        code, _, err = run("rollback", *arguments)
        assert (code, "one release is to be current again\nhint: name it" in err) == (2, True)


def test_a_terminal_says_what_python_says(two: tuple[str, str], run: Run, store: Location) -> None:
    client = FeatureStore(store.uri())
    for arguments, value in (
        (("search", "late"), client.search("late")),
        (("describe", "carriers:late"), client.describe("carriers:late")),
        (("describe", "carriers"), client.describe("carriers")),
        (("services",), client.services()),
        (("covers", "lateness"), client.covers(client.service("lateness"))),
        (("covers", "carriers"), client.covers(["carriers"])),
        (("head", "carriers", "-n", "1"), client.head("carriers", 1)),
        (
            ("lookup", "lateness", "carrier_id=a", "--at", "2026-01-05"),
            client.lookup("lateness", {"carrier_id": "a"}, at("2026-01-05")),
        ),
    ):
        assert run(*arguments) == (0, f"{value!r}\n", "")


def test_the_catalogue_as_json(two: tuple[str, str], run: Run) -> None:
    searched = data(run, "search", "late")
    assert [item["reference"] for item in searched["results"]] == ["lateness", "carriers:late"]
    assert searched["nearest"] == []
    assert data(run, "search", "carier")["nearest"][0]["reference"] == "carriers"
    described = data(run, "describe", "carriers")
    assert (described["reference"], described["features"][0]["reference"]) == (
        "carriers",
        "carriers:late",
    )
    assert data(run, "describe", "carriers:late")["features"] is None
    assert data(run, "services")[0]["features"] == ["carriers:late"]
    assert data(run, "covers", "lateness") == {
        "features": [
            {
                "feature": "carriers:late",
                "complete_from": "2026-01-01 00:00:00",
                "built_through": "2026-07-01 00:00:00",
            }
        ],
        "complete_from": "2026-01-01 00:00:00",
        "built_through": "2026-07-01 00:00:00",
    }
    assert data(run, "head", "carriers", "-n", "1") == [
        {"carrier_id": "a", "available_at": "2026-02-02 00:00:00", "late": 0.1}
    ]
    looked_up = data(
        run, "lookup", "carriers:late", "carrier_id=a", "--at", "2026-01-05T01:00+01:00"
    )
    assert (looked_up["keys"], looked_up["at"]) == ({"carrier_id": "a"}, "2026-01-05 00:00:00")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("serach", "x"), "there is no command `serach`\nhint: there is `search`"),
        (
            ("releases", "--jsn"),
            "`milepost releases` has no option `--jsn`\nhint: there is `--json`",
        ),
        (("--verson",), "`milepost` has no option `--verson`\nhint: there is `--version`"),
        (
            ("pin",),
            "`milepost pin` needs `NAME`\nhint: write `milepost pin [OPTIONS] NAME [RELEASE]`",
        ),
        (
            ("training-set", "--features", "x"),
            "needs `--entities`\nhint: write `milepost training-set [OPTIONS] --entities FILE "
            "--features NAME... --out URI`;",
        ),
        (
            ("reopen", "a.b", "c"),
            "`milepost reopen` needs `--reason`\nhint: write `milepost reopen",
        ),
        (
            ("gc", "now"),
            "`milepost gc` takes no argument `now`\nhint: write `milepost gc [OPTIONS]`",
        ),
        (("gc", "--grace-days", "x"), "`x` is no number of days up to 99999, for `--grace-days`\n"),
        (("head", "carriers", "-n", "x"), "for `-n`\nhint: write `milepost head"),
        (("show", "--store"), "Option `--store` requires an argument\nhint: write `milepost show"),
    ],
)
def test_what_is_not_understood_is_answered_with_what_is(
    run: Run, arguments: tuple[str, ...], message: str
) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert message in err


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("describe", "carriers:lat"), "there is `late`"),
        (("head", "carier"), "there is `carriers`"),
        (("head", "carriers", "-n", "0"), "write n=5"),
        (("lookup", "carriers", "carier_id=a"), "there is `carrier_id`"),
        (("covers", "lateness", "carriers"), "it is a feature service: ask for `lateness` alone"),
        (("covers", "carriers", "carier"), "there is `carriers`"),
        (("lookup", "carriers", "a"), "write `milepost lookup carriers carrier_id=a`\n"),
        (("lookup", "carriers:late", "a"), "write `milepost lookup carriers:late carrier_id=a`\n"),
        (
            ("lookup", "carriers", "carrier_id", "a"),
            "write `milepost lookup carriers carrier_id=a`\n",
        ),
        (("lookup", "carriers", "carrier_id="), "write `carrier_id=...` with the value"),
        (("lookup", "carriers", "carrier_id=a", "carrier_id=b"), "look one entity up at a time"),
        (("lookup", "late", "carrier_id=a"), "there is `carriers:late`"),
        (("describe", "carriers.late"), "write `carriers:late`"),
        (("describe", "lateness", "--sql"), "name a view, or a feature that its table has"),
        (("show", "curent"), "there is `current`"),
    ],
)
def test_an_unknown_name_is_answered_with_near_names(
    two: tuple[str, str], run: Run, arguments: tuple[str, ...], hint: str
) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (1, "")
    assert f"\nhint: {hint}" in err


def test_the_bare_command_is_the_overview(run: Run) -> None:
    code, out, err = run()
    assert (code, err) == (0, "")
    assert run("--help") == (0, out, "")
    for title, commands in SECTIONS.items():
        assert f"\n{title}:\n" in out
        for command in commands:
            (line,) = (line for line in out.splitlines() if line.startswith(f"  {command.name} "))
            assert line.endswith("."), "the first sentence fits the line"
            assert len(line) <= 80
    assert out.splitlines()[-1].startswith("example: ")


def test_it_says_its_version(run: Run) -> None:
    assert run("--version") == (0, f"milepost {version('milepost')}\n", "")


@pytest.mark.parametrize(
    ("words", "completions"),
    [
        (["roll"], ["rollback"]),
        (["show", "pre"], ["previous"]),
        (["show", "20261121"], ["{first}"]),
        (["show", "pri"], ["pricing"]),
        (["lookup", "--release", "cur"], ["current"]),
        (["lookup", "carriers:"], ["carriers:late"]),
        (["describe", "lat"], ["lateness"]),
        (["releases", "--js"], ["--json"]),
        (["verify", "--store", "s3://milepost-none/x", "pri"], []),
    ],
)
def test_a_shell_completes_commands_releases_and_names(
    two: tuple[str, str], store: Location, words: list[str], completions: list[str]
) -> None:
    releases.pin(store, "pricing", two[0])
    done = subprocess.run(
        [sys.executable, "-c", "from milepost.cli import main; main()"],
        env={
            **os.environ,
            "MILEPOST_STORE_URI": store.uri(),
            "_MILEPOST_COMPLETE": "bash_complete",
            "COMP_WORDS": " ".join(["milepost", *words]),
            "COMP_CWORD": str(len(words)),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    expected = [f"plain,{text.format(first=two[0])}" for text in completions]
    assert (done.stdout.split(), done.stderr) == (expected, "")


def test_an_interrupted_command_says_so(store: Location) -> None:
    """A server takes the connection and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        waiting = subprocess.Popen(
            [sys.executable, "-m", "milepost.cli", "show", "--store", store.uri()],
            env={**os.environ, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.getsockname()[1]}"},
            stderr=subprocess.PIPE,
            text=True,
        )
        connection, _ = server.accept()
        waiting.send_signal(signal.SIGINT)
        _, err = waiting.communicate(timeout=30)
        connection.close()
    assert (waiting.returncode, err.strip()) == (130, "milepost: interrupted")


def test_help_is_there_at_once() -> None:
    """In less than 0.3 s of a processor: see docs/decisions/0026-command-line-by-click.md."""
    program = """
import contextlib, io, sys, time
from milepost.cli import main
with contextlib.redirect_stdout(io.StringIO()):
    main(["--help"])
print(time.process_time(), *sys.modules.keys() & {"boto3", "dbt", "duckdb", "pyarrow", "rich"})
"""
    runs = [
        subprocess.run(
            [sys.executable, "-c", program], check=True, stdout=subprocess.PIPE, text=True
        ).stdout.split()
        for _ in range(5)
    ]
    assert min(float(seconds) for seconds, *_ in runs) < 0.3
    assert not any(slow for _, *slow in runs)

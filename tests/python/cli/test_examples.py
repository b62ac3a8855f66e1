"""Every help ends in an example; each of them runs here, on releases of a real store."""

from __future__ import annotations

import io
import json
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from beginning import lake as beginning_lake
from cli.test_reopen import source
from greenhouse import Greenhouse
from milepost import cli
from milepost.cli.main import EXAMPLE, SECTIONS
from milepost.release import pointers, releases
from milepost.release.service import Service
from milepost.storage.location import Location
from raw.lake import Lake
from small_releases import at, manifest_of, put_view, release_manifest, rows_of

COMMANDS = {str(item.name): item for section in SECTIONS.values() for item in section}
# They need more than a store: each has a test of its own below, or in drafting/test_guest.py,
# standards/test_promote.py and project/test_main_job.py.
OF_A_PROJECT = {
    *(
        "capture",
        "check",
        "docs",
        "init",
        "new",
        "owners",
        "promote",
        "publish",
        "reopen",
        "report",
    ),
    "stress",
}
TYPES = {
    "carrier_id": "VARCHAR",
    "available_at": "TIMESTAMP",
    "on_time_delivery_rate_28d": "DOUBLE",
}
SPINE = (
    "select distinct carrier_id, timestamp '2026-02-03' as event_timestamp from carrier_reliability"
)
Run = Callable[[str], str]


@pytest.fixture
def run(
    store: Location,
    raw: Location,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Run an example as it stands, but for the buckets, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MILEPOST_STORE_URI", store.uri())

    def example(text: str) -> str:
        for prefix, place in (
            ("s3://our-lake/harbor", raw),
            ("s3://our-store/harbor", store),
            ("s3://my-bucket/features", store),
            ("s3://my-bucket", Location(store.bucket, f"{store.prefix}-beside")),
        ):
            text = text.replace(prefix, place.uri())
        code = cli.main(shlex.split(text))
        out, err = capsys.readouterr()
        assert (code, err) == (0, "")
        return out

    return example


@pytest.fixture
def two(store: Location) -> list[str]:
    """Two releases of the view and the service of the examples; a model keeps the first."""
    names = []
    for month in (1, 2):
        instants = [at(f"2026-0{number}-02") for number in range(1, month + 1)]
        rows = rows_of(TYPES, *[("carrier_00027", instant, 0.25) for instant in instants])
        manifest = manifest_of(
            put_view(store, "carrier_reliability", rows), created_at=f"2026-11-2{month}T00:00:00"
        )
        features = ["carrier_reliability:on_time_delivery_rate_28d"]
        late = Service("late_delivery", "Whether a delivery is late.", None, {}, features)
        manifest = replace(manifest, services=[late]).sealed()
        release_manifest(store, manifest)
        names.append(manifest.release)
    releases.pin(store, "pricing-v3", names[0])
    return names


@pytest.mark.parametrize("name", sorted(COMMANDS.keys() - OF_A_PROJECT))
def test_an_example_runs(name: str, run: Run, two: list[str], tmp_path: Path) -> None:
    (tmp_path / "entity_rows.sql").write_text(SPINE)
    command = COMMANDS[name]
    assert shlex.split(command.example)[0] == name
    assert run(command.example).strip()


def test_what_the_examples_of_the_catalogue_print(run: Run, two: list[str]) -> None:
    """A terminal and Python say the same."""
    assert "carrier_reliability:on_time_delivery_rate_28d" in run("search on time delivery rate")
    assert "0.25" in run(COMMANDS["lookup"].example)
    assert "on_time_delivery_rate_28d" in run(COMMANDS["head"].example)
    assert "Whether a delivery is late." in run("services")
    assert run(COMMANDS["rollback"].example) == f"current is now {two[0]}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_help_ends_in_its_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([name, "--help"]) == 0
    last = capsys.readouterr().out.rstrip("\n").splitlines()[-1]
    assert last == f"example: milepost {COMMANDS[name].example}"


def test_the_example_of_reopen_runs(
    run: Run, raw: Location, store: Location, tmp_path: Path
) -> None:
    lake = Lake(raw, store, name="orders")
    for hour in range(3):
        lake.put(hour, hour)
    lake.check()
    table = source("orders", raw, layout=lake.table.layout, closed_by="delay")
    content = {
        "metadata": {"project_name": "freight", "dbt_version": "1.11.16"},
        "sources": {table["unique_id"]: table},
        **{name: {} for name in ("nodes", "macros", "exposures", "unit_tests", "disabled")},
    }
    (tmp_path / "target").mkdir()
    (tmp_path / "target/manifest.json").write_text(json.dumps(content))
    assert run(COMMANDS["reopen"].example).startswith("reopened 2026-03-01T01 of lake.orders: ")


@pytest.mark.slow
def test_the_example_of_init_runs(
    run: Run, raw: Location, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    beginning_lake.carriers(raw, days=1)
    assert "files written in harbor" in run(COMMANDS["init"].example)
    assert (tmp_path / "harbor/dbt_project.yml").exists()


@pytest.mark.slow
def test_the_examples_of_publishing_run(
    run: Run, green: Greenhouse, store: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The project is built: the overview's example publishes it."""
    monkeypatch.chdir(green.folder)
    monkeypatch.setenv("MILEPOST_SCRATCH", "scratch.duckdb")
    assert run(COMMANDS["publish"].example).startswith("would be published\n")
    assert pointers.pointer(store) is None
    build, publish = EXAMPLE.split(" && ")
    assert build == "dbt build"
    assert run(publish.removeprefix("milepost ")).startswith("published ")
    assert run(COMMANDS["publish"].example) == (
        f"nothing to publish, the current release is {pointers.current(store)}\nnothing differs\n"
    )
    assert "0 of 1 feature views change" in run(COMMANDS["report"].example)
    assert run(COMMANDS["owners"].example).endswith("/project/.github/CODEOWNERS\n")

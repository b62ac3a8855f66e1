"""`milepost init` on Parquet that no one here made, and on a lake, to a published release.

The real files are in the shared data (MILEPOST_SHARED_DATA, by default beside the checkout, in
../shared/data); where they are not, these tests are skipped and say so.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from beginning import lake
from milepost import cli
from milepost.release import pointers, releases
from milepost.release.manifest import Manifest
from milepost.storage import s3
from milepost.storage.location import Location

PROJECT = Path(__file__).parents[3]
GUIDE = PROJECT / "docs/guides/use-as-a-package.md"
SHARED = Path(os.environ.get("MILEPOST_SHARED_DATA", PROJECT.parent / "shared/data"))
MARK = "<!-- a test runs these commands -->"
Run = Callable[..., subprocess.CompletedProcess[str]]

pytestmark = pytest.mark.slow


@pytest.fixture
def run(tmp_path: Path, store: Location) -> Run:
    """Run a script as a user does, in a fresh folder."""

    def script(text: str, folder: Path = tmp_path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text],
            cwd=folder,
            env={
                **os.environ,
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
                "MILEPOST_STORE_URI": store.uri(),
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    return script


def guide(raw: Location) -> str:
    """The commands of the guide, on another prefix."""
    block = GUIDE.read_text().split(MARK)[1]
    commands = "\n".join(re.findall(r"^    (.+)$", block, re.MULTILINE))
    assert commands.count("s3://our-lake/harbor") == 1
    assert len([line for line in commands.splitlines() if not line.startswith("cd ")]) == 3
    return commands.replace("s3://our-lake/harbor", raw.uri())


def published(store: Location) -> Manifest:
    return releases.read(store, pointers.current(store))


@pytest.mark.parametrize(
    ("file", "view", "rows_least"),
    [
        ("flights13/weather.parquet", "origin_weather", 1_000),
        pytest.param("scms/scms.parquet", "project_scms", 10_000, marks=pytest.mark.full_size),
    ],
)
def test_the_guide_leads_from_real_files_to_a_release(
    run: Run, raw: Location, store: Location, file: str, view: str, rows_least: int
) -> None:
    """Three commands and five minutes."""
    if not (SHARED / file).exists():
        pytest.skip(f"{SHARED / file} is not there: set MILEPOST_SHARED_DATA")
    path = SHARED / file
    s3.put(raw, path.name, path.read_bytes())
    started = time.monotonic()
    done = run(guide(raw))
    assert done.returncode == 0, done.stdout + done.stderr
    assert time.monotonic() - started < 300
    (released,) = published(store).views
    assert released.name == view
    assert released.rows > rows_least
    assert released.checks


def test_a_lake_becomes_a_project_that_passes_its_checks(
    run: Run, raw: Location, store: Location, tmp_path: Path
) -> None:
    """Hourly orders with a new column, daily snapshots with odd names, changes with deletes."""
    for table in (lake.orders, lake.carriers, lake.changes):
        table(raw)
    done = run(guide(raw))
    assert done.returncode == 0, done.stdout + done.stderr
    (view,) = published(store).views
    assert view.name == "customer_orders"
    assert not published(store).set_aside
    checked = run("harbor/.ci/run")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    view_file = tmp_path / "harbor/models/features/customer_orders.sql"
    written = view_file.read_text()
    view_file.write_text(written.replace("select * from", "select *, now() as built_at from"))
    refused = run("cd harbor; python -m milepost.cli.rules models/features/customer_orders.sql")
    assert "`now()` reads the wall clock (milepost.wall_clock)" in refused.stdout
    view_file.write_text(written)
    # of 60 loads, 12 were deleted: their last version has an end
    counted = run(
        "cd harbor; dbt --quiet show --output json --inline "
        "\"select count(*) as standing from {{ ref('stg_harbor__changes') }} "
        'where superseded_at is null"'
    )
    assert '"standing": 48' in counted.stdout, counted.stdout

    again = run(guide(raw))
    assert again.returncode == 1
    assert "`harbor` has a dbt project already" in again.stderr
    assert "hint: go on with it (`cd harbor`" in again.stderr


def test_no_file_is_replaced(
    raw: Location, store: Location, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lake.carriers(raw, days=1)
    (tmp_path / "README.md").write_text("mine")
    arguments = ["init", "harbor", "--raw", raw.uri(), "--folder", str(tmp_path)]
    assert cli.main([*arguments, "--store", store.uri()]) == 1
    assert "README.md` exists, and is not replaced" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]
    assert (tmp_path / "README.md").read_text() == "mine"


def test_without_a_terminal_it_says_what_is_missing(
    store: Location, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert cli.main(["init", "--store", store.uri()]) == 1
    assert "`milepost init` needs `NAME`" in capsys.readouterr().err


def test_on_a_terminal_it_asks(
    raw: Location,
    store: Location,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal(f"harbor\n{raw.uri('nowhere')}\n"))
    assert cli.main(["init", "--store", store.uri()]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "Name of the project: " in printed.err
    assert "S3 prefixes of tables: " in printed.err
    assert f"`{raw.uri('nowhere')}` has no data" in printed.err

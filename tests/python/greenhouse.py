"""The test project `tests/fixtures/greenhouse`: lands its raw log and runs plain dbt on it."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pyarrow as pa

from dbt_process import run_dbt
from milepost.publishing.publish import Publication, publish
from milepost.raw import landing
from milepost.storage.location import Location

PROJECT = Path(__file__).parents[2]
FIRST, LAST = date(2026, 1, 1), date(2026, 1, 10)
Reading = tuple[str | None, str | None, float | None, datetime | None, datetime | None]


@dataclass(frozen=True)
class Greenhouse:
    """A copy of the project with a scratch database, a raw log and a store of its own."""

    folder: Path
    raw: Location
    store: Location

    def dbt(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run dbt in the project as a user does."""
        return run_dbt(
            self.folder, ["--no-use-colors", *arguments], self.environment(**environment)
        )

    def environment(self, **more: str) -> dict[str, str]:
        """The variables with which dbt runs in the project."""
        return {
            **os.environ,
            "MILEPOST_RAW_URI": self.raw.uri(),
            "MILEPOST_SCRATCH": "scratch.duckdb",
            "MILEPOST_EXTENSIONS": str(PROJECT / ".local/duckdb_extensions"),
            # Only the test of secrets reads logs/dbt.log. Writing it took a tenth of a command.
            "DBT_LOG_LEVEL_FILE": "none",
            **more,
        }

    def build(self, *arguments: str) -> None:
        done = self.dbt("build", *arguments)
        assert done.returncode == 0, done.stdout

    def publish(self) -> Publication:
        return publish(
            self.folder / "scratch.duckdb", self.folder / "target/manifest.json", self.store
        )

    def copy(self, folder: Path, *, raw: Location | None = None, store: Location) -> Greenhouse:
        """The project as it is now, in another folder."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return replace(self, folder=folder, raw=raw or self.raw, store=store)

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.folder / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))


def package_without_freight(folder: Path) -> Path:
    """Milepost as a dbt package, without the models and seeds that a guest switches off.

    dbt reads them in each command, which takes longer than what most tests look at. test_docs.py
    and proofs/test_leaks.py install the whole package.
    """
    folder.mkdir(parents=True)
    for part in (
        "macros",
        "tests/dbt/generic",
        "tests/fixtures/dbt_context",
        "milepost/language/columns",
        "dbt_project.yml",
    ):
        (folder / part).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (PROJECT / part).is_dir() else shutil.copy
        copy(PROJECT / part, folder / part)
    return folder


def create(folder: Path, raw: Location, store: Location, *, package: Path) -> Greenhouse:
    """The project with a folder of Milepost as its package, not built yet."""
    shutil.copytree(PROJECT / "tests/fixtures/greenhouse", folder)
    (folder / "packages.yml").write_text(f"packages:\n  - local: {package}\n")
    shutil.copy(PROJECT / "profiles.example.yml", folder / "profiles.yml")
    greenhouse = Greenhouse(folder, raw, store)
    done = greenhouse.dbt("deps")
    assert done.returncode == 0, done.stdout
    return greenhouse


def sound_readings(first: date = FIRST, last: date = LAST) -> list[Reading]:
    """Two beds, three readings a day each, all of them sound."""
    return [
        (f"{day}-{bed}-{hour}", bed, 0.25 + hour / 100, at, at + timedelta(minutes=5))
        for day in (first + timedelta(days=n) for n in range((last - first).days + 1))
        for bed in ("north", "south")
        for hour in (6, 12, 18)
        for at in [datetime.combine(day, time(hour))]
    ]


def land(
    raw: Location,
    readings: list[Reading] | None = None,
    *,
    first: date = FIRST,
    last: date = LAST,
    changed: dict[str, pa.Array] | None = None,
    without: str | None = None,
    on: date | None = None,
) -> None:
    """Land and close the days; `changed` and `without` alter columns of the readings.

    Readings land on the date of their `landed_at`, or all of them `on` one date; beds on the first
    date of all.
    """
    rows = sound_readings(first, last) if readings is None else readings
    names = ("reading_id", "bed_id", "moisture", "read_at", "landed_at")
    types = (pa.string(), pa.string(), pa.float64(), pa.timestamp("us"), pa.timestamp("us"))
    table = pa.table(
        {
            name: pa.array([row[n] for row in rows], kind)
            for n, (name, kind) in enumerate(zip(names, types, strict=True))
        }
    )
    for name, column in (changed or {}).items():
        table = table.set_column(table.column_names.index(name), name, column)
    if without:
        table = table.drop_columns(without)
    days = pa.array([on or (row[4].date() if row[4] else first) for row in rows], pa.date32())
    table = table.append_column("landing_date", days).sort_by("landing_date")
    opening = datetime.combine(first, time())
    beds = pa.table(
        {
            "bed_id": ["north", "south"],
            "snapshot_at": pa.array([opening] * 2, pa.timestamp("us")),
            "landed_at": pa.array([opening] * 2, pa.timestamp("us")),
            "landing_date": pa.array([first] * 2, pa.date32()),
        }
    )
    entries = {"readings": landing.land(raw, "readings", table, first=first, last=last)}
    if first == FIRST:
        entries["beds"] = landing.land(raw, "beds", beds, first=first, last=last)
    landing.close(raw, entries, first=first, last=last, written_by="test")

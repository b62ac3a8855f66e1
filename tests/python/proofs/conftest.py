"""The freight project on a simulated log: small in `make test`, at full size in `make proofs`."""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from milepost.storage.location import Location
from proofs import logs
from proofs.work import MILEPOST, NOTHING, Work, place

# A Sunday, when snapshots land; diesel prices land on the day after.
CUT = date(2026, 3, 15)
LAST = CUT + timedelta(days=3)
# Facts stand exactly on these instants, of the daily and of the hourly grid alone.
BOUNDARIES = (datetime(2026, 3, 15), datetime(2026, 3, 15, 15))


def simulate(scale: float, days: int) -> Location:
    """Land a simulated log that ends with `LAST`."""
    raw = place("raw")
    script = str(MILEPOST / "scripts/land_simulated.py")
    sized = ("--scale", str(scale), "--days", str(days), "--end", str(LAST))
    subprocess.run([sys.executable, script, *sized, raw.uri()], check=True)
    return raw


def freight(folder: Path, raw: Location, store: Location = NOTHING) -> Work:
    """This checkout's project on a log, not built yet."""
    for part in ("models", "macros", "seeds", "tests/dbt", "milepost/language/columns"):
        shutil.copytree(MILEPOST / part, folder / part)
    shutil.copy(MILEPOST / "dbt_project.yml", folder)
    return Work.create(folder, raw, store)


@pytest.fixture(scope="session")
def freight_log(s3_server: dict[str, str], pytestconfig: pytest.Config) -> Location:
    """A simulated log in which facts have landed exactly on the boundaries.

    What landed within three hours after one landed at it instead; every other instant of such a
    row moves along.
    """
    scale, days = (0.05, 150) if pytestconfig.getoption("--full-size") else (0.01, 60)
    simulated, raw = simulate(scale, days), place("raw")
    logs.grow(simulated, raw, CUT)
    logs.move(simulated, raw, CUT, BOUNDARIES, timedelta(hours=3))
    logs.grow(simulated, raw, LAST + timedelta(days=1))
    return raw

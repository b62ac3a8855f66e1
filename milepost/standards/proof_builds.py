"""Builds of a view in a folder of their own, beside the scratch database of the project."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

from milepost.building import dbt_runs
from milepost.raw import earlier

# dbt names a database by its file, so that each build has this one while it runs.
_DATABASE = "proof.duckdb"


class ProofBuilds:
    """Builds of a view and of all that it is made from, each in a database of its own."""

    def __init__(self, folder: Path, place: Path, selector: str) -> None:
        self._folder, self._place, self._selector = folder, place, selector
        self.manifest = place / "target/manifest.json"

    def database(self, name: str) -> Path:
        """Return the database of a build that has ended."""
        return self._place / f"{name}.duckdb"

    def build(
        self,
        name: str,
        *,
        going_on_from: str = "",
        closed_by: datetime | None = None,
        threads: int = 2,
    ) -> None:
        """Build the view anew, or going on from an earlier build, and test nothing.

        With `closed_by` the raw tables are as they were at that instant.
        """
        running = self._place / _DATABASE
        if going_on_from:
            shutil.copy(self.database(going_on_from), running)
        dbt_runs.write_profile(
            self._folder,
            self._place,
            running,
            config_options={"temp_directory": str(self._place / "spilled"), "threads": threads},
        )
        dbt_runs.run(
            self._folder,
            *("--log-level-file", "none", "build", "--select", f"+{self._selector}"),
            *("--exclude-resource-type", "test", "unit_test"),
            *("--profiles-dir", str(self._place), "--target-path", str(self.manifest.parent)),
            *(() if going_on_from else ("--full-refresh",)),
            environment={earlier.VARIABLE: closed_by.isoformat() if closed_by else ""},
        )
        running.rename(self.database(name))

"""Builds of a view in a folder of their own, beside the scratch database of the project."""

from __future__ import annotations

import os
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from milepost.building.project import project_file
from milepost.errors import StandardsError
from milepost.raw import earlier
from milepost.standards import dbt

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
        self._write_profile(threads)
        dbt.run(
            self._folder,
            *("--log-level-file", "none", "build", "--select", f"+{self._selector}"),
            *("--exclude-resource-type", "test", "unit_test"),
            *("--profiles-dir", str(self._place), "--target-path", str(self.manifest.parent)),
            *(() if going_on_from else ("--full-refresh",)),
            environment={earlier.VARIABLE: closed_by.isoformat() if closed_by else ""},
        )
        running.rename(self.database(name))

    def _write_profile(self, threads: int) -> None:
        """Write the project's profile with another database and number of DuckDB's threads."""
        name = str(project_file(self._folder).get("profile"))
        profile = _profiles(self._folder).get(name)
        if not profile:
            raise StandardsError(
                f"there is no profile `{name}`", hint="`dbt debug` says where dbt looks for it"
            )
        for output in profile["outputs"].values():
            output["path"] = str(self._place / _DATABASE)
            settings = {"temp_directory": str(self._place / "spilled"), "threads": threads}
            output["settings"] = {**output.get("settings", {}), **settings}
        (self._place / "profiles.yml").write_text(yaml.safe_dump({name: profile}))


def _profiles(folder: Path) -> dict[str, Any]:
    """Return the profiles that dbt reads for a project."""
    stated = os.environ.get("DBT_PROFILES_DIR")
    folders = [Path(stated)] if stated else [folder, Path.home() / ".dbt"]
    for path in (place / "profiles.yml" for place in folders):
        if path.exists():
            return dict(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    return {}

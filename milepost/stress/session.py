"""One dbt build on a copy of the raw logs: what every fault is measured against."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from milepost.building import dbt_runs
from milepost.building.project import Project
from milepost.errors import PublishError, StandardsError
from milepost.release.definition import GRIDS

logger = logging.getLogger(__name__)
DATABASE = "stress"
"""The name of DuckDB's database in which dbt builds, as SQL has it."""

_COUNTS = "insert into milepost_checks.set_aside"


@dataclass(frozen=True)
class Session:
    """A build in a folder of its own: dbt's project, its tables, and the statements it ran.

    `counts` are the statements that count what a staged model sets aside.
    """

    folder: Path
    project: Project
    counts: tuple[str, ...]

    @property
    def database(self) -> Path:
        """The DuckDB file with every table of the build."""
        return self.folder / f"{DATABASE}.duckdb"

    @property
    def raw_copy(self) -> Path:
        """The folder with the copy of the raw logs."""
        return self.folder / "raw"


def build(project: Path, folder: Path, views: Sequence[str], days: int) -> Session:
    """Build feature views, and all that they are made from, on the newest days of the raw logs.

    `project` has the dbt project, `folder` is empty and becomes the session's. Raises a
    StandardsError where the build fails: no fault can be told in a build that is not sound.
    """
    (folder / "raw").mkdir()
    database = folder / f"{DATABASE}.duckdb"
    copy = {"folder": str(folder / "raw"), "days": days}
    dbt_runs.write_profile(project, folder, database, plugin={"raw_copy": copy})
    logs = ["--log-level-file", "debug", "--log-format-file", "json", "--log-file-max-bytes", "0"]
    places = ["--project-dir", project, "--profiles-dir", folder]
    places += ["--target-path", folder / "target", "--log-path", folder]
    # Every feature view states its grid.
    models = [f"+{view}" for view in views] or [f"+config.meta.grid:{grid}" for grid in GRIDS]
    selected = ["--select", *models, "--exclude-resource-type", "unit_test", "--full-refresh"]
    # A test that also looks at another model cannot be asked.
    selected += ["--indirect-selection", "cautious"]
    logger.info("building what faults are measured against")
    try:
        dbt_runs.run(
            project,
            *(*logs, "build", *map(str, places), *selected),
            environment={"MILEPOST_SCRATCH": str(database)},
        )
    except PublishError as error:
        raise StandardsError(
            f"the build without a fault failed: {error.message}",
            hint="`dbt build` must pass on this raw log before `milepost stress` can",
        ) from error
    manifest = Project.read(folder / "target/manifest.json")
    return Session(folder, Project(manifest.catalog, project), _counts(folder / "dbt.log"))


def _counts(log: Path) -> tuple[str, ...]:
    """Return the statements of a dbt log that count rows which are set aside, each base once."""
    statements: dict[str, str] = {}
    with log.open(encoding="utf-8") as lines:
        for line in lines:
            if _COUNTS not in line:
                continue
            event: Mapping[str, Any] = json.loads(line)
            sql = event["data"].get("sql") if event["info"]["name"] == "SQLQuery" else None
            if sql and _COUNTS in sql:
                text = sql[sql.index(_COUNTS) :]
                # A model that refers to what is missing counts twice, the second time with what was
                # set aside of it: only reasons differ.
                statements.setdefault(text.partition("from (")[0], text)
    return tuple(statements.values())

"""One dbt build on a copy of the raw logs: what every fault is measured against."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from milepost.building.project import Project, project_file
from milepost.errors import StandardsError
from milepost.release.definition import GRIDS

logger = logging.getLogger(__name__)
DATABASE = "stress"
"""The name of DuckDB's database in which dbt builds, as SQL has it."""

_DBT = (sys.executable, "-m", "dbt.cli.main")
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
    (folder / "profiles.yml").write_text(_profiles(project, folder, days))
    logs = ["--log-level-file", "debug", "--log-format-file", "json", "--log-file-max-bytes", "0"]
    places = ["--project-dir", project, "--profiles-dir", folder]
    places += ["--target-path", folder / "target", "--log-path", folder]
    # Every feature view states its grid.
    models = [f"+{view}" for view in views] or [f"+config.meta.grid:{grid}" for grid in GRIDS]
    selected = ["--select", *models, "--exclude-resource-type", "unit_test", "--full-refresh"]
    # A test that also looks at another model cannot be asked.
    selected += ["--indirect-selection", "cautious"]
    logger.info("building what faults are measured against")
    done = subprocess.run(  # noqa: S603 - a command of our own
        [*_DBT, *logs, "--no-use-colors", "--quiet", "build", *map(str, places), *selected],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "MILEPOST_SCRATCH": str(folder / f"{DATABASE}.duckdb")},
    )
    if done.returncode:
        raise StandardsError(
            f"the build without a fault failed:\n{(done.stdout or done.stderr).strip()}",
            hint="`dbt build` must pass on this raw log before `milepost stress` can",
        )
    manifest = Project.read(folder / "target/manifest.json")
    return Session(folder, Project(manifest.catalog, project), _counts(folder / "dbt.log"))


def _profiles(project: Path, folder: Path, days: int) -> str:
    """Return the project's profile with a database and a raw log of the session."""
    import yaml  # comes with dbt; a lookup does not need it

    name = project_file(project).get("profile")
    folders = [os.environ.get("DBT_PROFILES_DIR"), project, Path.cwd(), Path.home() / ".dbt"]
    files = [Path(place) / "profiles.yml" for place in folders if place]
    file = next((file for file in files if file.exists()), None)
    try:
        profile: dict[str, Any] = yaml.safe_load(file.read_text())[name] if file else {}
        for output in profile["outputs"].values():
            output["path"] = str(folder / f"{DATABASE}.duckdb")
            for plugin in output["plugins"]:
                if plugin["module"] == "milepost.dbt_plugin":
                    copy = {"folder": str(folder / "raw"), "days": days}
                    plugin["config"] = {**plugin.get("config", {}), "raw_copy": copy}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError) as error:
        raise StandardsError(
            f"the profile `{name}` of `{project}` cannot be read: {error!r}",
            hint="it stands in profiles.yml and names the plugin `milepost.dbt_plugin`",
        ) from error
    return json.dumps({name: profile})  # which is YAML too


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

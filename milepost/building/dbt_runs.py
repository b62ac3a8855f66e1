"""dbt commands that Milepost runs, and the profile of one that builds in a database of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from milepost.building.project import project_file
from milepost.errors import PublishError, StandardsError

# As the command `dbt` does, where it is not on PATH.
_DBT = "from dbt.cli.main import cli; cli(prog_name='dbt')"
_PLUGIN = "milepost.dbt_plugin"


def run(folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
    """Run a dbt command in the folder of a project; a PublishError with its output if it fails."""
    options = ("--quiet", "--no-use-colors", *arguments)
    done = ended(folder, options, {**os.environ, **(environment or {})})
    if done.returncode:
        output = (done.stdout + done.stderr).strip()
        raise PublishError(
            f"`dbt {' '.join(arguments)}` failed:\n{output}",
            hint="mend what dbt names, then run the command again",
        )


def ended(
    folder: Path, arguments: Sequence[str], environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Return how a dbt command ended, and what it printed."""
    return subprocess.run(  # noqa: S603 - dbt, with arguments of our own
        [sys.executable, "-c", _DBT, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def write_profile(
    project: Path,
    folder: Path,
    database: Path,
    *,
    config_options: Mapping[str, Any] | None = None,
    plugin: Mapping[str, Any] | None = None,
) -> None:
    """Write a project's profile into a folder, with another database in each of its outputs.

    DuckDB's `config_options`, and those of the `plugin` Milepost, stand before the profile's own.
    Raises a StandardsError where dbt would find no such profile, or it lacks the plugin.
    """
    import yaml  # comes with dbt; a lookup does not need it

    name = str(project_file(project).get("profile"))
    try:
        profile = _profiles(project)[name]
        for output in _duckdb_outputs(profile).values():
            output["path"] = str(database)
            options = config_options or {}
            output["config_options"] = {**output.get("config_options", {}), **options}
            # dbt sets them again for each query, and so would take an option back.
            settings = output.get("settings", {})
            output["settings"] = {key: settings[key] for key in settings if key not in options}
            if plugin:
                (stated,) = (item for item in output["plugins"] if item["module"] == _PLUGIN)
                stated["config"] = {**stated.get("config", {}), **plugin}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError) as error:
        raise StandardsError(
            f"the profile `{name}` of `{project}` cannot be used: {error!r}",
            hint=f"`dbt debug` says where it is; each of its outputs names the plugin `{_PLUGIN}`",
        ) from error
    default = profile.get("target")
    if default in profile["outputs"] and default not in _duckdb_outputs(profile):
        raise StandardsError(
            f"the profile `{name}` of `{project}` builds with `{default}`, which is not DuckDB",
            hint="this command builds beside the tables that are there, and only DuckDB can: name "
            "one of its outputs as the profile's `target`",
        )
    (folder / "profiles.yml").write_text(yaml.safe_dump({name: profile}), encoding="utf-8")


def _duckdb_outputs(profile: Mapping[str, Any]) -> dict[str, Any]:
    """Return the outputs of a profile that have a database: those of DuckDB."""
    outputs = profile["outputs"]
    return {name: outputs[name] for name in outputs if outputs[name]["type"] == "duckdb"}


def _profiles(project: Path) -> dict[str, Any]:
    """Return the profiles that dbt reads for a project: one file, which others never add to."""
    import yaml

    stated = os.environ.get("DBT_PROFILES_DIR")
    folders = [Path(stated)] if stated else [project, Path.cwd(), Path.home() / ".dbt"]
    for path in (place / "profiles.yml" for place in folders):
        if path.exists():
            return dict(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    return {}

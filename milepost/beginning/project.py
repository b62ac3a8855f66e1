"""The dbt project that is written: its files, none of which replaces another."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from importlib.resources import files
from pathlib import Path
from string import Template
from urllib.parse import unquote, urlsplit

import milepost
from milepost.beginning.column_names import project_name
from milepost.beginning.report import summary
from milepost.beginning.source_file import sources_yaml
from milepost.beginning.staging_files import base_sql, staged_sql, staging_yaml
from milepost.beginning.table import Table
from milepost.beginning.view_files import FirstView
from milepost.errors import LandingError
from milepost.storage.location import Location

__all__ = ["NewProject", "is_package", "package_folder", "project_name"]

# What a job takes from the end of the last partition that a day needs, at most, to publish it.
JOB_MINUTES = 120
_TEMPLATES = {
    "dbt_project.yml": "dbt_project.yml",
    "profiles.yml": "profiles.yml",
    "packages.yml": "packages.yml",
    "README.md": "README.md",
    ".sqlfluff": "sqlfluff",
    ".gitignore": "gitignore",
    ".pre-commit-config.yaml": "pre-commit-config.yaml",
    ".ci/run": "run",
    ".github/workflows/ci.yml": "ci.yml",
    ".github/workflows/review.yml": "review.yml",
}


@dataclass(frozen=True)
class NewProject:
    """A project that is to be written into a folder, for releases at a store."""

    name: str
    folder: Path
    store: Location
    package: Path

    def check_folder(self) -> None:
        """Refuse a folder that has a project, before anybody waits for a look at the tables."""
        if (self.folder / "dbt_project.yml").exists():
            raise LandingError(
                f"`{self.folder}` has a dbt project already, and nothing of it is replaced",
                hint=f"go on with it (`cd {self.folder}`, `dbt build`, `milepost publish`), "
                "or begin another one: --folder",
            )

    def write(self, tables: Sequence[Table]) -> list[Path]:
        """Write all files and return their paths; where one of them exists, none is written."""
        contents = self._contents(tables)
        existing = [name for name in contents if (self.folder / name).exists()]
        if existing:
            raise LandingError(
                f"`{self.folder / existing[0]}` exists, and is not replaced",
                hint="move it away, or give another --folder",
            )
        paths = []
        for name, content in contents.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
            paths.append(path)
        (self.folder / ".ci/run").chmod(0o755)
        return paths

    def _contents(self, tables: Sequence[Table]) -> Mapping[str, str]:
        """Return what each file says, by its path in the folder."""
        view = FirstView(best_table(tables), self.name)
        delay = max(table.closing.delay_minutes for table in tables)
        values = {
            "name": self.name,
            "store": self.store.uri(),
            "package": Path(os.path.relpath(self.package, self.folder)).as_posix(),
            "revision": commit_of(self.package),
            "entity": view.entity,
            "entity_key": view.key,
            "entity_type": view.key_type,
            "entity_description": json.dumps(f"What `{view.key}` names."),
            "serving_delay_minutes": str(delay + JOB_MINUTES),
            "summary": "\n".join(f"    {line}".rstrip() for line in summary(tables)),
        }
        contents = {name: filled(template, values) for name, template in _TEMPLATES.items()}
        staging = "models/staging"
        contents[f"{staging}/_{self.name}__sources.yml"] = sources_yaml(self.name, tables)
        contents[f"{staging}/_{self.name}__models.yml"] = staging_yaml(self.name, tables)
        for table in tables:
            contents[f"{staging}/base_{self.name}__{table.name}.sql"] = base_sql(self.name, table)
            contents[f"{staging}/stg_{self.name}__{table.name}.sql"] = staged_sql(self.name, table)
        contents[f"models/features/{view.name}.sql"] = view.sql()
        contents[f"models/features/{view.name}.yml"] = view.yaml()
        return contents


def best_table(tables: Sequence[Table]) -> Table:
    """Return the table for the first view: one of events, with a number, before the others."""
    return max(
        tables,
        key=lambda table: (
            not table.is_snapshot and table.feed is None,
            table.measure is not None,
            table.entity not in table.id_columns,
            -tables.index(table),
        ),
    )


def package_folder() -> Path | None:
    """Return the checkout that the Python package was installed from, which is the dbt package."""
    try:
        origin = distribution("milepost").read_text("direct_url.json")
    except PackageNotFoundError:
        origin = None
    candidates = [Path(milepost.__file__).parents[1]]
    if origin and (url := json.loads(origin)["url"]).startswith("file:"):
        path = unquote(urlsplit(url).path)
        # On Windows a drive stands behind the first slash.
        candidates.insert(0, Path(re.sub(r"^/([A-Za-z]:)", r"\1", path)))
    return next((folder for folder in candidates if is_package(folder)), None)


def is_package(folder: Path) -> bool:
    """Return whether a folder is Milepost's checkout."""
    return (folder / "dbt_project.yml").exists() and (folder / "macros").is_dir()


def commit_of(checkout: Path) -> str:
    """Return the commit of a checkout, or `HEAD` where git does not tell it."""
    command = ["git", "-C", str(checkout), "rev-parse", "HEAD"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603 - git
    except (OSError, subprocess.CalledProcessError):
        return "HEAD"


def filled(template: str, values: Mapping[str, str]) -> str:
    """Return a file of a new project from its template."""
    content = files("milepost.beginning").joinpath("templates", template).read_text("utf-8")
    return Template(content).substitute(values)

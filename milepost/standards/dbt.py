"""A dbt project as its files are now, which dbt parses for the standards."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from milepost.building.dbt_runs import run
from milepost.building.project import Project, packages_folder, project_file
from milepost.errors import PublishError

# Where dbt writes what `check` reads: the manifest of the last build stays as the gate needs it.
_OWN_TARGET = Path("target/standards")
_CACHE = "partial_parse.msgpack"
_PATHS = ("model-paths", "macro-paths", "seed-paths", "test-paths", "docs-paths")
_DEFAULTS = {"model-paths": "models", "macro-paths": "macros", "seed-paths": "seeds"}


def read_project(folder: Path) -> Project:
    """Return a project as its files are now: dbt parses it anew where one of them is newer."""
    manifests = [folder / "target/manifest.json", folder / _OWN_TARGET / "manifest.json"]
    written = {path: path.stat().st_mtime for path in manifests if path.exists()}
    edited = max((path.stat().st_mtime for path in _files(folder)), default=0.0)
    newest = max(written, key=lambda path: written[path], default=None)
    if newest is None or written[newest] <= edited:
        newest = _parse(folder)
    project = Project.read(newest)
    return Project(project.catalog, folder)


def _parse(folder: Path) -> Path:
    target = folder / _OWN_TARGET
    target.mkdir(parents=True, exist_ok=True)
    cache = folder / "target" / _CACHE
    if cache.exists() and not (target / _CACHE).exists():
        shutil.copy(cache, target / _CACHE)  # dbt then reads only what changed since
    log = ("--log-level-file", "none")
    run(folder, *log, "parse", "--target-path", str(target.absolute()))
    return target / "manifest.json"


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files that dbt parses of a project and its packages, and the folders of them.

    The time of a folder tells that a file in it was removed.
    """
    if not (folder / "dbt_project.yml").exists():
        raise PublishError(
            f"`{folder.absolute()}` has no `dbt_project.yml`",
            hint="run it in the folder of a dbt project, or set DBT_PROJECT_DIR",
        )
    yield from folder.glob("*.yml")
    stated = project_file(folder)
    for key in _PATHS:
        for name in stated.get(key) or [_DEFAULTS.get(key, "tests")]:
            yield from (folder / str(name)).rglob("*")
            yield from folder.glob(str(name))
    for package in packages_folder(folder).glob("*/dbt_project.yml"):
        yield from _files(package.parent)

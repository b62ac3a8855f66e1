"""Check the exercises of docs/exercises, on a copy of the project below .local/exercises."""

# allow milepost.local_file: the copy of the project is written
from __future__ import annotations

import argparse
import os
import shutil
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import yaml

import exercise_checks
from milepost.building.declared_views import declared_type
from milepost.errors import MilepostError
from milepost.release import pointers, releases
from milepost.release.manifest import Manifest
from milepost.storage import s3
from milepost.storage.location import Location

ROOT = Path(__file__).parents[1]
TASKS = ROOT / "docs/exercises"
PROJECT_PARTS = ("models", "macros", "seeds", "tests/dbt", "milepost/language/columns")
LOST_VIEW = "lane_rates"


@dataclass(frozen=True)
class RunningProject:
    """What `make run` has built and published."""

    database: Path
    store: Location


def main() -> int:
    """Prepare the copy where there is none, and say of each exercise whether it is solved."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog="example: python scripts/exercises.py --only 1"
    )
    parser.add_argument("--folder", type=Path, default=ROOT / ".local/exercises")
    parser.add_argument(
        "--only",
        choices=[name.partition("-")[0] for name in exercise_checks.CHECKS],
        help="check one exercise",
    )
    parser.add_argument("--begin-again", action="store_true", help="make the copy anew")
    arguments = parser.parse_args()
    running = RunningProject(
        Path(os.environ["MILEPOST_SCRATCH"]), Location.parse(os.environ["MILEPOST_STORE_URI"])
    )
    workspace = exercise_checks.Workspace(
        arguments.folder.absolute(),
        Location.parse("s3://milepost-store/exercises"),
        running.database,
    )
    try:
        if arguments.begin_again:
            shutil.rmtree(workspace.folder, ignore_errors=True)
        if not workspace.folder.exists():
            prepare(workspace, running)
            print(f"the project is copied to {shown(workspace.folder)}\n")
        for name, check in exercise_checks.CHECKS.items():
            if arguments.only in (None, name.partition("-")[0]):
                hint = check(workspace)
                print(f"{'to do' if hint else 'done '}  {name}")
                if hint:
                    print(f"       hint: {hint}\n       task: {shown(TASKS / f'{name}.md')}")
    except MilepostError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"\nnext: . {shown(workspace.folder / 'env')}    # commands work on the copy")
    return 0


def shown(path: Path) -> Path:
    """Return a path as people write it: from the root of the clone where it is in there."""
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def prepare(workspace: exercise_checks.Workspace, running: RunningProject) -> None:
    """Copy the project, its scratch database and its release; then publish one that lost a view.

    Raises a MilepostError where `make run` has not published yet, or where a view that an exercise
    changes is another now: then the exercise would be solved before it begins.
    """
    pointer = pointers.pointer(running.store)
    if pointer is None or not running.database.exists():
        raise MilepostError("there is nothing to practise on yet", hint="run `make run` first")
    release = releases.read(running.store, pointer.release)
    for view in (exercise_checks.GROWN_VIEW, exercise_checks.GATE_VIEW):
        if declared_columns(ROOT / "models", view) != released_columns(release, view):
            raise MilepostError(
                f"`{view}` has other columns than in the current release",
                hint="publish it with `make run`, or undo the change, and begin then",
            )
    unfinished = workspace.folder.with_name("exercises-unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.copytree(TASKS / "start", unfinished)
    project = unfinished / "project"
    for part in PROJECT_PARTS:
        shutil.copytree(ROOT / part, project / part)
    shutil.copy(ROOT / "dbt_project.yml", project)
    shutil.copy(ROOT / "profiles.example.yml", project / "profiles.yml")
    shutil.copy(running.database, unfinished / running.database.name)
    (unfinished / "env").write_text(
        "".join(f"export {name}='{value}'\n" for name, value in workspace.variables.items())
    )
    lose_a_view(workspace.store, running.store)
    unfinished.rename(workspace.folder)


def declared_columns(models: Path, view: str) -> dict[str, str]:
    """Return the type of each column that the YAML of a view declares."""
    (path,) = models.rglob(f"{view}.yml")
    (model,) = yaml.safe_load(path.read_text())["models"]
    return {column["name"]: declared_type(column) for column in model["columns"]}


def released_columns(release: Manifest, view: str) -> dict[str, str]:
    """Return the type of each column of a view of a release; none if it is not there."""
    known = release.by_name.get(view)
    return {field.name: field.type for field in known.fields} if known else {}


def lose_a_view(store: Location, running: Location) -> None:
    """Copy the current release of the running project; then make one without a view current."""
    pointer = pointers.pointer(running)
    assert pointer is not None  # noqa: S101 - `prepare` has looked
    manifest = releases.read(running, pointer.release)
    s3.remove(store, [item.name for item in s3.listing(store)])
    for file in (file for view in manifest.views for file in view.files):
        stored = s3.get(running, file.name)
        assert stored is not None  # noqa: S101 - a release has its files
        s3.put(store, file.name, stored.body)
    releases.commit(store, manifest, None)
    views = [view for view in manifest.views if view.name != LOST_VIEW]
    services = [
        service
        for service in manifest.services
        if not any(name.startswith(LOST_VIEW) for name in service.features)
    ]
    now = datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="seconds")
    lost = replace(manifest, release="", created_at=now, views=views, services=services)
    releases.commit(store, lost.sealed(), pointers.pointer(store))


if __name__ == "__main__":
    sys.exit(main())

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

import exercise_checks
from milepost.errors import MilepostError
from milepost.release import pointers, releases
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
    parser.add_argument("--only", metavar="NUMBER", help="check one exercise")
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
            print(f"the project is copied to {workspace.folder.relative_to(ROOT)}\n")
        for name, check in exercise_checks.CHECKS.items():
            if arguments.only in (None, name.partition("-")[0]):
                hint = check(workspace)
                print(f"{'to do' if hint else 'done '}  {name}")
                if hint:
                    task = (TASKS / f"{name}.md").relative_to(ROOT)
                    print(f"       hint: {hint}\n       task: {task}")
    except MilepostError as error:
        print(error, file=sys.stderr)
        return 1
    print(
        f"\nnext: . {(workspace.folder / 'env').relative_to(ROOT)}    # commands work on the copy"
    )
    return 0


def prepare(workspace: exercise_checks.Workspace, running: RunningProject) -> None:
    """Copy the project, its scratch database and its release; then publish one that lost a view.

    Raises a MilepostError where `make run` has not published yet.
    """
    pointer = pointers.pointer(running.store)
    if pointer is None or not running.database.exists():
        raise MilepostError("there is nothing to practise on yet", hint="run `make run` first")
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

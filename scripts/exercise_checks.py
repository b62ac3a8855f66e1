"""The checks of the exercises: each looks at what the reader made, and returns a hint or None."""

# allow milepost.local_file: the reader's answers stand in files of the copy
from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import yaml

import exercise_leak
from milepost import FeatureStore
from milepost.building.catalog import Catalog
from milepost.building.project import Project
from milepost.publishing.candidate import Candidate
from milepost.publishing.data_files import Uploads
from milepost.publishing.rules.promises import keeps_its_features
from milepost.release import pointers, releases
from milepost.release.files import ViewFiles
from milepost.release.manifest import Manifest
from milepost.storage.location import Location

LINEAGE_VIEW, GROWN_VIEW, GATE_VIEW = "market_capacity", "carrier_tenders", "market_capacity"
SILENT_TABLE = "market_posts"
# Of the bookings so many are looked at, the newest.
BOOKINGS = 500
DBT = Path(sys.executable).with_name("dbt")


@dataclass(frozen=True)
class Workspace:
    """The copy of the project that a reader works on, and its store."""

    folder: Path
    store: Location
    running_database: Path

    @property
    def database(self) -> Path:
        """The scratch database of the copy; its views name the database, so that it stays."""
        return self.folder / self.running_database.name

    @property
    def variables(self) -> dict[str, str]:
        """The variables with which commands work on the copy."""
        project = str(self.folder / "project")
        return {
            "MILEPOST_STORE_URI": self.store.uri(),
            "MILEPOST_SCRATCH": str(self.database),
            "MILEPOST_EXTENSIONS": str(Path(__file__).parents[1] / ".local/duckdb_extensions"),
            "DBT_PROJECT_DIR": project,
            "DBT_PROFILES_DIR": project,
        }

    def dbt(self, *arguments: str) -> str:
        """Run dbt on the copy; return the end of what it printed where it failed, else nothing."""
        done = subprocess.run(  # noqa: S603 - the project's own dbt
            [DBT, "--quiet", "--no-use-colors", *arguments],
            cwd=self.folder / "project",
            env={**os.environ, **self.variables},
            capture_output=True,
            text=True,
            check=False,
        )
        return "" if done.returncode == 0 else f"dbt says: {done.stdout.strip()[-600:]}"

    def catalog(self) -> Catalog:
        """Return what dbt has read of the copy."""
        return Catalog.read(self.folder / "project/target/manifest.json")

    def parse(self) -> str:
        """Have dbt read the copy, unless it has since the last edit; return what failed."""
        manifest = self.folder / "project/target/manifest.json"
        edited_at = max(
            path.stat().st_mtime
            for path in (self.folder / "project").rglob("*")
            if path.suffix in {".sql", ".yml", ".md"}
        )
        if manifest.exists() and manifest.stat().st_mtime > edited_at:
            return ""
        return self.dbt("parse")

    def whole_release(self) -> Manifest:
        """Return the release that no view is missing from."""
        return max(releases.history(self.store), key=lambda manifest: len(manifest.views))


def find_the_leak(workspace: Workspace) -> str | None:
    """Require rows that stay as they are when all that came after their instant is taken away."""
    try:
        sql = (workspace.folder / "leak.sql").read_text()
    except (OSError, UnicodeDecodeError) as error:
        return f"leak.sql cannot be read: {error}"
    release = workspace.whole_release()
    view = release.view(exercise_leak.VIEW)
    features = ViewFiles(workspace.store, view).read([field.name for field in view.fields])
    with duckdb.connect(workspace.database, read_only=True) as scratch:
        bookings = scratch.sql(
            "from main_intermediate.booking_outcomes order by event_timestamp desc, load_event_id"
        )
        bookings = bookings.limit(BOOKINGS).to_arrow_table()
    store = FeatureStore(workspace.store.uri(), release=release.release)
    return exercise_leak.hint(sql, bookings, features, store)


def read_a_lineage(workspace: Workspace) -> str | None:
    """Require the raw tables of a view and the views of a raw table, as dbt knows them."""
    try:
        answer = yaml.safe_load((workspace.folder / "lineage.yml").read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        return f"lineage.yml cannot be read: {' '.join(str(error).split())}"
    if fault := workspace.parse():
        return fault
    catalog = workspace.catalog()
    tables = {
        view.name: {catalog.nodes[id_]["name"] for id_ in catalog.raw_tables(view.unique_id)}
        for view in catalog.feature_views()
    }
    stopped = {name for name, raw_tables in tables.items() if SILENT_TABLE in raw_tables}
    return set_hint("raw_tables", answer, tables[LINEAGE_VIEW]) or set_hint(
        "stopped_views", answer, stopped
    )


def set_hint(key: str, answer: object, right: Iterable[str]) -> str | None:
    """Return what is wrong with a list of an answer; None if it names all and no more."""
    listed = answer.get(key) or [] if isinstance(answer, dict) else None
    if not isinstance(listed, list):
        return f"lineage.yml has no list `{key}`: write `{key}: [loads]`"
    given = {str(name) for name in listed}
    if wrong := sorted(given - set(right)):
        return f"`{wrong[0]}` of `{key}` is not in the lineage: follow each `ref` to its model"
    if missing := len(set(right) - given):
        return f"`{key}` lacks {missing}: go on until each way ends in a `source`"
    return None


def add_a_feature(workspace: Workspace) -> str | None:
    """Require a new feature that is described, expected by a unit test, and builds with values."""
    if fault := workspace.parse():
        return fault
    catalog = workspace.catalog()
    view = next((view for view in catalog.feature_views() if view.name == GROWN_VIEW), None)
    if view is None:
        return f"`{GROWN_VIEW}` is gone: `--begin-again` makes the copy anew"
    released = {field.name for field in workspace.whole_release().view(GROWN_VIEW).fields}
    added = [field for field in view.fields if field.name not in released]
    if not added:
        return f"`{GROWN_VIEW}` declares no more columns than the release has"
    for field in added:
        if not field.description:
            return f"`{field.name}` has no description: what it means, and when it is null"
        expected = [
            row
            for node in catalog.nodes.values()
            if node["resource_type"] == "unit_test" and node["model"] == GROWN_VIEW
            for row in node["expect"]["rows"] or []
        ]
        if not any(field.name in row for row in expected):
            return f"no unit test expects a value of `{field.name}`"
    if fault := workspace.dbt("build", "--select", f"+{GROWN_VIEW}"):
        return fault
    with duckdb.connect(workspace.database, read_only=True) as scratch:
        for field in added:
            query = scratch.sql(f'select count("{field.name}") from {view.relation}')  # noqa: S608
            if query.fetchall() == [(0,)]:
                return f"`{field.name}` is null in every row"
    return None


def break_a_gate(workspace: Workspace) -> str | None:
    """Require that the gate refuses a view because it breaks a promise of the current release."""
    if fault := workspace.parse():
        return fault
    project = Project.read(workspace.folder / "project/target/manifest.json")
    release = workspace.whole_release()
    with duckdb.connect(workspace.database, read_only=True) as scratch:
        uploads = Uploads(workspace.store, release, is_dry_run=True)
        candidate = Candidate.read(project, scratch, release, uploads)
        refused = {refusal.view for refusal in keeps_its_features(candidate)}
    if GATE_VIEW in refused:
        return None
    elsewhere = f", but it would refuse `{min(refused)}`" if refused else ""
    return (
        f"the gate finds that `{GATE_VIEW}` keeps all of its promises{elsewhere}: change what a "
        "reader of the release relies on"
    )


def roll_back(workspace: Workspace) -> str | None:
    """Require that the whole release is current again, and that none was removed."""
    whole, pointer = workspace.whole_release(), pointers.pointer(workspace.store)
    if len(releases.history(workspace.store)) < 2:
        return "a release is gone: a rollback removes nothing. `--begin-again` makes the copy anew"
    if pointer is None or pointer.release != whole.release:
        return (
            f"the current release of {workspace.store.uri()} lacks a view that the one before has: "
            "`milepost diff previous current` names it"
        )
    return None


Check = Callable[[Workspace], str | None]
CHECKS: dict[str, Check] = {
    "1-find-the-leak": find_the_leak,
    "2-read-a-lineage": read_a_lineage,
    "3-add-a-feature": add_a_feature,
    "4-break-a-gate": break_a_gate,
    "5-roll-back": roll_back,
}

"""A dbt project at work: plain dbt commands on one raw log, then the publisher."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from dbt_process import run_dbt
from milepost.building.catalog import Catalog
from milepost.publishing.publish import publish
from milepost.release.manifest import Manifest
from milepost.storage.location import Location

MILEPOST = Path(__file__).parents[3]
# Nothing is published here.
NOTHING = Location.parse("s3://milepost-store/nothing")
_numbers = count(1)


def place(kind: str) -> Location:
    """An empty place for a `raw` log or a `store`."""
    return Location.parse(f"s3://milepost-{kind}/proof-{os.getpid()}-{next(_numbers)}")


def dated(catalog: Catalog) -> dict[str, tuple[str, str]]:
    """Each view, outcome and training set by name: its table, and when a row of it stands.

    An outcome, the label of a training set, is a model with `horizon_at`, and so is the set.
    """
    views = {
        view.name: (
            view.relation,
            f"available_at - interval '{view.serving_delay_minutes}' minute",
        )
        for view in catalog.feature_views()
    }
    outcomes = {
        node["name"]: (node["relation_name"], "horizon_at")
        for node in catalog.nodes.values()
        if node["resource_type"] == "model" and "horizon_at" in node["columns"]
    }
    return views | outcomes


@dataclass(frozen=True)
class Work:
    """A copy of a project, with a raw log and a scratch database of its own.

    A build goes on from the current release in `store`.
    """

    folder: Path
    raw: Location
    store: Location

    @classmethod
    def create(cls, folder: Path, raw: Location, store: Location = NOTHING) -> Work:
        """The project in `folder` at work, not built yet."""
        shutil.copy(MILEPOST / "profiles.example.yml", folder / "profiles.yml")
        return cls(folder, raw, store)

    def another(
        self,
        name: str,
        *,
        raw: Location | None = None,
        store: Location | None = None,
        threads: int = 2,
    ) -> Work:
        """The same project beside this one, with an empty scratch database."""
        folder = self.folder.parent / name
        # With what dbt has parsed, half of a command's time; the profile and its variables must be
        # the same, the store's as well.
        shutil.copytree(
            self.folder, folder, symlinks=True, ignore=shutil.ignore_patterns("scratch.duckdb*")
        )
        if threads != 2:
            profile = (folder / "profiles.yml").read_text()
            of_duckdb = "\n        threads: 2\n"  # the other ones, of dbt, stand further left
            assert profile.count(of_duckdb) == 1
            (folder / "profiles.yml").write_text(
                profile.replace(of_duckdb, of_duckdb.replace("2", str(threads)))
            )
        return Work(folder, raw or self.raw, store or self.store)

    @property
    def database(self) -> Path:
        return self.folder / "scratch.duckdb"

    @property
    def catalog(self) -> Catalog:
        return Catalog.read(self.folder / "target/manifest.json")

    def dbt(self, *arguments: str) -> None:
        environment = {
            **os.environ,
            "MILEPOST_RAW_URI": self.raw.uri(),
            "MILEPOST_STORE_URI": self.store.uri(),
            "MILEPOST_SCRATCH": "scratch.duckdb",
            "MILEPOST_EXTENSIONS": str(MILEPOST / ".local/duckdb_extensions"),
        }
        options = ["--no-use-colors", "--log-level-file", "none"]
        done = run_dbt(self.folder, [*options, *arguments], environment)
        assert done.returncode == 0, f"dbt {' '.join(arguments)}\n{done.stdout}"

    def build(self, *arguments: str) -> None:
        """Build and test every feature view and outcome, and all that they are made from."""
        if not (self.folder / "target/manifest.json").exists():
            self.dbt("parse")
        models = [f"+{name}" for name in dated(self.catalog)]
        self.dbt("build", "--select", *models, *arguments)

    def run(self, *arguments: str) -> None:
        """The same, and test nothing."""
        self.build("--exclude-resource-type", "test", "unit_test", *arguments)

    def publish(self, store: Location | None = None) -> Manifest:
        """Publish to `store`, or to the one that dbt goes on from."""
        manifest = self.folder / "target/manifest.json"
        return publish(self.database, manifest, store or self.store).manifest

    def lose_scratch(self) -> None:
        """Delete the DuckDB file: it is scratch, so that nothing is lost."""
        self.database.unlink()

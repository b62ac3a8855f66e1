"""A dbt project at work: plain dbt commands on one raw log, then the publisher."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from milepost.catalog import Catalog
from milepost.manifest import Manifest
from milepost.publish import publish
from milepost.s3 import Location

MILEPOST = Path(__file__).parents[3]
_numbers = count(1)


def place(kind: str) -> Location:
    """An empty place for a `raw` log or a `store`."""
    return Location.parse(f"s3://milepost-{kind}/proof-{os.getpid()}-{next(_numbers)}")


@dataclass(frozen=True)
class Work:
    """A project with a raw log, a store, a target folder and a scratch database of its own."""

    project: Path
    folder: Path
    raw: Location
    store: Location

    @classmethod
    def create(cls, project: Path, folder: Path, raw: Location, *, threads: int = 2) -> Work:
        folder.mkdir()
        profile = (MILEPOST / "profiles.example.yml").read_text()
        assert profile.count("threads: 2") == 2  # dbt's and DuckDB's
        (folder / "profiles.yml").write_text(profile.replace("threads: 2", f"threads: {threads}"))
        return cls(project, folder, raw, place("store"))

    def another(self, name: str, raw: Location | None = None, *, threads: int = 2) -> Work:
        """The same project beside this one, with an empty scratch database and store."""
        work = Work.create(self.project, self.folder.parent / name, raw or self.raw, threads=threads)
        # What dbt has parsed already: two thirds of its start.
        (work.folder / "target").mkdir()
        parsed = "target/partial_parse.msgpack"
        shutil.copy(self.folder / parsed, work.folder / parsed)
        return work

    @property
    def database(self) -> Path:
        return self.folder / "scratch.duckdb"

    @property
    def catalog(self) -> Catalog:
        return Catalog.read(self.folder / "target/manifest.json")

    def dbt(self, *arguments: str) -> None:
        done = subprocess.run(
            [Path(sys.executable).with_name("dbt"), "--no-use-colors", *arguments],
            cwd=self.project,
            env={
                **os.environ,
                "MILEPOST_RAW_URI": self.raw.uri(),
                "MILEPOST_STORE_URI": self.store.uri(),
                "MILEPOST_SCRATCH": str(self.database),
                "MILEPOST_EXTENSIONS": str(MILEPOST / ".local/duckdb_extensions"),
                "DBT_PROFILES_DIR": str(self.folder),
                "DBT_TARGET_PATH": str(self.folder / "target"),
                "DBT_LOG_PATH": str(self.folder / "logs"),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def run(self, *arguments: str) -> None:
        """Build every seed and model, and test nothing."""
        self.dbt("build", "--exclude-resource-type", "test", "unit_test", *arguments)

    def publish(self) -> Manifest:
        return publish(self.database, self.folder / "target/manifest.json", self.store).manifest

    def lose_scratch(self) -> None:
        """Delete the DuckDB file: it is scratch, so that nothing is lost."""
        self.database.unlink()

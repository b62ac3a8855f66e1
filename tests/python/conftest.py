"""A real S3 server for the whole session, and a fresh place on it for each test that asks."""

from __future__ import annotations

import gc
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

import greenhouse
from dbt_process import run_dbt
from engines import ENGINES, DuckDB, engine_of
from greenhouse import Greenhouse
from milepost.building import dbt_runs
from milepost.storage.client import client
from milepost.storage.location import Location

pytest_plugins = ["fuzz"]
PROJECT = Path(__file__).parents[2]
SERVER = [sys.executable, str(PROJECT / "scripts/s3.py")]
_numbers = count(1)
# Looking for garbage took a third of the time in which the tests are collected; 2026-11.
gc.set_threshold(200_000)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full-size", action="store_true", help="run what is marked `full_size` too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what only `make proofs` has the time for; run the files that build projects first.

    The quick files at the end keep all workers busy until the last one: those of `release/` take
    a second each, and no other folder has as many.
    """
    if not config.getoption("--full-size"):
        large = [item for item in items if item.get_closest_marker("full_size")]
        config.hook.pytest_deselected(items=large)
        items[:] = [item for item in items if item not in large]
    slow_files = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (item.path not in slow_files, item.path.parent.name == "release"))


def pytest_collection_finish() -> None:
    """Leave what was imported and collected out of every search for garbage to come."""
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def forked_dbt() -> Iterator[None]:
    """dbt commands that Milepost runs are forked as those of tests are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dbt_runs, "ended", run_dbt)
        yield


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> DuckDB:
    """Each engine, for what is the same on all of them."""
    return engine_of(request.param)


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment variables with which this process and its children find the server."""
    state = ["--state", str(tmp_path_factory.mktemp("s3"))]
    subprocess.run([*SERVER, "start", *state], check=True)
    printed = subprocess.run(
        [*SERVER, "env", *state], check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    variables: dict[str, str] = {}
    for line in printed.splitlines():
        word, *rest = shlex.split(line)
        if word == "export":
            for item in rest:
                name, _, value = item.partition("=")
                variables[name] = value
        else:
            for name in rest:
                os.environ.pop(name, None)
    os.environ.update(variables)
    client.cache_clear()
    yield variables
    subprocess.run([*SERVER, "stop", *state], check=True)


@pytest.fixture
def raw(s3_server: dict[str, str]) -> Location:
    """An empty place for a raw log."""
    return Location.parse(f"s3://milepost-raw/test-{os.getpid()}-{next(_numbers)}")


@pytest.fixture
def store(s3_server: dict[str, str]) -> Location:
    """An empty place for a feature store."""
    return Location.parse(f"s3://milepost-store/test-{os.getpid()}-{next(_numbers)}")


@pytest.fixture(scope="session")
def built_greenhouse(
    s3_server: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Greenhouse:
    """The greenhouse project, landed and built once; tests work on copies of it."""
    place = f"test-{os.getpid()}-greenhouse"
    raw, store = (Location.parse(f"s3://milepost-{kind}/{place}") for kind in ("raw", "store"))
    greenhouse.land(raw)
    folder = tmp_path_factory.mktemp("greenhouse")
    package = greenhouse.package_without_freight(folder / "milepost")
    project = greenhouse.create(folder / "project", raw, store, package=package)
    project.build()
    return project


@pytest.fixture
def green(built_greenhouse: Greenhouse, tmp_path: Path, store: Location) -> Greenhouse:
    """A copy of the built greenhouse project, with an empty store."""
    return built_greenhouse.copy(tmp_path / "project", store=store)


@pytest.fixture(scope="session")
def dbt_manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """dbt's manifest of the project as it is now."""
    folder = tmp_path_factory.mktemp("dbt")
    shutil.copy(PROJECT / "profiles.example.yml", folder / "profiles.yml")
    paths = [f"--{name}={folder}" for name in ("profiles-dir", "target-path", "log-path")]
    done = run_dbt(PROJECT, ["--quiet", "parse", *paths], os.environ)
    assert done.returncode == 0, done.stdout
    return folder / "manifest.json"

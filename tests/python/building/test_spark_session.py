"""What is missing for a session of Spark is said before dbt waits for it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from milepost import dbt_answers
from milepost.building.spark_session import check_session
from milepost.errors import PublishError

pytest.importorskip("pyspark", reason="pyspark-client is not installed")
ON_SPARK = Path(__file__).parents[3] / "scripts/on_spark.py"
TOKEN = "dapiSECRET"
JAVA_17 = "echo 'openjdk version \"17.0.2\"' >&2"


class Adapter:
    """Answers as dbt's adapter of a Spark does, whose session has instants in UTC."""

    def __init__(self, version: str) -> None:
        self.version = version

    def type(self) -> str:
        return "spark"

    def execute(self, sql: str, *, fetch: bool) -> tuple[None, Any]:
        row = (self.version,) if "version()" in sql else ("UTC", "timestamp_ntz")
        return None, SimpleNamespace(rows=[row] if fetch else [])


@pytest.fixture(autouse=True)
def no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPARK_REMOTE", raising=False)


def test_a_server_that_answers_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        check_session({"spark.remote": f"sc://127.0.0.1:{server.getsockname()[1]}/;token=t"})


def test_a_server_that_is_down_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        remote = f"127.0.0.1:{server.getsockname()[1]}"
    monkeypatch.setenv("SPARK_REMOTE", f"sc://{remote}")
    with pytest.raises(PublishError, match=f"no server of Spark Connect answers at {remote}"):
        check_session({})


def test_what_is_no_server_is_refused() -> None:
    with pytest.raises(PublishError, match="`localhost:15002` is no server"):
        check_session({"spark.remote": "localhost:15002"})


@pytest.mark.parametrize(
    "remote",
    [
        "https://ws:443/;token=dapiSECRET;x-databricks-cluster-id=1",
        "sc://ws:44x/;token=dapiSECRET",
        "sc://ws:443;token=dapiSECRET",
        "sc://ws;token=dapiSECRET",
        "sc://[ws/;token=dapiSECRET",
        "https://ws:443/?token=dapiSECRET",
        f"https://token:{TOKEN}@ws:443",
        "sc://127.0.0.1:1/;token=dapiSECRET",
    ],
)
def test_no_message_tells_a_token(remote: str) -> None:
    with pytest.raises(PublishError, match=r"hint: .*SPARK_REMOTE=sc://host") as error:
        check_session({"spark.remote": remote})
    causes = (error.value.__cause__, error.value.__context__)
    assert not [text for text in map(str, (error.value, *causes)) if "secret" in text.lower()]


@pytest.mark.parametrize("settings", [{}, {"spark.remote": "sc://127.0.0.1:1"}])
def test_a_client_of_spark_3_is_refused(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str]
) -> None:
    monkeypatch.setattr("pyspark.__version__", "3.5.6")
    monkeypatch.delattr("pyspark.util.is_remote_only")  # Spark 4 brought it
    with pytest.raises(PublishError, match=r"is of version 3\.5\.6\nhint: .*of a version 4"):
        check_session(settings)


@pytest.mark.parametrize("version", ["3.5.6-amzn-1 fd2c", "3.5.0 a6d6"])
def test_spark_3_is_refused(version: str) -> None:
    fault = f"the engine is Spark {version.split()[0]}\nhint: build on Spark 4"
    with pytest.raises(PublishError, match=fault):
        dbt_answers._check_session(Adapter(version))


@pytest.mark.parametrize("version", ["4.0.2-amzn-0 fd2c", "4.3.0"])
def test_spark_4_is_taken(version: str) -> None:
    dbt_answers._check_session(Adapter(version))


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(PublishError, match=r"pip install 'pyspark\[connect\]'"):
        check_session({})


def test_a_client_without_a_server_is_refused() -> None:
    with pytest.raises(PublishError, match=r"reaches a server only\nhint: .*SPARK_REMOTE"):
        check_session({})


def test_a_missing_java_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("pyspark.util.is_remote_only", lambda: False)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(PublishError, match="install Java 17"):
        check_session({})


def on_spark(folder: Path, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `scripts/on_spark.py` where `JAVA_HOME` names a Java that does what the script says."""
    java = folder / "bin/java"
    java.parent.mkdir()
    java.write_text(f"#!/bin/sh\n{script}\n")
    java.chmod(0o755)
    command = [sys.executable, str(ON_SPARK), *arguments]
    env = {"JAVA_HOME": str(folder)}
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("argument", ["true", "--has-java"])
@pytest.mark.parametrize(
    ("script", "fault"),
    [
        ("exit 1", "does not run\nhint: install Java 17"),
        ("echo 'openjdk version \"11.0.2\"' >&2", "is of version 11\nhint: install Java 17"),
    ],
)
def test_a_java_that_runs_no_spark_is_refused(
    tmp_path: Path, script: str, fault: str, argument: str
) -> None:
    done = on_spark(tmp_path, script, argument)
    assert (done.returncode, fault in done.stderr) == (1, True), done.stderr


def test_a_java_that_runs_spark_is_taken(tmp_path: Path) -> None:
    done = on_spark(tmp_path, JAVA_17, "--has-java")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(("script", "is_left_out"), [(JAVA_17, False), ("exit 1", True)])
def test_make_engines_leaves_spark_out_without_its_java(
    tmp_path: Path, script: str, *, is_left_out: bool
) -> None:
    on_spark(tmp_path, script, "--has-java")
    command = ["make", "--dry-run", "-o", "setup", "engines"]
    env = os.environ | {"JAVA_HOME": str(tmp_path)}
    done = subprocess.run(
        command, cwd=ON_SPARK.parents[1], env=env, capture_output=True, text=True, check=True
    )
    assert ("Spark is left out" in done.stdout) == is_left_out
    assert ("engines-spark" in done.stdout) != is_left_out


@pytest.mark.parametrize("target", ["sail", "spark"])
def test_make_engines_says_which_target_the_profile_lacks(tmp_path: Path, target: str) -> None:
    project = ON_SPARK.parents[1]
    profile = (project / "profiles.example.yml").read_text()
    (tmp_path / "profiles.yml").write_text(profile.replace(f"    {target}:", "    another:"))
    done = subprocess.run(
        ["make", "-f", project / "Makefile", "-o", "setup", "engines"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"`profiles.yml` has no target `{target}`" in done.stdout
    assert "hint: copy it from profiles.example.yml" in done.stdout
    assert done.returncode
    assert not (tmp_path / ".local").exists()

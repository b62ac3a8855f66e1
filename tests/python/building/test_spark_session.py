"""What is missing for a session of Spark is said before dbt waits for it."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from milepost.building.spark_session import check_session
from milepost.errors import PublishError

pytest.importorskip("pyspark", reason="pyspark-client is not installed")
ON_SPARK = Path(__file__).parents[3] / "scripts/on_spark.py"


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


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        ("exit 1", "does not run\nhint: install Java 17"),
        ("echo 'openjdk version \"11.0.2\"' >&2", "is of version 11\nhint: install Java 17"),
    ],
)
def test_a_java_that_runs_no_spark_is_refused(tmp_path: Path, script: str, fault: str) -> None:
    java = tmp_path / "bin/java"
    java.parent.mkdir()
    java.write_text(f"#!/bin/sh\n{script}\n")
    java.chmod(0o755)
    command = [sys.executable, str(ON_SPARK), "true"]
    done = subprocess.run(
        command, env={"JAVA_HOME": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, fault in done.stderr) == (1, True), done.stderr

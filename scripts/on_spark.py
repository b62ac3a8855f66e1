"""Run a command beside Spark itself, as far as PyPI has it: a server of Spark Connect without jars.

Spark's wheel has no reader of S3. So the raw log of `MILEPOST_RAW_URI`, and the tables of
`MILEPOST_TABLES_URI`, are copied to a folder that Spark takes for S3. Nor has it a writer of Delta
tables: `scripts/spark/dbt_parquet_for_delta.py` stands in for one, and copies what Spark writes.
"""

# allow milepost.local_file: Spark reads and writes files of this machine
from __future__ import annotations

import argparse
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from spark.copies import sync

ROOT = Path(__file__).resolve().parent.parent
JAVA_MIN = 17
READY_WITHIN, END_WITHIN = 90.0, 20.0
POLL_EVERY = 0.1
LOCAL = "org.apache.hadoop.fs.LocalFileSystem"
VIEWFS = "org.apache.hadoop.fs.viewfs.ViewFileSystemOverloadScheme"
SERVER = "org.apache.spark.sql.connect.service.SparkConnectServer"
SETTINGS = {
    "spark.ui.enabled": "false",
    # A task for each core of a small machine; 200 are for a cluster.
    "spark.sql.shuffle.partitions": "2",
    # Of small data these cost more than they spare: `fuel` takes 2.7 s of CPU instead of 6.5.
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.constraintPropagation.enabled": "false",
    # A task keeps a page for each step of its query, by default of 64 MB: 4 GB are not enough for
    # the more than 17 steps that a batch of `lane_volume` has in one task. Java parts 4 GB into
    # regions of 2 MB: a page of 1 MB and its head would fill one alone, and take twice its memory.
    "spark.buffer.pageSize": "1000k",
    # Files of this machine are listed sooner by one thread than by tasks.
    "spark.sql.sources.parallelPartitionDiscovery.threshold": "100000",
    "spark.sql.connect.serverStacktrace.enabled": "false",
    "spark.hadoop.fs.s3.impl": VIEWFS,
    "spark.hadoop.fs.viewfs.overload.scheme.target.file.impl": LOCAL,
}


def fail(message: str, hint: str) -> NoReturn:
    """Exit with a message and a hint."""
    raise SystemExit(f"{message}\nhint: {hint}")


def java() -> Path:
    """Return a Java that runs Spark 4, of `JAVA_HOME` or of the path; exit where there is none."""
    home = os.environ.get("JAVA_HOME")
    path = Path(home, "bin/java") if home else Path(shutil.which("java") or "java")
    hint = f"install Java {JAVA_MIN}, or let `JAVA_HOME` name it"
    try:
        shown = subprocess.run([path, "-version"], capture_output=True, text=True, check=True)  # noqa: S603 - Java
    except (OSError, subprocess.CalledProcessError):
        fail(f"`{path} -version` does not run", hint)
    version = re.search(r'version "(\d+)', shown.stderr)
    if not version or int(version[1]) < JAVA_MIN:
        fail(f"`{path}` is of version {version[1] if version else 'unknown'}", hint)
    return path


def spark_home() -> Path:
    """Return the folder of Spark 4 in the environment that `make` makes; exit without it."""
    hint = "`make .venv-spark/ready` installs it"
    home = next(ROOT.glob(".venv-spark/lib/python*/site-packages/pyspark"), None)
    if home is None:
        fail("`.venv-spark` has no pyspark", hint)
    version = next(home.parent.glob("pyspark-*.dist-info")).name.split("-")[1].removesuffix(".dist")
    if not version.startswith("4."):
        fail(f"`.venv-spark` has pyspark {version}: the project is for Spark 4", hint)
    return home


@contextmanager
def serving(home: Path, port: int, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server of Spark until the block ends; exit where it does not start."""
    mounts = {
        f"spark.hadoop.fs.viewfs.mounttable.{bucket.name}.linkFallback": bucket.as_uri()
        for bucket in (folder / "files").iterdir()
    }
    settings = {
        **SETTINGS,
        **mounts,
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": port,
        "spark.sql.warehouse.dir": (folder / "warehouse").as_uri(),
    }
    command = [str(home / "bin/spark-submit"), "--class", SERVER, "--master=local[2]"]
    command += [
        "--driver-memory=4g",
        *(f"--conf={name}={value}" for name, value in settings.items()),
    ]
    # A client's variable: the server would be refused.
    env = {name: value for name, value in os.environ.items() if name != "SPARK_REMOTE"}
    log = folder / "spark.log"
    with (
        log.open("w") as output,
        subprocess.Popen(  # noqa: S603 - of an environment of this project
            [*command, "spark-internal"],
            env=env | {"SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1"},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            deadline = time.monotonic() + READY_WITHIN
            while not _answers(port):
                if process.poll() is not None or time.monotonic() > deadline:
                    fail("Spark did not start", f"see {log}")
                time.sleep(POLL_EVERY)
            yield process
        finally:
            process.terminate()
            try:
                process.wait(END_WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()


def _answers(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def run(command: list[str], folder: Path, *, ansi: bool = False) -> int:
    """Run a command beside Spark, with its ANSI mode or without, and return its exit code.

    It exits where Spark ends before the command: dbt waits for minutes for a server that is gone.
    """
    java()
    home, port, files = spark_home(), _free_port(), folder / "files"
    files.mkdir(parents=True, exist_ok=True)
    for name in ("MILEPOST_RAW_URI", "MILEPOST_TABLES_URI"):
        if uri := os.environ.get(name):
            place = Path(uri.removeprefix("s3://"))
            (files / place).mkdir(parents=True, exist_ok=True)
            sync(f"s3:{place}", files / place)
    env = os.environ | {
        "SPARK_REMOTE": f"sc://127.0.0.1:{port}",
        "MILEPOST_SPARK_FILES": str(files),
        "MILEPOST_SPARK_ANSI": str(ansi).lower(),
        "PYTHONPATH": os.pathsep.join((f"{ROOT}/scripts", f"{ROOT}/scripts/spark")),
    }
    with serving(home, port, folder) as server, subprocess.Popen(command, env=env) as process:  # noqa: S603 - the caller's
        while process.poll() is None:
            if server.poll() is not None:
                process.terminate()
                fail("Spark ended before the command", f"see {folder / 'spark.log'}")
            time.sleep(POLL_EVERY)
        return process.returncode


def main() -> int:
    """Run the command that the command line names; its exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="example: on_spark.py dbt build --target spark --target-path target/spark",
    )
    parser.add_argument("--has-java", action="store_true", help="only say whether Spark has a Java")
    parser.add_argument("--ansi", action="store_true", help="with Spark's ANSI mode, in dbt")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="what to run")
    arguments = parser.parse_args()
    if arguments.has_java:
        java()
        return 0
    return run(arguments.command, ROOT / ".local/spark", ansi=arguments.ansi)


if __name__ == "__main__":
    sys.exit(main())

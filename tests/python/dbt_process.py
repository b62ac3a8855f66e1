"""dbt commands, each in a process of its own.

It is forked from one that has run dbt once, in which two thirds of the time of a small project go,
and in which `quick_dbt` has replaced what takes dbt long. `test_documented_commands.py` runs dbt as
it is.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from multiprocessing import forkserver
from pathlib import Path
from typing import Any

import pytest

TIMEOUT = 300
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["warm_dbt", "milepost.dbt_plugin"])


@cache
def _start_server() -> None:
    """Start the process that commands are forked from; it finds modules by PYTHONPATH alone."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = str(Path(__file__).parent)
    try:
        forkserver.ensure_running()
    finally:
        del os.environ["PYTHONPATH"]
        if before is not None:
            os.environ["PYTHONPATH"] = before


def run_dbt(
    folder: Path,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    *,
    killed_after: int | None = None,
) -> subprocess.CompletedProcess[str]:
    """What `dbt` gives in `folder`, with nothing but `environment` set.

    It is killed once so many models, seeds and tests have ended, if there are as many.
    """
    _start_server()
    with tempfile.TemporaryDirectory() as printed:
        streams = [Path(printed, name) for name in ("stdout", "stderr")]
        command = _processes.Process(
            target=_dbt,
            args=(folder.absolute(), list(arguments), dict(environment), streams, killed_after),
        )
        command.start()
        command.join(TIMEOUT)
        if command.exitcode is None:
            command.kill()
            pytest.fail(f"dbt {arguments} did not end within {TIMEOUT} s")
        texts = [stream.read_text() for stream in streams]
        return subprocess.CompletedProcess(["dbt", *arguments], command.exitcode, *texts)


def _dbt(
    folder: Path,
    arguments: list[str],
    environment: dict[str, str],
    streams: list[Path],
    killed_after: int | None,
) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    for path, stream in zip(streams, (sys.stdout, sys.stderr), strict=True):
        with path.open("w") as file:
            os.dup2(file.fileno(), stream.fileno())
    from dbt.cli.main import cli, dbtRunner

    if killed_after is None:
        try:
            cli(arguments, prog_name="dbt")
        finally:
            # A forked process skips them: DuckDB's file would be left with its log beside it.
            atexit._run_exitfuncs()
    ended = 0

    def kill_after_some(event: Any) -> None:
        nonlocal ended
        ended += event.info.name == "NodeFinished"
        if ended == killed_after:
            os.kill(os.getpid(), signal.SIGKILL)

    dbtRunner(callbacks=[kill_after_some]).invoke(arguments)

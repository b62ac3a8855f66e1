"""The phases of `make run` as people see them: real processes, on a terminal and on a pipe.

Those that take seconds run beside each other from the first test that asks for one: nearly all of
their time they wait.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[3] / "scripts"
ERASE = "\r\x1b[K"


@dataclass(frozen=True)
class Outcome:
    """How the script ended, what it printed in all, and its longest silence in seconds."""

    code: int
    text: str
    silence: float

    @property
    def lines(self) -> list[str]:
        """The lines as they stand in the end: a live one is written over."""
        return [line.rsplit(ERASE, 1)[-1] for line in self.text.splitlines()]


def start(folder: Path, *phases: str, output: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, str(SCRIPTS / "phases.py"), "--log", "kept/run.log"]
    return subprocess.Popen(
        [*command, *phases],
        cwd=folder,
        env={name: os.environ[name] for name in ("PATH", "HOME")} | {"TERM": "xterm"},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
    )


def finish(process: subprocess.Popen[bytes], reading: int) -> Outcome:
    text, silence, heard_at = b"", 0.0, time.monotonic()
    while True:
        select.select([reading], [], [], 60)
        try:
            piece = os.read(reading, 1 << 16)
        except OSError:  # the end of a terminal
            piece = b""
        silence = max(silence, time.monotonic() - heard_at)
        heard_at = time.monotonic()
        if not piece:
            break
        text += piece
    os.close(reading)
    return Outcome(process.wait(), text.decode().replace("\r\n", "\n"), silence)


def on_a_pipe(folder: Path, *phases: str) -> Outcome:
    reading, writing = os.pipe()
    process = start(folder, *phases, output=writing)
    os.close(writing)
    return finish(process, reading)


def on_a_terminal(folder: Path, *phases: str, columns: int = 80) -> Outcome:
    reading, writing = pty.openpty()
    fcntl.ioctl(writing, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = start(folder, *phases, output=writing)
    os.close(writing)
    return finish(process, reading)


def silent(folder: Path) -> Outcome:
    return on_a_pipe(folder, "land=sleep 10", "read=echo a")


def talking(folder: Path, *, columns: int) -> Outcome:
    words = "word " * 30
    slow = f"for n in 1 2 3 4; do echo $n of 4: {words}; sleep 0.6; done; echo {'all ' * 40}"
    return on_a_terminal(folder, f"land={slow}", "read=echo a", columns=columns)


def interrupted(folder: Path, *, number: signal.Signals, trap: str) -> Outcome:
    deep = f"{trap}(sleep 300 & echo $! > deep; wait) & echo half way; sleep 300"
    reading, writing = os.pipe()
    process = start(folder, f"build={deep}", "publish=touch published", output=writing)
    os.close(writing)
    while not (folder / "deep").exists() or not (folder / "deep").read_text().strip():
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(number)
    return finish(process, reading)


COLUMNS = (40, 80, 160)
INTERRUPTS = (
    *((number, "") for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)),
    # How a phase is ended does not depend on how we were told.
    (signal.SIGINT, "trap '' INT TERM; "),
)
SLOW: dict[object, Callable[[Path], Outcome]] = {
    "silent": silent,
    **{columns: partial(talking, columns=columns) for columns in COLUMNS},
    **{case: partial(interrupted, number=case[0], trap=case[1]) for case in INTERRUPTS},
}
Running = Mapping[object, tuple[Path, Future[Outcome]]]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The folder of each slow command, and its outcome: all of them have begun."""
    folders = {name: tmp_path_factory.mktemp("slow") for name in SLOW}
    with ThreadPoolExecutor(len(SLOW)) as pool:
        yield {
            name: (folders[name], pool.submit(command, folders[name]))
            for name, command in SLOW.items()
        }


def dbt_event(name: str, message: str, level: str = "info", **data: object) -> str:
    info = {"name": name, "msg": message, "level": level, "ts": "2026-11-27T06:04:31.298236Z"}
    return json.dumps({"info": info, "data": data})


def prints(*lines: str) -> str:
    """A command that prints these lines."""
    return f"{sys.executable} -c 'print({json.dumps(chr(10).join(lines))})'"


def test_each_phase_has_a_line_with_its_end_and_the_last_is_shown_whole(tmp_path: Path) -> None:
    done = on_a_pipe(tmp_path, "set up=true", "land=echo 1 row; echo landed", "read=echo a; echo b")
    assert done.code == 0
    assert re.sub(r"\d+ s", "0 s", done.text).splitlines() == [
        "What each phase prints is kept in kept/run.log",
        "",
        "  set up  0 s  there already",
        "  land    0 s  landed",
        "  read    0 s  ",
        "",
        "a",
        "b",
    ]
    log = (tmp_path / "kept/run.log").read_text()
    assert "== land: echo 1 row; echo landed\n1 row\nlanded\n" in log


def test_a_pipe_gets_no_carriage_return_and_no_long_silence(running: Running) -> None:
    done = running["silent"][1].result()
    assert done.code == 0
    assert "\r" not in done.text
    assert "\x1b" not in done.text
    assert "  land  .. 10 s  there already\n" in done.text
    assert done.silence < 5


@pytest.mark.parametrize("columns", COLUMNS)
def test_a_terminal_shows_where_a_phase_is(running: Running, columns: int) -> None:
    done = running[columns][1].result()
    assert done.code == 0
    for n in (2, 3, 4):
        assert f"{n} of 4" in done.text
    assert done.silence < 2
    screens = done.text.replace(ERASE, "\n").splitlines()
    assert max(len(screen) for screen in screens[2:]) <= columns
    # What is written over is cut, how it ended is not.
    assert sum(line.count("all") for line in done.lines) == 40


def test_models_and_tests_of_dbt_are_counted(tmp_path: Path) -> None:
    started = dbt_event("LogStartLine", "1 of 2 START a", index=1, total=2)
    events = (
        dbt_event("LogHookEndLine", "1 of 1 OK hook", index=1, total=1),
        started,
        dbt_event("LogModelResult", "1 of 2 \x1b[32mOK\x1b[0m a", index=1, total=2),
        dbt_event("LogTestResult", "2 of 2 PASS b", index=2, num_models=2),
    )
    (tmp_path / "events").write_text("".join(f"{event}\n" for event in events))
    done = on_a_pipe(tmp_path, "build=cat events", "read=true")
    assert "s  2 of 2\n" in done.text
    log = (tmp_path / "kept/run.log").read_text()
    assert "\n06:04:31  1 of 2 OK a\n06:04:31  2 of 2 PASS b\n" in log


def test_warnings_of_dbt_are_shown_and_more_than_five_counted(tmp_path: Path) -> None:
    events = [dbt_event("Note", f"warned {n}", level="warn") for n in range(7)]
    (tmp_path / "events").write_text("".join(f"{event}\n" for event in events))
    done = on_a_pipe(tmp_path, "build=cat events", "read=true")
    assert done.code == 0
    assert "    warned 4\n    and 2 more warnings\n" in done.text


def test_what_fails_is_shown_with_the_errors_of_dbt(tmp_path: Path) -> None:
    events = (
        dbt_event("LogModelResult", "1 of 1 ERROR a", level="error", index=1, total=1),
        dbt_event("RunResultError", "  Runtime Error in model a\n  no such column", level="error"),
        dbt_event("StatsLine", "Done. PASS=0 ERROR=1"),
    )
    (tmp_path / "events").write_text("".join(f"{event}\n" for event in events))
    done = on_a_pipe(tmp_path, "build=cat events; exit 3", "publish=touch published", "read=true")
    assert done.code == 3
    assert not (tmp_path / "published").exists()
    assert re.sub(r"\d+ s", "0 s", done.text).splitlines()[2:] == [
        "  build    0 s  failed: Done. PASS=0 ERROR=1",
        "",
        "  Runtime Error in model a",
        "  no such column",
        "",
        "error: `build` failed, with exit code 3",
        "hint: all that it printed is in kept/run.log",
    ]


def test_what_fails_is_shown_with_its_last_lines(tmp_path: Path) -> None:
    failing = "seq 60; echo error: no disk >&2; echo make[1]: *** Error 1; exit 4"
    done = on_a_terminal(tmp_path, f"land={failing}", "read=true")
    assert done.code == 4
    assert "\n60\nerror: no disk\n\nerror: `land` failed, with exit code 4\n" in done.text
    assert "\n22\n" in done.text
    assert "\n20\n" not in done.text


def test_a_phase_that_is_killed_is_a_failure(tmp_path: Path) -> None:
    assert on_a_pipe(tmp_path, "land=kill -9 $$", "read=true").code == 128 + signal.SIGKILL


def test_a_server_that_a_phase_leaves_behind_is_not_waited_for(tmp_path: Path) -> None:
    started_at = time.monotonic()
    done = on_a_pipe(tmp_path, "start=sleep 30 & echo $! > pid; echo started", "read=true")
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
    assert done.code == 0
    assert "started" in done.text
    assert time.monotonic() - started_at < 10


@pytest.mark.parametrize("case", INTERRUPTS)
def test_an_interrupt_ends_all_that_runs(
    running: Running, case: tuple[signal.Signals, str]
) -> None:
    folder, ending = running[case]
    done = ending.result()
    assert done.code == 130
    assert re.search(r"  build .* interrupted; the same command goes on from here\n", done.text)
    assert not (folder / "published").exists()
    deep_pid = int((folder / "deep").read_text())
    assert not is_running(deep_pid)


@pytest.mark.parametrize("data", ["simulated", "lake", "flights"])
def test_make_run_ends_in_three_commands_that_there_are(data: str) -> None:
    printed = subprocess.run(
        ["make", "--dry-run", "run", f"DATA={data}"],
        cwd=SCRIPTS.parent,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    environment, *commands = re.findall(r"^\s+'((?:eval|milepost) .+?)' '", printed, re.MULTILINE)
    assert environment == f'eval "$(make -s env{"" if data == "simulated" else f" DATA={data}"})"'
    assert len(commands) == 2
    for command in commands:
        _, name, *_ = command.split()
        milepost = [str(Path(sys.executable).with_name("milepost")), name, "--help"]
        subprocess.run(milepost, check=True, stdout=subprocess.DEVNULL)


def is_running(pid: int) -> bool:
    shown = ["ps", "-o", "stat=", "-p", str(pid)]
    state = subprocess.run(shown, capture_output=True, text=True, check=False).stdout.strip()
    return bool(state) and not state.startswith("Z")

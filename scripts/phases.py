"""Run the phases of a long command, and show of each where it is, its time and how it ended.

What a phase prints goes to a log; of the last phase, for which the others were run, it is shown.
The standard library is enough, because nothing is installed yet in the first phase.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO, Any

# A person, and a CI server, takes a longer silence for a hang.
DOT_EVERY = 4.0
DOTS_IN_A_LINE = 40
LIVE_EVERY = 0.5
# DuckDB ends a query within seconds; what takes longer is killed, which no raw log and no store minds.
END_WITHIN = 10.0
WARNINGS_SHOWN = 5
# Of a phase that says not itself what its error is.
LINES_SHOWN = 40
MAKE_ERROR = re.compile(r"\S*make(\[\d+\])?: ")


@dataclass
class Output:
    """What a phase has printed so far, as people read it, and as far as they want to know it."""

    log: IO[str]
    last: str = ""
    lines: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    ended_nodes: int = 0

    def add(self, line: str) -> None:
        """Take one line: text, or an event in dbt's JSON."""
        event = _dbt_event(line)
        if event is None:
            self._write(line)
            if line.strip() and not MAKE_ERROR.match(line):
                self.last = line.strip()
            return
        info, data = event["info"], event["data"]
        message = str(info["msg"]).rstrip()
        self._write(f"{str(info['ts'])[11:19]}  {message}")
        if "index" in data and not info["name"].startswith("LogHook"):
            self.ended_nodes += info["name"] != "LogStartLine"
            self.last = f"{self.ended_nodes} of {data['total']}"
            return
        if message.strip() and info["level"] in ("error", "warn"):
            (self.errors if info["level"] == "error" else self.warnings).append(message)
        if message.strip():
            self.last = message.strip().splitlines()[0]

    def _write(self, line: str) -> None:
        self.lines.append(line)
        self.log.write(f"{line}\n")
        self.log.flush()

    def failure(self) -> list[str]:
        """Return what a person reads of a phase that failed: dbt's errors, or the last lines."""
        if self.errors:
            return [line for error in self.errors for line in error.splitlines()]
        lines = [line for line in self.lines if line.strip() and not MAKE_ERROR.match(line)]
        return lines[-LINES_SHOWN:]


def _dbt_event(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        event = json.loads(line)
        return event if {"msg", "level", "name", "ts"} <= event["info"].keys() else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


class Screen:
    """A line for each phase: on a terminal it is live, elsewhere it grows by a dot now and then."""

    def __init__(self, width_of_names: int) -> None:
        self.is_live = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
        self._width = width_of_names
        self._dots = 0
        self._shown_at = 0.0

    def begin(self, name: str) -> None:
        """Begin the line of a phase."""
        self._name, self._started, self._dots = name, time.monotonic(), 0
        self._shown_at = self._started
        if self.is_live:
            self.tick("")
        else:
            _print(f"  {name:<{self._width}}  ", end="")

    @property
    def seconds(self) -> float:
        """How long the phase has been running."""
        return time.monotonic() - self._started

    def tick(self, text: str) -> None:
        """Show that the phase goes on, and where it is."""
        now = time.monotonic()
        if self.is_live:
            line = f"  {self._name:<{self._width}}  {self.seconds:4.0f} s  {text}"
            _print(f"\r\x1b[K{line[: shutil.get_terminal_size().columns - 1]}", end="")
        elif now - self._shown_at >= DOT_EVERY:
            self._shown_at = now
            self._dots += 1
            is_full = self._dots % DOTS_IN_A_LINE == 0
            _print("." + (f"\n{'':{self._width + 4}}" if is_full else ""), end="")

    def end(self, text: str) -> None:
        """Finish the line with how long the phase took and how it ended."""
        head = f"  {self._name:<{self._width}}  {self.seconds:4.0f} s  "
        indent = " " * len(head)
        if self.is_live:
            _print("\r\x1b[K", end="")
            first = head
        else:
            first = f"{self.seconds:4.0f} s  " if not self._dots else f" {self.seconds:.0f} s  "
        width = shutil.get_terminal_size().columns
        wrapped = textwrap.wrap(text, width - len(head), break_on_hyphens=False)
        _print(first + f"\n{indent}".join(wrapped))


def run(name: str, command: str, log: IO[str], screen: Screen) -> tuple[int, Output]:
    """Run one phase to its end, and return its exit code and what it printed.

    It has a process group of its own: whatever it started ends with it, when we are interrupted.
    """
    output = Output(log)
    log.write(f"\n== {name}: {command}\n")
    screen.begin(name)
    process = subprocess.Popen(  # noqa: S602 - the Makefile's own commands
        command,
        shell=True,
        env={**os.environ, "DBT_LOG_FORMAT": "json", "DBT_USE_COLORS": "false"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        process_group=0,
    )
    assert process.stdout
    try:
        rest = b""
        shown_at = 0.0
        while True:
            is_readable, _, _ = select.select([process.stdout], [], [], LIVE_EVERY)
            if is_readable:
                piece = os.read(process.stdout.fileno(), 1 << 16)
                *lines, rest = (rest + piece).split(b"\n")
                for line in lines if piece else [*lines, rest]:
                    if line or piece:
                        output.add(line.decode(errors="replace"))
                if not piece:
                    break
            elif process.poll() is not None:
                # A server that it started may hold the pipe open.
                break
            if time.monotonic() - shown_at >= LIVE_EVERY:
                shown_at = time.monotonic()
                screen.tick(output.last)
        code = process.wait()
        return (code if code >= 0 else 128 - code), output
    except KeyboardInterrupt:
        screen.end(f"interrupted: {output.last}")
        _end_group(process)
        raise


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End a phase with whatever it started: by asking, and by force after a while."""
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            os.killpg(process.pid, number)
            deadline = time.monotonic() + END_WITHIN / 2
            while time.monotonic() < deadline:
                process.poll()
                os.killpg(process.pid, 0)
                time.sleep(0.05)
    except (ProcessLookupError, PermissionError):  # the latter on macOS, of a group of zombies
        return
    except KeyboardInterrupt:
        pass
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _print(text: str, end: str = "\n") -> None:
    print(text, end=end, flush=True)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _run_all(phases: dict[str, str], path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    screen = Screen(max(map(len, phases)))
    _print(f"What each phase prints is kept in {path}\n")
    with path.open("w") as log:
        for name, command in phases.items():
            code, output = run(name, command, log, screen)
            if code:
                screen.end(f"failed{f' after {output.last}' if output.ended_nodes else ''}")
                _print("")
                for line in output.failure():
                    print(line, file=sys.stderr)
                hint = f"all that it printed is in {path}"
                print(f"\nerror: `{name}` failed\nhint: {hint}", file=sys.stderr, flush=True)
                return code
            is_last = name == list(phases)[-1]
            screen.end("" if is_last else output.last or "already there")
            for warning in output.warnings[:WARNINGS_SHOWN]:
                _print(textwrap.indent(warning, "    "))
            if len(output.warnings) > WARNINGS_SHOWN:
                _print(f"    and {len(output.warnings) - WARNINGS_SHOWN} more warnings")
    _print("\n".join(output.lines))
    return 0


def main() -> int:
    """Run the phases that the command line names, up to the first that fails; its exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="example: python scripts/phases.py --log .local/run.log 'build=dbt build' 'read=ls'",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("phases", metavar="NAME=COMMAND", nargs="+", help="in this order")
    parser.add_argument("--log", type=Path, required=True, help="where what they print is kept")
    options = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        return _run_all(dict(phase.split("=", 1) for phase in options.phases), options.log)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


if __name__ == "__main__":
    sys.exit(main())

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
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO, cast

# A person, and a CI server, takes a longer silence for a hang.
DOT_EVERY = 4.0
DOTS_IN_A_LINE = 40
LIVE_EVERY = 0.5
# DuckDB ends a query within seconds. What takes longer is killed: no log and no store minds.
END_WITHIN = 10.0
WARNINGS_SHOWN = 5
# Of a phase that says not itself what its error is.
LINES_SHOWN = 40
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
MAKE_ERROR = re.compile(r"\S*make(\[\d+\])?: ")


@dataclass
class Output:
    """What a phase has printed so far: all of it, its state now, and what dbt says is wrong."""

    log: IO[str]
    state: str = ""
    lines: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    node_count: int = 0
    ended_nodes: int = 0

    def add(self, line: str) -> None:
        """Take one line: text, or an event in dbt's JSON, which the log has as dbt prints it."""
        try:
            event = json.loads(line)
            name, message = event["info"]["name"], COLOUR.sub("", event["info"]["msg"])
            level, at, data = event["info"]["level"], event["info"]["ts"][11:19], event["data"]
        except (ValueError, KeyError, TypeError, AttributeError):
            self._write(line)
            if line.strip() and not MAKE_ERROR.match(line):
                self.state = line.strip()
            return
        self._write(f"{at}  {message}".rstrip())
        if "index" in data and not name.startswith("LogHook"):
            self.ended_nodes += name != "LogStartLine"
            self.node_count = data.get("total", self.node_count)
            self.state = f"{self.ended_nodes} of {self.node_count}"
        elif message.strip():
            self.state = message.strip().splitlines()[0]
            self.errors += [message] if level == "error" else []
            self.warnings += [message] if level == "warn" else []

    def _write(self, line: str) -> None:
        self.lines.append(line)
        self.log.write(f"{line}\n")
        self.log.flush()

    def failure(self) -> list[str]:
        """Return what a person reads of a phase that failed: dbt's errors, or the last lines."""
        lines = [line for line in self.lines if line.strip() and not MAKE_ERROR.match(line)]
        return self.errors or lines[-LINES_SHOWN:]


class Screen:
    """A line for each phase: on a terminal it is live, elsewhere it grows by a dot now and then."""

    def __init__(self, names: Iterable[str]) -> None:
        self._is_live = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
        self._name_width = max(map(len, names))
        self._name, self._dots = "", 0
        self._started_at = self._shown_at = 0.0

    def begin(self, name: str) -> None:
        """Begin the line of a phase."""
        self._name, self._dots = name, 0
        self._started_at = self._shown_at = time.monotonic()
        _print(f"  {name:<{self._name_width}}  ")

    def show(self, state: str) -> None:
        """Show that the phase goes on, and on a terminal its state."""
        now = time.monotonic()
        if self._is_live and now - self._shown_at >= LIVE_EVERY:
            self._shown_at = now
            self._replace(f"{self._head()}{state}"[: shutil.get_terminal_size().columns - 1])
        elif not self._is_live and now - self._shown_at >= DOT_EVERY:
            self._shown_at = now
            self._dots += 1
            is_full = self._dots % DOTS_IN_A_LINE == 0
            _print("." + (f"\n{'':{self._name_width + 4}}" if is_full else ""))

    def end(self, text: str) -> None:
        """Finish the line with how long the phase took and how it ended."""
        head = self._head()
        if not self._is_live:
            _print(f"{' ' * bool(self._dots)}{head[self._name_width + 4 :].lstrip()}{text}\n")
            return
        room = shutil.get_terminal_size().columns - len(head)
        lines = textwrap.wrap(text, room, break_on_hyphens=False, break_long_words=False)
        self._replace(head + f"\n{'':{len(head)}}".join(lines) + "\n")

    def _head(self) -> str:
        seconds = time.monotonic() - self._started_at
        return f"  {self._name:<{self._name_width}}  {seconds:4.0f} s  "

    def _replace(self, line: str) -> None:
        _print(f"\r\x1b[K{line}")


def run(name: str, command: str, output: Output, screen: Screen) -> int:
    """Run one phase to its end, and return its exit code.

    It has a session of its own: whatever it started ends with it when we are interrupted.
    """
    output.log.write(f"\n== {name}: {command}\n")
    screen.begin(name)
    process = subprocess.Popen(  # noqa: S602 - the Makefile's own commands
        command,
        shell=True,
        env={**os.environ, "DBT_LOG_FORMAT": "json"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        for line in _lines(process):
            if line is not None:
                output.add(line)
            screen.show(output.state)
        code = process.wait()
    except BaseException:
        screen.end("interrupted; the same command goes on from here")
        _end_group(process)
        raise
    return code if code >= 0 else 128 - code


def _lines(process: subprocess.Popen[bytes]) -> Iterator[str | None]:
    """Yield each line that the process prints, and None now and then while it prints nothing."""
    pipe = cast(IO[bytes], process.stdout).fileno()
    rest = b""
    while True:
        is_readable, _, _ = select.select([pipe], [], [], LIVE_EVERY)
        if not is_readable:
            # A server that it started may hold the pipe open.
            if process.poll() is not None:
                break
            yield None
            continue
        piece = os.read(pipe, 1 << 16)
        if not piece:
            break
        *lines, rest = (rest + piece).split(b"\n")
        yield from (line.decode(errors="replace") for line in lines)
    if rest:
        yield rest.decode(errors="replace")


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


def _print(text: str) -> None:
    print(text, end="", flush=True)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def run_all(phases: Mapping[str, str], path: Path) -> int:
    """Run the phases up to the first that fails, and return the exit code of the last."""
    path.parent.mkdir(parents=True, exist_ok=True)
    screen = Screen(phases)
    print(f"What each phase prints is kept in {path}\n")
    with path.open("w") as log:
        for number, (name, command) in enumerate(phases.items(), start=1):
            output = Output(log)
            code = run(name, command, output, screen)
            if code:
                screen.end(f"failed: {output.state}" if output.node_count else "failed")
                print("", *output.failure(), "", sep="\n", file=sys.stderr)
                print(f"error: `{name}` failed, with exit code {code}", file=sys.stderr)
                print(f"hint: all that it printed is in {path}", file=sys.stderr)
                return code
            is_last = number == len(phases)
            screen.end("" if is_last else output.state or "there already")
            for warning in output.warnings[:WARNINGS_SHOWN]:
                print(textwrap.indent(warning, "    "))
            if len(output.warnings) > WARNINGS_SHOWN:
                print(f"    and {len(output.warnings) - WARNINGS_SHOWN} more warnings")
    print("", *output.lines, sep="\n", flush=True)
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
        return run_all(dict(phase.split("=", 1) for phase in options.phases), options.log)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


if __name__ == "__main__":
    sys.exit(main())

"""Commands and their answers: data for machines, lines for people, an exit code."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from milepost.storage.location import Location

OK, REFUSED, INTERRUPTED = 0, 1, 130


@dataclass(frozen=True)
class Answer:
    """The answer of a command: data for machines, lines for people, and its exit code."""

    data: Any
    lines: Sequence[str] = field(default_factory=list)
    code: int = OK


@dataclass(frozen=True)
class Command:
    """A command: its name, what runs it, an example, and what adds its arguments to a parser.

    The docstring of `run` is the command's help.
    """

    name: str
    run: Callable[[argparse.Namespace, Location], Answer]
    example: str
    add_arguments: Callable[[argparse.ArgumentParser], object] = lambda _: None


def add_release(parser: argparse.ArgumentParser) -> None:
    """Add the id of a release, which may be left out."""
    parser.add_argument(
        "release", metavar="RELEASE", nargs="?", help="the id of a release (default: the current)"
    )

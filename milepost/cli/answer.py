"""The answer of a command: data for machines, text for people, an exit code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

OK, REFUSED, NOT_UNDERSTOOD, INTERRUPTED = 0, 1, 2, 130


@dataclass(frozen=True)
class Answer:
    """What a command found out: data for machines, text for people, and its exit code."""

    data: Any
    text: str
    code: int = OK

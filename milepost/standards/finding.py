"""What a rule or a requirement says of a project: where it is not met, and what to do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True, slots=True)
class Finding:
    """A place in a project that does not meet a rule or a requirement.

    `path` is relative to the project's root, `line` counts from 1, and is 1 where a whole file is
    meant. `remedy` says what to write or run.
    """

    path: str
    line: int
    rule: str
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message} ({self.rule})\n  {self.remedy}"

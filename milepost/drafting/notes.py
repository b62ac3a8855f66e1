"""What a person must know of a draft: what it does otherwise than the query, and what is left."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field

from milepost.drafting.query import plain

WIDTH = 96


class Untranslatable(Exception):  # noqa: N818 - no error of a user: it becomes a note
    """A part of a query that a view cannot have, with a remedy."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


@dataclass(frozen=True)
class Note:
    """Something about a place of a query, and what can be done about it."""

    place: str
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" + (f"; {self.remedy}" if self.remedy else "")


@dataclass
class Notes:
    """What is collected while a query is read.

    A change is made on purpose, and compared with the query. What is left to do fails the check.
    """

    changes: list[Note] = field(default_factory=list)
    todos: list[Note] = field(default_factory=list)

    def change(self, place: str, message: str) -> None:
        """Add what the view does otherwise than the query."""
        note = Note(place, message)
        if note not in self.changes:
            self.changes.append(note)

    def todo(self, place: str, message: str, remedy: str) -> None:
        """Add what could not be translated."""
        note = Note(place, message, remedy)
        if note not in self.todos:
            self.todos.append(note)


def comment(text: str) -> Iterator[str]:
    """Yield a text as lines of a comment of SQL."""
    yield from textwrap.wrap(plain(text), WIDTH, initial_indent="-- ", subsequent_indent="--   ")

"""The messages of all errors that Milepost raises on purpose, read from the code that raises them.

Nothing else lists them, so that the list cannot be other than the code. `HOLE` stands in a message
for what is only known when it is raised.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path

from milepost.language import jinja_messages, python_messages
from milepost.language.stated import HOLE, Stated

# Fewer letters than these say too little to know a message by.
FEWEST_LETTERS = 10


@dataclass(frozen=True)
class Message:
    """A message as the code states it: the kind of error, its text and hint with holes.

    `place` says where it is raised: `raw/closing`, or `macros/windows/check_grid`.
    """

    place: str
    kind: str
    text: str
    hint: str

    @cached_property
    def letters(self) -> int:
        """How many letters the text has outside its holes."""
        return sum(character.isalpha() for character in self.text)

    @cached_property
    def fixed_parts(self) -> list[str]:
        """The text between the holes, in lower case."""
        return self.text.lower().split(HOLE)

    def is_in(self, text: str) -> bool:
        """Return whether a text of single spaces, in lower case, has this message in it.

        Its parts are looked for one after the other, each once. So a log of any length takes no
        longer than its length times the number of parts.
        """
        if self.letters < FEWEST_LETTERS:
            return False
        start = 0
        for part in self.fixed_parts:
            position = text.find(part, start)
            if position < 0:
                return False
            start = position + len(part)
        return True


@cache
def package_messages() -> tuple[Message, ...]:
    """Return the messages of the Python package, by place and text."""
    folder = Path(__file__).parents[1]
    sources = {
        path.relative_to(folder).with_suffix("").as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*.py"))
    }
    return tuple(_messages(python_messages.messages(sources)))


def checkout_macros() -> list[tuple[str, str]]:
    """Return path and text of the macros beside the package; none where only the package is."""
    root = Path(__file__).parents[2]
    return [
        (path.relative_to(root).as_posix(), path.read_text(encoding="utf-8"))
        for path in sorted((root / "macros").rglob("*.sql"))
    ]


def macro_messages(macros: Iterable[tuple[str, str]]) -> list[Message]:
    """Return the messages of dbt macros, each given as its path and its text."""
    return _messages(
        stated for path, text in macros for stated in jinja_messages.messages(path, text)
    )


def _messages(all_stated: Iterable[Stated]) -> list[Message]:
    """Return each message once, with all the hints that it may have."""
    hints: dict[Message, list[str]] = {}
    for stated in all_stated:
        text, hint = (_single_spaced(text) for text in (stated.text, stated.hint))
        if text.strip(f" {HOLE}`"):
            hints.setdefault(Message(stated.place, stated.kind, text, ""), []).append(hint)
    joined = [
        replace(message, hint="; or: ".join(filter(None, dict.fromkeys(texts))))
        for message, texts in hints.items()
    ]
    return sorted(joined, key=lambda message: (message.place, message.text, message.kind))


def _single_spaced(text: str) -> str:
    return re.sub(rf"{HOLE}(?:\s*{HOLE})+", HOLE, " ".join(text.split()))

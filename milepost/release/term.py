"""Terms: words of a project's glossary, each with what it means and what people call it instead."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Term:
    """A term of the glossary; a search for one of its synonyms finds it, and the reverse."""

    name: str
    description: str
    synonyms: list[str]

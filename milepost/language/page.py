"""The glossary and the errors as Markdown, for the documentation and for dbt's docs site."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from milepost.language.causes import causes
from milepost.language.messages import Message
from milepost.language.terms import shown_name
from milepost.release.term import Term


def glossary(chapters: Mapping[str, Sequence[Term]], *, level: int) -> str:
    """Return the terms of each chapter, by name, below headings of a level."""
    parts = []
    for title, terms in chapters.items():
        items = (_item(term) for term in sorted(terms, key=lambda term: term.name))
        parts.append(f"{'#' * level} {title}\n\n{''.join(items)}")
    return "\n".join(parts)


def _item(term: Term) -> str:
    synonyms = f" Others say: {', '.join(term.synonyms)}." if term.synonyms else ""
    return f"- **{shown_name(term)}** &ndash; {term.description}{synonyms}\n"


def errors(messages: Iterable[Message], docstrings: Mapping[str, str]) -> str:
    """Return all messages by the place that raises them, with causes; `docstrings` say what a
    module does.
    """
    return "\n".join(_error_lines(messages, docstrings))


def _error_lines(messages: Iterable[Message], docstrings: Mapping[str, str]) -> Iterator[str]:
    shown_causes = set()
    for wing, in_wing in groupby(messages, key=lambda message: message.place.partition("/")[0]):
        yield f"## {wing}\n\n{causes()[wing]}\n"
        for place, in_place in groupby(in_wing, key=lambda message: message.place):
            yield f"### {place}\n"
            if place in docstrings:
                yield f"{docstrings[place]}\n"
            cause = _cause_below(place, wing)
            if cause and cause not in shown_causes:
                yield f"{cause}\n"
            shown_causes.add(cause)
            for message in in_place:
                hint = f"<br>hint: {_plain(message.hint)}" if message.hint else ""
                yield f"- {_plain(message.text)}{hint}"
            yield ""


def _cause_below(place: str, wing: str) -> str:
    """Return the cause of a module or of its folder, where these have one besides their wing's."""
    while place != wing:
        if place in causes():
            return causes()[place]
        place = place.rpartition("/")[0]
    return ""


def _plain(text: str) -> str:
    """Return a text in which Markdown finds no HTML, and no code that goes on after it."""
    return text.replace("<", "&lt;") + "`" * (text.count("`") % 2)

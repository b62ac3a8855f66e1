"""What is said of a word or of an error: terms by name or synonym, messages by their text."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from milepost.display import LINE
from milepost.errors import MilepostError
from milepost.language.messages import Message
from milepost.release.near_names import near
from milepost.release.term import Term

# A message is found by so many of its words, and by this share of the words that are asked for.
FEWEST_WORDS, MOST_OF_WORDS = 2, 0.75
# A message is printed on so many lines at most, where they are short.
MOST_LINES = 10
# More are no answer.
MOST_MESSAGES = 3


@dataclass(frozen=True)
class Explanation:
    """The terms and the error messages that a text names."""

    terms: list[Term]
    messages: list[Message]


def explain(
    text: str, terms: Sequence[Term], messages: Callable[[], Iterable[Message]]
) -> Explanation:
    """Return what explains a text: terms that are called so, else the error that it quotes, else
    terms and messages that have its words in them. Reading the messages takes a second.

    Raises a MilepostError with near names where nothing does.
    """
    if called := [term for term in terms if _key(text) in _names(term)]:
        return Explanation(sorted(called, key=lambda term: _key(term.name) != _key(text)), [])
    all_messages = list(messages())
    if quoted := _quoted(text, all_messages):
        return Explanation([], quoted)
    query = _key(text)
    nearby = Explanation(
        [term for term in terms if any(_has(name, query) for name in _names(term))],
        _with_most_words(query, all_messages),
    )
    if nearby.terms or nearby.messages:
        return nearby
    if within := [term for term in terms if any(_has(query, name) for name in _names(term))]:
        return Explanation(within, [])
    names = {name for term in terms for name in _names(term)}
    listed = near(_key(text), names)
    raise MilepostError(
        f"nothing explains `{textwrap.shorten(text, LINE, placeholder=' ...')}`",
        hint=f"there is {', '.join(f'`{name}`' for name in listed)}"
        if listed
        else "name a term, such as `leakage`, or paste an error message in quotes",
    )


def _quoted(text: str, messages: Sequence[Message]) -> list[Message]:
    """Return the messages that are in a text, and in each of its lines, as a list of faults has.

    Of a long text, such as a log, the parts of a message have to be near each other.
    """
    lines = [_single_spaced(line) for line in text.splitlines()]
    in_text = [message for message in messages if message.is_in(_single_spaced(text))]
    passages = [" ".join(lines[i : i + MOST_LINES]) for i in range(len(lines))]
    near_by = [
        message for message in in_text if any(message.is_in(passage) for passage in passages)
    ]
    quoted = _longest(near_by)
    for line in dict.fromkeys(lines):
        quoted += _longest([message for message in near_by if message.is_in(line)])
    return list(dict.fromkeys(quoted))


def _longest(messages: Sequence[Message]) -> list[Message]:
    most = max((message.letters for message in messages), default=0)
    return [message for message in messages if message.letters == most]


def _single_spaced(text: str) -> str:
    return " ".join(text.lower().split())


def _with_most_words(query: str, messages: Sequence[Message]) -> list[Message]:
    """Return the messages that have nearly all words of a query, the shortest first."""
    words = set(query.split())
    if len(words) < FEWEST_WORDS:
        return []
    shared = [(len(words & set(_key(item.text).split())), item) for item in messages]
    most = max((count for count, _ in shared), default=0)
    if most < MOST_OF_WORDS * len(words):
        return []
    nearest = [item for count, item in shared if count == most]
    return sorted(nearest, key=lambda item: len(item.text))[:MOST_MESSAGES]


def _names(term: Term) -> list[str]:
    return [_key(name) for name in (term.name, *term.synonyms)]


def _key(text: str) -> str:
    """Return a text without case, marks and the `s` of a plural, as names are compared."""
    words = re.findall(r"[^\W_]+", text.lower())
    return " ".join(word[:-1] if re.fullmatch(r"\w{3,}[^s]s", word) else word for word in words)


def _has(text: str, words: str) -> bool:
    """Return whether words are in a text, as whole words next to each other."""
    return bool(words) and f" {words} " in f" {text} "

"""Terms as docs blocks of dbt write them, and those that ship with the package.

{% docs lane %}
A route from one market to another, for one equipment type.

Synonyms: route, corridor.
{% enddocs %}
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from milepost.release.term import Term

# dbt quotes those of columns, too: their folder is in `docs-paths` of dbt_project.yml.
PLATFORM_FILES = (
    "words/milepost.md",
    "columns/columns.md",
    "words/engineering.md",
    "words/science.md",
)
_BLOCK = re.compile(r"{% docs (\w+) %}\n(.*?)\n{% enddocs %}", re.DOTALL)
_SYNONYMS = re.compile(r"^Synonyms:(?P<listed>[^.]*)\.?\s*\Z", re.MULTILINE)


def read_term(name: str, contents: str) -> Term:
    """Return the term of a docs block; without a line of synonyms at its end it has none."""
    match = _SYNONYMS.search(contents)
    description = contents[: match.start()] if match else contents
    synonyms = [" ".join(item.split()) for item in match["listed"].split(",")] if match else []
    return Term(name, " ".join(description.split()), [*filter(None, synonyms)])


def has_synonyms(contents: str) -> bool:
    """Return whether a docs block ends in a line of synonyms."""
    return bool(_SYNONYMS.search(contents))


def without_synonyms(text: str, contents: str) -> str:
    """Return a text that quotes a docs block, without the synonyms that end the block."""
    match = _SYNONYMS.search(contents)
    return text.replace(match[0].strip(), "") if match else text


def read_terms(text: str) -> list[Term]:
    """Return the terms of a file of docs blocks, in its order."""
    return [read_term(name, contents) for name, contents in _BLOCK.findall(text)]


@cache
def platform_chapters() -> dict[str, list[Term]]:
    """Return the words that any project has, by the title of their chapter: those of Milepost, of
    columns, of engineers and of scientists.
    """
    folder = files("milepost.language")
    texts = [folder.joinpath(name).read_text(encoding="utf-8") for name in PLATFORM_FILES]
    return {text.partition("\n")[0].removeprefix("# "): read_terms(text) for text in texts}


def platform_terms() -> list[Term]:
    """Return the words that any project has."""
    return [term for terms in platform_chapters().values() for term in terms]


def shown_name(term: Term) -> str:
    """Return the name of a term as people write it: a column's as it is, others in words."""
    is_column = term in platform_chapters()["Columns"]
    return f"`{term.name}`" if is_column else term.name.replace("_", " ")

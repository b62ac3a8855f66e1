"""The glossary of a dbt project: its docs blocks that end in a line of synonyms.

{% docs lane %}
A route from one market to another, for one equipment type.

Synonyms: route, corridor.
{% enddocs %}
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from milepost.release.term import Term

_SYNONYMS = re.compile(r"^Synonyms:(?P<listed>[^.]*)\.?\s*\Z", re.MULTILINE)


def terms(
    blocks: Iterable[Mapping[str, Any]], project: str, packages: Collection[str]
) -> list[Term]:
    """Return the terms of a project and of packages, by name; the project's own stand before."""
    named: dict[str, Term] = {}
    for block in sorted(blocks, key=lambda block: block["package_name"] != project):
        match = _SYNONYMS.search(block["block_contents"])
        if match and block["package_name"] in {project, *packages}:
            description = block["block_contents"][: match.start()]
            synonyms = [" ".join(synonym.split()) for synonym in match["listed"].split(",")]
            term = Term(block["name"], " ".join(description.split()), [*filter(None, synonyms)])
            named.setdefault(term.name, term)
    return [named[name] for name in sorted(named)]


def without_synonyms(text: str, blocks: Iterable[Mapping[str, Any]]) -> str:
    """Return a text that quotes docs blocks, without the synonyms that end them."""
    for block in blocks:
        if match := _SYNONYMS.search(block["block_contents"]):
            text = text.replace(match[0].strip(), "")
    return text

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

_TERM = re.compile(r"(?P<description>.*?)\s*^Synonyms:(?P<synonyms>[^.]*)\.?\s*", re.M | re.S)


def terms(
    blocks: Iterable[Mapping[str, Any]], project: str, packages: Collection[str]
) -> list[Term]:
    """Return the terms of a project and of packages, by name; the project's own stand before."""
    named: dict[str, Term] = {}
    for block in sorted(blocks, key=lambda block: block["package_name"] != project):
        match = _TERM.fullmatch(block["block_contents"])
        if match and block["package_name"] in {project, *packages}:
            synonyms = [" ".join(text.split()) for text in match["synonyms"].split(",")]
            term = Term(
                block["name"], " ".join(match["description"].split()), [*filter(None, synonyms)]
            )
            named.setdefault(term.name, term)
    return [named[name] for name in sorted(named)]

"""The glossary of a dbt project: its docs blocks that end in a line of synonyms."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from milepost.language.terms import has_synonyms, read_term
from milepost.language.terms import without_synonyms as _without_synonyms
from milepost.release.term import Term


def terms(
    blocks: Iterable[Mapping[str, Any]], project: str, packages: Collection[str]
) -> list[Term]:
    """Return the terms of a project and of packages, by name; the project's own stand before."""
    named: dict[str, Term] = {}
    for block in sorted(blocks, key=lambda block: block["package_name"] != project):
        contents = block["block_contents"]
        if has_synonyms(contents) and block["package_name"] in {project, *packages}:
            named.setdefault(block["name"], read_term(block["name"], contents))
    return [named[name] for name in sorted(named)]


def without_synonyms(text: str, blocks: Iterable[Mapping[str, Any]]) -> str:
    """Return a text that quotes docs blocks, without the synonyms that end them."""
    for block in blocks:
        text = _without_synonyms(text, block["block_contents"])
    return text

"""A docs block that ends in synonyms is a term of the glossary; any other is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from milepost.building.catalog import Catalog
from milepost.building.glossary import terms, without_synonyms
from milepost.release.term import Term


def block(name: str, contents: str, package: str = "freight") -> dict[str, Any]:
    return {"name": name, "package_name": package, "block_contents": contents}


LANE = block(
    "lane", "A route from one market\nto another.\n\nSynonyms: route,\n  milk run ,corridor."
)


def test_a_term_has_the_synonyms_that_its_block_ends_in() -> None:
    assert terms([LANE], "freight", set()) == [
        Term("lane", "A route from one market to another.", ["route", "milk run", "corridor"])
    ]


@pytest.mark.parametrize(
    "contents",
    [
        "A route.",
        "A route. Synonyms: in a sentence.",
        "Synonyms: first.\n\nA route.",
        "A route.\n\nSynonyms are words.",
    ],
)
def test_a_block_without_such_a_line_is_no_term(contents: str) -> None:
    assert terms([block("lane", contents)], "freight", set()) == []


def test_a_project_has_its_own_words_before_those_of_packages_that_it_takes_views_from() -> None:
    ours = block("lane", "Ours.\n\nSynonyms: leg.")
    theirs = block("lane", "Theirs.\n\nSynonyms: route.", "rails")
    more = block("berth", "A place.\n\nSynonyms: dock", "rails")
    unused = block("bed", "A bed.\n\nSynonyms: plot.", "greenhouse")
    assert terms([theirs, unused, more, ours], "freight", {"rails"}) == [
        Term("berth", "A place.", ["dock"]),
        Term("lane", "Ours.", ["leg"]),
    ]


def test_a_text_that_quotes_a_term_is_not_called_by_its_synonyms() -> None:
    text = f"Prices a load. *Lane*: {LANE['block_contents']} Synonyms: of another kind."
    assert " ".join(without_synonyms(text, [LANE]).split()) == (
        "Prices a load. *Lane*: A route from one market to another. Synonyms: of another kind."
    )


def test_the_project_explains_its_words_and_its_services_do_not_list_them(
    dbt_manifest: Path,
) -> None:
    catalog = Catalog.read(dbt_manifest)
    glossary = {term.name: term for term in catalog.glossary()}
    assert "corridor" in glossary["lane"].synonyms
    assert "Synonyms" not in glossary["lane"].description
    assert "available_at" not in glossary
    quoting = json.loads(dbt_manifest.read_text())["exposures"].values()
    assert any("Synonyms" in exposure["description"] for exposure in quoting)
    assert not any("Synonyms" in service.description for service in catalog.services())

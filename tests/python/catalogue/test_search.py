"""What people type finds what they mean, or they are told that it comes only near.

The glossary was tuned on the queries of one file. Those of the other file were written before, and
their results were not looked at.
"""

from __future__ import annotations

import csv
import time
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from milepost.building.catalog import Catalog
from milepost.catalogue.search import SearchResult, search
from milepost.catalogue.tables import services
from milepost.release.definition import Field
from milepost.release.entity import EntityRole
from milepost.release.manifest import Manifest, View
from milepost.release.service import Service
from milepost.release.term import Term

HERE = Path(__file__).parent
UNMEASURED: dict[str, Any] = {
    "rows": 0,
    "built_through": "2026-01-01T00:00:00",
    "checks": [],
    "files": [],
    "statistics": {},
    "code": "",
    "fingerprint": "",
}


def release_of(
    *views: View, services: list[Service] | None = None, glossary: list[Term] | None = None
) -> Manifest:
    created_at = "2026-01-01T00:00:00"
    return Manifest(6, "", created_at, {}, list(views), [], services or [], [], glossary or [])


def view_of(name: str, description: str = "", **features: str) -> View:
    """A view with features, each with its description."""
    return View(
        name=name,
        description=description,
        entities=[EntityRole("bed", "bed", ["bed_id"])],
        keys=["bed_id"],
        grid="day",
        serving_delay_minutes=60,
        owners={"science": "plant-science", "engineering": "greenhouse-data"},
        maturity="production",
        sensitivity="internal",
        fields=[
            Field("bed_id", "VARCHAR", "The bed."),
            *(Field(feature, "DOUBLE", text) for feature, text in features.items()),
        ],
        **UNMEASURED,
    )


@pytest.fixture(scope="module")
def freight(dbt_manifest: Path) -> Manifest:
    """The project's own release, without data."""
    catalog = Catalog.read(dbt_manifest)
    views = [View(**view.definition(), **UNMEASURED) for view in catalog.feature_views()]
    return release_of(*views, services=catalog.services(), glossary=catalog.glossary())


def references(results: list[SearchResult]) -> list[str]:
    return [result.reference for result in results]


# Of 30. The glossary can always be made to find the tuned ones. Of the held-out ones 29 were found
# when the search was new; two less are allowed for features and terms to come; 2026-11.
@pytest.mark.parametrize(("file", "least"), [("queries_tuned", 30), ("queries_held_out", 27)])
def test_what_people_type_finds_what_they_mean_among_the_first_three(
    freight: Manifest, file: str, least: int
) -> None:
    queries = list(csv.DictReader((HERE / f"{file}.csv").read_text().splitlines()))
    assert len(queries) == 30
    missed = {}
    for query in queries:
        results = search(freight, query["query"])
        first = references(results or results.nearest)[:3]
        wanted = query["wanted"].split("|")
        if not any(fnmatchcase(reference, pattern) for reference in first for pattern in wanted):
            missed[query["query"]] = first
    assert len(queries) - len(missed) >= least, missed


@pytest.mark.parametrize("text", ["accessorials", "backhual", "relability"])
def test_what_is_not_there_is_not_taken_for_a_match(freight: Manifest, text: str) -> None:
    results = search(freight, text)
    assert list(results) == []
    assert 0 < len(results.nearest) <= 5
    assert f"nothing matches `{text}`; nearest:\n" in repr(results)


@pytest.mark.parametrize("text", ["damage", "lanes", "punctual", "who accepts"])
def test_a_word_of_the_glossary_is_a_match(freight: Manifest, text: str) -> None:
    assert search(freight, text)
    assert not search(replace(freight, glossary=[]), "punctual")


GREENHOUSE = [
    view_of(
        "bed_climate",
        "How warm and wet a bed was.",
        temperature_mean_7d="Mean temperature of the readings of 7 days.",
        reading_count_7d="Readings that became known in 7 days, of temperature or moisture.",
        moisture_p50_7d="Median moisture of the soil.",
    ),
    view_of("bed_harvest", "What was harvested.", harvest_kg_28d="Tomatoes picked in 28 days."),
]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("temperatures", "bed_climate:temperature_mean_7d"),
        ("soil moisture", "bed_climate:moisture_p50_7d"),
        ("how many readings", "bed_climate:reading_count_7d"),
        ("harvesting", "bed_harvest"),
        ("tomato_picking", "bed_harvest:harvest_kg_28d"),
        ("harv", "bed_harvest"),
        ("plant-science climate", "bed_climate"),
        ("yield_model", "yield_model"),
        ("nightly", "bed_harvest"),
        ("agronomist harvest", "bed_harvest:harvest_kg_28d"),
    ],
)
def test_a_project_without_a_glossary_is_searched_by_its_own_words(text: str, first: str) -> None:
    climate, harvest = GREENHOUSE
    tagged = replace(
        harvest,
        tags=["nightly"],
        fields=[harvest.fields[0], replace(harvest.fields[1], tags=["agronomist"])],
    )
    service = Service("yield_model", "Predicts a bed's yield.", None, {"name": "us"}, [])
    release = release_of(climate, tagged, services=[service])
    assert references(search(release, text))[0] == first


def test_a_guest_names_what_its_people_say() -> None:
    words = [Term("temperature", "How warm the air is.", ["heat", "degrees celsius"])]
    release = release_of(*GREENHOUSE, glossary=words)
    for text in ("heat", "degree celsius", "temperature"):
        assert references(search(release, text))[0] == "bed_climate:temperature_mean_7d"
    assert list(search(release_of(*GREENHOUSE), "heat")) == []


def test_words_that_nothing_has_together_are_said() -> None:
    results = search(release_of(*GREENHOUSE), "tomatoes moisture")
    assert list(results) == []
    assert repr(results).startswith("nothing matches all of `tomatoes`, `moisture`; nearest:\n")
    assert {"bed_harvest:harvest_kg_28d", "bed_climate:moisture_p50_7d"} <= {
        *references(results.nearest)
    }


NOTHING_NEAR = "and nothing is near; `milepost show` lists all views"


def test_where_nothing_is_near_only_that_is_said() -> None:
    results = search(release_of(*GREENHOUSE), "xylophone")
    assert repr(results) == f"nothing matches `xylophone`, {NOTHING_NEAR}"
    assert results._repr_html_() == f"<p>nothing matches `xylophone`, {NOTHING_NEAR}</p>"
    assert not results.nearest


def test_a_word_of_the_glossary_that_no_feature_is_about_is_explained() -> None:
    frost = Term("night_frost", "Below zero between dusk and dawn.", ["freeze"])
    results = search(release_of(*GREENHOUSE, glossary=[frost]), "freeze")
    assert repr(results).splitlines()[:2] == [
        "`freeze` is a word of the glossary (night frost), but nothing here is about it: Below "
        "zero between dusk and dawn.",
        f"nothing matches `freeze`, {NOTHING_NEAR}",
    ]


def test_a_service_is_found_by_what_it_says_and_not_by_the_terms_that_it_explains() -> None:
    frost = Term("frost", "Below zero.", [])
    service = Service("ripening", "Predicts a harvest. *Frost*: Below zero.", None, {}, [])
    release = release_of(*GREENHOUSE, services=[service], glossary=[frost])
    (listed,) = search(release, "predicts")
    assert listed.description == "Predicts a harvest."
    assert "zero" not in repr(services(release))
    assert "ripening" not in references(search(release, "below zero"))


def test_html_says_that_what_is_near_is_no_match() -> None:
    shown = search(release_of(*GREENHOUSE), "temprature")._repr_html_()
    assert shown.startswith("<p>nothing matches `temprature`; nearest:</p><table>")
    assert "bed_climate:temperature_mean_7d" in shown


def test_an_empty_text_finds_everything_and_one_without_a_word_nothing() -> None:
    release = release_of(*GREENHOUSE)
    assert len(search(release, " ")) == 6
    assert repr(search(release, "?!")) == "`?!` has no word to search for"


def test_a_question_of_little_words_is_taken_as_it_is() -> None:
    assert references(search(release_of(*GREENHOUSE), "what was"))[0] == "bed_harvest"


def test_a_thousand_features_are_searched_in_50_milliseconds(freight: Manifest) -> None:
    views = [
        replace(
            view,
            name=f"{view.name}_{number}",
            description=f"{view.description} {number}",
            fields=[
                replace(column, description=f"{column.description} {number}")
                for column in view.fields
            ],
        )
        for view in freight.views
        for number in range(13)
    ]
    large = replace(freight, views=views)
    assert sum(len(view.features) + len(view.derived) for view in views) >= 1000
    for text in ("damage", "how late are carriers", "relability", "backhual"):
        seconds = []
        for _ in range(5):
            start = time.process_time()
            search(large, text)
            seconds.append(time.process_time() - start)
        assert min(seconds) < 0.050, text

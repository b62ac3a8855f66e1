"""Searching and describing what a release has, and the examples in the docstrings."""

from __future__ import annotations

import doctest
import re
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from milepost import FeatureStore
from milepost.catalogue import shelf
from milepost.errors import UnknownFeatureError
from milepost.reading import glance
from milepost.reading import store as store_module
from milepost.release import releases
from milepost.release.derived import Derived
from milepost.release.manifest import Manifest
from milepost.release.service import Service
from milepost.storage.location import Location
from small_releases import at, manifest_of, put_view, release_manifest, rows_of

KEYS = {"carrier_id": "VARCHAR", "available_at": "TIMESTAMP"}
RELIABILITY = rows_of({**KEYS, "late_delivery_rate_28d": "DOUBLE"}, ("c1", at("2026-01-02"), 0.25))
ACTIVITY = rows_of(
    {**KEYS, "last_load_at": "TIMESTAMP"}, ("c1", at("2026-01-31"), at("2026-01-30"))
)
SINCE = Derived(
    "days_since_last_load",
    "DOUBLE",
    "Days from the last load to the prediction.",
    "elapsed_days(last_load_at, event_timestamp)",
    ["last_load_at", "event_timestamp"],
)
DESCRIBED = {
    "late_delivery_rate_28d": "Share of deliveries that were late.",
    "last_load_at": "When the last load was <delivered>.",
}
COMPLETE_FROM = {
    "carrier_reliability": "2026-01-29T02:00:00",
    "carrier_activity": "2026-01-08T02:00:00",
}
SERVICE = Service(
    "late_delivery",
    "Predicts whether a carrier is late.",
    None,
    {"name": "carrier-science"},
    ["carrier_reliability:late_delivery_rate_28d", "carrier_activity:days_since_last_load"],
)


def publish(store: Location) -> Manifest:
    views = []
    for name, rows in (("carrier_reliability", RELIABILITY), ("carrier_activity", ACTIVITY)):
        view = put_view(store, name, rows, complete_from=COMPLETE_FROM[name])
        fields = [replace(f, description=DESCRIBED.get(f.name, "")) for f in view.fields]
        views.append(replace(view, fields=fields))
    owners = {"science": "us", "engineering": "marketplace-engineers"}
    views[1] = replace(views[1], derived=[SINCE], owners=owners)
    manifest = replace(manifest_of(*views), services=[SERVICE]).sealed()
    release_manifest(store, manifest)
    return manifest


@pytest.fixture(scope="module")
def example(s3_server: dict[str, str]) -> FeatureStore:
    store = Location.parse("s3://milepost-store/example")
    publish(store)
    return FeatureStore(store.uri())


def test_the_examples_in_the_docstrings_are_so(
    example: FeatureStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    attempted = 0
    for module in (shelf, glance, store_module):
        results = doctest.testmod(
            module,
            extraglobs={"FeatureStore": FeatureStore, "datetime": datetime},
            optionflags=doctest.NORMALIZE_WHITESPACE,
        )
        assert results.failed == 0
        attempted += results.attempted
    assert attempted >= 16


@pytest.mark.parametrize(
    ("text", "references"),
    [
        ("late delivery", ["carrier_reliability:late_delivery_rate_28d", "late_delivery"]),
        ("LATE_deliver", ["late_delivery", "carrier_reliability:late_delivery_rate_28d"]),
        ("days prediction", ["carrier_activity:days_since_last_load"]),
        ("last load", ["carrier_activity:days_since_last_load", "carrier_activity:last_load_at"]),
        ("activity", ["carrier_activity"]),
        ("activities", ["carrier_activity"]),
        ("days loads", ["carrier_activity:days_since_last_load"]),
        ("marketplace-engineers", ["carrier_activity"]),
        ("carrier-science", ["late_delivery"]),
        ("weather", []),
    ],
)
def test_search_finds_what_has_every_word_names_first(
    example: FeatureStore, text: str, references: list[str]
) -> None:
    found = [one.reference for one in example.search(text)]
    assert sorted(found[: len(references)]) == sorted(references)
    assert bool(found) == bool(references)


def test_a_name_counts_more_than_a_description(example: FeatureStore) -> None:
    found = [one.reference for one in example.search("load")]
    assert set(found[:2]) == {
        "carrier_activity:days_since_last_load",
        "carrier_activity:last_load_at",
    }


def test_a_feature_is_described_with_what_its_view_says(example: FeatureStore) -> None:
    found = example.describe("carrier_reliability:late_delivery_rate_28d")
    assert found.facts["description"] == "Share of deliveries that were late."
    assert (found.facts["type"], found.facts["keys"]) == ("DOUBLE", ["carrier_id"])
    assert repr(found).splitlines()[:3] == [
        "carrier_reliability:late_delivery_rate_28d",
        "  description  Share of deliveries that were late.",
        "  type         DOUBLE",
    ]
    derived = example.describe("carrier_activity:days_since_last_load")
    assert derived.facts["inputs"] == ["last_load_at", "event_timestamp"]
    of_view = example.describe("carrier_activity").facts
    assert of_view["only where named"] == ["days_since_last_load"]
    assert "request" not in repr(derived)


def test_a_view_is_described_with_its_features(
    example: FeatureStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    found = example.describe("carrier_activity")
    assert found.features is not None
    assert [one.reference for one in found.features] == [
        "carrier_activity:last_load_at",
        "carrier_activity:days_since_last_load",
    ]
    listed = repr(found.features)
    assert re.search(r"days_since_last_load +DOUBLE, derived +2026-01-08 02:00 +Days from", listed)


def test_a_feature_that_is_named_without_its_view_is_found(example: FeatureStore) -> None:
    with pytest.raises(UnknownFeatureError, match="hint: there is `carrier_activity:last_load_at`"):
        example.describe("last_load_at")


def test_a_deprecated_version_says_so_and_is_found_under_each_name(store: Location) -> None:
    view = put_view(store, "carrier_activity_v1", ACTIVITY)
    old = replace(view, version="1", is_latest=False, deprecated_at="2026-09-01")
    release_manifest(store, manifest_of(old, put_view(store, "carrier_reliability", RELIABILITY)))
    shelf = FeatureStore(store.uri())
    for reference in (
        "carrier_activity@v1",
        "carrier_activity_v1",
        "carrier_activity@v1:last_load_at",
    ):
        found = shelf.describe(reference)
        assert found.facts["deprecated"] == "2026-09-01"
        assert "deprecated   " in repr(found) or "deprecated  " in repr(found)
    assert "deprecated" not in repr(shelf.describe("carrier_reliability"))


@pytest.mark.parametrize("thing", [None, 3, ["carrier_activity"]])
def test_what_is_no_name_is_not_there(example: FeatureStore, thing: Any) -> None:
    for ask in (example.describe, example.to_arrow, example.files, example.service):
        with pytest.raises(UnknownFeatureError, match="has no feature"):
            ask(thing)
    assert list(example.search(thing)) == []


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        (
            "carrier_activty",
            r"`carrier_activty`\nhint: there is `carrier_activity`",
        ),
        ("carrier_activity:last_load", r"no feature `last_load`\nhint: there is `last_load_at`"),
        ("carrier_activity:carrier_id", "no feature `carrier_id`"),
    ],
)
def test_what_is_not_there_is_said_with_near_names(
    example: FeatureStore, reference: str, message: str
) -> None:
    with pytest.raises(UnknownFeatureError, match=message):
        example.describe(reference)


def test_a_notebook_shows_tables_and_no_markup_of_others(example: FeatureStore) -> None:
    shown = example.describe("carrier_activity")._repr_html_()
    assert shown.startswith("<h4>carrier_activity</h4><table><tbody><tr><th")
    assert "was &lt;delivered&gt;.</td>" in shown
    assert shown.count("<tr>") == shown.count("</tr>") > 10
    assert not re.search("background(?!: none)|color(?!: inherit)", shown)
    listed = example.feature_views()._repr_html_()
    assert re.findall(">([^<]+)</t[hd]>", listed)[:2] == ["view", "features"]
    assert ">carrier_reliability</td><td" in listed


def test_a_release_without_services_has_none(store: Location) -> None:
    release_manifest(store, manifest_of(put_view(store, "carrier_activity", ACTIVITY)))
    bare = FeatureStore(store.uri())
    assert list(bare.services()) == []
    assert repr(bare.services()).split() == ["service", "features", "owner", "description"]
    with pytest.raises(UnknownFeatureError, match="no feature service `x`\nhint: a service is"):
        bare.service("x")


def test_releases_say_what_keeps_them(store: Location) -> None:
    first = publish(store)
    second = manifest_of(*first.views, created_at="2026-08-01T00:00:00")
    release_manifest(store, second)
    releases.pin(store, "pricing", first.release)
    found = FeatureStore(store.uri()).releases()
    assert [(one.release, one.is_current, one.pins) for one in found] == [
        (second.release, True, []),
        (first.release, False, ["pricing"]),
    ]
    assert [one.is_previous for one in found] == [False, True]
    assert repr(found).splitlines()[2].split()[-2:] == ["previous,", "pricing"]

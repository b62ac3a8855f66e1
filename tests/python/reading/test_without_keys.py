"""A feature view about no entity: looked up by the instant alone, and shown as any other view."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from milepost import FeatureStore, cli
from milepost.catalogue.describe import describe
from milepost.errors import LookupInputError
from milepost.reading.example import example
from milepost.release import difference
from milepost.release.derived import Derived
from milepost.release.manifest import Manifest
from milepost.storage.location import Location
from small_releases import at, manifest_of, put_view, release_manifest, rows_of

FUEL = rows_of(
    {"available_at": "TIMESTAMP", "diesel_usd": "DOUBLE"},
    (at("2026-01-10"), 4.0),
    (at("2026-02-10"), None),
    (at("2026-03-10"), 5.0),
)
LANES = rows_of(
    {"lane_id": "VARCHAR", "available_at": "TIMESTAMP", "miles": "BIGINT"},
    ("a", at("2026-01-10"), 100),
)
PER_DAY = Derived(
    "dear", "BOOLEAN", "Whether diesel is dear.", "diesel_usd > 4.5e0", ["diesel_usd"]
)
COST = Derived(
    "fuel_usd", "DOUBLE", "", "miles / 6 * fuel.diesel_usd", ["miles", "fuel:diesel_usd"]
)


@pytest.fixture
def manifest(store: Location) -> Manifest:
    fuel = put_view(store, "fuel", FUEL, keys=())
    # A project states `entities: {}`.
    fuel = replace(fuel, entities=[], derived=[PER_DAY], description="What diesel costs.")
    lanes = replace(put_view(store, "lanes", LANES, keys=("lane_id",)), derived=[COST])
    manifest = manifest_of(fuel, lanes)
    release_manifest(store, manifest)
    return manifest


@pytest.fixture
def shelf(store: Location, manifest: Manifest) -> FeatureStore:
    return FeatureStore(store.uri())


def test_entity_rows_need_an_instant_alone(shelf: FeatureStore) -> None:
    rows = {"event_timestamp": [at("2026-01-09"), at("2026-01-10"), at("2026-02-11")]}
    found = shelf.get_historical_features(rows, ["fuel", "fuel:dear"]).to_arrow()
    assert found.to_pydict() == {
        **rows,
        "diesel_usd": [None, 4.0, None],
        "dear": [None, False, None],
    }


def test_under_an_alias_it_has_no_key_to_map(shelf: FeatureStore) -> None:
    rows = {"event_timestamp": [at("2026-01-10")]}
    aliases: dict[str, Any] = {"energy": {"view": "fuel"}}
    found = shelf.get_historical_features(
        rows, ["energy:dear"], aliases=aliases, full_feature_names=True
    )
    assert found.to_arrow()["energy__dear"].to_pylist() == [False]
    aliases["energy"]["keys"] = {"lane_id": "lane"}
    with pytest.raises(LookupInputError, match=r"has no key `lane_id`.*\nhint: it has no keys"):
        shelf.get_historical_features(rows, ["energy"], aliases=aliases)


def test_another_view_takes_its_features(shelf: FeatureStore) -> None:
    rows = {"lane_id": ["a", "b"], "event_timestamp": [at("2026-03-11")] * 2}
    found = shelf.get_historical_features(rows, ["lanes:fuel_usd", "fuel"]).to_arrow()
    assert found["fuel_usd"].to_pylist() == [100 / 6 * 5.0, None]
    assert found["diesel_usd"].to_pylist() == [5.0, 5.0]


def test_the_newest_features_are_those_of_any_rows(shelf: FeatureStore) -> None:
    latest = shelf.get_latest_features({"load": [1, 2]}, ["fuel"]).to_arrow()
    assert latest.to_pydict() == {"load": [1, 2], "diesel_usd": [5.0, 5.0]}


def test_one_lookup_takes_no_keys(shelf: FeatureStore) -> None:
    looked_up = shelf.lookup(["fuel", "fuel:dear"], {}, "2026-03-11")
    assert looked_up.keys == {}
    assert [(item.feature, item.value) for item in looked_up.features] == [
        ("fuel:diesel_usd", 5.0),
        ("fuel:dear", True),
    ]
    assert repr(looked_up).startswith("at 2026-03-11 00:00:00 UTC\n")
    early = repr(shelf.lookup("fuel", {}, "2026-01-09"))
    assert "`fuel` has no row until then" in early
    assert "of these keys" not in early
    with pytest.raises(LookupInputError, match="no feature takes `lane_id`"):
        shelf.lookup("fuel", {"lane_id": "a"})


def test_it_is_on_the_shelf(store: Location, shelf: FeatureStore, manifest: Manifest) -> None:
    (first, *_) = [view for view in shelf.feature_views() if view.name == "fuel"]
    assert first.keys == []
    assert "entities          none\n  keys              none\n" in repr(describe(manifest, "fuel"))
    assert shelf.head("fuel", 2).to_arrow().column_names == ["available_at", "diesel_usd"]
    assert [whole.feature for whole in shelf.covers(["fuel"]).features] == ["fuel:diesel_usd"]
    alone = manifest_of(manifest.views[0])
    release_manifest(store, alone)
    assert any(line == "at 2026-06-30 23:00:00 UTC" for line in example(store, alone))


def test_a_view_that_loses_its_keys_differs_in_them(manifest: Manifest) -> None:
    lanes = manifest.views[1]
    after = replace(manifest, views=[replace(lanes, keys=[], entities=[]), manifest.views[0]])
    lines = difference.text(manifest, after)
    assert "  keys: lane_id -> none" in lines
    assert "  entities: lanes (lane_id) -> none" in lines


def test_the_command_line_takes_no_keys(
    store: Location, shelf: FeatureStore, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments, shown in {
        ("lookup", "fuel", "--at", "2026-03-11"): "at 2026-03-11 00:00:00 UTC\n",
        ("describe", "fuel"): "entities",
        ("show",): "fuel",
        ("search", "diesel"): "fuel",
    }.items():
        assert cli.main([*arguments, "--store", store.uri()]) == 0
        assert shown in capsys.readouterr().out
    assert cli.main(["lookup", "fuel", "a", "--store", store.uri()]) == 1
    assert "hint: write `milepost lookup fuel`" in capsys.readouterr().err

"""From when until when features are whole: said of each, and kept to by lookups."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from milepost import FeatureStore
from milepost.errors import LookupInputError
from milepost.reading import training_set_file
from milepost.release.derived import Derived
from milepost.release.manifest import View
from milepost.storage.location import Location
from small_releases import at, put_view, release, rows_of

ROWS = rows_of(
    {
        "bed_id": "VARCHAR",
        "available_at": "TIMESTAMP",
        "wet_7d": "DOUBLE",
        "dry_7d": "DOUBLE",
        "wet_365d": "DOUBLE",
    },
    ("north", at("2026-01-02"), 0.1, 0.9, 0.5),
    ("north", at("2026-02-02"), 0.2, 0.8, 0.6),
)
RATIO = Derived("ratio", "DOUBLE", "", "wet_7d / nullif(wet_365d, 0)", ["wet_7d", "wet_365d"])
SHADE = Derived("shade", "DOUBLE", "", "wet_7d * suns.hours", ["wet_7d", "suns:hours"])
SINCE = Derived(
    "since",
    "DOUBLE",
    "",
    "elapsed_hours(opened_at, event_timestamp)",
    ["event_timestamp"],
    {"opened_at": "TIMESTAMP"},
)
OPENED = pa.array([at("2026-01-01")] * 3, pa.timestamp("us"))


def complete(view: View, starts: Mapping[str, str]) -> View:
    """The view with when its features are complete from."""
    fields = [
        replace(field, complete_from=starts.get(field.name, field.complete_from))
        for field in view.fields
    ]
    return replace(view, fields=fields)


@pytest.fixture(scope="module")
def shelf(s3_server: dict[str, str]) -> FeatureStore:
    """Beds whose year is full on June 1, and suns that are built until March 1."""
    store = Location.parse(f"s3://milepost-store/test-{os.getpid()}-coverage")
    beds = complete(
        put_view(store, "beds", ROWS, keys=("bed_id",), complete_from="2026-01-08T02:00:00"),
        {"wet_365d": "2026-06-01T02:00:00"},
    )
    suns = rows_of(
        {"available_at": "TIMESTAMP", "hours": "DOUBLE", "hours_last_year": "DOUBLE"},
        (at("2026-01-02"), 8.0, 7.0),
    )
    through = "2026-03-01T00:00:00"
    release(
        store,
        replace(beds, derived=[RATIO, SHADE, SINCE]),
        complete(
            put_view(store, "suns", suns, keys=(), built_through=through),
            {"hours_last_year": "2026-09-01T00:00:00"},
        ),
    )
    return FeatureStore(store.uri())


def look_up(shelf: FeatureStore, instants: list[str], features: list[str], **options: Any) -> Any:
    rows = pa.table(
        {
            "bed_id": ["north"] * len(instants),
            "event_timestamp": pa.array([at(text) for text in instants], pa.timestamp("us")),
        }
    )
    if "beds:since" in features:
        rows = rows.append_column("opened_at", OPENED.slice(0, len(instants)))
    return shelf.get_historical_features(rows, features, **options)


def refusal(*asked: Any, **options: Any) -> str:
    with pytest.raises(LookupInputError) as refused:
        look_up(*asked, **options)
    return str(refused.value)


def test_a_lookup_is_refused_only_for_what_it_asks_for(shelf: FeatureStore) -> None:
    instants = ["2026-01-08T02:00:00", "2026-06-30T23:59:59.999999"]
    assert len(look_up(shelf, instants, ["beds:wet_7d", "beds:dry_7d"])) == 2
    assert len(look_up(shelf, ["2026-06-01T02:00:00"], ["beds"])) == 1
    assert refusal(shelf, instants, ["beds"]) == (
        "1 of 2 rows are before windows are full: `beds:wet_365d` from 2026-06-01 02:00:00\n"
        "hint: keep the rows with `event_timestamp >= '2026-06-01 02:00:00'`, or pass "
        "allow_early=True"
    )


def test_the_hint_keeps_the_rows_at_which_the_last_of_the_features_is_complete(
    shelf: FeatureStore,
) -> None:
    instants = ["2026-01-01T00:00:00", "2026-02-01T00:00:00", "2026-06-02T00:00:00"]
    assert refusal(shelf, instants, ["beds:wet_365d", "beds:wet_7d"]) == (
        "2 of 3 rows are before windows are full: `beds:wet_7d` from 2026-01-08 02:00:00; "
        "`beds:wet_365d` from 2026-06-01 02:00:00\n"
        "hint: keep the rows with `event_timestamp >= '2026-06-01 02:00:00'`, or pass "
        "allow_early=True"
    )


def test_the_condition_of_the_hint_keeps_the_good_rows_and_no_other(shelf: FeatureStore) -> None:
    instants = ["2026-01-08T01:59:59.999999", "2026-01-08T02:00:00", "2026-07-01T00:00:00"]
    message = refusal(shelf, instants, ["beds:wet_7d", "beds:dry_7d"])
    assert message == (
        "1 of 3 rows are before windows are full: `beds:wet_7d`, `beds:dry_7d` from 2026-01-08 "
        "02:00:00; 1 of 3 rows are after what is built: `beds:wet_7d`, `beds:dry_7d` until "
        "2026-07-01 00:00:00\n"
        "hint: keep the rows with `event_timestamp >= '2026-01-08 02:00:00' and "
        "event_timestamp < '2026-07-01 00:00:00'`, or pass allow_early=True and allow_late=True"
    )
    assert len(look_up(shelf, instants[1:2], ["beds:wet_7d"])) == 1


def test_each_permission_opens_one_side_alone(shelf: FeatureStore) -> None:
    early, late = ["2020-01-01T00:00:00"], ["2030-01-01T00:00:00"]
    asked = ["beds:wet_7d"]
    (value,) = look_up(shelf, early, asked, allow_early=True).to_arrow()["wet_7d"].to_pylist()
    assert value is None
    (value,) = look_up(shelf, late, asked, allow_late=True).to_arrow()["wet_7d"].to_pylist()
    assert value == 0.2
    assert "allow_early=True" in refusal(shelf, early, asked, allow_late=True)
    message = refusal(shelf, late, asked, allow_early=True)
    assert "1 of 1 rows are after what is built: `beds:wet_7d` until 2026-07-01" in message
    assert message.endswith("event_timestamp < '2026-07-01 00:00:00'`, or pass allow_late=True")
    assert len(look_up(shelf, early + late, asked, allow_early=True, allow_late=True)) == 2


def test_what_is_whole_at_no_instant_yet_is_said_so(shelf: FeatureStore) -> None:
    message = refusal(shelf, ["2026-02-01T00:00:00"], ["suns:hours_last_year", "beds:wet_7d"])
    assert message == (
        "1 of 1 rows are before windows are full: `suns:hours_last_year` from 2026-09-01 00:00:00\n"
        "hint: no instant has them all yet: ask for fewer, or pass allow_early=True"
    )


def test_a_derived_feature_is_as_complete_as_what_it_is_made_from(shelf: FeatureStore) -> None:
    spring = ["2026-05-01T00:00:00"]
    assert "`beds:ratio` from 2026-06-01" in refusal(shelf, spring, ["beds:ratio"])
    assert "`beds:shade` until 2026-03-01" in refusal(shelf, spring, ["beds:shade"])
    # It needs no feature, and so no window.
    assert len(look_up(shelf, ["2020-01-01T00:00:00"], ["beds:since"])) == 1
    assert "after what is built: `beds:since`" in refusal(
        shelf, ["2026-07-01T00:00:00"], ["beds:since"]
    )


def test_an_alias_names_the_feature_in_the_error(shelf: FeatureStore) -> None:
    aliases = {"plot": {"view": "beds", "keys": {"bed_id": "bed_id"}}}
    message = refusal(shelf, ["2026-01-01T00:00:00"], ["plot:wet_7d"], aliases=aliases)
    assert "`plot:wet_7d` from 2026-01-08 02:00:00" in message


def test_a_stream_says_of_how_many_rows_it_knows(
    shelf: FeatureStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_set_file, "BLOCK_ROWS", 2)
    instants = ["2026-02-01T00:00:00"] * 3 + ["2026-01-01T00:00:00"] * 3
    to = f"{shelf.location.uri()}-sets/early.parquet"
    message = refusal(shelf, instants, ["beds:wet_7d"], to=to)
    assert message.startswith("1 of the first 4 rows are before windows are full")


def test_the_newest_features_may_be_early_and_are_never_late(shelf: FeatureStore) -> None:
    rows = pa.table({"bed_id": ["north"]})
    wanted = ["suns:hours_last_year", "beds:wet_7d"]
    with pytest.raises(LookupInputError) as refused:
        shelf.get_latest_features(rows, wanted, allow_stale=True)
    assert str(refused.value) == (
        "the newest features are as of 2026-02-28 23:59:59.999999, before windows are full: "
        "`suns:hours_last_year` from 2026-09-01 00:00:00\n"
        "hint: leave them out until then, or pass allow_early=True"
    )
    found = shelf.get_latest_features(rows, wanted, allow_stale=True, allow_early=True)
    assert found.to_arrow()["hours_last_year"].to_pylist() == [7.0]
    assert (found.recipe["allow_early"], found.recipe["allow_late"]) == (True, False)


# --- covers


def test_covers_says_from_when_until_when(shelf: FeatureStore) -> None:
    wanted = ["beds:wet_7d", "beds:ratio", "beds:since", "beds:shade"]
    found = shelf.covers(wanted)
    assert [(one.feature, one.complete_from, one.built_through) for one in found.features] == [
        ("beds:wet_7d", at("2026-01-08T02:00:00"), at("2026-07-01")),
        ("beds:ratio", at("2026-06-01T02:00:00"), at("2026-07-01")),
        ("beds:since", None, at("2026-07-01")),
        ("beds:shade", at("2026-01-08T02:00:00"), at("2026-03-01")),
    ]
    assert (found.complete_from, found.built_through) == (
        at("2026-06-01T02:00:00"),
        at("2026-03-01"),
    )
    assert repr(found).splitlines()[-1].split() == [
        *("all", "2026-06-01", "02:00:00", "2026-03-01", "00:00:00"),
        *("at", "no", "instant", "yet"),
    ]
    assert ">beds:since</td><td" in found._repr_html_()


def test_a_lookup_within_what_is_covered_is_answered_and_none_outside(shelf: FeatureStore) -> None:
    found = shelf.covers(["beds:wet_7d", "suns:hours"])
    assert found.complete_from is not None
    instants = [found.complete_from.isoformat(), "2026-02-28T23:59:59.999999"]
    assert found.built_through == at("2026-03-01")
    assert len(look_up(shelf, instants, ["beds:wet_7d", "suns:hours"])) == 2
    for outside in ("2026-01-08T01:59:59.999999", "2026-03-01T00:00:00"):
        refusal(shelf, [outside], ["beds:wet_7d", "suns:hours"])


def test_covers_takes_what_a_lookup_takes(shelf: FeatureStore) -> None:
    aliases = {"plot": {"view": "beds", "keys": {"bed_id": "bed_id"}}}
    found = shelf.covers(["plot", "beds:wet_7d"], aliases=aliases)
    names = [one.feature for one in found.features]
    assert names == ["plot:wet_7d", "plot:dry_7d", "plot:wet_365d", "beds:wet_7d"]
    with pytest.raises(LookupInputError, match="no feature view `bed`"):
        shelf.covers(["bed"])


# --- What the shelf says


def test_a_feature_is_described_with_its_own_beginning(shelf: FeatureStore) -> None:
    assert shelf.describe("beds:wet_365d").facts["from"] == "2026-06-01 02:00"
    assert shelf.describe("beds:ratio").facts["from"] == "2026-06-01 02:00"
    assert shelf.describe("beds:shade").facts["until"] == "2026-03-01 00:00"
    assert shelf.describe("suns:hours_last_year").facts["from"] == "not before 2026-09-01 00:00"
    listed = [line.split()[:5] for line in repr(shelf.describe("beds")).splitlines()]
    assert ["beds:wet_365d", "DOUBLE", "2026-06-01", "02:00"] in listed


def test_a_view_is_listed_from_its_first_and_from_its_last_feature(
    shelf: FeatureStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    beds, suns = repr(shelf.feature_views()).splitlines()[1:]
    assert beds.split()[3:9] == [
        *("2026-01-08", "02:00", "2026-06-01", "02:00", "2026-07-01", "00:00"),
    ]
    assert "2026-01-01 00:00  not before 2026-09-01 00:00  2026-03-01 00:00" in suns


def test_of_many_features_the_error_names_the_first_ones(store: Location) -> None:
    types = {"bed_id": "VARCHAR", "available_at": "TIMESTAMP"}
    types |= {f"wet_{n}d": "DOUBLE" for n in range(12)}
    rows = rows_of(types, ("north", at("2026-01-02"), *[0.5] * 12))
    release(store, put_view(store, "beds", rows, keys=("bed_id",)))
    message = refusal(FeatureStore(store.uri()), ["2030-01-01T00:00:00"], ["beds"])
    assert "`beds:wet_9d` and 2 more until 2026-07-01 00:00:00\n" in message

"""`head` and `lookup`: what a person sees of a view's rows and of one entity's features."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from milepost import FeatureStore
from milepost.errors import LookupInputError, UnknownFeatureError
from milepost.release.derived import Derived
from milepost.release.service import Service
from milepost.storage.location import Location
from small_releases import at, manifest_of, put_view, release_manifest, rows_of

TYPES = {
    "market_id": "BIGINT",
    "available_at": "TIMESTAMP",
    "rate": "DOUBLE",
    "count": "BIGINT",
}
ROWS = [
    (1, at("2026-01-10"), 0.5, 1),
    (1, at("2026-02-10"), None, 2),
    (2, at("2026-02-11"), 0.25, 3),
    (2, at("2026-02-12"), 0.75, 4),
]
TWICE = Derived("twice", "DOUBLE", "", "rate * factor", ["rate"], {"factor": "DOUBLE"})
FEB = at("2026-02-11T12:00")


@pytest.fixture
def opened(store: Location) -> FeatureStore:
    view = put_view(store, "markets", rows_of(TYPES, *ROWS), keys=("market_id",))
    fields = [
        replace(field, complete_from="2026-02-01T00:00:00") if field.name == "rate" else field
        for field in view.fields
    ]
    services = [
        Service("pricing", "", None, {}, ["markets:count", "markets:twice"]),
        Service(
            "origin",
            "",
            None,
            {},
            ["origin:rate"],
            {"origin": {"view": "markets", "keys": {"market_id": "origin_id"}}},
        ),
    ]
    manifest = manifest_of(replace(view, fields=fields, derived=[TWICE]))
    release_manifest(store, replace(manifest, services=services).sealed())
    return FeatureStore(store.uri())


def features(looked_up: Any) -> list[tuple[str, Any, str]]:
    return [(item.feature, item.value, item.note) for item in looked_up.features]


def test_an_entity_has_its_features_as_they_could_be_known(opened: FeatureStore) -> None:
    looked_up = opened.lookup("markets", {"market_id": 2}, FEB)
    assert (looked_up.keys, looked_up.at) == ({"market_id": 2}, FEB)
    assert features(looked_up) == [("markets:rate", 0.25, ""), ("markets:count", 3, "")]
    newest = opened.lookup("markets:count", {"market_id": 2})
    assert features(newest) == [("markets:count", 4, "")]
    assert newest.at == at("2026-06-30T23:59:59.999999")


@pytest.mark.parametrize(
    "instant",
    [
        "2026-02-11T12:00",
        "2026-02-11 13:00+01:00",
        FEB.replace(tzinfo=UTC),
        datetime(2026, 2, 11, 13, tzinfo=timezone(timedelta(hours=1))),
    ],
)
def test_an_instant_is_utc_unless_it_says_otherwise(opened: FeatureStore, instant: Any) -> None:
    assert opened.lookup("markets", {"market_id": 2}, instant).at == FEB


def test_text_is_read_as_the_type_of_its_key(opened: FeatureStore) -> None:
    looked_up = opened.lookup("pricing", {"market_id": "2", "factor": "4"}, FEB)
    assert looked_up.keys == {"market_id": 2, "factor": 4.0}
    assert features(looked_up) == [("markets:count", 3, ""), ("markets:twice", 1.0, "")]


def test_a_service_has_the_keys_of_its_aliases(opened: FeatureStore) -> None:
    service = opened.service("origin")
    for asked in ("origin", service):
        looked_up = opened.lookup(asked, {"origin_id": 2}, FEB)
        assert features(looked_up) == [("origin:rate", 0.25, "")]


def test_a_feature_that_is_not_whole_has_a_note_and_no_value(opened: FeatureStore) -> None:
    assert features(opened.lookup("markets", {"market_id": 1}, "2026-01-20")) == [
        ("markets:rate", None, "its window is full from 2026-02-01 00:00"),
        ("markets:count", 1, ""),
    ]
    late = opened.lookup("markets", {"market_id": 1}, "2026-07-01")
    assert [item.note for item in late.features] == ["built until 2026-07-01 00:00"] * 2
    assert [item.value for item in late.features] == [None, None]


def test_the_last_instant_is_not_in_the_future(store: Location) -> None:
    rows = rows_of(TYPES, *ROWS)
    tomorrow = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%dT00:00:00}"
    view = put_view(store, "markets", rows, keys=("market_id",), built_through=tomorrow)
    release_manifest(store, manifest_of(view))
    instant = FeatureStore(store.uri()).lookup("markets", {"market_id": 1}).at
    assert timedelta(0) < datetime.now(UTC) - instant.replace(tzinfo=UTC) < timedelta(minutes=1)


def test_a_null_is_told_from_an_entity_without_a_row(opened: FeatureStore) -> None:
    null = opened.lookup("markets:rate", {"market_id": 1}, FEB)
    assert features(null) == [("markets:rate", None, "")]
    assert repr(null).splitlines() == [
        "market_id 1 at 2026-02-11 12:00:00 UTC",
        "",
        "feature       value",
        "markets:rate  null",
    ]
    for key, instant in ((9, FEB), (2, at("2026-02-10"))):
        missing = opened.lookup("markets", {"market_id": key}, instant)
        assert [item.note for item in missing.features] == ["no row of these keys until then"] * 2


def test_a_mistyped_key_is_told_once_with_the_keys_that_are_near(store: Location) -> None:
    types = {"carrier_id": "VARCHAR", "available_at": "TIMESTAMP", "rate": "DOUBLE"}
    rows = [("carrier_00027", at("2026-02-10"), 0.5), ("c2", at("2026-02-11"), 0.5)]
    views = [
        put_view(store, name, rows_of(types, *rows), keys=("carrier_id",)) for name in ("a", "b")
    ]
    release_manifest(store, manifest_of(*views))
    opened = FeatureStore(store.uri())
    both = ["a:rate", "b:rate"]
    assert repr(opened.lookup(both, {"carrier_id": "carrier_0027"}, FEB)).splitlines() == [
        "carrier_id carrier_0027 at 2026-02-11 12:00:00 UTC",
        "carrier_id `carrier_0027` is in no row of `a`, `b`; near it is `carrier_00027`",
        "",
        "feature  value",
        "a:rate   null",
        "b:rate   null",
    ]
    unlike = opened.lookup("a", {"carrier_id": "x"}, FEB)
    assert unlike.missing == [
        "carrier_id `x` is in no row of `a`; `head` of `a` shows some that are"
    ]
    later = opened.lookup("a", {"carrier_id": "c2"}, "2026-02-10")
    assert later.missing == ["`a` has no row of these keys until then"]
    assert "until then" in later._repr_html_()
    assert opened.lookup("a", {"carrier_id": "c2"}, FEB).missing == []


@pytest.mark.parametrize(
    ("asked", "keys", "instant", "message"),
    [
        ("markets", {}, None, "no value of `market_id`\nhint: the features take market_id"),
        ("markets", {"market": 1}, None, "takes `market`\nhint: there is `market_id`"),
        ("markets", "x", None, "the keys are `'x'`, not a dict\nhint: write {\"market_id\": ...}"),
        ("markets", {"market_id": "x"}, None, "`x` is no BIGINT, which `market_id` is"),
        ("markets", {"market_id": 0.5}, None, "`market_id` is double"),
        ("pricing", {"market_id": 1}, None, "no value of `factor`"),
        ("markets", {"market_id": 1}, "noon", "`noon` is no instant\nhint: write it as 2026-"),
        ("markets", {"market_id": 1}, 3, "`3` is no instant"),
        ("markets", {"market_id": 1}, "0001-01-01T00:00+05:00", "is no instant"),
        ("markets", {"market_id": 2**70}, None, f"`{2**70}` is no BIGINT, which `market_id` is"),
        ("markets", {"market_id": object}, None, "is no BIGINT, which `market_id` is"),
    ],
)
def test_what_does_not_fit_is_said(
    opened: FeatureStore, asked: str, keys: dict[str, Any], instant: Any, message: str
) -> None:
    with pytest.raises(LookupInputError, match=message):
        opened.lookup(asked, keys, instant)


def test_an_alias_of_a_service_is_told_from_an_unknown_view(opened: FeatureStore) -> None:
    hint = r'alias of service `origin`.* aliases=\{"origin": \{"view": "markets", "keys": '
    for ask in (opened.covers, lambda names: opened.lookup(names, {"origin_id": 1})):
        with pytest.raises(UnknownFeatureError, match=hint):
            ask(["origin:rate"])


def test_a_service_is_asked_for_by_its_name_and_alone(opened: FeatureStore) -> None:
    rows = [{"market_id": 1, "factor": 2.0, "event_timestamp": FEB}]
    table = opened.get_historical_features(rows, "pricing").to_arrow()
    assert table == opened.get_historical_features(rows, opened.service("pricing")).to_arrow()
    assert repr(opened.covers("pricing")) == repr(opened.covers(opened.service("pricing")))
    with pytest.raises(UnknownFeatureError, match="hint: there is `pricing`"):
        opened.covers("pricin")
    for names in (["pricing"], ["markets:rate", "pricing"]):
        with pytest.raises(UnknownFeatureError, match="a feature service: ask for `pricing` alone"):
            opened.get_historical_features(rows, names)
    listed: Any = [opened.service("pricing")]
    message = '`features` has the service `pricing` in a list\nhint: write features="pricing"'
    with pytest.raises(LookupInputError, match=message):
        opened.get_historical_features(rows, listed)


def test_what_covers_leaves_out_of_a_whole_view_is_named(opened: FeatureStore) -> None:
    whole = opened.covers(["markets"])
    assert whole.left_out == ["markets:twice"]
    assert repr(whole).endswith("only where it is named, because it is derived: markets:twice")
    assert "markets:twice" in whole._repr_html_()
    for named in (["markets", "markets:twice"], ["markets:rate"]):
        assert opened.covers(named).left_out == []


def test_near_names_answer_for_unknown_ones(opened: FeatureStore) -> None:
    with pytest.raises(UnknownFeatureError, match="hint: there is `markets`"):
        opened.lookup("market", {"market_id": 1})
    with pytest.raises(UnknownFeatureError, match="hint: there is `markets`"):
        opened.head("market")


def test_head_has_the_rows_of_the_newest_month_first(
    opened: FeatureStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = opened.head("markets", n=3)
    assert rows.to_arrow()["count"].to_pylist() == [2, 3, 4]
    assert opened.head("markets").to_arrow()["count"].to_pylist() == [2, 3, 4, 1]
    assert (len(rows), len(opened.head("markets", n=1))) == (3, 1)
    assert str(rows.to_pandas()["rate"].dtype) == "float64"
    assert repr(opened.head("markets", n=1)).splitlines() == [
        "markets       row 1",
        "market_id     1",
        "available_at  2026-02-10 00:00:00",
        "rate          null",
        "count         2",
    ]
    monkeypatch.setenv("COLUMNS", "56")
    assert repr(rows).splitlines() == [
        "markets       row 1                row 2",
        "market_id     1                    2",
        "available_at  2026-02-10 00:00:00  2026-02-11 00:00:00",
        "rate          null                 0.25",
        "count         2                    3",
        "",
        "1 more row: a wider terminal, or `to_arrow`, has it",
    ]
    assert ">market_id</td>" in rows._repr_html_()
    for number in (0, -1, True, "5"):
        with pytest.raises(LookupInputError, match="not a number of rows\nhint: write n=5"):
            opened.head("markets", number)  # type: ignore[arg-type]

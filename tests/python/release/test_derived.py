"""Derived features and services in lookups, on releases written by hand."""

from __future__ import annotations

import math
import os
import re
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from milepost import FeatureStore
from milepost.errors import LookupInputError, ReleaseError, UnknownFeatureError
from milepost.release.derived import Derived, faults
from milepost.release.manifest import Manifest, View
from milepost.release.service import Service
from milepost.storage import s3
from milepost.storage.arrow import filesystem
from milepost.storage.location import Location
from small_releases import at, manifest_of, put_view, release_manifest, rows_of

MARKETS = rows_of(
    {
        "market_id": "VARCHAR",
        "kind": "VARCHAR",
        "available_at": "TIMESTAMP",
        "tenders": "BIGINT",
        "last_at": "TIMESTAMP",
    },
    ("atl", "van", at("2026-01-02"), 1, at("2026-01-01T12:00:00")),
    ("atl", "van", at("2026-02-02"), 3, None),
    ("chi", "van", at("2026-01-03"), 2, at("2026-01-01T00:00:00")),
)
NATION = rows_of(
    {"kind": "VARCHAR", "available_at": "TIMESTAMP", "tenders": "BIGINT"},
    ("van", at("2026-01-02"), 4),
    ("van", at("2026-03-01"), 0),
)
SHARE = Derived(
    "share", "DOUBLE", "", "tenders / nullif(nation.tenders, 0)", ["tenders", "nation:tenders"]
)
HOURS = Derived(
    "hours", "DOUBLE", "", "elapsed_hours(last_at, event_timestamp)", ["last_at", "event_timestamp"]
)
OFFER = Derived(
    "offer", "DOUBLE", "", "offered / nullif(tenders, 0)", ["tenders"], {"offered": "DOUBLE"}
)
UNTIL = Derived(
    "until",
    "DOUBLE",
    "",
    "elapsed_days(event_timestamp, pickup_at)",
    ["event_timestamp"],
    {"pickup_at": "TIMESTAMP"},
)
ENDS = {"origin": "from_id", "destination": "to_id"}
ALIASES: dict[str, dict[str, Any]] = {
    name: {"view": "markets", "keys": {"market_id": column, "kind": "trailer"}}
    for name, column in ENDS.items()
}
SERVICE = Service(
    "matching", "What it takes.", None, {"name": "us"}, ["origin:share", "destination"], ALIASES
)


def views(store: Location, *derived: Derived) -> list[View]:
    markets = put_view(store, "markets", MARKETS, keys=("market_id", "kind"))
    return [
        replace(markets, derived=list(derived)),
        put_view(store, "nation", NATION, keys=("kind",)),
    ]


def publish(store: Location, *derived: Derived) -> Manifest:
    manifest = replace(manifest_of(*views(store, *derived)), services=[SERVICE]).sealed()
    release_manifest(store, manifest)
    return manifest


@pytest.fixture(scope="module")
def shelf(s3_server: dict[str, str]) -> FeatureStore:
    store = Location.parse(f"s3://milepost-store/test-{os.getpid()}-derived")
    publish(store, SHARE, HOURS, OFFER, UNTIL)
    return FeatureStore(store.uri())


def asked(*rows: tuple[str | None, str], **more: Any) -> pa.Table:
    types = {"market_id": "VARCHAR", "kind": "VARCHAR", "event_timestamp": "TIMESTAMP"}
    table = rows_of(types, *((market, "van", at(text)) for market, text in rows))
    for name, values in more.items():
        table = table.append_column(name, pa.array(values))
    return table


ROWS = [("chi", "2026-01-03"), ("atl", "2026-02-10"), (None, "2026-02-10"), ("atl", "2026-03-02")]


def test_a_share_of_another_view_is_null_without_one(shelf: FeatureStore) -> None:
    found = shelf.get_historical_features(asked(*ROWS), ["markets:share"]).to_arrow()
    assert found.column_names == ["market_id", "kind", "event_timestamp", "share"]
    assert found["share"].to_pylist() == [0.5, 0.75, None, None]


def test_time_elapses_until_the_instant_of_the_prediction(shelf: FeatureStore) -> None:
    rows = asked(("atl", "2026-01-02T12:30:00"), *ROWS)
    found = shelf.get_historical_features(rows, ["markets:hours"]).to_arrow()
    assert found["hours"].to_pylist() == [24.5, 48.0, None, None, None]


def test_a_column_of_the_request_comes_in_its_type_and_in_any_time_zone(
    shelf: FeatureStore,
) -> None:
    noon = pa.array([at("2026-01-04T12:00:00")] * 4, pa.timestamp("ns", "UTC"))
    rows = asked(*ROWS, offered=[3, None, 1, 6]).append_column(
        "pickup_at", noon.cast(pa.timestamp("ns", "America/New_York"))
    )
    found = shelf.get_historical_features(rows, ["markets:offer", "markets:until"]).to_arrow()
    assert found["offer"].to_pylist() == [1.5, None, None, 2.0]
    assert found["until"].to_pylist() == [1.5, -36.5, -36.5, -56.5]
    assert found.select(rows.column_names).equals(rows)


def test_features_come_in_the_order_asked_for_and_a_whole_view_is_what_is_stored(
    shelf: FeatureStore,
) -> None:
    wanted = ["markets:hours", "nation:tenders", "markets:share", "markets:last_at"]
    found = shelf.get_historical_features(asked(*ROWS), wanted).to_arrow()
    assert found.column_names[3:] == ["hours", "tenders", "share", "last_at"]
    assert found["tenders"].to_pylist() == [4, 4, 4, 0]
    whole = shelf.get_historical_features(asked(*ROWS), ["markets"]).to_arrow()
    assert whole.column_names[3:] == ["tenders", "last_at"]


def test_a_notebook_shows_the_first_rows(shelf: FeatureStore) -> None:
    shown = shelf.get_historical_features(asked(*ROWS * 5), ["markets:share"])._repr_html_()
    title = f"TrainingSet of 20 rows and 4 columns, release {shelf.release}"
    assert shown.startswith(f"<p>{title}</p><table>")
    rows, columns = shown.split("<details open>")
    assert (rows.count("<tr>"), columns.count("<tr>")) == (11, 5)
    cells = re.findall("<td[^>]*>(.*?)</td>", rows)
    instant = '<span style="white-space: nowrap">2026-01-03 00:00:00</span>'
    assert ["chi", "van", instant, "0.5"] in [cells[n : n + 4] for n in range(0, 40, 4)]


def test_a_number_that_is_not_finite_is_null_and_only_where_it_is_asked_for(
    store: Location,
) -> None:
    big = Derived("big", "DOUBLE", "", "offered * 1e308", [], {"offered": "DOUBLE"})
    none = Derived("none", "DOUBLE", "", "offered * 1e308 * 10 - offered * 1e308 * 10", [],
                   {"offered": "DOUBLE"})  # fmt: skip
    is_more = Derived("is_more", "BOOLEAN", "", "offered > tenders", ["tenders"],
                      {"offered": "DOUBLE"})  # fmt: skip
    publish(store, big, none, is_more, OFFER, UNTIL)
    offered = [1.0, 100.0, -100.0, math.nan, math.inf, -math.inf, None, -0.0]
    rows = asked(*[("atl", "2026-01-10")] * 8, offered=offered)
    # A column of the same numbers that no feature asks for.
    rows = rows.append_column("label", rows["offered"])
    found = (
        FeatureStore(store.uri())
        .get_historical_features(
            rows, ["markets:big", "markets:none", "markets:is_more", "markets:offer"]
        )
        .to_arrow()
    )
    assert found["big"].to_pylist() == [1e308, None, None, None, None, None, None, 0.0]
    assert found["none"].to_pylist() == [None, None, None, None, None, None, None, 0.0]
    assert found["is_more"].to_pylist() == [False, True, False, None, None, None, None, False]
    assert found["offer"].to_pylist() == [1.0, 100.0, -100.0, None, None, None, None, 0.0]
    for name in ("offered", "label"):
        assert repr(found[name].to_pylist()) == repr(offered)


def test_an_alias_maps_the_keys_of_the_other_view_too(shelf: FeatureStore) -> None:
    types = dict.fromkeys(("from_id", "to_id", "trailer"), "VARCHAR")
    rows = rows_of(
        {**types, "event_timestamp": "TIMESTAMP"},
        ("atl", "chi", "van", at("2026-01-10")),
        ("chi", "atl", "reefer", at("2026-01-10")),
    )
    found = shelf.get_historical_features(
        rows, ["origin:share", "destination:share"], full_feature_names=True, aliases=ALIASES
    ).to_arrow()
    assert found["origin__share"].to_pylist() == [0.25, None]
    assert found["destination__share"].to_pylist() == [0.5, None]


def test_a_service_is_its_features_and_aliases(shelf: FeatureStore) -> None:
    types = dict.fromkeys(("from_id", "to_id", "trailer"), "VARCHAR")
    rows = rows_of(
        {**types, "event_timestamp": "TIMESTAMP"}, ("atl", "chi", "van", at("2026-01-10"))
    )
    service = shelf.service("matching")
    found = shelf.get_historical_features(rows, service)
    by_list = shelf.get_historical_features(rows, service.features, aliases=ALIASES)
    assert found.to_arrow().equals(by_list.to_arrow(), check_metadata=True)
    assert found.to_arrow().column_names[4:] == ["share", "tenders", "last_at"]
    with pytest.raises(LookupInputError, match="service `matching` has its aliases, and others"):
        shelf.get_historical_features(rows, service, aliases=ALIASES)
    with pytest.raises(UnknownFeatureError, match=r"`machting`\nhint: there is `matching`"):
        shelf.service("machting")


def test_latest_derived_features_are_those_of_history_at_that_instant(shelf: FeatureStore) -> None:
    wanted = ["markets:hours", "markets:share"]
    rows = asked(("atl", "2026-01-01"), ("chi", "2026-01-01")).drop_columns(["event_timestamp"])
    latest = shelf.get_latest_features(rows, wanted)
    assert latest.as_of is not None
    instants = pa.array([latest.as_of] * 2, pa.timestamp("us"))
    timed = rows.append_column("event_timestamp", instants)
    history = shelf.get_historical_features(timed, wanted).to_arrow()
    assert history.select(wanted_names := ["hours", "share"]).to_pylist() == (
        latest.to_arrow().select(wanted_names).to_pylist()
    )
    assert history["hours"].to_pylist()[1] == pytest.approx(24 * 181, abs=1e-5)


def test_many_rows_keep_their_order_at_any_cut(
    shelf: FeatureStore, monkeypatch: pytest.MonkeyPatch, store: Location
) -> None:
    count = 300_000
    chance = np.random.default_rng(3)
    offered = chance.random(count)
    rows = pa.table(
        {
            "market_id": chance.choice(["atl", "chi"], count),
            "kind": pa.array(["van"] * count),
            "event_timestamp": pa.array([at("2026-01-10")] * count, pa.timestamp("us")),
            "offered": offered,
        }
    )
    found = shelf.get_historical_features(rows, ["markets:offer"]).to_arrow()
    tenders = np.where(rows["market_id"].to_numpy() == "atl", 1, 2)
    assert np.array_equal(found["offer"].to_numpy(), offered / tenders)
    monkeypatch.setattr("milepost.reading.training_set_file.BLOCK_ROWS", 70_000)
    first, again = store.uri("a.parquet"), store.uri("b.parquet")
    assert shelf.get_historical_features(rows, ["markets:offer"], to=first) == count
    shelf.reproduce(first, to=again)
    one, two = (s3.get(store, name) for name in ("a.parquet", "b.parquet"))
    assert one is not None
    assert two is not None
    assert one[0] == two[0]
    written = pq.read_table(f"{store.bucket}/{store.key('a.parquet')}", filesystem=filesystem())
    assert written["offer"].equals(found["offer"])


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({}, "no column `offered`, which derived feature `offer` needs\nhint: add it as double"),
        ({"offered": ["x", "y"]}, "`offered` is string, for derived feature `offer` double"),
        ({"offered": [datetime(2026, 1, 1)] * 2}, "`offered` is timestamp"),
        ({"offered": [1.0, 2.0], "offer": [1, 2]}, "feature `offer` is named as a column"),
    ],
)
def test_a_request_that_does_not_fit_is_refused(
    shelf: FeatureStore, more: dict[str, Any], message: str
) -> None:
    rows = asked(("atl", "2026-01-10"), ("chi", "2026-01-10"), **more)
    with pytest.raises(LookupInputError, match=message):
        shelf.get_historical_features(rows, ["markets:offer"])


LANES = rows_of(
    {
        **dict.fromkeys(("start", "stop", "trailer"), "VARCHAR"),
        "available_at": "TIMESTAMP",
        "tenders": "BIGINT",
    },
    ("atl", "chi", "van", at("2026-01-02"), 6),
    ("chi", "atl", "van", at("2026-01-02"), None),
)
BY_START = {"markets": {"market_id": "start", "kind": "trailer"}}
FROM_START = Derived(
    *(
        "from_start",
        "BIGINT",
        "",
        "coalesce(tenders, markets.tenders)",
        ["tenders", "markets:tenders"],
    ),
    keys=BY_START,
)
BY_STOP = {"markets": {"market_id": "stop", "kind": "trailer"}}
FROM_STOP = Derived("from_stop", "BIGINT", "", "markets.tenders", ["markets:tenders"], keys=BY_STOP)
LANE_ROWS = rows_of(
    {**dict.fromkeys(("start", "stop", "trailer"), "VARCHAR"), "event_timestamp": "TIMESTAMP"},
    ("atl", "chi", "van", at("2026-01-10")),
    ("chi", "atl", "van", at("2026-01-10")),
    ("atl", "nowhere", "van", at("2026-02-10")),
    ("atl", "chi", None, at("2026-02-10")),
)


def publish_lanes(store: Location, *derived: Derived) -> FeatureStore:
    lanes = put_view(store, "lanes", LANES, keys=("start", "stop", "trailer"))
    release_manifest(
        store,
        manifest_of(
            put_view(store, "markets", MARKETS, keys=("market_id", "kind")),
            replace(lanes, derived=list(derived)),
        ),
    )
    return FeatureStore(store.uri())


def test_the_keys_of_another_view_may_have_other_names(store: Location) -> None:
    shelf = publish_lanes(store, FROM_START, FROM_STOP)
    wanted = ["lanes:from_start", "lanes:from_stop"]
    found = shelf.get_historical_features(LANE_ROWS, wanted).to_arrow()
    assert found.column_names == [*LANE_ROWS.column_names, "from_start", "from_stop"]
    assert found["from_start"].to_pylist() == [6, 2, 3, None]
    assert found["from_stop"].to_pylist() == [2, 1, None, None]
    renamed = LANE_ROWS.rename_columns(["a", "b", "c", "event_timestamp"])
    aliases = {"way": {"view": "lanes", "keys": {"start": "b", "stop": "a", "trailer": "c"}}}
    found = shelf.get_historical_features(
        renamed, ["way:from_start", "way:from_stop"], aliases=aliases
    ).to_arrow()
    assert found["from_start"].to_pylist() == [2, 6, None, None]
    assert found["from_stop"].to_pylist() == [1, 2, 3, None]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"lanes": {"start": "start"}}, "`keys` names `lanes`, and no input is of it"),
        ({"markets": {"market": "start"}}, "`keys` names `market`, and the keys of `markets` are"),
        ({"markets": {"market_id": "tenders"}}, "takes `market_id` of `markets` from `tenders`, a"),
    ],
)
def test_keys_that_do_not_fit_are_refused(
    store: Location, keys: dict[str, dict[str, str]], message: str
) -> None:
    shelf = publish_lanes(store, replace(FROM_START, keys=keys))
    with pytest.raises(ReleaseError, match=message):
        shelf.get_historical_features(LANE_ROWS, ["lanes:from_start"])


def test_keys_of_another_type_are_refused() -> None:
    lanes = ViewStub(["start"], {"start": "BIGINT", "tenders": "BIGINT"})
    markets = ViewStub(["market_id"], {"market_id": "VARCHAR", "tenders": "BIGINT"})
    derived = replace(FROM_START, keys={"markets": {"market_id": "start"}})
    (fault,) = faults(derived, lanes, {"markets": markets})
    assert fault == "`markets.market_id` is VARCHAR, and its key `start` is BIGINT"


class ViewStub(NamedTuple):
    keys: list[str]
    types: dict[str, str]


def test_instants_beyond_the_other_view_are_refused(store: Location) -> None:
    markets, nation = views(store, SHARE)
    short = replace(nation, built_through="2026-02-01T00:00:00")
    release_manifest(store, manifest_of(markets, short))
    with pytest.raises(
        LookupInputError, match="after what is built: `markets:share` until 2026-02-01"
    ):
        FeatureStore(store.uri()).get_historical_features(asked(*ROWS), ["markets:share"])


def test_an_unknown_feature_has_derived_ones_suggested(shelf: FeatureStore) -> None:
    with pytest.raises(UnknownFeatureError, match=r"`shares`\nhint: there is `share`"):
        shelf.get_historical_features(asked(*ROWS), ["markets:shares"])


@pytest.mark.parametrize(
    ("edited", "message"),
    [
        ({"sql": "read_text('/etc/passwd')", "type": "VARCHAR"}, "it calls `read_text`"),
        ({"sql": "tenders, nation.tenders"}, "it calls `row`"),
        ({"inputs": ["tenders", "nation:rate"]}, "`nation` has no feature `rate`"),
        ({"inputs": ["tenders", "world:tenders"]}, "`world` has no feature `tenders`"),
    ],
)
def test_a_release_whose_expression_is_not_allowed_is_not_evaluated(
    store: Location, edited: dict[str, Any], message: str
) -> None:
    publish(store, replace(SHARE, **edited))
    with pytest.raises(ReleaseError, match=message):
        FeatureStore(store.uri()).get_historical_features(asked(*ROWS), ["markets:share"])


@pytest.mark.parametrize(
    "damaged",
    [
        replace(SHARE, name="Robert'); drop"),
        replace(SHARE, type="MAP"),
        replace(SHARE, inputs=["a b"]),
        replace(SHARE, request={"x y": "DOUBLE"}),
        replace(SHARE, keys={"nation": {"kind": "Robert'); drop"}}),
        replace(SHARE, name="tenders"),
    ],
)
def test_a_manifest_with_names_that_are_none_is_refused(store: Location, damaged: Derived) -> None:
    publish(store, damaged)
    with pytest.raises(ReleaseError, match="is damaged"):
        FeatureStore(store.uri())

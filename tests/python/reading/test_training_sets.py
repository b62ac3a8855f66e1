"""Training sets beyond one join: aliases, ttl, streams to S3, recipes, latest features, SQL."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
import os
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from faults.proxy import before_the_server
from milepost import FeatureStore
from milepost.errors import LookupInputError, ReleaseError, StorageError, UnknownFeatureError
from milepost.publishing import data_files
from milepost.reading import entity_hash, training_set_file
from milepost.reading.recipe import Recipe
from milepost.release.manifest_format import FORMAT_VERSION
from milepost.storage import conditional, s3, uploads
from milepost.storage.arrow import filesystem
from milepost.storage.client import client
from milepost.storage.location import Location
from small_releases import at, manifest_of, put_view, release, rows_of

PROJECT = Path(__file__).parents[3]
MARKETS = rows_of(
    {"market_id": "VARCHAR", "available_at": "TIMESTAMP", "loads": "BIGINT", "rate": "DOUBLE"},
    ("atl", at("2026-01-02"), 1, 0.5),
    ("atl", at("2026-02-02"), 2, None),
    ("chi", at("2026-01-03"), 3, 0.25),
)
DENSE = rows_of(
    {"market_id": "VARCHAR", "available_at": "TIMESTAMP", "price": "DOUBLE"},
    ("atl", at("2026-01-01"), 1.0),
    ("atl", at("2026-02-27"), 2.0),
    ("chi", at("2026-01-01"), 3.0),
)
ENDS = {"origin": "origin_id", "destination": "destination_id"}
ALIASES = {
    name: {"view": "markets", "keys": {"market_id": column}} for name, column in ENDS.items()
}


@pytest.fixture(scope="module")
def shelf(s3_server: dict[str, str]) -> FeatureStore:
    store = Location.parse(f"s3://milepost-store/test-{os.getpid()}-training-sets")
    dense = put_view(store, "prices", DENSE, keys=("market_id",))
    release(
        store,
        put_view(store, "markets", MARKETS, keys=("market_id",)),
        replace(dense, is_dense=True, built_through="2026-06-01T00:00:00"),
    )
    return FeatureStore(store.uri())


@pytest.fixture
def httpfs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """DuckDB's extension where a person has it who has installed it."""
    (tmp_path / ".duckdb").mkdir()
    (tmp_path / ".duckdb/extensions").symlink_to(PROJECT / ".local/duckdb_extensions")
    monkeypatch.setenv("HOME", str(tmp_path))


def beside(shelf: FeatureStore, name: str) -> str:
    """The URI of a file that is not in the store."""
    return f"{shelf.location.uri()}-sets/{name}"


def loads(*rows: tuple[str | None, str | None, str]) -> pa.Table:
    types = {"origin_id": "VARCHAR", "destination_id": "VARCHAR", "event_timestamp": "TIMESTAMP"}
    return rows_of(types, *((origin, end, at(text)) for origin, end, text in rows))


def in_markets(*rows: tuple[str | None, str]) -> pa.Table:
    types = {"market_id": "VARCHAR", "event_timestamp": "TIMESTAMP"}
    return rows_of(types, *((market, at(text)) for market, text in rows))


def body(uri: str) -> bytes:
    place = Location.parse(uri)
    found = s3.get(Location(place.bucket, ""), place.prefix)
    assert found is not None
    return found[0]


def read(uri: str) -> pa.Table:
    return pq.read_table(pa.BufferReader(body(uri)))


# --- Aliases


def test_one_view_is_looked_up_twice_by_two_keys(shelf: FeatureStore) -> None:
    asked = loads(
        ("atl", "chi", "2026-01-10"), ("chi", "atl", "2026-02-10"), (None, "x", "2026-03-01")
    )
    found = shelf.get_historical_features(
        asked, ["origin", "destination:loads"], full_feature_names=True, aliases=ALIASES
    ).to_arrow()
    assert found.column_names[3:] == ["origin__loads", "origin__rate", "destination__loads"]
    assert found["origin__loads"].to_pylist() == [1, 3, None]
    assert found["origin__rate"].to_pylist() == [0.5, 0.25, None]
    assert found["destination__loads"].to_pylist() == [3, 2, None]


@pytest.mark.parametrize(
    ("features", "aliases", "message"),
    [
        (["a"], {"a": {"view": "market"}}, r"no feature view `market`, for .*\nhint: .*`markets`"),
        (["a"], {"a": {"view": "markets", "key": {}}}, "alias `a` has the option `key`"),
        (["a b"], {"a b": {"view": "markets"}}, "alias `a b` is not a plain name"),
        (
            ["a"],
            {"a": {"view": "markets", "keys": {"id": "x"}}},
            "no key `id`.*\nhint: .*`market_id`",
        ),
        (["markets"], {"a": {"view": "markets"}}, "no feature of the alias `a` is asked for"),
        (["a"], {"a": {"view": "markets", "keys": {"market_id": "x"}}}, "no column `x`, a key of"),
        (["a", "markets"], {"a": {"view": "markets"}}, "two features are named `loads`"),
    ],
)
def test_an_alias_that_does_not_fit_is_an_error(
    shelf: FeatureStore, features: list[str], aliases: Any, message: str
) -> None:
    asked = in_markets(("atl", "2026-01-10"))
    with pytest.raises(LookupInputError, match=message):
        shelf.get_historical_features(asked, features, aliases=aliases)


# --- ttl


def test_ttl_is_inclusive_and_looks_no_further(shelf: FeatureStore) -> None:
    asked = in_markets(
        ("atl", "2026-01-01"),
        ("atl", "2026-01-03"),
        ("atl", "2026-01-03T00:00:00.000001"),
        ("atl", "2026-03-01"),
        ("atl", "2026-03-01T00:00:00.000001"),
        ("chi", "2026-02-10"),
    )
    found = shelf.get_historical_features(asked, ["prices"], ttl=timedelta(days=2)).to_arrow()
    assert found["price"].to_pylist() == [1.0, 1.0, None, 2.0, None, None]
    without = shelf.get_historical_features(asked, ["prices"]).to_arrow()
    assert without["price"].to_pylist() == [1.0, 1.0, 1.0, 2.0, 2.0, 3.0]


def test_ttl_is_refused_for_rows_at_changes(shelf: FeatureStore) -> None:
    asked = in_markets(("atl", "2026-01-10"))
    with pytest.raises(LookupInputError, match=r"`markets` has rows at changes.*\nhint: leave ttl"):
        shelf.get_historical_features(asked, ["prices", "markets"], ttl=timedelta(days=1))
    with pytest.raises(LookupInputError, match="`ttl` is -1 day"):
        shelf.get_historical_features(asked, ["prices"], ttl=timedelta(days=-1))


# --- Where entity rows come from


def test_entity_rows_come_from_parquet_on_s3_and_from_sql(shelf: FeatureStore) -> None:
    uri = shelf.location.uri("entity-rows.parquet")
    asked = in_markets(("chi", "2026-01-10"), ("atl", "2026-02-10"))
    sink = pa.BufferOutputStream()
    pq.write_table(asked, sink)
    place = Location.parse(uri)
    s3.put(Location(place.bucket, ""), place.prefix, sink.getvalue().to_pybytes())
    expected = shelf.get_historical_features(asked, ["markets"]).to_arrow()
    assert shelf.get_historical_features(uri, ["markets"]).to_arrow().equals(expected)
    sql = (
        "select market_id, available_at + interval 7 day as event_timestamp from markets "
        "where loads <> 2 order by loads"
    )
    found = shelf.get_historical_features(sql, ["markets"]).to_arrow()
    assert found.select(["market_id", "loads"]).to_pylist() == [
        {"market_id": "atl", "loads": 1},
        {"market_id": "chi", "loads": 3},
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("markets", "as a SQL query: Parser Error.*\nhint: write one `select`"),
        ("select * from market", "as a SQL query: Catalog Error.*\nhint: there is `markets`$"),
        ("/tmp/x.parquet", r"the path `/tmp/x.parquet`.*\nhint: .* pd.read_parquet\("),
        ("rows.csv", r"the path `rows.csv`, and no local .*\nhint: .* pd.read_csv\("),
        (Path("rows.parquet"), "the entity rows are the path `rows.parquet`"),
        (
            "s3://milepost-store/nothing/there.parquet",
            "cannot be read.*\nhint: entity rows as text",
        ),
    ],
)
def test_text_that_is_no_query_and_no_file_is_an_error(
    shelf: FeatureStore, text: str | Path, message: str
) -> None:
    with pytest.raises(LookupInputError, match=message):
        shelf.get_historical_features(text, ["markets"])


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("select 'a' as market_id; select 'b' as market_id", "have 2 statements, not one"),
        ("create table t as select 1; from t", "have 2 statements, not one"),
        ("  -- nothing", "have no statements, not one"),
        ("copy (select 1) to 's3://milepost-store/x.parquet'", "are of a statement COPY, not a s"),
        ("copy (select 1) to 'x.parquet'", "are of a statement COPY, not a select"),
        ("install httpfs", "are of a statement LOAD, not a select"),
        ("attach 'x.duckdb' as x", "are of a statement ATTACH, not a select"),
        ("create table x as select 1", "are of a statement CREATE, not a select"),
        ("set enable_external_access = true", "are of a statement SET, not a select"),
        ("explain select 1", "are of a statement EXPLAIN, not a select"),
        ("select * from read_text('/etc/passwd')", "Permission Error: Cannot access file"),
        ("select * from read_csv('/etc/passwd')", "Permission Error: Cannot access file"),
        ("select * from '/etc/passwd' -- s3://", "Catalog Error: Table with name /etc/passwd"),
        ("select * from glob('/etc/*') -- s3://", "Permission Error: Cannot access file"),
        ("select * from read_text('s3://../../etc/passwd')", "HTTP Error: HTTP GET error reading"),
        ("select * from sqlite_scan('/tmp/x', 'y')", "Catalog Error"),
        ("select * from views", "Catalog Error: Table with name views does not exist"),
        ("select 1::uhugeint as market_id", "column `market_id` of .*: Arrow has no type for UH"),
        ("select 'x'::int as market_id from range(3)", "Conversion Error: Could not convert"),
        ("select * from read_parquet('s3://milepost-store/nothing.parquet')", "HTTP Error"),
    ],
)
@pytest.mark.usefixtures("httpfs")
def test_a_query_is_one_select_that_reads_nothing_local(
    shelf: FeatureStore, sql: str, message: str
) -> None:
    for look_up in (shelf.get_historical_features, shelf.get_latest_features):
        with pytest.raises(LookupInputError, match=message) as caught:
            look_up(sql, ["markets"])
        assert "hint: " in str(caught.value)


@pytest.mark.usefixtures("httpfs")
def test_a_query_reads_views_and_parquet_on_s3_and_may_say_no_instant(shelf: FeatureStore) -> None:
    (uri, *_) = shelf.files("markets")
    sql = f"""
        select distinct markets.market_id from markets
        join read_parquet('{uri}') as file using (market_id) order by 1
    """
    found = shelf.get_latest_features(sql, ["markets:loads"]).to_arrow()
    assert found.to_pylist() == [{"market_id": "atl", "loads": 2}, {"market_id": "chi", "loads": 3}]


# --- Streams and recipes


@pytest.mark.parametrize("convert", [pl.from_arrow, lambda rows: rows.to_reader(3)])
def test_a_stream_to_s3_has_the_rows_of_the_result_in_memory(
    shelf: FeatureStore, monkeypatch: pytest.MonkeyPatch, convert: Any, request: Any
) -> None:
    monkeypatch.setattr(training_set_file, "BLOCK_ROWS", 7)
    asked = in_markets(
        *[(["atl", "chi", None][n % 3], f"2026-02-{1 + n % 28:02}") for n in range(40)]
    )
    to = beside(shelf, f"{abs(hash(request.node.name))}.parquet")
    assert shelf.get_historical_features(convert(asked), ["markets"], to=to) == 40
    expected = shelf.get_historical_features(convert(asked), ["markets"])
    assert read(to).to_pylist() == expected.to_arrow().to_pylist()
    assert pq.ParquetFile(pa.BufferReader(body(to))).num_row_groups == 6
    recipe = json.loads(pq.read_metadata(pa.BufferReader(body(to))).metadata[b"milepost"])
    assert recipe == expected.recipe
    assert recipe["release"] == shelf.release
    assert recipe["features"] == ["markets"]
    assert set(recipe["code"]) == {"milepost", "pyarrow"}


def test_the_hash_is_of_the_values_and_not_of_their_layout(shelf: FeatureStore) -> None:
    asked = in_markets(*[(["atl", None][n % 2], f"2026-02-{1 + n:02}") for n in range(20)])

    def hashed(rows: pa.Table) -> str:
        return str(shelf.get_historical_features(rows, ["markets"]).recipe["entities"])

    cut = pa.concat_tables([asked.slice(0, 3), asked.slice(3)])
    assert hashed(asked) == hashed(cut) == hashed(asked.take(list(range(20))))
    odd = {
        "text": pa.array(["ä", None, ""] * 6 + ["b", "c"], pa.string_view()),
        "is_new": pa.array([True, None] * 10),
        "price": pa.array([1, None] * 10, pa.decimal128(12, 2)),
        "stops": pa.array([[1, None], None, [], [2]] * 5, pa.list_(pa.int8())),
        "place": pa.array([{"a": 1, "b": "x"}, None] * 10),
        "code": pa.array(["x", None] * 10).dictionary_encode(),
        "none": pa.nulls(20),
    }
    wide = pa.table({**{n: asked[n] for n in asked.column_names}, **odd})
    pieces = pa.concat_tables([wide.slice(0, 3), wide.slice(3, 1), wide.slice(4)])
    blocks = entity_hash.EntityHash()
    for start in range(0, 20, 3):
        blocks.update(entity_hash.lasting(pieces.slice(start, 3)))
    assert hashed(wide) == hashed(pieces) == blocks.hexdigest()
    changed = wide.set_column(
        5, "stops", pa.array([[1, 0], None, [], [2]] * 5, pa.list_(pa.int8()))
    )
    assert hashed(wide) != hashed(changed)
    swapped = pa.array([[None, "atl"][n % 2] for n in range(20)])
    assert hashed(asked) != hashed(asked.set_column(0, "market_id", swapped))
    assert hashed(asked) != hashed(asked.slice(1))
    assert hashed(asked) != hashed(asked.take([1, 0, *range(2, 20)]))


def test_a_training_set_is_reproduced_with_the_same_bytes(shelf: FeatureStore) -> None:
    asked = loads(("atl", "chi", "2026-01-10"), ("chi", None, "2026-02-10"))
    first, again = (beside(shelf, f"{name}.parquet") for name in ("first", "again"))
    shelf.get_historical_features(
        pl.from_arrow(asked),
        ["destination:rate", "origin"],
        full_feature_names=True,
        aliases=ALIASES,
        to=first,
    )
    later = replace(shelf.feature_views()[0], built_through="2026-08-01T00:00:00")
    release(shelf.location, later, created_at="2026-07-02T00:00:00")
    newer = FeatureStore(shelf.location.uri())
    assert newer.release != shelf.release
    newer.reproduce(first, to=again)
    assert body(again) == body(first)
    in_memory = newer.reproduce(first)
    assert in_memory.to_arrow().to_pylist() == read(first).to_pylist()
    assert in_memory.recipe["release"] == shelf.release


@pytest.mark.parametrize("is_allowed", [True, False])
def test_a_training_set_of_one_permission_for_early_and_late_is_reproduced(
    shelf: FeatureStore, monkeypatch: pytest.MonkeyPatch, is_allowed: bool
) -> None:
    to_bytes = Recipe.to_bytes

    def older(recipe: Recipe) -> bytes:
        renamed = {"allow_early": "allow_incomplete"}
        options = {renamed.get(name, name): value for name, value in recipe.options.items()}
        options.pop("allow_late", None)
        return to_bytes(dataclasses.replace(recipe, options=options))

    instants = ["2020-01-01", "2030-01-01"] if is_allowed else ["2026-01-10", "2026-02-10"]
    asked = in_markets(*(("atl", instant) for instant in instants))
    first, again = (beside(shelf, f"{is_allowed}-{n}.parquet") for n in range(2))
    with monkeypatch.context() as patched:
        patched.setattr(Recipe, "to_bytes", older)
        shelf.get_historical_features(
            asked, ["markets"], allow_early=is_allowed, allow_late=is_allowed, to=first
        )
    assert '"allow_incomplete": ' + str(is_allowed).lower() in str(
        pq.read_metadata(pa.BufferReader(body(first))).metadata[b"milepost"]
    )
    shelf.reproduce(first, to=again)
    assert body(again) == body(first)


def test_the_hash_of_types_that_parquet_keeps_is_that_of_the_first_training_sets() -> None:
    """A change to it would make every training set that there is impossible to reproduce."""
    rows = pa.table(
        {
            "market_id": pa.array(["atl", None, "größe"]),
            "view": pa.array(["a", None, ""], pa.string_view()),
            "large": pa.array(["a", None, "b"], pa.large_string()),
            "n": pa.array([1, None, 2**60]),
            "small": pa.array([1, None, 2], pa.int8()),
            "x": pa.array([0.5, None, float("nan")]),
            "is_it": pa.array([True, None, False]),
            "price": pa.array([1, None, 2], pa.decimal128(12, 2)),
            "day": pa.array([at("2026-01-01").date()] * 3),
            "place": pa.array([{"a": 1, "b": "x"}, None, {"a": None, "b": None}]),
            "none": pa.nulls(3),
            "event_timestamp": pa.array([at("2026-02-01")] * 3, pa.timestamp("us", "UTC")),
        }
    )
    hashed = entity_hash.EntityHash()
    hashed.update(entity_hash.lasting(rows))
    assert hashed.hexdigest() == "644afea547d1f23b6256d265373894a68168297b94561560a3ed93552227c7cd"


def test_a_pandas_frame_of_categories_and_seconds_is_reproduced(shelf: FeatureStore) -> None:
    frame = pd.DataFrame(
        {
            "market_id": pd.Categorical(["chi", None, "atl"], categories=["z", "chi", "atl"]),
            "event_timestamp": np.array(["2026-02-10"] * 3, "datetime64[s]"),
            "label": pd.Categorical([3, 1, 3]),
        },
        index=pd.Index([7, 8, 9], name="load_id"),
    )
    first, again = (beside(shelf, f"pandas-{name}.parquet") for name in "ab")
    found = shelf.get_historical_features(frame, ["markets"])
    assert found.to_pandas()["loads"].to_list() == [3, pd.NA, 2]
    pd.testing.assert_frame_equal(found.to_pandas()[list(frame.columns)], frame)
    assert shelf.get_historical_features(frame, ["markets"], to=first) == 3
    assert shelf.reproduce(first, to=again) == 3
    assert body(first) == body(again)
    made_again = shelf.reproduce(first)
    assert made_again.recipe == found.recipe
    assert made_again.to_pandas().index.equals(frame.index)
    assert made_again.to_arrow()["market_id"].to_pylist() == ["chi", None, "atl"]
    own_file = pa.BufferOutputStream()
    pq.write_table(found.to_arrow(), own_file)
    s3.put(shelf.location, "sets/own.parquet", own_file.getvalue().to_pybytes())
    by_hand = shelf.reproduce(shelf.location.uri("sets/own.parquet"))
    assert by_hand.recipe == found.recipe


def test_an_index_without_a_name_is_no_column(shelf: FeatureStore) -> None:
    """pandas makes a column `__index_level_0__` of it, such as when rows were filtered."""
    frame = pd.DataFrame(
        {"market_id": ["chi", "x", "atl"], "event_timestamp": pd.to_datetime(["2026-02-10"] * 3)}
    ).loc[lambda rows: rows["market_id"] != "x"]
    frame = pd.concat([frame, frame.head(1)])
    plain = shelf.get_historical_features(frame.reset_index(drop=True), ["markets"])
    found = shelf.get_historical_features(frame, ["markets"])
    names = [*frame.columns, "loads", "rate"]
    assert found.to_arrow().column_names == found.to_polars().columns == names
    assert pa.table(found).column_names == names
    for text in (repr(found), found._repr_html_()):
        assert "index_level" not in text
        assert "5 columns" not in text
    assert found.recipe == plain.recipe
    assert list(found.to_pandas().index) == [0, 2, 0]
    assert list(found.to_arrow().to_pandas().columns) == names
    files = [beside(shelf, f"index-{name}.parquet") for name in "ab"]
    assert shelf.get_historical_features(frame, ["markets"], to=files[0]) == 3
    written = pq.read_table(pa.BufferReader(body(files[0])))
    assert written.column_names == list(written.to_pandas().columns) == names
    assert shelf.reproduce(files[0], to=files[1]) == 3
    assert body(files[0]) == body(files[1])


def test_a_training_set_that_has_a_column_of_an_index_is_reproduced(shelf: FeatureStore) -> None:
    """As Milepost wrote it at first."""
    rows = in_markets(("atl", "2026-01-10"), ("chi", "2026-01-11"))
    rows = rows.append_column("__index_level_0__", pa.array([4, 2]))
    found = shelf.get_historical_features(rows, ["markets"])
    with_index = found._table.select([*rows.column_names, "loads", "rate"])
    hashed = entity_hash.EntityHash()
    hashed.update(entity_hash.lasting(rows))
    recipe = json.loads(with_index.schema.metadata[b"milepost"]) | {"entities": hashed.hexdigest()}
    old_file = pa.BufferOutputStream()
    pq.write_table(
        with_index.replace_schema_metadata({b"milepost": json.dumps(recipe).encode()}), old_file
    )
    s3.put(shelf.location, "sets/old-index.parquet", old_file.getvalue().to_pybytes())
    made_again = shelf.reproduce(shelf.location.uri("sets/old-index.parquet"))
    assert made_again.to_arrow()["loads"].to_pylist() == [1, 3]


@pytest.mark.parametrize("where", ["set.parquet", "/tmp/set.parquet", Path("x/y.parquet"), ""])
def test_a_training_set_is_never_a_local_file(shelf: FeatureStore, where: Any) -> None:
    message = "is not on S3, which is where .*\nhint: name s3://bucket/set.parquet; .*to_arrow"
    for ask in (
        lambda: shelf.get_historical_features(
            in_markets(("atl", "2026-01-10")), ["markets"], to=where
        ),
        lambda: shelf.reproduce(where),
        lambda: shelf.reproduce(beside(shelf, "first.parquet"), to=where),
    ):
        with pytest.raises(LookupInputError, match=message):
            ask()


def test_what_cannot_be_reproduced_says_why(shelf: FeatureStore) -> None:
    asked = in_markets(("atl", "2026-01-10"), ("chi", "2026-01-11"))
    place = shelf.location
    found = shelf.get_historical_features(asked, ["markets"]).to_arrow()
    right = json.loads(found.schema.metadata[b"milepost"])
    other = json.loads(found.schema.metadata[b"milepost"])
    other["code"]["pyarrow"] = "1.0"
    cases = {
        "no-recipe": (asked, "has no recipe"),
        "not-json": (found.replace_schema_metadata({b"milepost": b"{"}), "the recipe of .* is dam"),
        "not-a-dict": (found.replace_schema_metadata({b"milepost": b"[]"}), "the recipe of .* is"),
        "no-code": (found.replace_schema_metadata({b"milepost": b"{}"}), "the recipe of .* is"),
        "no-options": (
            found.replace_schema_metadata({b"milepost": b'{"code": {}}'}),
            "the recipe of .* is damaged\nhint: the file was edited",
        ),
        "odd-options": (
            found.replace_schema_metadata(
                {b"milepost": json.dumps({**right, "features": 3, "code": {}}).encode()}
            ),
            "`features` is a `int`",
        ),
        "edited": (found.take([1, 0]), "not those that the training set was made from"),
        "old": (
            found.replace_schema_metadata({b"milepost": json.dumps(other).encode()}),
            "made by .*pyarrow 1.0\nhint: install pyarrow==1.0",
        ),
    }
    for name, (table, message) in cases.items():
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink)
        s3.put(place, f"sets/{name}.parquet", sink.getvalue().to_pybytes())
        with pytest.raises(LookupInputError, match=message):
            shelf.reproduce(place.uri(f"sets/{name}.parquet"))


def test_a_stream_that_fails_leaves_nothing_and_one_never_replaces(
    shelf: FeatureStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    to = beside(shelf, "failed.parquet")
    asked = in_markets(*[("atl", "2026-02-01")] * 5, ("atl", "2026-09-01"))
    with monkeypatch.context() as small:
        small.setattr(training_set_file, "BLOCK_ROWS", 2)
        small.setattr(uploads, "STREAMED_PART_BYTES", 100)
        with pytest.raises(LookupInputError, match="after what is built"):
            shelf.get_historical_features(asked, ["markets"], to=to)
    place = Location.parse(to)
    assert not list(s3.listing(Location(place.bucket, ""), place.prefix))
    unfinished = client().list_multipart_uploads(Bucket=place.bucket, Prefix=place.prefix)
    assert not unfinished.get("Uploads")
    shelf.get_historical_features(asked.slice(0, 5), ["markets"], to=to)
    written = body(to)
    with pytest.raises(LookupInputError, match="is there already\nhint: a training set replaces"):
        shelf.get_historical_features(asked.slice(0, 4), ["markets"], to=to)
    assert body(to) == written
    with pytest.raises(LookupInputError, match=r"is inside the store .*\nhint: only releases are"):
        shelf.reproduce(to, to=shelf.location.uri("pins/set.parquet"))


@pytest.mark.parametrize(
    "replies",
    [
        ["reset_after"],
        ["500_after"] * 5,
        ["500_after", "412-PreconditionFailed_before"],  # as AWS answers
        ["500_after", "404-NoSuchUpload_before"],  # as a server may that has forgotten the upload
    ],
)
def test_a_file_that_is_whole_is_no_failure_where_the_reply_is_lost(
    shelf: FeatureStore, monkeypatch: pytest.MonkeyPatch, replies: list[str]
) -> None:
    to = beside(shelf, f"lost-{replies[-1]}.parquet")
    remaining = iter(replies)
    with before_the_server(monkeypatch) as between:
        between.plan = lambda _, method, path: (
            next(remaining, None) if method == "POST" and "uploadId=" in path else None
        )
        shelf.get_historical_features(in_markets(("atl", "2026-02-01")), ["markets"], to=to)
    assert next(remaining, None) is None
    assert read(to).num_rows == 1


def test_of_two_writers_of_a_file_the_second_is_told_that_it_is_there(shelf: FeatureStore) -> None:
    to = beside(shelf, "two.parquet")
    rows = in_markets(("atl", "2026-02-01"))

    def batches() -> Iterator[pa.RecordBatch]:
        yield from rows.to_batches()
        shelf.get_historical_features(rows, ["markets"], to=to)

    second = pa.RecordBatchReader.from_batches(rows.schema, batches())
    with pytest.raises(
        LookupInputError, match=r"two\.parquet` is there already\nhint: .*a new file"
    ):
        shelf.get_historical_features(second, ["prices"], to=to)
    assert "rate" in read(to).column_names
    place = Location.parse(to)
    uploads_left = client().list_multipart_uploads(Bucket=place.bucket, Prefix=place.prefix)
    assert not uploads_left.get("Uploads")


def test_what_ended_a_stream_is_said_though_the_upload_cannot_be_given_up(
    shelf: FeatureStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = in_markets(("atl", "2026-09-01"))
    with before_the_server(monkeypatch) as between:
        between.plan = lambda _, method, __: "500_before" if method == "DELETE" else None
        with pytest.raises(LookupInputError, match="after what is built"):
            shelf.get_historical_features(rows, ["prices"], to=beside(shelf, "left.parquet"))
    assert "DELETE" in {method for method, _ in between.calls}


def test_a_null_instant_in_a_later_block_is_named_by_its_row(
    shelf: FeatureStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_set_file, "BLOCK_ROWS", 2)
    asked = in_markets(*[("atl", "2026-02-01")] * 5)
    instants = pa.array([*asked["event_timestamp"].to_pylist()[:4], None], pa.timestamp("us"))
    asked = asked.set_column(1, "event_timestamp", instants)
    with pytest.raises(LookupInputError, match=r"null in 1 rows, the first at \[4\]"):
        shelf.get_historical_features(asked, ["markets"], to=beside(shelf, "null.parquet"))


# --- Latest


def test_latest_features_equal_historical_ones_at_their_instant(shelf: FeatureStore) -> None:
    rows = pa.table({"market_id": ["chi", "atl", None, "atl", "x"], "n": [1, 2, 3, 4, 5]})
    wanted = ["prices", "markets"]
    latest = shelf.get_latest_features(rows, wanted)
    assert latest.as_of == at("2026-06-01") - timedelta(microseconds=1)
    timed = rows.append_column("event_timestamp", pa.array([latest.as_of] * 5, pa.timestamp("us")))
    historical = shelf.get_historical_features(timed, wanted).to_arrow()
    assert latest.to_arrow().equals(historical.drop_columns("event_timestamp"))
    assert latest.to_arrow()["price"].to_pylist() == [3.0, 2.0, None, 2.0, None]
    as_dicts = shelf.get_latest_features(rows.to_pylist(), wanted)
    assert as_dicts.to_arrow().equals(latest.to_arrow())


def test_latest_features_that_are_older_than_promised_are_an_error(store: Location) -> None:
    now = datetime.now(UTC).replace(tzinfo=None)
    view = put_view(store, "markets", MARKETS, keys=("market_id",))
    rows = pa.table({"market_id": ["atl"]})
    for hours, promise, is_fresh in ((30, 48, True), (50, 48, False), (50, None, True)):
        through = (now - timedelta(hours=hours)).isoformat()
        release(
            store,
            replace(view, built_through=through, fresh_within_hours=promise),
            created_at=f"2026-07-{hours % 28 + (promise or 1) % 7 + 1:02}T00:00:00",
        )
        shelf = FeatureStore(store.uri())
        if is_fresh:
            assert len(shelf.get_latest_features(rows, ["markets"])) == 1
        else:
            with pytest.raises(LookupInputError, match="`markets` promises them within 48 hours"):
                shelf.get_latest_features(rows, ["markets"])
            assert len(shelf.get_latest_features(rows, ["markets"], allow_stale=True)) == 1


def test_latest_features_take_no_instant_and_no_empty_set(shelf: FeatureStore) -> None:
    with pytest.raises(LookupInputError, match="the entity rows have a column `event_timestamp`"):
        shelf.get_latest_features(in_markets(("atl", "2026-01-10")), ["markets"])
    with pytest.raises(LookupInputError, match="there are no entity rows"):
        shelf.get_latest_features(pa.table({"market_id": pa.array([], pa.string())}), ["markets"])


# --- SQL


def test_a_connection_has_the_views_of_the_pinned_release(shelf: FeatureStore) -> None:
    with duckdb.connect() as con:
        shelf.attach(con)
        assert con.sql("select sum(loads), count(*) from markets").fetchone() == (6, 3)
        assert con.sql("select max(price) from prices").fetchone() == (3.0,)
    uris = shelf.files("markets")
    rows = [
        pq.read_table(uri.removeprefix("s3://"), filesystem=filesystem(), partitioning=None)
        for uri in uris
    ]
    assert pa.concat_tables(rows).num_rows == 3
    with pytest.raises(UnknownFeatureError, match="hint: there is `markets`"):
        shelf.files("market")


def test_a_filter_on_an_attached_view_gives_what_a_table_gives(store: Location) -> None:
    """Arrow scans the files, and skips row groups by what their footers say."""
    types = {
        "place": "VARCHAR",
        "is_it": "BOOLEAN",
        "available_at": "TIMESTAMP",
        "whole": "BIGINT",
        "real": "DOUBLE",
        "text": "VARCHAR",
        "then_at": "TIMESTAMP",
    }
    values: dict[str, list[Any]] = {
        "place": ["", "A", "a", "ß", "\U0001f4e6"],
        "is_it": [True, False],
        "available_at": [
            at("2026-01-31T23:59:59.999999"),
            at("2026-02-01"),
            at("2026-03-29T01:30"),
        ],
        "whole": [None, -(2**63), -1, 0, 2**53, 2**53 + 1, 2**63 - 1],
        # Infinity and NaN as in releases that may have them.
        "real": [None, -math.inf, -1e308, -0.0, 0.0, 5e-324, 0.1, 1e308, math.inf, math.nan],
        "text": [None, "", "a", "a ", "A", "ä", "z" * 5000],
        "then_at": [None, at("1677-01-01"), at("1969-12-31T23:59:59.999999"), at("9999-12-31")],
    }
    chance = random.Random(7)
    keys = itertools.product(values["place"], values["is_it"], values["available_at"])
    rows = rows_of(types, *(
        (*key, *(chance.choice(values[name]) for name in list(types)[3:])) for key in keys
    ))  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data_files, "ROW_GROUP_ROWS", 3)
        release(store, put_view(store, "order", rows, keys=("place", "is_it")))
    with duckdb.connect() as con:
        FeatureStore(store.uri()).attach(con)
        con.register("rows_in_memory", rows)
        con.execute("create table stored as from rows_in_memory")
        asked = 0
        for name, given in values.items():
            conditions = [f"{name} is null", f"{name} is not null", f"{name} is distinct from $1"]
            conditions += [f"{name} {sign} $1" for sign in ("=", "<>", "<", "<=", ">", ">=")]
            conditions += [f"not ({name} > $1)", f"{name} in ($1, $2)", f"{name} between $1 and $2"]
            conditions += [f"coalesce({name} < $1, true)", f"{name} = $1 or real > 0"]
            for condition in conditions:
                for value, other in itertools.pairwise([v for v in given if v is not None]):
                    bound = [v for n, v in ((1, value), (2, other)) if f"${n}" in condition]
                    there, table = (
                        con.execute(
                            f"select * from {source} where {condition} order by all", bound
                        ).fetchall()
                        for source in ('"order"', "stored")
                    )
                    assert repr(there) == repr(table), (condition, value, other)
                    asked += 1
    assert asked > 300


# --- What comes out


def test_a_result_is_arrow_pandas_and_polars(shelf: FeatureStore) -> None:
    found = shelf.get_historical_features(in_markets(("atl", "2026-01-10")), ["markets"])
    assert found.to_pandas()["loads"].tolist() == [1]
    assert found.to_polars()["loads"].to_list() == [1]
    assert pl.DataFrame(found).equals(found.to_polars())
    assert len(found) == 1
    assert repr(found).splitlines()[:3] == [
        f"TrainingSet of 1 rows and 4 columns, release {shelf.release}",
        "",
        "column           type           nulls  first values",
    ]


# --- A store that cannot be read


def test_a_file_of_entity_rows_or_a_training_set_that_s3_refuses_is_its_failure(
    shelf: FeatureStore, store: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = store.uri("refused.parquet")
    s3.put(store, "refused.parquet", b"never read")
    with before_the_server(monkeypatch) as between:
        between.plan = lambda *call: "409_before" if call[2].endswith("refused.parquet") else None
        with pytest.raises(StorageError, match=f"reading `{uri}`: .*AWS Error"):
            shelf.get_historical_features(uri, ["markets:rate"])
        with pytest.raises(StorageError, match=f"reading `{uri}`: .*AWS Error"):
            shelf.reproduce(uri)
    with before_the_server(monkeypatch) as between:
        between.plan = lambda *call: "409_before" if "/data/markets" in call[2] else None
        with pytest.raises(StorageError, match=r"reading `s3://.*/data/markets/.*AWS Error"):
            shelf.get_historical_features("select * from markets", ["markets:rate"])


@pytest.mark.parametrize(
    ("said", "subject"),
    [
        ("AWS Error SLOW_DOWN during GetObject", "the entity rows, a `{}`"),
        ("reading `s3://b/x`: AWS Error SLOW_DOWN during GetObject", "`s3://b/x`"),
    ],
)
@pytest.mark.parametrize("kind", ["RecordBatchReader", "DuckDBPyRelation"])
def test_entity_rows_whose_own_file_s3_refuses_are_its_failure(
    shelf: FeatureStore, said: str, subject: str, kind: str
) -> None:
    schema = pa.schema([("market_id", pa.string()), ("event_timestamp", pa.timestamp("us"))])

    def batches() -> Iterator[pa.RecordBatch]:
        yield pa.record_batch([["ATL"], [at("2026-01-02")]], schema)
        raise OSError(said)

    rows: Any = pa.RecordBatchReader.from_batches(schema, batches())
    if kind == "DuckDBPyRelation":
        rows = duckdb.from_arrow(rows)
    with pytest.raises(StorageError) as caught:
        shelf.get_historical_features(rows, ["markets:rate"])
    assert caught.value.message.startswith(f"reading {subject.format(kind)}: ")
    assert caught.value.message.endswith(said)


def test_a_store_that_cannot_be_used_says_why(
    store: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ReleaseError, match=r"is not a feature store.*\nhint: publish a release"):
        FeatureStore(store.uri())
    view = put_view(store, "markets", MARKETS, keys=("market_id",))
    newer = replace(manifest_of(view), format_version=FORMAT_VERSION + 1)
    conditional.create(store, f"releases/{newer.release}/manifest.json", newer.to_bytes())
    with pytest.raises(ReleaseError, match=r"has format version \d+.*\nhint: upgrade Milepost"):
        FeatureStore(store.uri(), release=newer.release)
    with pytest.raises(ReleaseError, match="has no release `20200101T000000Z-0123456789ab`"):
        FeatureStore(store.uri(), release="20200101T000000Z-0123456789ab")
    monkeypatch.setenv("AWS_PROFILE", "milepost-reader")
    client.cache_clear()
    try:
        with pytest.raises(StorageError, match=r"refused.*\nhint: .*AWS_PROFILE"):
            FeatureStore("s3://milepost-raw/simulated")
    finally:
        client.cache_clear()

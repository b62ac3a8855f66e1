"""The point-in-time join as a macro: its rules, its errors, and that it equals the client's."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from engines import DuckDB, engine_of
from greenhouse import Greenhouse
from macros.test_generic_tests import copy_of_the_fixture, dbt, sqlfluff
from milepost import FeatureStore

pytestmark = pytest.mark.slow

FEATURES = ["sample_count", "temperature", "rate"]
# For each `asked_id` of tests/fixtures/generic_tests/models/asked.sql.
FOUND = [
    (1, None, None, None),
    (2, 1, -1.0, 0.1),
    (3, 1, 4.0, 0.1),
    (4, 2, 4.0, None),
    (5, 9, 4.0, 0.9),
    (5, 9, 4.0, 0.9),
    (6, None, -1.0, None),
    (7, None, 4.0, None),
    (8, None, 4.0, None),
    (9, None, 4.0, None),
    (10, None, 4.0, None),
    (11, None, 4.0, None),
    (12, None, None, None),
]
# The same of the place and of the other place: rate; rate and sample_count.
FOUND_TWICE = [
    (1, None, None, None),
    (2, 0.1, None, None),
    (3, 0.1, 0.1, 1),
    (4, None, 0.9, 9),
    (5, 0.9, None, 2),
    (5, 0.9, None, 2),
    (6, None, 0.1, 1),
    (7, None, 0.9, 9),
    (8, None, None, None),
    (9, None, 0.9, 9),
    (10, None, None, None),
    (11, None, None, None),
    (12, None, None, None),
]
# The same rows, of both places: heat; hours since the midnight of January 10; whether it is busy;
# the rate of the other place divided by that of its town.
FOUND_DERIVED = [
    (1, None, 0.999999, None, None),
    (2, -1.0, 1.0, None, None),
    (3, 4.0, 240.999999, False, 0.5),
    (4, 8.0, 241.0, True, 1.8),
    (5, 36.0, 528.0, False, None),
    (5, 36.0, 528.0, False, None),
    (6, None, 96.0, False, 0.5),
    (7, None, 528.0, True, 1.8),
    (8, None, 528.0, None, None),
    (9, None, 528.0, False, 1.8),
    (10, None, 528.0, None, None),
    (11, None, 528.0, None, None),
    (12, None, None, None, None),
]
ALIAS = "aliases={'elsewhere': {'view': 'place_rates', 'keys': {'place_id': 'other_place_id'}}}"
REFUSED = {
    "'place_rates'": "`features` is `place_rates`\n  hint: write a list",
    "[]": "no feature is asked for\n  hint: write a list",
    "['asked']": "`asked` is no feature view\n  hint: there is `",
    "['weather:wind']": "`weather` has no feature `wind`\n  hint: there is `temperature`",
    "['weather:']": "`weather` has no feature ``\n  hint: there is `temperature`",
    "['place_rates:code']": "`place_rates` has no feature `code`\n  hint: there is `rate`, `sample",
    "['place_rates:available_at']": "`place_rates` has no feature `available_at`",
    "['weather', 'weather:temperature']": "two features are named `temperature`\n  hint: ask for",
    f"['place_rates', 'elsewhere:rate'], {ALIAS}": "two features are named `rate`\n  hint: ask for",
    f"['place_rates'], {ALIAS}": "no feature of the alias `elsewhere` is asked for\n  hint: ask",
    "['x'], aliases={'x': {'view': 'weather', 'key': {}}}": "`x` has the option `key`\n  hint: the",
    "['x'], aliases={'x': {'view': 'weather', 'keys': {'place_id': 'code'}}}": "`weather` has no k",
    "['weather', 'place_rates:damp']": "`damp` needs `weather:humidity`, and there is no",
    "['place_rates:no_such_source']": "states `keys` of `town_rates`, and no input is of it",
    "['town_rates', 'place_rates:no_such_key']": "states the key `town` of `town_rates`, which is",
    "['town_rates', 'place_rates:no_such_own_key']": "from `rate`, which is no key of its own view",
    "['place_rates:place'], full_feature_names=true": "`place_rates` has no feature `place`",
}


def rows(database: Path, table: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The columns of a table, and its rows by their first column."""
    with duckdb.connect(database, read_only=True) as con:
        found = con.execute(f"from {table} order by 1")
        return [column[0] for column in found.description or []], found.fetchall()


def project_with_a_file(path: Path) -> Path:
    project = copy_of_the_fixture(path)
    profiles = project / "profiles.yml"
    profiles.write_text(profiles.read_text().replace(":memory:", "lookup.duckdb"))
    return project


LOOKUPS = ["looked_up", "looked_up_twice", "looked_up_derived"]
OF_DUCKDB = ["DuckDB", "DuckDB, a batch"]


@pytest.fixture(scope="module", params=[*OF_DUCKDB, "other engines", "sail", "sail with ansi"])
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The fixture project with its lookups built, as each engine writes them.

    The lookup of a batch joins the rows of the keys that it asks for, and no others of a view.
    """
    is_sail = request.param.startswith("sail")
    sail = engine_of(request.param) if is_sail else None
    project = project_with_a_file(tmp_path_factory.mktemp("lookups"))
    if request.param not in OF_DUCKDB:
        # Where DuckDB itself runs what is not for it, that is the join alone.
        folders = "macros/*/*.sql" if is_sail else "macros/lookup/join_newest.sql"
        own = re.compile(r"{% macro duckdb__(?!ask).*?{%- endmacro %}", re.DOTALL)
        for macro in project.glob(folders):
            macro.write_text(own.sub("", macro.read_text()))
    is_batch = request.param in ("DuckDB, a batch", "sail with ansi")
    batch = ["--vars", "{batch_start: 2026-01-01}"] if is_batch else []
    selected = ["--select", "+looked_up*", *(["--exclude", "looked_up*"] if is_sail else [])]
    done = dbt(project, "--quiet", "--warn-error", "run", *selected, *batch)
    assert done.returncode == 0, done.stdout + done.stderr
    if sail:
        done = dbt(project, "--quiet", "--warn-error", "compile", "--select", "looked_up*", *batch)
        assert done.returncode == 0, done.stdout + done.stderr
        build_lookups(project, sail)
    compiled = compiled_lookup(project, "looked_up")
    assert ("asof left join" in compiled) == (request.param in OF_DUCKDB)
    assert ("where (place_id, code) in (" in compiled) == is_batch
    return project


def compiled_lookup(project: Path, name: str) -> str:
    return (project / f"target/compiled/milepost/models/{name}.sql").read_text()


def build_lookups(project: Path, sail: DuckDB) -> None:
    """Run the lookups on Sail over the tables in DuckDB's file, and put the results beside them."""
    with duckdb.connect(project / "lookup.duckdb") as con:
        for name in ("asked", "place_rates", "town_rates", "weather"):
            sail.put(f"stored_{name}", con.table(name).to_arrow_table())
        for name in LOOKUPS:
            sql = compiled_lookup(project, name)
            result = sail.table(sql.replace("lookup.main.", "stored_"))
            con.register("result", result)
            con.execute(f"create table {name} as from result")


def test_each_entity_row_gets_the_newest_row_that_was_available(built: Path) -> None:
    columns, found = rows(built / "lookup.duckdb", "looked_up")
    assert columns == [*rows(built / "lookup.duckdb", "asked")[0], *FEATURES]
    assert [(row[0], *row[-3:]) for row in found] == FOUND


def test_a_view_is_looked_up_twice_under_two_names(built: Path) -> None:
    columns, found = rows(built / "lookup.duckdb", "looked_up_twice")
    assert columns[-3:] == ["origin__rate", "destination__rate", "destination__sample_count"]
    assert [(row[0], *row[-3:]) for row in found] == FOUND_TWICE


def test_derived_features_are_computed_from_both_views_and_the_request(built: Path) -> None:
    columns, found = rows(built / "lookup.duckdb", "looked_up_derived")
    assert columns[-3:] == ["is_busy", "town_ratio", "temperature"]
    assert [(row[0], *row[-5:-1]) for row in found] == FOUND_DERIVED


def test_the_compiled_lookup_is_well_formed(built: Path) -> None:
    # RF02: a feature is unqualified on purpose. LT12, LT13: the ends of the file are dbt's.
    # ST05: where there is no ASOF, the validity interval is a subquery.
    options = ["--templater", "raw", "--exclude-rules", "ST06,RF02,LT12,LT13,ST05,AM04"]
    folder = built / "target/compiled/milepost/models"
    # Not that of derived features: how an instant is subtracted from another is dbt's.
    names = [str(folder / name) for name in ("looked_up.sql", "looked_up_twice.sql")]
    config = (Path(__file__).parents[3] / ".sqlfluff").as_posix()
    linted = sqlfluff(built, "lint", "--config", config, *options, *names)
    assert linted.returncode == 0, linted.stdout


def test_wrong_arguments_are_compiler_errors_that_say_what_to_do(tmp_path: Path) -> None:
    project = project_with_a_file(tmp_path)
    for number, arguments in enumerate(REFUSED):
        (project / f"models/refused_{number:02}.sql").write_text(
            "{{ point_in_time_join(ref('asked'), " + arguments + ") }}"
        )
    # Only the database can know the columns of the entity rows.
    (project / "models/refused_99.sql").write_text(
        "{% set places = '(select *, 1 as rate from ' ~ ref('asked') ~ ')' %}"
        "{{ point_in_time_join(places, ['place_rates:rate']) }}"
    )
    (project / "models/refused_98.sql").write_text(
        "-- depends_on: {{ ref('weather') }}\n"
        "{% set places = '(select *, 1 as heat from ' ~ ref('asked') ~ ')' %}"
        "{{ point_in_time_join(places, ['place_rates:heat']) }}"
    )
    (project / "models/refused_97.sql").write_text(
        "{{ point_in_time_join(ref('asked'), ['place_rates:ratio']) }}"
    )
    # dbt shows a unit test no graph.
    (project / "models/refused.yml").write_text(
        "unit_tests: [{name: refused_in_a_unit_test, model: looked_up, expect: {rows: []}, given: ["
        "{input: ref('asked'), rows: []}, {input: ref('weather'), rows: []}, "
        "{input: ref('place_rates'), rows: []}]}]"
    )
    done = dbt(project, "--quiet", "build", "-s", "+looked_up", "refused_*")
    assert done.returncode == 1, done.stdout + done.stderr
    found = json.loads((project / "target/run_results.json").read_text())["results"]
    messages = {
        result["unique_id"].split(".")[-1]: result["message"]
        for result in found
        if result["status"] == "error"
    }
    for number, (arguments, expected) in enumerate(REFUSED.items()):
        message = messages.pop(f"refused_{number:02}")
        assert "point_in_time_join: " in message, arguments
        assert expected in message, arguments
    assert 'Ambiguous reference to column name "heat"' in messages.pop("refused_98")
    assert 'Ambiguous reference to column name "rate"' in messages.pop("refused_99")
    assert "`rate / sample_count` of a derived feature: it divides" in messages.pop("refused_97")
    assert "dbt shows a unit test no" in messages.pop("refused_in_a_unit_test")
    assert not messages


def test_a_view_that_does_not_exist_is_an_error_of_dbt_that_names_it(tmp_path: Path) -> None:
    project = project_with_a_file(tmp_path)
    lookup = project / "models/looked_up.sql"
    lookup.write_text(lookup.read_text().replace("'weather'", "'wether'"))
    parsed = dbt(project, "--quiet", "parse")
    assert parsed.returncode == 2
    assert "depends on a node named 'wether' which was not found" in parsed.stdout


def test_a_lookup_depends_on_its_views(built: Path) -> None:
    nodes = json.loads((built / "target/manifest.json").read_text())["nodes"]
    names = {"looked_up": {"asked", "place_rates", "weather"}}
    names["looked_up_twice"] = {"asked", "place_rates"}
    for name, parents in names.items():
        depends_on = nodes[f"model.milepost.{name}"]["depends_on"]["nodes"]
        assert {parent.split(".")[-1] for parent in depends_on} == parents


# --- From when the windows are full

COVERED = {
    "['place_rates:rate']": "2026-01-02 02:00:00",
    "['place_rates:rate', 'place_rates:sample_count']": "2026-01-04 02:00:00",
    "['place_rates']": "2026-01-04 02:00:00",
    "['weather', 'place_rates:rate']": "2026-01-02 03:00:00",
    f"['elsewhere:rate'], {ALIAS}": "2026-01-02 02:00:00",
    # Derived: from both views, from one that looks back further, and from no feature at all.
    "['place_rates:heat']": "2026-01-04 02:00:00",
    f"['elsewhere:is_busy'], {ALIAS}": "2026-01-04 02:00:00",
    "['place_rates:hours_open']": "0001-01-01 00:00:00",
}
COVERED_MODEL = """
with

opened as (select *, timestamp '2026-01-10' as opened_at from {{ ref('asked') }}),

found as ({{ point_in_time_join('opened', %s) }})

select *, {{ complete_from() }} as complete_from from found
"""

COVERED_UNKNOWN = """
with

opened as (select *, {{ complete_from() }} as complete_from from {{ ref('asked') }}),

found as ({{ point_in_time_join('opened', ['place_rates:rates']) }})

select * from found
"""

COVERED_TWICE = """
with

by_rate as ({{ point_in_time_join(ref('asked'), ['place_rates:rate']) }}),

by_weather as ({{ point_in_time_join('by_rate', ['weather']) }})

select *, {{ complete_from() }} as complete_from from by_weather
"""


def test_complete_from_is_that_of_the_features_that_are_looked_up(tmp_path: Path) -> None:
    project = project_with_a_file(tmp_path)
    with duckdb.connect(project / "lookup.duckdb") as con:
        con.execute("create schema milepost_checks")
        con.execute(
            "create table milepost_checks.batches "
            "(node_id varchar, built_to timestamp, look_backs json)"
        )
        con.execute(
            "insert into milepost_checks.batches values ('model.milepost.place_rates', "
            """'2026-01-12', '{"rate": 24, "sample_count": 72}')"""
        )
    for number, arguments in enumerate(COVERED):
        # A view that the model refers to otherwise counts with all of its features.
        other = "-- depends_on: {{ ref('weather') }}" if "heat" in arguments else ""
        (project / f"models/covered_{number}.sql").write_text(other + COVERED_MODEL % arguments)
    (project / "models/covered_98.sql").write_text(COVERED_TWICE)
    (project / "models/covered_99.sql").write_text(
        COVERED_MODEL % "(['place_rates:rate'] if execute else ['place_rates'])"
    )
    (project / "models/covered_97.sql").write_text(COVERED_UNKNOWN)
    selected = [f"covered_{number}" for number in (*range(len(COVERED)), 97, 98, 99)]
    done = dbt(project, "--quiet", "run", "-s", "asked", "weather", "place_rates", *selected)
    assert done.returncode == 1
    assert "`features` or `aliases` are other ones than dbt saw" in done.stdout
    assert "feature view `place_rates` has no feature `rates`" in done.stdout
    assert "ERROR=2 " in done.stdout or done.stdout.count("Compilation Error") == 2
    for number, (arguments, expected) in enumerate(COVERED.items()):
        columns, found = rows(project / "lookup.duckdb", f"covered_{number}")
        assert {str(row[columns.index("complete_from")]) for row in found} == {expected}, arguments
    columns, found = rows(project / "lookup.duckdb", "covered_98")
    assert str(found[0][columns.index("complete_from")]) == "2026-01-02 03:00:00"


# --- Against the client

TRAINING_SET = """
with

asked as (

    select
        bed_id,
        timestamp '2025-12-30' + n * interval '37' minute as event_timestamp,
        case
            when n % 17 = 1 then cast('nan' as double)
            when n % 17 = 2 then cast('infinity' as double)
            when n % 17 = 3 then 5e-324  -- a count divided by it is more than a double holds
            when n % 7 > 0 then n % 7 * 0.1e0 - 0.1e0
        end as target_count,
        case
            when n % 5 > 0 then timestamp '2026-01-01' + n * interval '3007' microsecond
        end as watered_at
    from range(480) as numbers (n)
    cross join (values ('north'), ('south'), ('west'), (null)) as beds (bed_id)
    where event_timestamp < {{ milepost.built_through() }}
    union all
    select 'north', timestamp '2026-01-05', 0.5e0, timestamp '2026-01-04 23:59:59.999999'
    from range(2)

),

entity_rows as (

    select
        *,
        event_timestamp >= {{ milepost.complete_from() }} as has_full_windows
    from asked

),

watering as (

    {{ milepost.point_in_time_join('entity_rows', FEATURES, full_feature_names=FULL) }}

)

select * from watering
"""


DERIVED = ":hours_since_watering"


@pytest.mark.parametrize("full", [False, True])
def test_the_macro_gives_what_the_client_gives(green: Greenhouse, full: bool) -> None:
    model = green.folder / "models/watering.sql"
    features = [f"bed_moisture{name}" for name in ("", ":reading_count_ratio_to_target", DERIVED)]
    text = TRAINING_SET.replace("FULL", str(full).lower())
    model.write_text(text.replace("FEATURES", str(features)))
    green.build("--select", "watering")
    green.publish()
    store = FeatureStore(green.store.uri())
    (view,) = store.feature_views()
    with duckdb.connect(green.folder / "scratch.duckdb", read_only=True) as con:
        built = con.sql("from watering order by all").to_arrow_table()
    entities = built.select(built.column_names[:5])
    assert entities.column_names[-1] == "has_full_windows"
    found = store.get_historical_features(
        entities, features, full_feature_names=full, allow_early=True
    ).to_arrow()
    assert built.num_rows > 1500
    assert built.column_names == found.column_names
    assert repr(built.to_pylist()) == repr(found.to_pylist())
    counts = built["target_count"].to_pylist()
    assert {str(count) for count in counts} > {"nan", "inf", "5e-324"}
    assert all(math.isfinite(ratio) for ratio in built.column(7).to_pylist() if ratio is not None)
    assert 500 < built.num_rows - built.column(6).null_count < 1000
    assert 400 < built.num_rows - built.column(7).null_count < 1000
    assert 1000 < built.num_rows - built.column(8).null_count < 1600
    # The macros know how far the view goes as the release does.
    at = [row["event_timestamp"] for row in built.to_pylist()]
    full_at = [row["event_timestamp"] for row in built.to_pylist() if row["has_full_windows"]]
    (complete_from,) = set(view.complete_from.values())
    assert {instant >= complete_from for instant in full_at} == {True}
    assert sum(instant >= complete_from for instant in at) == len(full_at)

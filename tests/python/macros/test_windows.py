"""The window macros against their definition, on generated facts; and what they refuse.

The reference is a plain join of every key and grid instant to the facts: no tiles, no running sums.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache, partial
from itertools import zip_longest
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from dbt_common.clients.jinja import get_environment
from hypothesis import example, given, settings
from hypothesis import strategies as st

import macro
from dbt_process import run_dbt
from engines import Sail, engine_of

PROJECT = Path(__file__).parents[3]
FIRST = datetime(2026, 1, 1)
BATCH = (FIRST + timedelta(days=5), FIRST + timedelta(days=8))

# When a fact is in a window, from the rules in docs/guides/features-in-time.md.
STANDS = "(superseded_at is null or superseded_at >= g)"


def trailing(length: str, back: str = "0 hours") -> str:
    return (
        f"(known_at >= g - interval '{back}' - interval '{length}' "
        f"and known_at < g - interval '{back}' and {STANDS})"
    )


OPEN = f"({trailing('4 days')} and opens_at < g and (closes_at is null or closes_at >= g))"
DESCRIBED = "(known_at < g and (replaced_at is null or replaced_at >= g))"
LATE_RATE = "avg(cast(is_late as double)) filter ({})"


def newest(value: str, kept: int, within: str) -> str:
    """The values of the newest facts, newest first."""
    order = "order by known_at desc, event_at desc, fact_id desc"
    return f"(list({value} {order}) filter ({trailing(within)}))[1:{kept}]"


# Column, its value, and the window whose changes make a row.
DAILY = [
    ("delivery_count_1d", "count(*) filter ({})", trailing("1 day")),
    ("delivery_count_3d", "count(*) filter ({})", trailing("3 days")),
    ("known_amount_count_3d", "count(amount) filter ({})", trailing("3 days")),
    ("amount_2d", "cast(sum(amount) filter ({}) as double)", trailing("2 days")),
    ("amount_mean_3d", "avg(cast(amount as double)) filter ({})", trailing("3 days")),
    ("amount_stddev_3d", "stddev_samp(cast(amount as double)) filter ({})", trailing("3 days")),
    ("late_rate_3d", LATE_RATE, trailing("3 days")),
    ("late_rate_2d_before_2d", LATE_RATE, trailing("2 days", "2 days")),
    ("lane_count_1d", "count(distinct lane) filter ({})", trailing("1 day")),
    ("lane_count_3d", "count(distinct lane) filter ({})", trailing("3 days")),
    *(
        (
            f"amount_p{percent}_3d",
            f"quantile_cont(cast(amount as double), 0.{percent}) filter ({{}})",
            trailing("3 days"),
        )
        for percent in (25, 90)
    ),
    ("amount_min_3d", "min(amount) filter ({})", trailing("3 days")),
    ("amount_max_1d_before_1d", "max(amount) filter ({})", trailing("1 day", "1 day")),
    ("last_delivery_at", newest("event_at", 1, "4 days") + "[1]", trailing("4 days")),
    (
        "last_amount",
        newest("amount", 1, "3 days").replace("filter (", "filter (amount is not null and ")
        + "[1]",
        f"({trailing('3 days')} and amount is not null)",
    ),
    (
        "late_rate_last_2",
        f"list_avg(list_transform({newest('is_late', 2, '4 days')}, x -> cast(x as double)))",
        trailing("4 days"),
    ),
    (
        "amount_mean_last_3",
        f"list_avg(list_transform({newest('amount', 3, '3 days')}, x -> cast(x as double)))",
        trailing("3 days"),
    ),
    ("open_count", "count(*) filter ({})", OPEN),
    ("described_amount", "any_value(amount) filter ({})", DESCRIBED),
    ("described_lane", "any_value(lane) filter ({})", DESCRIBED),
    (
        "description_count_2d",
        "count(*) filter ({})",
        trailing("2 days").replace("superseded", "replaced"),
    ),
]
HOURLY = [
    ("post_count_3h", "count(*) filter ({})", trailing("3 hours")),
    ("post_count_1d", "count(*) filter ({})", trailing("1 day")),
    (
        "amount_p90_5h",
        "quantile_cont(cast(amount as double), 0.9) filter ({})",
        trailing("5 hours"),
    ),
    (
        "amount_2h_before_3h",
        "cast(sum(amount) filter ({}) as double)",
        trailing("2 hours", "3 hours"),
    ),
]
# Of all facts together, there is no one version at a time: that is of a carrier.
EVERYWHERE = [feature for feature in DAILY if not feature[0].startswith("descri")]
VIEWS = {
    "daily": (["carrier_id"], "day", DAILY),
    "everywhere": ([], "day", EVERYWHERE),
    "hourly": (["carrier_id", "lane"], "hour", HOURLY),
}


def reference(keys: list[str], grid: str, features: list[tuple[str, str, str]]) -> str:
    """Every key at every grid instant joined to all of its facts; rows where a window changed."""
    columns = ", ".join(
        f"{value.format('where ' + window)} as {name}" for name, value, window in features
    )
    changed = " or ".join(
        f"bool_or({window} is distinct from {_earlier(window, grid)})"
        for window in sorted({window for _, _, window in features})
    )
    key_list = ", ".join(keys) or "is_fact"
    known_keys = " and ".join(f"{key} is not null" for key in keys) or "true"
    return f"""
        with all_facts as (select *, true as is_fact from facts),
        entities as (select distinct {key_list} from all_facts where {known_keys}),
        dense as (
            select * from entities, (
                select unnest(generate_series(
                    timestamp '{FIRST}', timestamp '{FIRST + timedelta(days=16)}', interval 1 {grid}
                )) as g
            )
        )
        select {", ".join([*keys, "g as available_at"])}, {columns}
        from dense inner join all_facts using ({key_list})
        group by {key_list}, g
        having {changed}
    """


def _earlier(window: str, grid: str) -> str:
    """The same window at the grid instant before."""
    return window.replace("< g", f"< g - interval 1 {grid}").replace(
        ">= g", f">= g - interval 1 {grid}"
    )


INSTANTS = st.builds(
    lambda hours, micros: FIRST + timedelta(hours=hours, microseconds=micros),
    # On a boundary, just before and just after one, and between.
    st.sampled_from([24 * day + hour for day in range(7) for hour in (0, 1, 12)]),
    st.sampled_from([-1, 0, 1]),
)
AMOUNTS = st.none() | st.sampled_from(
    [Decimal("0.25"), Decimal("1.10"), Decimal("-3.00"), Decimal(7)]
)


@st.composite
def facts(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Versions of facts: ties, nulls, facts on a boundary, superseded early, late or never."""
    rows: list[dict[str, Any]] = []
    for number in range(draw(st.integers(0, 9))):
        known_at = draw(INSTANTS)
        superseded = draw(st.none() | st.sampled_from([1, 3600, 43200, 86400, 172800, 345600]))
        rows.append(
            {
                "fact_id": number,
                "carrier_id": draw(st.sampled_from(["a", "b", None])),
                "lane": draw(st.sampled_from(["x", "y", None])),
                "amount": draw(AMOUNTS),
                "is_late": draw(st.sampled_from([True, False, None])),
                "event_at": draw(st.sampled_from([FIRST, FIRST + timedelta(hours=5), known_at])),
                "known_at": known_at,
                "superseded_at": superseded and known_at + timedelta(seconds=superseded),
                "opens_at": draw(INSTANTS),
                "closes_at": draw(st.none() | INSTANTS),
            }
        )
    for carrier in ("a", "b", None):
        of_carrier = sorted(
            (row for row in rows if row["carrier_id"] == carrier), key=lambda row: row["known_at"]
        )
        for row, later in zip_longest(of_carrier, of_carrier[1:]):
            row["replaced_at"] = later and later["known_at"]
    return rows


def table_of(facts: list[dict[str, Any]]) -> pa.Table:
    instant = pa.timestamp("us")
    return pa.Table.from_pylist(
        facts,
        schema=pa.schema(
            {
                "fact_id": pa.int64(),
                "carrier_id": pa.string(),
                "lane": pa.string(),
                "amount": pa.decimal128(9, 2),
                "is_late": pa.bool_(),
                **dict.fromkeys(
                    [
                        "event_at",
                        "known_at",
                        "superseded_at",
                        "replaced_at",
                        "opens_at",
                        "closes_at",
                    ],
                    instant,
                ),
            }
        ),
    )


def copy_of_the_fixture(path: Path) -> Path:
    shutil.copytree(PROJECT / "tests/fixtures/windows", path, dirs_exist_ok=True)
    shutil.copy2(path / "profiles.example.yml", path / "profiles.yml")
    for folder in ("windows", "names"):
        shutil.copytree(PROJECT / "macros" / folder, path / "macros" / folder)
    return path


def dbt(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "HOME": str(project), "DBT_PROFILES_DIR": str(project)}
    return run_dbt(project, ["--quiet", *arguments], environment)


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The SQL of each view, from the first fact below `full` and for a batch below `batch`."""
    project = copy_of_the_fixture(tmp_path_factory.mktemp("windows"))
    end = f"end: '{BATCH[1]}'"
    for folder, variables in (("full", end), ("batch", f"start: '{BATCH[0]}', {end}")):
        done = dbt(project, "compile", "--vars", f"{{{variables}}}")
        assert done.returncode == 0, done.stdout
        shutil.copytree(project / "target/compiled/milepost/models", project / folder)
    return project


def fact_of_one_lane(number: int, known_at: datetime, **values: Any) -> dict[str, Any]:
    fact = dict.fromkeys(["superseded_at", "replaced_at", "closes_at"])
    fact |= {"fact_id": number, "carrier_id": "a", "lane": "x", "amount": Decimal(7)}
    fact |= {"is_late": False, "event_at": FIRST, "known_at": known_at, "opens_at": FIRST}
    return {**fact, **values}


# A lane that is in the windows when the batch begins, and is seen again at its first instant.
SEEN_AGAIN = [
    fact_of_one_lane(0, BATCH[0] - timedelta(hours=36), replaced_at=BATCH[0] - timedelta(hours=12)),
    fact_of_one_lane(1, BATCH[0] - timedelta(hours=12)),
]

# Three amounts of a lane within five hours, of which each percentile is another.
WITHIN_HOURS = [
    fact_of_one_lane(
        number,
        BATCH[0] + timedelta(hours=number),
        amount=Decimal(amount),
        replaced_at=BATCH[0] + timedelta(hours=number + 1),
    )
    for number, amount in enumerate(["0.25", "7", "1.10"])
]


@pytest.mark.parametrize("view", VIEWS)
@given(rows=facts())
@example(rows=SEEN_AGAIN)
@example(rows=WITHIN_HOURS)
def test_windows_are_what_their_definition_says(
    compiled: Path, view: str, rows: list[dict[str, Any]]
) -> None:
    keys, grid, features = VIEWS[view]
    with duckdb.connect() as con:
        con.execute("set threads = 1")
        con.register("arrow_facts", table_of(rows))
        con.execute("create table facts as from arrow_facts")
        con.execute(f"create table expected as {reference(keys, grid, features)}")
        for table in ("full", "batch"):
            con.execute(
                f"create table {table}_build as {(compiled / table / f'{view}.sql').read_text()}"
            )
        first, end = BATCH
        built = f"select * from expected where available_at < timestamp '{end}'"
        same(con, "full_build", f"({built})")
        same(con, "batch_build", f"({built} and available_at >= timestamp '{first}')")


def rendered(view: str, batch: tuple[datetime | None, datetime], dialect: str) -> str:
    """The SQL of a view as dbt compiles it on an engine, which need not be installed."""
    model = (PROJECT / f"tests/fixtures/windows/models/{view}.sql").read_text()
    features = partial(macro.trailing_features, batch=batch, engine=dialect)
    template = get_environment().from_string(model)
    context = {"trailing_features": features, "config": lambda **_: ""}
    return str(template.render(context)).strip()


@cache
def facts_of_many_carriers() -> list[dict[str, Any]]:
    """What is drawn sixty times, each of other carriers: Sail takes seconds to plan a query."""
    examples = [SEEN_AGAIN, WITHIN_HOURS]

    @settings(max_examples=60)
    @given(facts())
    def draw(rows: list[dict[str, Any]]) -> None:
        examples.append(rows)

    draw()
    return [
        {
            **row,
            "fact_id": 100 * number + place,
            "carrier_id": row["carrier_id"] and f"{row['carrier_id']}{number}",
        }
        for number, rows in enumerate(examples)
        for place, row in enumerate(rows)
    ]


@pytest.mark.parametrize("view", VIEWS)
def test_windows_on_sail_are_what_their_definition_says(compiled: Path, view: str) -> None:
    keys, grid, features = VIEWS[view]
    first, end = BATCH
    rows = table_of(facts_of_many_carriers())
    with duckdb.connect() as con:
        con.register("facts", rows)
        con.execute(f"create table expected as {reference(keys, grid, features)}")
        for name, start, query in (
            ("sail with ansi", None, Sail.table),
            ("sail", first, Sail.table),
            ("sail", None, Sail.table_of_stored_steps),
        ):
            sail = engine_of(name)
            assert isinstance(sail, Sail)
            sail.put("facts", rows)
            sail_rows = query(sail, rendered(view, (start, end), sail.dialect))
            con.register("sail_build", sail_rows)
            built = (
                f"available_at >= timestamp '{start or FIRST}' and available_at < timestamp '{end}'"
            )
            assert sail_rows.num_rows > 2
            same(con, "sail_build", f"(select * from expected where {built})")


@pytest.mark.parametrize("view", VIEWS)
def test_what_is_rendered_is_what_dbt_compiles(compiled: Path, view: str) -> None:
    first, end = BATCH
    for folder, start in (("full", None), ("batch", first)):
        dbt_sql = (compiled / folder / f"{view}.sql").read_text()
        assert rendered(view, (start, end), "duckdb") == dbt_sql.strip()


def test_the_sql_of_the_windows_is_well_formed(compiled: Path) -> None:
    """`make check` lints models with a stub of the windows, so what dbt compiled is linted here."""
    # Layout: a CTE in a CTE keeps the indent of its own macro, and names of series make long lines.
    layout = "LT02,LT05,LT08,LT12,LT13,LT15"
    # `x as x`, columns that one of the joined relations alone has, an instant before a stay's ends.
    skipped = f"ST06,ST09,AL09,RF02,RF03,{layout}"
    # The smallest build in full has each CTE of totals, which no batch has.
    # sqlfluff 4.4 does not parse a window that has a frame and no order, which the standard allows.
    sql = (compiled / "full/hourly.sql").read_text()
    ordered = sql.replace("as (rows unbounded", "as (order by null rows unbounded")
    assert ordered != sql
    (compiled / "full/ordered.sql").write_text(ordered)
    files = sorted(["full/ordered.sql", *(f"batch/{view}.sql" for view in VIEWS)])
    options = ["--templater", "raw", "--exclude-rules", skipped, "--format", "json"]
    config = ["--config", str(PROJECT / ".sqlfluff")]
    linted = subprocess.run(
        [Path(sys.executable).with_name("sqlfluff"), "lint", *options, *config, *files],
        cwd=compiled,
        env={**os.environ, "HOME": str(compiled)},
        capture_output=True,
        text=True,
        check=False,
    )
    found = {item["filepath"]: item["violations"] for item in json.loads(linted.stdout)}
    assert sorted(found) == files
    assert not any(found.values()), found


def same(con: duckdb.DuckDBPyConnection, found: str, expected: str) -> None:
    """Equal rows; doubles within 1e-9, as two ways of one quotient differ in the last digit."""
    rows = con.execute(f"from {found} order by all").fetchall()
    wanted = con.execute(f"from {expected} order by all").fetchall()
    names = [column[0] for column in con.description]
    assert len(rows) == len(wanted), (rows, wanted)
    for row, other in zip(rows, wanted, strict=True):
        differing = {
            name: (value, wanted_value)
            for name, value, wanted_value in zip(names, row, other, strict=True)
            if value != wanted_value
            and not (
                isinstance(value, float)
                and value == pytest.approx(wanted_value, rel=1e-9, abs=1e-6)
            )
        }
        assert not differing, other

"""An outcome is what a fault does to its view, whatever else is built from the raw log."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from milepost.errors import StandardsError
from milepost.stress import faults
from milepost.stress.rebuild import Rebuilder
from milepost.stress.stress import all_outcomes
from stress.small_builds import COLUMNS, SmallBuild, fault

KEYS = "load_id, landed_at as available_at"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> SmallBuild:
    return SmallBuild(tmp_path_factory.mktemp("small"))


def test_what_another_view_sets_aside_tells_nothing_of_this_one(small: SmallBuild) -> None:
    miles = small.table("miles", f"select {KEYS}, miles as value from {{rows}}")
    careful = small.table(
        "careful",
        f"select {KEYS}, miles as value from {{rows}} where miles is not null",
        sets_aside="miles is null",
    )
    together = Rebuilder(small.build([miles, careful], {"miles": [], "careful": []}))
    outcomes = together.outcomes(fault("nulls", "miles"))
    assert (outcomes["miles"].outcome, outcomes["miles"].set_aside) == ("moved", 0)
    assert (outcomes["careful"].outcome, outcomes["careful"].set_aside) == ("set_aside", 10)


def test_a_view_has_the_same_outcomes_alone_and_beside_another(small: SmallBuild) -> None:
    miles = small.table("miles", f"select {KEYS}, miles as value from {{rows}}")
    stops = small.table("stops", f"select {KEYS}, stops as value from {{rows}}")
    alone = Rebuilder(small.build([miles], {"miles": []}))
    together = Rebuilder(small.build([miles, stops], {"miles": [], "stops": []}))
    for item in [fault("nulls", "stops"), fault("nulls", "miles"), fault("duplicates")]:
        of_view = together.outcomes(item).get("miles")
        assert of_view == alone.outcomes(item).get("miles")
        assert (of_view is None) == (item.column == "stops")  # which it does not read


def test_a_check_is_asked_though_the_last_table_that_it_looks_at_is_not_reached(
    small: SmallBuild,
) -> None:
    loads = small.table("loads", f"select {KEYS}, miles from {{rows}}")
    stops = small.table("stops", "select load_id from {rows}")
    names = small.table("names", "select load_id from stress.main.stops", stops)
    view = small.table(
        "view", "select load_id, available_at, miles as value from stress.main.loads", loads
    )
    sql = "select count(*) > 0 from stress.main.loads where miles is null"
    build = small.build(
        [loads, stops, names, view],
        {"view": [loads, stops, names]},
        {"names": (sql, "loads", "names")},
    )
    outcome = Rebuilder(build).outcomes(fault("nulls", "miles"))["view"]
    assert (outcome.outcome, outcome.by) == ("stopped", "`names_check`")


@pytest.mark.parametrize(
    ("value", "setup", "message"),
    [
        ("doubled(miles)", "create macro doubled(miles) as miles * 2", "cannot be built again"),
        ("miles + random()", "", "comes out otherwise"),
        # doubles that change places have the same sum
        (
            "(select list(miles order by random()) from {rows})[row_number() over ()]",
            "",
            "comes out otherwise",
        ),
        ("cast(random() * 1000 as integer)", "", "comes out otherwise"),
    ],
)
def test_what_cannot_be_built_again_is_refused_before_any_fault(
    small: SmallBuild, value: str, setup: str, message: str
) -> None:
    view = small.table("view", f"select {KEYS}, {value} as value from {{rows}}")
    with pytest.raises(StandardsError, match=f"`view` {message}"):
        Rebuilder(small.build([view], {"view": []}, setup=setup)).check_soundness()


def test_a_check_that_fails_without_a_fault_is_refused(small: SmallBuild) -> None:
    view = small.table("view", f"select {KEYS}, miles as value from {{rows}}")
    build = small.build([view], {"view": []}, {"view": ("select true", "view")})
    with pytest.raises(StandardsError, match="`view_check` fails when it is asked again"):
        Rebuilder(build).check_soundness()


def test_the_order_in_which_doubles_are_added_is_no_difference(small: SmallBuild) -> None:
    is_again = "(select count(*) from duckdb_databases() where database_name = 'clean')"
    value = f"miles / 3 * (1 + 1e-15 * {is_again})"
    view = small.table("view", f"select {KEYS}, {value} as value from {{rows}}")
    Rebuilder(small.build([view], {"view": []})).check_soundness()
    view = replace(view, sql=view.sql.replace("1e-15", "1e-6"))
    with pytest.raises(StandardsError, match="comes out otherwise"):
        Rebuilder(small.build([view], {"view": []})).check_soundness()


def test_a_view_of_tables_keeps_what_it_had_without_a_fault(small: SmallBuild) -> None:
    loads = small.table("loads", f"select {KEYS}, miles from {{rows}}")
    sql = "select load_id, available_at, miles as value from stress.main.loads"
    view = small.table("view", sql, loads)
    build = Rebuilder(small.build([loads, view], {"view": [loads]}, as_views=["view"]))
    assert build.outcomes(fault("nulls", "miles"))["view"].outcome == "moved"


def test_no_outcome_is_told_of_a_build_that_is_not_sound(small: SmallBuild) -> None:
    view = small.table("view", f"select {KEYS}, random() as value from {{rows}}")
    with pytest.raises(StandardsError, match="comes out otherwise"):
        next(all_outcomes(small.build([view], {"view": []})))


def test_a_number_that_would_not_fit_its_type_stays_as_it_is(tmp_path: Path) -> None:
    types = {
        "tinyint": "1 + n % 2 * 100",
        "smallint": "100 + n",
        "integer": "(n + 1) * 300000",
        "bigint": "9000000000000000000 + n",
        "decimal(9, 2)": "5000000 + n",
        "decimal(18, 2)": "9999999999999990 + n",
        "decimal(38, 2)": "999999999999999999999999999999999990 + n",
        "uinteger": "n",
        "double": "n / 3",
        "int": "-2147483648",
    }
    columns = {
        f"c{n}_miles": f"cast({sql} as {name})" for n, (name, sql) in enumerate(types.items())
    }
    small = SmallBuild(tmp_path, {**COLUMNS, **columns})
    value = " + ".join(f"cast({column} as double)" for column in columns)
    view = small.table("view", f"select {KEYS}, {value} as value from {{rows}}")
    rebuilder = Rebuilder(small.build([view], {"view": []}))
    factors = {"sign": -1, "zero": 0, "outliers_x10": 10, "outliers_x1000": 1000}
    changed = set()
    with duckdb.connect() as con:
        con.execute(f"attach '{small.raw_database}' as raw (read_only)")
        for item in [item for item in faults.of_parts([small.part]) if item.column in columns]:
            if item.kind.name not in factors:
                continue
            if item.kind.name == "outliers_x1000":
                rebuilder.outcomes(item)  # without an error
            rows = faults.rows(small.part, small.copied, item)
            pairs = con.execute(
                f"select distinct clean.{item.column}, after.{item.column} "
                f"from {small.part.relation} as clean inner join ({rows}) as after using (load_id) "
                f"where clean.{item.column} is distinct from after.{item.column}"
            ).fetchall()
            expected = [float(before) * factors[item.kind.name] for before, _ in pairs]
            assert [float(after) for _, after in pairs] == pytest.approx(expected)
            if pairs:
                changed.add((item.column, item.kind.name))
    assert {column for column, kind in changed if kind == "outliers_x10"} == {
        *("c0_miles", "c1_miles", "c2_miles", "c7_miles", "c8_miles")
    }
    assert {column for column, kind in changed if kind == "sign"} == {*columns} - {
        "c7_miles",
        "c9_miles",
    }


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ("coalesce(miles, 'nan'::double)", 1.0),
        ("coalesce(miles, 'inf'::double)", 1.0),
        ("coalesce(miles / 0, 1)", 1.0),  # it was no finite number
        ("coalesce(miles * 1e-300, 1e300)", 1.0),  # by how much is too large for a number
        ("coalesce(miles, 1.5 * 1e2)", 0.45),
    ],
)
def test_a_move_to_what_is_no_finite_number_is_as_large_as_any(
    small: SmallBuild, value: str, size: float
) -> None:
    view = small.table("view", f"select {KEYS}, {value} as value from {{rows}}")
    outcome = Rebuilder(small.build([view], {"view": []})).outcomes(fault("nulls", "miles"))["view"]
    assert outcome.moves["value"].share == pytest.approx(0.05)
    assert outcome.moves["value"].median == pytest.approx(size, abs=0.05)

"""An outcome is what a fault does to its view, whatever else is built from the raw log."""

from __future__ import annotations

import pytest

from stress.small_builds import SmallBuild, fault

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
    together = small.rebuilder([miles, careful], {"miles": [], "careful": []})
    outcomes = together.outcomes(fault("nulls", "miles"))
    assert (outcomes["miles"].outcome, outcomes["miles"].set_aside) == ("moved", 0)
    assert (outcomes["careful"].outcome, outcomes["careful"].set_aside) == ("set_aside", 10)


def test_a_view_has_the_same_outcomes_alone_and_beside_another(small: SmallBuild) -> None:
    miles = small.table("miles", f"select {KEYS}, miles as value from {{rows}}")
    stops = small.table("stops", f"select {KEYS}, stops as value from {{rows}}")
    alone = small.rebuilder([miles], {"miles": []})
    together = small.rebuilder([miles, stops], {"miles": [], "stops": []})
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
    build = small.rebuilder(
        [loads, stops, names, view],
        {"view": [loads, stops, names]},
        {"names": (sql, "loads", "names")},
    )
    outcome = build.outcomes(fault("nulls", "miles"))["view"]
    assert (outcome.outcome, outcome.by) == ("stopped", "`names_check`")

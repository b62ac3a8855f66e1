"""Two counts in one column: `macros/windows/paired_counts.sql`, on each engine."""

from __future__ import annotations

import pytest

from engines import DuckDB
from macro import Macros

MOST = 2**31 - 1


def counts(engine: DuckDB, *pairs: tuple[int, int]) -> list[tuple[int, int]]:
    """Return the running totals of pairs of counts, each count by itself."""
    macros = Macros("windows", "names", engine=engine.dialect)
    values = ", ".join(f"({n}, {first}, {second})" for n, (first, second) in enumerate(pairs))
    engine.put_what(
        "tiles",
        "select n, cast(a as bigint) as a, cast(b as bigint) as b "
        f"from (values {values}) as t (n, a, b)",
    )
    parts = ", ".join(
        macros.standing_sum({"difference": "total", "pair": ["a", "b"], "part": part})
        for part in (0, 1)
    )
    total = macros.wide_sum("pair") + " over milepost__so_far"
    return engine.rows(f"""
        select {parts} from (
            select n, {macros.as_total(total, "pair")} as total
            from (select n, {macros.pair_of(["a", "b"])} as pair from tiles) as pairs
            window milepost__so_far as (order by n)
        ) as milepost__standing_facts
        order by n
    """)


def test_each_count_of_a_pair_is_summed_up_by_itself(engine: DuckDB) -> None:
    assert counts(engine, (0, 0), (3, 1), (4, 4), (1, 0)) == [(0, 0), (3, 1), (7, 5), (8, 5)]
    assert counts(engine, (MOST, MOST)) == [(MOST, MOST)]
    assert counts(engine, (MOST - 1, MOST - 1), (1, 1)) == [(MOST - 1, MOST - 1), (MOST, MOST)]


@pytest.mark.parametrize(
    "pairs", [[(MOST + 1, 0)], [(2**32, 1)], [(MOST, 0), (1, 0)], [(MOST, 0)] * 4]
)
def test_more_facts_than_a_pair_holds_stop_the_query(
    engine: DuckDB, pairs: list[tuple[int, int]]
) -> None:
    with pytest.raises(engine.Error, match=r"(?s)a key has 2\^31 facts or more.*hint"):
        counts(engine, *pairs)


def test_the_second_count_of_a_pair_is_never_above_the_first() -> None:
    macros = Macros("windows", "names")
    declared = [
        {"name": "miles", "mean": "loads.miles", "over": ["7d", "28d"]},
        {"name": "bonus", "mean": "loads.bonus", "over": "7d"},
        {"name": "late", "rate": "loads.is_late", "over": "28d"},
        {"name": "n", "count": "loads", "over": "28d"},
    ]
    series = macros.window_series(macros.parse_features(declared, ["k"], "day"), "day", False)
    pairs = {tuple(each["pair"]) for of in series for each in of["sums"] if "pair" in each}
    assert pairs == {
        ("milepost__facts_1_loads", "milepost__count_1_loads_miles"),
        ("milepost__count_1_loads_is_late", "milepost__trues_1_loads_is_late"),
    }

"""What a proof finds that may answer anew each time, without dbt."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from milepost.standards.clocks import clocks
from milepost.standards.proof import _calls
from standards.ladders import VIEW, Ladder


def calls(ladder: Ladder, raw_code: str = "", compiled_code: str = "select 1") -> set[str]:
    ladder.view |= {"raw_code": raw_code, "compiled_code": compiled_code}
    with duckdb.connect() as con:
        return clocks(con, ladder.catalog, [VIEW])


@pytest.fixture
def ladder(tmp_path: Path) -> Ladder:
    return Ladder(tmp_path)


@pytest.mark.parametrize(
    ("jinja", "found"),
    [
        ("{{ run_started_at }}", {"run_started_at"}),
        ("{% set day = modules.datetime.datetime.now() %}", {"now"}),
        ("{{ modules.datetime.date . today() }}", {"today"}),
        (
            "{{ config(post_hook=\"update t set day = '{{ run_started_at }}'\") }}",
            {"run_started_at"},
        ),
        ("-- what is known by now, from run_started_at on", set()),
        ("{# run_started_at #}", set()),
        ("{{ staged('what is known by now') }}", set()),
        ("select today, beds.now from beds", set()),
    ],
)
def test_a_clock_is_read_by_an_expression_of_jinja(
    ladder: Ladder, jinja: str, found: set[str]
) -> None:
    assert calls(ladder, raw_code=jinja) == found


def test_a_macro_reads_the_clock_for_a_model(ladder: Ladder) -> None:
    def add_macro(name: str, text: str) -> None:
        ladder.macros[f"macro.green.{name}"] = {
            "name": name,
            "package_name": "green",
            "macro_sql": text,
            "depends_on": {"macros": []},
        }

    add_macro("day", "{% macro day() %}'{{ run_started_at }}'{% endmacro %}")
    add_macro("build_day", "{% macro build_day() %}{{ day() }}{% endmacro %}")
    assert calls(ladder, raw_code="select {{ build_day() }}") == {"run_started_at"}
    assert calls(ladder, raw_code="select 1") == set()


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("select now() as at", {"now"}),
        ("select Current_Date as day", {"current_date"}),
        ("select random() as share", {"random"}),
        ("select age(known_at) as age from beds", {"age"}),
        ("select today, now, beds.random from beds", set()),
    ],
)
def test_a_clock_is_read_by_a_function_of_sql(ladder: Ladder, sql: str, found: set[str]) -> None:
    assert calls(ladder, compiled_code=sql) == found


@pytest.mark.parametrize(
    "code", ["pivot beds on bed_id using sum(depth)", "def model(dbt, session):\n    return 1"]
)
def test_what_cannot_be_searched_is_a_fault(ladder: Ladder, code: str) -> None:
    ladder.view |= {"raw_code": code, "compiled_code": code}
    (view,) = ladder.catalog.feature_views()
    with duckdb.connect() as con:
        (fault,) = _calls(con, ladder.catalog, view)
    assert "cannot be searched for calls of the clock: `beds` is no plain `select`" in fault.message
    assert "as one `select`" in fault.remedy

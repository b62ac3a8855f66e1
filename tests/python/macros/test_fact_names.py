"""A column of a fact may be named as the macros once named columns of their own."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from macro import Macros

NAMES = [
    *("described_at", "counts_from", "is_contradiction", "delivered_before_at", "target_id"),
    *(
        "is_gone",
        "next_seen_at",
        "state_before_at",
        "same_before_at",
        "previous_known_at",
        "known",
        "versions",
        "deliveries",
    ),
]
LANDED = """
    select * from (values
        ('a', 7, timestamp '2026-01-01', timestamp '2026-01-01 09:00', null),
        ('a', 8, timestamp '2026-01-01', timestamp '2026-01-03 09:00', null),
        ('b', 1, timestamp '2026-01-02', timestamp '2026-01-02 09:00', null),
        ('b', 1, timestamp '2026-01-02', timestamp '2026-01-04 09:00', null),
        ('b', 1, timestamp '2026-01-02', timestamp '2026-02-04 09:00', null)
    ) as landed (fact_id, {column}, event_at, known_at, fault)
"""


def rows(macro: str, column: str) -> list[Any]:
    """The rows of a macro over facts whose one content column has this name."""
    macros = Macros(
        "facts", "names", "windows", ref=lambda name: name, var=lambda _: 60, execute=False
    )
    with duckdb.connect() as con:
        con.execute("create table landed as " + LANDED.format(column=column))
        more = {"absent": "gone"} if macro == "staged_snapshots" else {}
        sql = getattr(macros, macro)("landed", id="fact_id", content=[column], **more)
        return con.sql(f"select * from ({sql}) order by all").fetchall()


@pytest.mark.parametrize("macro", ["staged_facts", "staged_snapshots", "versions_of"])
@pytest.mark.parametrize("name", NAMES)
def test_a_column_s_name_changes_nothing(macro: str, name: str) -> None:
    found = rows(macro, "amount")
    assert len(found) > 2
    assert rows(macro, name) == found

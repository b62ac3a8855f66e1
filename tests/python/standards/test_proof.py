"""Where the days end that the proof of a view takes away."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from milepost.standards import proof

BUILT_TO = datetime(2026, 1, 16)


@pytest.mark.parametrize(
    ("rows", "end"),
    [
        # A row of each day: the end of what is built.
        (["2026-01-14 02:00", "2026-01-15 02:00"], BUILT_TO),
        # A row of each week: the end of the last row's day.
        (["2026-01-06 02:00", "2026-01-13 02:00"], datetime(2026, 1, 14)),
        ([], BUILT_TO),
    ],
)
def test_the_days_taken_away_have_the_last_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[str], end: datetime
) -> None:
    database = tmp_path / "full.duckdb"
    with duckdb.connect(database) as con:
        con.execute("create table fuel (available_at timestamp)")
        for row in rows:
            con.execute("insert into fuel values (?)", [row])
    monkeypatch.setattr(proof, "_built_to", lambda *_: BUILT_TO)
    view: Any = SimpleNamespace(relation='"full"."main"."fuel"', serving_delay_minutes=120)
    assert proof._end(database, view) == end

"""How far a fault moves the features of a view, with keys and without."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from milepost.stress.certificate import Move
from milepost.stress.moves import moves


@pytest.mark.parametrize("keys", [(), ("region",)])
def test_a_feature_is_compared_at_each_instant_of_either_build(keys: tuple[str, ...]) -> None:
    table = SimpleNamespace(clean="before_rows", relation="after_rows")
    view: Any = SimpleNamespace(table=table, keys=keys, types={"price": "DOUBLE"})
    with duckdb.connect() as con:
        con.execute(
            "create table before_rows as select 'west' as region, timestamp '2026-01-01' + "
            "interval 1 day * n as available_at, 4.0::double as price from range(4) as days (n)"
        )
        con.execute(
            "create table after_rows as select region, available_at, "
            "case when available_at < '2026-01-03' then price else 6 end as price from before_rows"
        )
        (moved,) = moves(con, view).items()
    assert moved == ("price", Move(0.5, 0.5))

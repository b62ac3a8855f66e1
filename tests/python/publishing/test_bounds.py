"""How many rows came since the current release, and how full: what is within a view's bounds."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest

from candidates import BOUNDS, THROUGH, candidate, publishable, released, sentences, view
from milepost.publishing.rules.bounds import within_its_bounds
from small_releases import at


def bounds(
    hourly: int,
    nulls: int,
    *,
    hours: int = 24,
    reference: int = 10,
    complete_from: dict[str, datetime] = {},  # noqa: B006 - nobody changes it
    **more: Any,
) -> list[str]:
    """Reasons where January has `reference` rows an hour, half null, and then come others."""
    with duckdb.connect() as con:
        con.execute(
            f"""
            create table built as
            select 'north' as bed_id, hours.hour_at as available_at, 1 as readings,
                case when n % 2 = 0 then 0.5 end as wet
            from range(timestamp '2026-01-01', timestamp '2026-02-01', interval 1 hour)
                    as hours (hour_at),
                range({reference}) as per_hour (n)
            union all
            select 'north', hours.hour_at, 1, case when n >= {nulls} then 0.5 end
            from range(timestamp '2026-02-01', timestamp '2026-02-01' + interval {hours} hour,
                interval 1 hour) as hours (hour_at), range({hourly}) as per_hour (n)
            """
        )
        built = view(**more)
        evidence = publishable(built, THROUGH + timedelta(hours=hours), **complete_from)
        judged = candidate([built], released(view()), con=con, evidence=[evidence])
        return sentences(within_its_bounds(judged))


def test_a_share_of_nulls_and_rows_within_bounds_pass() -> None:
    assert bounds(10, 5) == bounds(39, 20) == bounds(3, 1) == bounds(10, 0) == bounds(10, 9) == []


@pytest.mark.parametrize("hourly", [0, 2, 41])
def test_many_more_or_fewer_rows_are_refused(hourly: int) -> None:
    (reason,) = bounds(hourly, 0)
    assert reason == (
        f"beds: it has {hourly * 24:,} rows since 2026-02-01 00:00:00, where the 28 days before "
        "suggest 240; `bounds.row_rate_factor_max` is 4"
    )


def test_many_more_nulls_are_refused_by_feature() -> None:
    (reason,) = bounds(
        100, 100, bounds={**BOUNDS, "row_rate_factor_max": 20, "null_share_rise_max": 0.4}
    )
    assert reason == (
        "beds: `wet` is null in 100% of the rows since 2026-02-01 00:00:00, in 50% of those "
        "before; `bounds.null_share_rise_max` is 0.4"
    )


def test_nulls_are_judged_from_when_a_feature_is_complete_rows_from_when_all_are() -> None:
    strict = {**BOUNDS, "row_rate_factor_max": 20, "null_share_rise_max": 0.4}
    late = {"readings": at("2026-02-01")}
    assert len(bounds(100, 100, complete_from=late, bounds=strict)) == 1
    assert bounds(100, 100, complete_from={"wet": at("2026-02-01")}, bounds=strict) == []
    assert len(bounds(41, 0, complete_from={"readings": at("2026-01-31")})) == 1
    assert bounds(41, 0, complete_from=late) == []


def test_too_few_rows_tell_nothing() -> None:
    assert bounds(0, 0, hours=9) == []
    assert bounds(0, 0, hours=11) != []
    assert bounds(0, 0, hours=9, bounds={**BOUNDS, "row_count_min": 1}) != []

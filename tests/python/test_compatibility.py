"""What may follow the current release: its schema, how far it goes, how many rows and nulls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest

from milepost.building.declared_views import FeatureView
from milepost.publishing import compatibility
from milepost.publishing.gate import Passed
from milepost.release.definition import Field
from milepost.release.derived import Derived
from milepost.release.entity import EntityRole
from milepost.release.manifest import Manifest, View
from releases import at, manifest_of

COLUMNS = {"bed_id": "VARCHAR", "available_at": "TIMESTAMP", "wet": "DOUBLE", "readings": "BIGINT"}
THROUGH = at("2026-02-01")
BOUNDS = {"row_rate_factor_max": 4, "null_share_rise_max": 0.5, "row_count_min": 100}


def view(columns: dict[str, str] = COLUMNS, **more: Any) -> FeatureView:
    stated: dict[str, Any] = {
        "name": "beds",
        "version": None,
        "is_latest": True,
        "deprecated_at": None,
        "unique_id": "model.green.beds",
        "relation": "built",
        "description": "",
        "entities": [EntityRole("bed", "bed", ["bed_id"])],
        "keys": ["bed_id"],
        "grid": "day",
        "longest_window_days": 1,
        "serving_delay_minutes": 30,
        "owners": {},
        "maturity": "",
        "sensitivity": "",
        "bounds": BOUNDS,
        "fields": [Field(name, kind, "") for name, kind in columns.items()],
    }
    return FeatureView(**{**stated, **more})


def released(*views: FeatureView) -> Manifest:
    return manifest_of(
        *(
            View(
                name=one.name,
                description="",
                entities=one.entities,
                keys=one.keys,
                grid=one.grid,
                serving_delay_minutes=one.serving_delay_minutes,
                owners={},
                maturity="",
                sensitivity="",
                fields=[
                    Field(
                        c.name,
                        c.type,
                        "",
                        "2026-01-02T00:00:00" if c.name in one.features else None,
                    )
                    for c in one.fields
                ],
                files=[],
                rows=0,
                built_through=THROUGH.isoformat(),
                statistics={},
                checks=[],
                code="",
                fingerprint="",
                version=one.version,
                is_latest=one.is_latest,
                deprecated_at=one.deprecated_at,
                derived=list(one.derived),
            )
            for one in views
        )
    )


DRY = Derived("dry", "DOUBLE", "", "1 - wet", ["wet"])


def schema(after: list[FeatureView], *before: FeatureView) -> list[str]:
    return list(compatibility.schema_faults(after, released(*before)))


@pytest.mark.parametrize(
    ("now", "faults"),
    [
        ((DRY, replace(DRY, name="drier")), []),
        ((replace(DRY, description="Said anew."),), []),
        ((), ["beds:dry: it is removed or renamed; it needs a new version of the view"]),
        (
            (replace(DRY, sql="1e0 - wet"),),
            ["beds:dry: it is computed otherwise; it needs a new version of the view"],
        ),
        (
            (replace(DRY, request={"x": "DOUBLE"}),),
            ["beds:dry: it is computed otherwise; it needs a new version of the view"],
        ),
    ],
)
def test_a_derived_feature_stays_what_it_was(now: tuple[Derived, ...], faults: list[str]) -> None:
    assert schema([view(derived=now)], view(derived=(DRY,))) == faults


def version(number: str, **more: Any) -> FeatureView:
    return view(**{"name": f"beds_v{number}", "version": number, **more})


def without(*names: str) -> dict[str, str]:
    return {name: kind for name, kind in COLUMNS.items() if name not in names}


def test_what_adds_a_feature_or_a_view_breaks_nothing() -> None:
    assert schema([view(), view(name="shelves")], view()) == []
    assert schema([view({**COLUMNS, "is_dry": "BOOLEAN"})], view()) == []
    reordered = dict(reversed(COLUMNS.items()))
    assert schema([view(reordered)], view()) == []


@pytest.mark.parametrize(
    ("after", "reason"),
    [
        (view(without("wet")), "beds.wet: it is removed or renamed"),
        (view({**without("wet"), "wetness": "DOUBLE"}), "beds.wet: it is removed or renamed"),
        (view({**COLUMNS, "readings": "DOUBLE"}), "beds.readings: it was BIGINT and is DOUBLE"),
        (view(keys=[], entities=[]), "beds: its keys were ['bed_id'] and are []"),
        (view(grid="hour"), "beds: its `grid` was `day` and is `hour`"),
        (view(serving_delay_minutes=0), "beds: its `serving_delay_minutes` was `30` and is `0`"),
    ],
)
def test_what_a_reader_would_miss_needs_a_new_version(after: FeatureView, reason: str) -> None:
    assert schema([after], view()) == [f"{reason}; it needs a new version of the view"]
    assert schema([replace(after, name="beds_v2", version="2"), version("1")], view()) == []


def test_versions_are_each_held_to_what_they_were() -> None:
    assert schema([version("1"), version("2", columns=without("wet"))], version("1")) == []
    (reason,) = schema([version("1", columns=without("wet"))], version("1"))
    assert reason.startswith("beds_v1.wet")


def test_version_1_goes_on_from_the_view_that_had_none() -> None:
    (reason,) = schema([version("1", columns=without("wet"))], view())
    assert reason.startswith("beds_v1.wet")
    (reason,) = schema([version("2")], view())
    assert reason == "beds: it is removed, and the current release gives it no `deprecation_date`"


def test_a_view_is_removed_once_its_date_is_past() -> None:
    assert schema([version("2")], version("1", deprecated_at="2026-01-01T00:00:00")) == []
    (reason,) = schema([version("2")], version("1", deprecated_at="9999-01-01T00:00:00"))
    assert reason == "beds_v1: it is removed, and the current release keeps it until " + (
        "9999-01-01 00:00:00"
    )


def passed(
    built_through: datetime, complete_from: Mapping[str, datetime] | None = None, **more: Any
) -> Passed:
    built = view(**more)
    starts = dict.fromkeys(built.features, at("2026-01-02")) | dict(complete_from or {})
    return Passed(built, "", (), "", built_through, starts)


def bounds(
    hourly: int, nulls: int, *, hours: int = 24, reference: int = 10, **more: Any
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
        one = passed(THROUGH + timedelta(hours=hours), **more)
        return list(compatibility.bound_faults(con, one, released(view()).views[0]))


def test_a_share_of_nulls_and_rows_within_bounds_pass() -> None:
    assert bounds(10, 5) == bounds(39, 20) == bounds(3, 1) == bounds(10, 0) == bounds(10, 9) == []


@pytest.mark.parametrize("hourly", [0, 2, 41])
def test_many_more_or_fewer_rows_are_refused(hourly: int) -> None:
    (reason,) = bounds(hourly, 0)
    assert reason == (
        f"beds: {hourly * 24:,} rows since 2026-02-01 00:00:00, where the 28 days before let "
        "expect 240; `bounds.row_rate_factor_max` is 4"
    )


def test_many_more_nulls_are_refused_by_feature() -> None:
    (reason,) = bounds(
        100, 100, bounds={**BOUNDS, "row_rate_factor_max": 20, "null_share_rise_max": 0.4}
    )
    assert reason == (
        "beds.wet: null in 100% of the rows since 2026-02-01 00:00:00, in 50% of those before; "
        "`bounds.null_share_rise_max` is 0.4"
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


def test_a_view_never_ends_earlier_than_before() -> None:
    old = released(view()).views[0]
    assert list(compatibility.forward_faults(passed(THROUGH), old)) == []
    (reason,) = compatibility.forward_faults(passed(THROUGH - timedelta(days=1)), old)
    assert reason.startswith("beds: it is built through 2026-01-31 00:00:00, in the current")

"""Units, meanings of nulls and samples, as the columns of a feature view state or imply them."""

from __future__ import annotations

import doctest
from typing import Any

import pytest

from milepost.building import column_meaning


def test_the_examples_in_the_docstrings_are_so() -> None:
    results = doctest.testmod(column_meaning)
    assert (results.failed, results.attempted) == (0, 3)


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("on_time_delivery_rate_28d", "share, 0 to 1"),
        ("inbound_tender_rejection_rate_change_7d", "difference of shares, -1 to 1"),
        ("load_count_28d_before_364d", "count"),
        ("open_load_count_next_48h", "count"),
        ("spot_rpm_p50_ratio_7d_to_28d", "ratio"),
        ("spot_rpm_p50_usd_30d", "USD"),
        ("lateness_p90_minutes_90d", "minutes"),
        ("miles", None),
        ("last_load_at", None),
    ],
)
def test_a_unit_follows_from_the_name(name: str, unit: str | None) -> None:
    assert column_meaning.unit({"name": name}) == unit


def test_what_is_stated_stands_before_what_follows() -> None:
    meta = {"unit": "USD a mile", "null_meaning": "No\n load.", "sample": {"load_count_7d": 20}}
    column: dict[str, Any] = {"name": "spot_rpm_usd", "description": "Null at first."}
    stated = {**column, "config": {"meta": meta}}
    assert column_meaning.unit(stated) == "USD a mile"
    assert column_meaning.null_meaning(stated) == "No load."
    assert column_meaning.sample(stated) == {"load_count_7d": 20}
    assert column_meaning.null_meaning(column) == "Null at first."
    assert column_meaning.sample(column) == {}


@pytest.mark.parametrize(
    ("description", "meaning"),
    [
        (
            "Share. Null without loads; null, too, of a new lane.",
            "Null without loads; null, too, of a new lane.",
        ),
        ("Minutes, 0 before;\n null without arrivals.", "null without arrivals."),
        ("Nullable is what this never is.", None),
        ("", None),
    ],
)
def test_what_the_description_says_of_nulls_is_their_meaning(
    description: str, meaning: str | None
) -> None:
    assert column_meaning.null_meaning({"name": "x", "description": description}) == meaning


@pytest.mark.parametrize("sample", ["tender_count", ["tender_count"], {"tender_count": 1}])
def test_a_sample_is_a_count_a_list_or_minimums(sample: Any) -> None:
    column = {"name": "x", "config": {"meta": {"sample": sample}}}
    assert column_meaning.sample(column) == {"tender_count": 1}


@pytest.mark.parametrize("sample", [None, 3, {"tender_count": "many"}])
def test_what_is_no_sample_is_left_to_the_test_that_refuses_it(sample: Any) -> None:
    assert column_meaning.sample({"name": "x", "config": {"meta": {"sample": sample}}}) == {}

"""What descriptions and names of columns are refused, without a project."""

from __future__ import annotations

from typing import Any

import pytest

from milepost.standards.metadata_faults import (
    dependent_descriptions,
    nullable_keys,
    unnamed_owners,
    untagged_personal_data,
)


def description_faults(*descriptions: str, is_view: bool = False) -> list[str]:
    """What the rule says of a model whose columns `c0`, `c1` ... have descriptions."""
    columns = {f"c{number}": {"description": text} for number, text in enumerate(descriptions)}
    meta: dict[str, Any] = {"entities": {}} if is_view else {}
    node = {"name": "beds", "description": "", "columns": columns, "config": {"meta": meta}}
    return [fault.message for fault in dependent_descriptions(node)]


@pytest.mark.parametrize(
    ("description", "pointer"),
    [
        ("The same over the 7 days that end now.", "The same"),
        ("Loads of the 28 days. With the next, the sample.", ". With the next"),
        ("Loads of the 28 days, the same way.", "the same way"),
        ("Loads that were posted; see above for more.", "see above"),
        ("Carriers that hauled them.", "Carriers that hauled them."),
        ("How many they were. The sample of the rate.", "How many they were."),
        ("When it did. Null where it has not.", "When it did"),
        ("Its trading name as it stands.", "Its"),
    ],
)
def test_a_description_that_goes_on_from_another_is_refused(description: str, pointer: str) -> None:
    assert description_faults(description) == [
        f"`beds.c0` goes on from another description: `{pointer}`"
    ]


def test_a_short_description_and_one_that_stands_twice_are_refused() -> None:
    assert description_faults("Loads.", "Loads of the lane.", "Loads  of the\nlane.", "") == [
        "`beds.c0` is described in fewer than 2 words",
        "`beds.c2` and `beds.c1` have one description",
    ]
    assert description_faults("Loads of the lane.", is_view=True) == [
        "`beds.c0` is described in fewer than 5 words"
    ]


def test_a_description_that_stands_alone_passes() -> None:
    descriptions = [
        "Median of the lane over 28 days, over that of the same weeks a year before.",
        "Every row of `loads`, typed, with what is wrong with it.",
        "Loads that count from the next midnight on, and those of the day before. None is below 0.",
        "When the load was posted. A lookup takes the row that was known then.",
    ]
    assert description_faults(*descriptions, is_view=True) == []


def personal(name: str, meta: dict[str, Any] | None = None) -> bool:
    columns = {name: {"config": {"meta": meta or {}}}}
    return any(untagged_personal_data({"name": "t", "source_name": "s", "columns": columns}))


def test_a_column_that_tells_of_a_person_says_so() -> None:
    for name in ("email", "driver_name", "home_phone_number", "date_of_birth", "birth_date"):
        assert personal(name), name
        assert not personal(name, {"personal_data": False}), name
    for name in ("carrier_name", "facility_id", "contact_changed_at", "streetcar_count", "phoned"):
        assert not personal(name), name


@pytest.mark.parametrize(
    "entities", [["bed"], {"bed": {"key": "bed_id"}}, {"bed": None}, {"bed": "bed_id"}, None, "bed"]
)
def test_entities_that_are_no_lists_of_keys_are_left_to_the_ladder(entities: Any) -> None:
    meta = {"entities": entities, "owners": "plants"}
    node = {"name": "beds", "columns": {}, "config": {"meta": meta}}
    assert [fault.message for fault in nullable_keys(node)] == [
        "`beds` declares no column `available_at`"
    ]
    assert list(unnamed_owners(node)) == []

"""What the current release promises its readers: which changes of a view keep it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from candidates import (
    COLUMNS,
    THROUGH,
    VIEW,
    Garden,
    candidate,
    publishable,
    released,
    sentences,
    view,
)
from milepost.building.declared_views import FeatureView
from milepost.publishing.data_files import Uploads
from milepost.publishing.rules.promises import (
    goes_on_from_the_current_release,
    keeps_its_checks,
    keeps_its_features,
    no_view_is_missing,
)
from milepost.release.derived import Derived
from milepost.storage.location import Location

DRY = Derived("dry", "DOUBLE", "", "1 - wet", ["wet"])


def broken(after: list[FeatureView], *before: FeatureView) -> list[str]:
    """What the views promise no more, or which of them are missing."""
    judged = candidate(after, released(*before))
    return sentences([*keeps_its_features(judged), *no_view_is_missing(judged)])


@pytest.mark.parametrize(
    ("now", "faults"),
    [
        ((DRY, replace(DRY, name="drier")), []),
        ((replace(DRY, description="Said anew."),), []),
        ((), ["beds: derived feature `dry` is removed or renamed"]),
        (
            (replace(DRY, sql="1e0 - wet"),),
            ["beds: derived feature `dry` is computed in another way"],
        ),
        (
            (replace(DRY, request={"x": "DOUBLE"}),),
            ["beds: derived feature `dry` is computed in another way"],
        ),
    ],
)
def test_a_derived_feature_stays_what_it_was(now: tuple[Derived, ...], faults: list[str]) -> None:
    assert broken([view(derived=now)], view(derived=(DRY,))) == faults


def version(number: str, **more: Any) -> FeatureView:
    return view(**{"name": f"beds_v{number}", "version": number, **more})


def without(*names: str) -> dict[str, str]:
    return {name: kind for name, kind in COLUMNS.items() if name not in names}


def test_what_adds_a_feature_or_a_view_breaks_nothing() -> None:
    assert broken([view(), view(name="shelves")], view()) == []
    assert broken([view({**COLUMNS, "is_dry": "BOOLEAN"})], view()) == []
    reordered = dict(reversed(COLUMNS.items()))
    assert broken([view(reordered)], view()) == []


@pytest.mark.parametrize(
    ("after", "reason"),
    [
        (view(without("wet")), "beds: `wet` is removed or renamed"),
        (view({**without("wet"), "wetness": "DOUBLE"}), "beds: `wet` is removed or renamed"),
        (view({**COLUMNS, "readings": "DOUBLE"}), "beds: `readings` was BIGINT and is DOUBLE"),
        (view(keys=[], entities=[]), "beds: it had the keys `bed_id` and has no keys"),
        (view(grid="hour"), "beds: its `grid` was `day` and is `hour`"),
        (view(serving_delay_minutes=0), "beds: its `serving_delay_minutes` was `30` and is `0`"),
    ],
)
def test_what_a_reader_would_miss_needs_a_new_version(after: FeatureView, reason: str) -> None:
    assert broken([after], view()) == [reason]
    assert broken([replace(after, name="beds_v2", version="2"), version("1")], view()) == []


def test_versions_are_each_held_to_what_they_were() -> None:
    assert broken([version("1"), version("2", columns=without("wet"))], version("1")) == []
    (reason,) = broken([version("1", columns=without("wet"))], version("1"))
    assert reason == "beds_v1: `wet` is removed or renamed"


def test_version_1_goes_on_from_the_view_that_had_none() -> None:
    (reason,) = broken([version("1", columns=without("wet"))], view())
    assert reason == "beds_v1: `wet` is removed or renamed"
    (reason,) = broken([version("2")], view())
    assert reason == "beds: it is removed, and the current release gives it no `deprecation_date`"


def test_a_view_is_removed_once_its_date_is_past() -> None:
    assert broken([version("2")], version("1", deprecated_at="2026-01-01T00:00:00")) == []
    (reason,) = broken([version("2")], version("1", deprecated_at="9999-01-01T00:00:00"))
    assert reason == "beds_v1: it is removed, and the current release keeps it until " + (
        "9999-01-01 00:00:00"
    )


def test_a_view_never_ends_earlier_than_before() -> None:
    def ended(days_before: int) -> list[str]:
        evidence = publishable(view(), THROUGH - timedelta(days=days_before))
        judged = candidate([view()], released(view()), evidence=[evidence])
        return sentences(goes_on_from_the_current_release(judged))

    assert ended(0) == []
    assert ended(1) == [
        "beds: it is built up to (not including) 2026-01-31 00:00:00, in the current release up to "
        "2026-02-01 00:00:00"
    ]


def test_a_pattern_gives_the_reason_of_the_checks_that_it_fits_and_of_no_other(
    tmp_path: Path, store: Location
) -> None:
    garden = Garden(tmp_path)
    garden.current = released(view())
    garden.current.views[0].checks[:] = ["wet_is_a_share", "wet_was_a_share", "wet_is_plausible"]
    meta = garden.nodes[VIEW]["config"]["meta"]
    garden.nodes[VIEW]["config"]["meta"] = {
        **meta,
        "dropped_checks": {"*_a_share": "names say so", "wet_is_*": ""},
    }
    judged = garden.candidate(Uploads(store, garden.current, is_dry_run=True))
    assert [refusal.subject for refusal in keeps_its_checks(judged)] == ["check `wet_is_plausible`"]

"""A refusal has one line for each cause, and says what to run."""

from __future__ import annotations

from milepost.publishing.refusal import Refusal, lines, remedies

VIEWS = ["a", "b", "c", "d", "e"]


def older(view: str, table: str) -> Refusal:
    return Refusal(view, f"`{table}`", "is older", "tables are older", "run `dbt build`")


def test_one_subject_of_one_view_is_one_sentence() -> None:
    assert lines([older("a", "x"), older("a", "x")], VIEWS) == ["a: `x` is older"]


def test_what_many_views_share_is_told_once() -> None:
    assert lines([older(view, "x") for view in VIEWS], VIEWS) == ["all 5 views: `x` is older"]
    assert lines([older(view, "x") for view in VIEWS[:4]], VIEWS) == [
        "a, b, c and 1 more: `x` is older"
    ]


def test_many_subjects_of_one_cause_are_counted() -> None:
    found = [older("a", table) for table in ("x", "y", "z", "w")]
    assert lines(found, VIEWS) == ["a: 4 tables are older: `x`, `y`, `z` and 1 more"]


def test_causes_stay_apart_and_each_remedy_is_said_once() -> None:
    found = [older("a", "x"), Refusal("b", "`c`", "is gone", remedy="put it back"), older("b", "x")]
    assert lines(found, VIEWS) == ["a, b: `x` is older", "b: `c` is gone"]
    assert remedies(found) == "run `dbt build`; put it back"


def test_what_has_no_cause_of_its_own_is_told_in_its_own_words() -> None:
    keys = [Refusal("a", "it", "has no keys"), Refusal("b", "it", "has two keys")]
    assert lines(keys, VIEWS) == ["a: it has no keys", "b: it has two keys"]
    assert lines([Refusal("", "service `x`", "is not served")], ["a"]) == [
        "service `x` is not served"
    ]


def test_all_views_are_those_of_the_project() -> None:
    """Of views that are gone there may be as many."""
    gone = [Refusal(view, "it", "is removed") for view in ("y", "z")]
    assert lines(gone, ["a", "b"]) == ["y, z: it is removed"]

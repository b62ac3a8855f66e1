"""A refusal has one line for each cause, and says what to run."""

from __future__ import annotations

from milepost.publishing.refusal import Refusal, lines, plain, remedies

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
    found = [older("a", "x"), *plain(["b.c: it is gone"], "put it back"), older("b", "x")]
    assert lines(found, VIEWS) == ["a, b: `x` is older", "b.c: it is gone"]
    assert remedies(found) == "run `dbt build`; put it back"

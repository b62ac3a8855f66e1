"""A training set in a terminal and in a notebook."""

from __future__ import annotations

import re

import pyarrow as pa
import pytest

from milepost.reading import training_set_display

FIRST = ["load_id", *(f"feature_{n}" for n in range(5))]


def table(features: int) -> pa.Table:
    values = {f"feature_{n}": pa.array([None, 1 / 3, 2.0, 3.0]) for n in range(features)}
    return pa.table({"load_id": pa.array(["<b>", "b", "c", "d"]), **values})


def test_a_terminal_has_a_line_for_each_column_with_nulls_and_first_values(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert repr(training_set_display.columns(table(2))).splitlines() == [
        "column     type    nulls  first values",
        "load_id    string  0      <b>, b, c",
        "feature_0  double  1      null, 0.333333, 2",
        "feature_1  double  1      null, 0.333333, 2",
    ]


@pytest.mark.parametrize(
    ("features", "titles"),
    [
        (7, [*FIRST, "feature_5", "feature_6"]),
        (8, [*FIRST, "… 1 more", "feature_6", "feature_7"]),
        (30, [*FIRST, "… 23 more", "feature_28", "feature_29"]),
    ],
)
def test_a_notebook_leaves_out_the_middle_of_many_columns(features: int, titles: list[str]) -> None:
    html = training_set_display.html("4 & rows", table(features))
    rows, columns = html.split("<details")
    assert re.findall("<th [^>]*>(.*?)</th>", rows) == titles
    assert rows.startswith("<p>4 &amp; rows</p>")
    assert "<b>" not in html
    assert columns.count("<tr>") == features + 2
    assert columns.startswith(" open>") == (features < 30)


def test_a_set_without_rows_has_columns() -> None:
    assert "feature_0  double  0" in repr(training_set_display.columns(table(1).slice(0, 0)))
    assert "feature_0" in training_set_display.html("", table(1).slice(0, 0))

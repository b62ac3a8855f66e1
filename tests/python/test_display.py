"""Tables in a terminal and in a notebook."""

from __future__ import annotations

from typing import Any

import pytest

from milepost.display import DisplayTable, shortened, to_text


def test_a_table_has_a_line_for_each_item_and_columns_as_wide_as_their_longest_cell() -> None:
    table = DisplayTable(
        [("a", 1000), ("long", None)], {"name": lambda row: row[0], "n": lambda row: row[1]}
    )
    assert repr(table).splitlines() == ["name  n", "a     1,000", "long"]
    assert table == [("a", 1000), ("long", None)]


def test_a_long_line_is_cut_in_a_terminal() -> None:
    table = DisplayTable(["x" * 300], {"text": str})
    assert repr(table).splitlines() == ["text", "x" * 99 + "…"]


def test_a_notebook_shows_no_markup_that_is_in_a_cell() -> None:
    table = DisplayTable(["<b>"], {"a & b": str})
    assert table._repr_html_() == (
        "<table><thead><tr><th>a &amp; b</th></tr></thead>"
        "<tbody><tr><td>&lt;b&gt;</td></tr></tbody></table>"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (1234, "1,234"),
        (True, "True"),
        ("text", "text"),
        (["a", 1], "a, 1"),
        (0.5, "0.5"),
    ],
)
def test_a_value_is_written_for_people(value: Any, text: str) -> None:
    assert to_text(value) == text


def test_of_many_names_a_sentence_has_the_first_and_a_number() -> None:
    assert shortened(["a", "b", "c"]) == "a, b, c"
    assert shortened(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"
    assert shortened(["a", "b", "c"], 1) == "a and 2 more"
    assert shortened([]) == ""

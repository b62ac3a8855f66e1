"""Tables in a terminal and in a notebook."""

from __future__ import annotations

import re
from operator import itemgetter
from typing import Any

import pandas as pd
import pytest

from milepost.display import DisplayTable, markdown, shortened, to_text, wrapped
from milepost.errors import UnknownFeatureError

LONG = "word " * 60
INSTANT = "2026-01-29 02:00"


def rows(*items: tuple[Any, ...], titles: tuple[str, ...] = ("name", "n")) -> DisplayTable[Any]:
    return DisplayTable(items, {title: itemgetter(n) for n, title in enumerate(titles)})


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")


def test_a_table_has_a_line_for_each_item_and_columns_as_wide_as_their_longest_cell() -> None:
    table = rows(("a", 1000), ("long", None))
    assert repr(table).splitlines() == ["name  n", "a     1,000", "long"]
    assert table == [("a", 1000), ("long", None)]


@pytest.mark.parametrize("width", [60, 80, 160, 1000])
def test_a_long_text_is_wrapped_and_no_word_of_it_is_lost(
    width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    table = rows(("a", INSTANT, LONG), ("b", INSTANT, "x"), titles=("name", "from", "text"))
    lines = repr(table).splitlines()
    assert max(map(len, lines)) <= width
    assert repr(table).count("word") == 60
    assert [line.split()[0] for line in lines if INSTANT in line] == ["a", "b"]
    assert len(lines) > 4 or width == 1000


def test_where_columns_do_not_fit_each_item_is_written_downwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    name = "carrier_reliability:on_time_delivery_rate_28d"
    table = rows((name, INSTANT, "word " * 9, None), titles=("name", "from", "text", "nothing"))
    assert repr(table).splitlines() == [
        name,
        f"  from  {INSTANT}",
        "  text  word word word word word word",
        "        word word word",
    ]


def test_an_instant_is_never_broken() -> None:
    assert wrapped(f"it is whole from {INSTANT}:59 on", 18) == [
        "it is whole from",
        f"{INSTANT}:59",
        "on",
    ]
    assert f'<span style="white-space: nowrap">{INSTANT}</span>' in rows((INSTANT, 1))._repr_html_()


def test_a_notebook_shows_no_markup_that_is_in_a_cell_and_sets_no_colour() -> None:
    html = rows(("<b>", 1), titles=("a & b", "<i>"))._repr_html_()
    assert "<b>" not in html
    assert "<i>" not in html
    assert re.findall(">([^<>]+)<", html) == ["a &amp; b", "&lt;i&gt;", "&lt;b&gt;", "1"]
    assert "color" not in html
    assert "background" not in html


def test_prose_is_markdown_and_a_name_is_not() -> None:
    html = rows(("a*b*c", "Is *not* `x`."), titles=("name", "description"))._repr_html_()
    assert ">a*b*c<" in html
    assert ">Is <em>not</em> <code>x</code>.<" in html


def test_markdown_loads_nothing_and_runs_nothing() -> None:
    text = "<script>x</script> ![i](http://a/b.png) [l](javascript:x) [m](http://a)"
    html = markdown(text)
    assert re.findall("<[a-z][^>]*>", html) == ['<a href="http://a/b.png">', '<a href="http://a">']


def test_an_item_is_taken_by_name_and_a_part_stays_a_table() -> None:
    table = rows(("a", 1), ("b", 2), ("c", 3))
    assert table["b"] == ("b", 2)
    assert table[0] == ("a", 1)
    assert repr(table[1:]).splitlines() == ["name  n", "b     2", "c     3"]
    with pytest.raises(UnknownFeatureError, match=r"no name `bb`\nhint: there is `b`$"):
        table["bb"]
    with pytest.raises(KeyError, match="hint: there is none"):
        rows()["a"]


def test_pandas_has_the_values_and_whole_numbers_stay_whole() -> None:
    frame = rows(("a", 1), ("b", None)).to_pandas()
    assert dict(frame.dtypes.astype(str))["n"] == "Int64"
    assert frame["n"].tolist() == [1, pd.NA]
    assert frame["name"].tolist() == ["a", "b"]
    assert list(rows().to_pandas().columns) == ["name", "n"]


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

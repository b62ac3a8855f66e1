"""What stands in names and in the data stays text in a report, wherever it is put."""

from __future__ import annotations

import re
from collections import Counter
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from milepost.review.markdown_tables import table
from milepost.review.markdown_text import inline

MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")
PIECES = ["a", " ", "\n", "`", "``", "|", "\\", "<b>", "</details>", "<!--", "-->", "&amp;", "@a"]
PIECES += ["[a](b)", "![a](b)", "# ", "- ", "> ", "---", "~~~", "a@b.c"]
# The marks of stress are for the report's own words: they can do no more than show a value so.
OTHERS = st.characters(codec="utf-8", exclude_characters="*_\u200b")
TEXT = st.lists(st.sampled_from(PIECES), max_size=8).map("".join) | st.text(OTHERS, max_size=8)


def shown(html: str) -> str:
    """What a reader sees of HTML that has no other tags in text than those of code."""
    return unescape(re.sub(r"</?code>", "", html)).replace("\u200b", "")


def as_said(text: str) -> str:
    """The text without its backticks, in one line."""
    return " ".join(text.replace("`", "").split())


@given(TEXT, TEXT)
def test_a_text_is_one_cell_of_one_table(text: str, neighbour: str) -> None:
    markdown = "\n".join(table(("first", "second"), [(text, neighbour)]))
    html = MARKDOWN.render(markdown)
    cells = re.findall(r"<td>(.*?)</td>", html, re.DOTALL)
    tags = {"table": 2, "thead": 2, "tbody": 2, "tr": 4, "th": 4, "td": 4}
    assert Counter(re.findall(r"</?([\w!]+)", html.replace("code>", ">"))) == tags
    assert [as_said(shown(cell)) for cell in cells] == [as_said(text), as_said(neighbour)]


@given(TEXT)
def test_a_text_is_one_item_of_a_list(text: str) -> None:
    html = MARKDOWN.render(f"- Past: {inline(text)}\n- Checks: 0.")
    assert html.count("<li>") == 2
    assert not re.search(r"<(?!/?(ul|li|code)>)", html)
    said = shown(re.sub("</?(ul|li)>", "", html)).splitlines()
    assert [as_said(line) for line in said if line] == [as_said(f"Past: {text}"), "Checks: 0."]


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("`lane_rates` has 3 rows", "`lane_rates` has 3 rows"),
        ("of `a`<img>`b`", "of `a`&#60;img>`b`"),
        ("Water, w@example.org", "Water, w@example.org"),
        ("@everyone", "@&#8203;everyone"),
        ("a|b", "a&#124;b"),
        ("`a|b`", "<code>a&#124;b</code>"),
        ("it`s", "it&#96;s"),
        ("none -> roots (science)", "none -> roots (science)"),
    ],
)
def test_how_a_text_is_written(text: str, markdown: str) -> None:
    assert inline(text) == markdown

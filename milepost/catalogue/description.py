"""A description as people read it, in a terminal and in a notebook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

from milepost.catalogue import histogram
from milepost.catalogue.search import SearchResult
from milepost.display import CELL, DisplayTable, labelled, markdown, to_html, to_text
from milepost.release.definition import Fact

HISTOGRAM = "histogram"
# More lines of SQL would push what is asked for off the screen. 2026-11.
MOST_LINES = 12
# Facts that are Markdown.
_PROSE = ("description", "nulls mean")
_LABEL = 'style="text-align: left; vertical-align: top; white-space: nowrap"'
_PRE = 'style="text-align: left; overflow-x: auto; background: none; color: inherit"'


@dataclass(frozen=True)
class Description:
    """The facts of a feature view, a feature or a service; with its features where it has some.

    A fact is None where there is nothing to show. `sql` is the code of the view's dbt model, and
    `code` takes the features in Python.
    """

    reference: str
    facts: dict[str, Fact]
    features: DisplayTable[SearchResult] | None = None
    histogram: Mapping[str, Any] | None = field(default=None, kw_only=True)
    """The range `from` and `to`, as texts, and the `counts` of the bars."""

    sql: str | None = field(default=None, kw_only=True)
    sql_lines: str | None = field(default=None, kw_only=True)
    """The lines of `sql` that name the feature: a terminal shows these alone."""

    code: str = field(default="", kw_only=True)

    def __repr__(self) -> str:
        texts = self._texts()
        if self.histogram:
            bars = histogram.blocks(self.histogram["counts"])
            texts[HISTOGRAM] = f"{self.histogram['from']} {bars} {self.histogram['to']}"
        blocks = [[self.reference, *labelled(texts)]]
        if self.features is not None:
            blocks.append([repr(self.features)])
        for title, code in self._codes(*self._short_sql()).items():
            blocks.append([title, *(f"  {line}".rstrip() for line in code.splitlines())])
        return "\n\n".join("\n".join(block) for block in blocks)

    def _repr_html_(self) -> str:
        cells = {
            label: markdown(text) if label in _PROSE else to_html(text)
            for label, text in self._texts().items()
        }
        if self.histogram:
            low, high = (str(self.histogram[name]) for name in ("from", "to"))
            bars = histogram.svg(self.histogram["counts"], low, high)
            cells[HISTOGRAM] = f"{bars}<br>{to_html(low)} to {to_html(high)}"
        rows = "".join(
            f"<tr><th {_LABEL}>{escape(label)}</th><td {CELL}>{cell}</td></tr>"
            for label, cell in cells.items()
        )
        listed = "" if self.features is None else self.features._repr_html_()
        codes = "".join(
            f"<details><summary>{title}</summary><pre {_PRE}>{escape(code)}</pre></details>"
            for title, code in self._codes("SQL", self.sql).items()
        )
        return (
            f"<h4>{escape(self.reference)}</h4><table><tbody>{rows}</tbody></table>{listed}{codes}"
        )

    def _texts(self) -> dict[str, str]:
        """Return the facts that there are, with a place for the histogram below the values."""
        texts: dict[str, str] = {}
        for label, fact in self.facts.items():
            if fact is not None:
                texts[label] = to_text(fact)
            if label == "values" and self.histogram:
                texts[HISTOGRAM] = ""
        return texts

    def _short_sql(self) -> tuple[str, str | None]:
        """Return a title and the SQL for a terminal: of much, the lines that name the feature."""
        heading, sql = "SQL", self.sql
        if self.sql_lines and self.sql_lines != self.sql:
            # In a model a feature may be an argument of a macro.
            heading, sql = (
                "The lines of its dbt model that name it; `--sql` prints all",
                self.sql_lines,
            )
        line_count = (sql or "").strip("\n").count("\n") + 1
        if line_count > MOST_LINES:
            sql = f"{line_count} lines: `milepost describe {self.reference} --sql` prints them"
        return heading, sql

    def _codes(self, title: str, sql: str | None) -> dict[str, str]:
        codes = {title: (sql or "").strip("\n"), "Python": self.code}
        return {title: code for title, code in codes.items() if code}

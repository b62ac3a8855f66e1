"""A training set as people read it: a line for each column in a terminal, rows in a notebook."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import pyarrow as pa

from milepost.display import DisplayTable, to_short_text

SHOWN_ROWS = 10
SHOWN_VALUES = 3
# As many columns as a notebook shows without scrolling; of more, the middle ones are left out.
FIRST_COLUMNS, LAST_COLUMNS = 6, 2
# A list of more columns than this is folded. 2026-11.
UNFOLDED = 30


def columns(table: pa.Table) -> DisplayTable[int]:
    """Return the columns, each with its type, its number of nulls and its first values."""
    rows = table.slice(0, SHOWN_VALUES)
    return DisplayTable(
        range(table.num_columns),
        {
            "column": lambda n: table.column_names[n],
            "type": lambda n: str(table.schema.types[n]),
            "nulls": lambda n: table.column(n).null_count,
            "first values": lambda n: [
                to_short_text(value) for value in rows.column(n).to_pylist()
            ],
        },
    )


def html(title: str, table: pa.Table) -> str:
    """Return the first rows as HTML, and the columns below them, folded where they are many."""
    is_open = " open" if table.num_columns <= UNFOLDED else ""
    return (
        f"<p>{escape(title)}</p>{_rows(table)._repr_html_()}"
        f"<details{is_open}><summary>{table.num_columns:,} columns, with types and nulls</summary>"
        f"{columns(table)._repr_html_()}</details>"
    )


def _rows(table: pa.Table) -> DisplayTable[int]:
    """Return the first rows; of many columns the first and the last, and how many are between."""
    rows = table.slice(0, SHOWN_ROWS)
    places = range(table.num_columns)
    elided = places[FIRST_COLUMNS:-LAST_COLUMNS]
    values: dict[str, Callable[[int], Any]] = {}
    for place in places:
        if place not in elided:
            cells = [to_short_text(value) for value in rows.column(place).to_pylist()]
            values[table.column_names[place]] = cells.__getitem__
        elif place == elided[0]:
            values[f"… {len(elided):,} more"] = lambda _: "…"
    return DisplayTable(range(rows.num_rows), values, prose=())

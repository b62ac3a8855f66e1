"""Lists and values as people read them, in a terminal and in a notebook."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
LINE = 100
# As many names as one reads in a sentence.
SHOWN = 3


class DisplayTable(list[Item], Generic[Item]):
    """A list that shows itself as a table: `columns` has the value of an item by column title."""

    def __init__(self, items: Iterable[Item], columns: Mapping[str, Callable[[Item], Any]]) -> None:
        super().__init__(items)
        self._columns = dict(columns)

    def __repr__(self) -> str:
        rows = [list(self._columns), *self._cells()]
        widths = [max(len(row[n]) for row in rows) for n in range(len(self._columns))]
        lines = (
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            for row in rows
        )
        return "\n".join(_cut(line.rstrip()) for line in lines)

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{escape(title)}</th>" for title in self._columns)
        body = "".join(
            f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>"
            for row in self._cells()
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def _cells(self) -> Iterator[list[str]]:
        for item in self:
            yield [to_text(value(item)) for value in self._columns.values()]


def to_text(value: Any) -> str:
    """Return a value as a person reads it: numbers with commas, lists without brackets."""
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if isinstance(value, str) or not isinstance(value, Iterable):
        return str(value)
    return ", ".join(str(item) for item in value)


def shortened(texts: Sequence[str], shown: int = SHOWN) -> str:
    """Return the first `shown` texts as a list, and how many more there are."""
    more = len(texts) - shown
    return ", ".join(texts[:shown]) + (f" and {more} more" if more > 0 else "")


def _cut(line: str) -> str:
    return line if len(line) <= LINE else line[: LINE - 1] + "…"

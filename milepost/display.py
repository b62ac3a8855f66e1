"""Lists and values as people read them, in a terminal and in a notebook."""

from __future__ import annotations

import difflib
import re
import shutil
import textwrap
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any, Generic, SupportsIndex, TypeVar, overload

from milepost.errors import UnknownFeatureError

if TYPE_CHECKING:
    import pandas as pd
    from markdown_it import MarkdownIt

Item = TypeVar("Item")
# The width where there is no terminal.
LINE = 100
# As many names as one reads in a sentence.
SHOWN = 3
# Prose in a narrower column is hard to read: then each item is written downwards. 2026-11.
PROSE_WIDTH = 32
GAP = "  "
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d(?:\.\d+)?)?")
_NO_BREAK = "\N{NO-BREAK SPACE}"
# Left, as prose is read, whatever a notebook does to its tables; colours are those around it.
CELL = 'style="text-align: left; vertical-align: top"'
_NUMBER_CELL = 'style="text-align: right; vertical-align: top; white-space: nowrap"'


class DisplayTable(list[Item], Generic[Item]):
    """A list that shows itself as a table: `columns` has the value of an item by column title.

    The first column names the items, which `[name]` takes. The columns in `prose` are Markdown.
    """

    def __init__(
        self,
        items: Iterable[Item],
        columns: Mapping[str, Callable[[Item], Any]],
        *,
        prose: Collection[str] = ("description",),
    ) -> None:
        super().__init__(items)
        self._columns = dict(columns)
        self._prose = prose

    @overload
    def __getitem__(self, key: SupportsIndex | str, /) -> Item: ...

    @overload
    def __getitem__(self, key: slice, /) -> DisplayTable[Item]: ...

    def __getitem__(self, key: SupportsIndex | slice | str, /) -> Item | DisplayTable[Item]:
        if isinstance(key, slice):
            return DisplayTable(super().__getitem__(key), self._columns, prose=self._prose)
        if not isinstance(key, str):
            return super().__getitem__(key)
        title, name_of = next(iter(self._columns.items()))
        by_name = {str(name_of(item)): item for item in self}
        if key not in by_name:
            near = difflib.get_close_matches(key, by_name, n=SHOWN) or sorted(by_name)
            raise UnknownFeatureError(
                f"the list has no {title} `{key}`",
                hint=f"there is {', '.join(f'`{name}`' for name in near) or 'none'}",
            )
        return by_name[key]

    def to_pandas(self) -> pd.DataFrame:
        """Return the table as a pandas data frame; whole numbers are `Int64`, as it holds nulls."""
        import pandas as pd

        frame = {}
        for title, value_of in self._columns.items():
            values = pd.Series([value_of(item) for item in self], dtype=object)
            present = values.dropna()
            is_whole = len(present) and all(type(value) is int for value in present)
            frame[title] = values.astype("Int64") if is_whole else values.infer_objects()
        return pd.DataFrame(frame)

    def __repr__(self) -> str:
        rows = [[to_text(value) for value in row] for row in self._values()]
        titles = list(self._columns)
        widths = _fitting([titles, *rows], terminal_width())
        if widths is None:
            return "\n".join(self._downwards(rows))
        return "\n".join(line for row in [titles, *rows] for line in _lines(row, widths))

    def _downwards(self, rows: Iterable[Sequence[str]]) -> Iterable[str]:
        """Yield the first cell of each row, and its other cells below, each with its title."""
        titles = list(self._columns)
        for row in rows:
            yield row[0]
            texts = dict(zip(titles[1:], row[1:], strict=True))
            line = GAP + GAP.join(f"{title} {text}" for title, text in texts.items() if text)
            yield from [line] if len(line) <= terminal_width() else labelled(texts)

    def _repr_html_(self) -> str:
        head = "".join(f"<th {CELL}>{escape(title)}</th>" for title in self._columns)
        body = "".join(
            f"<tr>{''.join(map(self._cell, self._columns, row))}</tr>" for row in self._values()
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def _cell(self, title: str, value: Any) -> str:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return f"<td {_NUMBER_CELL}>{to_text(value)}</td>"
        html = markdown(value) if title in self._prose and value else to_html(to_text(value))
        return f"<td {CELL}>{html}</td>"

    def _values(self) -> Iterable[list[Any]]:
        for item in self:
            yield [value_of(item) for value_of in self._columns.values()]


def terminal_width() -> int:
    """Return how many characters a line may have."""
    return shutil.get_terminal_size((LINE, 24)).columns


def to_text(value: Any) -> str:
    """Return a value as a person reads it: numbers with commas, lists without brackets."""
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if isinstance(value, str) or not isinstance(value, Iterable):
        return str(value)
    return ", ".join(str(item) for item in value)


def to_short_text(value: Any) -> str:
    """Return a value of a feature as a person reads it: of a number with a fraction, six digits."""
    if value is None:
        return "null"
    return f"{value:.6g}" if isinstance(value, float) else to_text(value)


def to_html(text: str) -> str:
    """Return a text as HTML in which no instant is broken over two lines."""
    return _together(escape(text))


def markdown(text: str) -> str:
    """Return a line of Markdown as HTML; HTML in it is shown as text, and no image is loaded."""
    return _together(str(_markdown().renderInline(text)))


@cache
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).disable("image")


def _together(html: str) -> str:
    return _INSTANT.sub(lambda match: f'<span style="white-space: nowrap">{match[0]}</span>', html)


def wrapped(text: str, width: int) -> list[str]:
    """Return a text as lines of at most this width, in which no instant is broken.

    A word that is longer has a line of its own: a name that is cut is no name.
    """
    whole = _INSTANT.sub(lambda match: match[0].replace(" ", _NO_BREAK), text)
    lines = textwrap.wrap(whole, max(width, 1), break_long_words=False, break_on_hyphens=False) or [
        ""
    ]
    return [line.replace(_NO_BREAK, " ") for line in lines]


def labelled(texts: Mapping[str, str]) -> Iterable[str]:
    """Yield lines with a label and its text, wrapped; a label without a text has none."""
    shown = {label: text for label, text in texts.items() if text}
    indent = 2 + max(map(len, shown), default=0) + len(GAP)
    for label, text in shown.items():
        first, *more = wrapped(text, terminal_width() - indent)
        yield f"  {label}".ljust(indent) + first
        yield from (" " * indent + line for line in more)


def shortened(texts: Sequence[str], shown: int = SHOWN) -> str:
    """Return the first `shown` texts as a list, and how many more there are."""
    more = len(texts) - shown
    return ", ".join(texts[:shown]) + (f" and {more} more" if more > 0 else "")


def _fitting(rows: Sequence[Sequence[str]], line: int) -> list[int] | None:
    """Return widths for the columns that fill no more than a line, or None where there are none.

    The column that can be made narrower by most gives way first.
    """
    columns = list(zip(*rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    least = [
        min(width, max(len(word) for text in column for word in _words(text)))
        for column, width in zip(columns, widths, strict=True)
    ]
    # The widest column is the prose.
    widest = max(range(len(widths)), key=widths.__getitem__)
    least[widest] = max(least[widest], min(widths[widest], PROSE_WIDTH))
    excess = sum(widths) + len(GAP) * (len(widths) - 1) - line
    while excess > 0:
        room, place = max((width - least[n], n) for n, width in enumerate(widths))
        if not room:
            return None
        # By half at a time, so that no column gives all it has while others give nothing.
        step = min(excess, room, max(1, room // 2))
        widths[place] -= step
        excess -= step
    return widths


def _words(text: str) -> list[str]:
    return _INSTANT.sub(lambda match: match[0].replace(" ", "_"), text).split() or [""]


def _lines(row: Sequence[str], widths: Sequence[int]) -> Iterable[str]:
    """Yield the lines of a row, each cell wrapped to the width of its column."""
    cells = [
        wrapped(text, width) if len(text) > width else [text]
        for text, width in zip(row, widths, strict=True)
    ]
    for n in range(max(map(len, cells))):
        line = [
            (cell[n] if n < len(cell) else "").ljust(width)
            for cell, width in zip(cells, widths, strict=True)
        ]
        yield GAP.join(line).rstrip()

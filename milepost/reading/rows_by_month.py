"""Entity rows by the months in which their instants lie."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from milepost.reading.key_index import Int64s
from milepost.release.manifest import File

DAY = 86_400_000_000
"""In microseconds."""


class RowsByMonth:
    """The numbers of entity rows by month, so that no view looks for them again.

    `files` are those of all views, and `instants` are in microseconds.
    """

    def __init__(self, files: Iterable[File], instants: Int64s) -> None:
        self.instants = instants
        self._month_starts = np.array(sorted({month_start(file) for file in files}), np.int64)
        first_day, last_day = instants.min() // DAY, instants.max() // DAY
        days = np.arange(first_day, last_day + 1)
        # Small numbers are sorted by counting.
        small = np.min_scalar_type(len(self._month_starts))
        month_of_day = np.searchsorted(self._month_starts, days * DAY, side="right").astype(small)
        months = month_of_day[instants // DAY - first_day]
        self._row_numbers = np.argsort(months, kind="stable")
        self._ends = np.cumsum(np.bincount(months, minlength=len(self._month_starts) + 1))

    def between(self, start: int, end: int | None) -> Int64s:
        """Return the rows from one month's start until another's; None stands for no end."""
        first = self._ends[np.searchsorted(self._month_starts, start)]
        last = None if end is None else self._ends[np.searchsorted(self._month_starts, end)]
        return self._row_numbers[first:last]


def month_start(file: File) -> int:
    """Return the first instant of a file's month, in microseconds."""
    return int(np.datetime64(file.month, "us").astype(np.int64))

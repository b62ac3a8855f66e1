"""What code states of an error, before its wordings are put together."""

from __future__ import annotations

from typing import NamedTuple

# For what is only known when the error is raised.
HOLE = "…"


class Stated(NamedTuple):
    """An error as one place in the code states it; `place` is that module or macro."""

    place: str
    kind: str
    text: str
    hint: str

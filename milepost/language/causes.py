"""Why an error is raised and what helps, by the place in the code that raises it."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from types import MappingProxyType

_SECTION = re.compile(r"^# (\S+)\n\n(.*?)(?=\n\n# |\Z)", re.DOTALL | re.MULTILINE)


@cache
def causes() -> MappingProxyType[str, str]:
    """Return a paragraph for each wing of the package, and for some of the modules."""
    text = files("milepost.language").joinpath("causes.md").read_text(encoding="utf-8")
    return MappingProxyType(
        {place: " ".join(words.split()) for place, words in _SECTION.findall(text)}
    )


def cause_of(place: str) -> str:
    """Return the paragraph of a module, or of the nearest folder above that has one."""
    while place and place not in causes():
        place = place.rpartition("/")[0]
    return causes().get(place, "")

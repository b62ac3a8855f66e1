"""Names that a project may have, from names that files have."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from milepost.errors import LandingError
from milepost.release.names import RESERVED_WORDS, name_fault

LONGEST = 40
# What base models and feature views have themselves.
TAKEN = {"event_at", "known_at", "superseded_at", "available_at", "fault", "unreadable"} | {
    *("landing_starts_at", "landing_closes_at", "is_deleted", "source", "typed")
}


def plain_name(text: str, *, fallback: str = "column") -> str:
    """Return a name of lower-case letters, digits and `_` that is as near to a text as can be."""
    ascii_text = (
        unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode()
    )
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", ascii_text)
    name = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")[:LONGEST].rstrip("_")
    name = name or fallback
    if name[0].isdigit():
        name = f"n_{name}"
    return f"{name}_value" if name in RESERVED_WORDS else name


def plain_names(texts: Iterable[str]) -> dict[str, str]:
    """Return a plain name for each text, no two alike, and none that models have for themselves."""
    names: dict[str, str] = {}
    taken = set(TAKEN)
    for text in texts:
        name = base = plain_name(text)
        if name in TAKEN:
            name = base = f"source_{name}"
        number = 2
        while name in taken:
            name, number = f"{base}_{number}", number + 1
        taken.add(name)
        names[text] = name
    return names


def project_name(text: str) -> str:
    """Return the name of a project; one that dbt or Milepost refuses is an error."""
    fault = name_fault(text)
    if fault:
        raise LandingError(f"`{text}` is {fault[0]}", hint=f"name the project anew: {fault[1]}")
    if text in {"milepost", "dbt", "raw", "seeds", "models"}:
        raise LandingError(
            f"a project cannot be named `{text}`", hint="name it for its field, such as `harbor`"
        )
    return text

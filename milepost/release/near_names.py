"""Names as people write them: the table of a name, and near names for an unknown one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from milepost.errors import UnknownFeatureError


def table_name(reference: str) -> str:
    """Return the table of a view: `view@v1`, as Feast writes a version, is dbt's `view_v1`."""
    return str(reference).replace("@v", "_v")


def near(name: str, known: Iterable[str]) -> list[str]:
    """Return the names that are near, three at most, the nearest first."""
    return difflib.get_close_matches(str(name), sorted(known), n=3)


def suggest(name: str, known: Iterable[str]) -> str:
    """Return a hint that lists the near names, or all names if none is near."""
    known = sorted(known)
    listed = near(name, known) or known
    return f"there is {', '.join(f'`{known_name}`' for known_name in listed)}"


def unknown_feature(view: str, feature: str, known: Iterable[str]) -> UnknownFeatureError:
    """Return the error for an unknown feature of a view, with near names as its hint."""
    return UnknownFeatureError(
        f"feature view `{view}` has no feature `{feature}`", hint=suggest(feature, known)
    )

"""Names as people write them: what one refers to, and what is near to one that is not there."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from milepost.errors import UnknownFeatureError


def table_name(reference: str) -> str:
    """Return the table of a view: `view@v1`, as Feast writes a version, is dbt's `view_v1`."""
    return str(reference).replace("@v", "_v")


def suggest(name: str, known: Iterable[str]) -> str:
    """Return a hint that lists the names that are near, or all of them where none is."""
    names = sorted(known)
    near = difflib.get_close_matches(str(name), names, n=3) or names
    return f"there is {', '.join(f'`{known_name}`' for known_name in near)}"


def unknown_feature(view: str, feature: str, known: Iterable[str]) -> UnknownFeatureError:
    """Return the error for a feature that a view does not have, with those that are near."""
    return UnknownFeatureError(
        f"feature view `{view}` has no feature `{feature}`", hint=suggest(feature, known)
    )

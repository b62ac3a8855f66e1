"""The layout of a table, from the names of a few of its files."""

from __future__ import annotations

import re
from collections.abc import Sequence

from milepost.errors import LandingError

# Forms of a date in one part of a path, with what of a date they name; the longest come first.
_DATES = (
    (re.compile(r"\d{4}-\d\d-\d\d([-T_])\d\d"), "{{date}}{0}{{hour}}"),
    (re.compile(r"\d{4}-\d\d-\d\d"), "{{date}}"),
    (re.compile(r"(?:19|20)\d{8}"), "{{year}}{{month}}{{day}}{{hour}}"),
    (re.compile(r"(?:19|20)\d{6}"), "{{year}}{{month}}{{day}}"),
    (re.compile(r"(?:19|20)\d\d([-_])\d\d"), "{{year}}{0}{{month}}"),
)
_FOLLOWING = {"": "year", "year": "month", "month": "day", "day": "hour"}
_KEY = re.compile(r"([^=]+)=(.*)")


def layout_of(uri: str, names: Sequence[str]) -> str:
    """Return the layout of files by their names below a table, without the table's own folder.

    It is empty where the names tell no time. Raises a LandingError for a folder by something else
    than time, such as a region.
    """
    parts = [name.split("/") for name in names]
    if len({len(path) for path in parts}) > 1:
        raise LandingError(
            f"files below `{uri}` lie at different depths: `{names[0]}`, `{names[-1]}`",
            hint="give a prefix below which all files of a table are as deep; "
            "one prefix for each table",
        )
    layout: list[str] = []
    for values in zip(*(path[:-1] for path in parts), strict=True):
        layout.append(_folder(uri, list(dict.fromkeys(values)), "/".join(layout)))
    text = "/".join(layout)
    if not _names_time(text):
        file_name = _in_text([path[-1] for path in parts])
        if file_name:
            text = "/".join([*layout, file_name])
    return text


def _folder(uri: str, values: list[str], before: str) -> str:
    """Return the layout of one folder of a path, of which some values are known."""
    match = _KEY.fullmatch(values[0])
    key = f"{match[1]}=" if match else ""
    if all(value.startswith(key) for value in values):
        words = [value.removeprefix(key) for value in values]
        form = _in_text(words) if not _names_time(before) else None
        if form and "}" in form and re.sub(r"\{\w+\}", "", form).strip("-T_") == "":
            return f"{key}{form}"
        unit = _following(before)
        if unit and all(_is_number_of(unit, word) for word in words):
            return f"{key}{{{unit}}}"
    if len(values) == 1 and not match:
        return values[0]
    shown = f"`{values[0]}`" + (f" and `{values[-1]}`" if len(values) > 1 else "")
    raise LandingError(
        f"below `{uri}` the folder {shown} is no part of a date",
        hint="folders of a table say its date and hour. Give each such folder as a table of its "
        "own: --raw once for each",
    )


def _in_text(texts: Sequence[str]) -> str | None:
    """Return what texts have in common but for a date in each, or None where they have no date."""
    for pattern, form in _DATES:
        layouts = set()
        for text in texts:
            match = pattern.search(text)
            if match is None:
                break
            separators = match.groups()
            layouts.add(text[: match.start()] + form.format(*separators) + text[match.end() :])
        else:
            if len(layouts) == 1:
                return layouts.pop()
    return None


def _names_time(layout: str) -> bool:
    return "{" in layout


def _following(before: str) -> str | None:
    if "{hour}" in before:
        return None
    for unit in ("day", "month", "year"):
        if f"{{{unit}}}" in before:
            return _FOLLOWING[unit]
    return "hour" if "{date}" in before else "year"


def _is_number_of(unit: str, word: str) -> bool:
    digits = 4 if unit == "year" else 2
    if not word.isascii() or not word.isdecimal() or len(word) > digits:
        return False
    bounds = {"year": (1900, 2200), "month": (1, 12), "day": (1, 31), "hour": (0, 23)}
    least, greatest = bounds[unit]
    return least <= int(word) <= greatest

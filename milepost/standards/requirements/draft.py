"""What a draft has: enough that dbt builds it and that its rows have keys and instants."""

from __future__ import annotations

import re
from collections.abc import Iterator

from milepost.building.model_files import sql_file, yaml_file
from milepost.errors import PublishError
from milepost.standards.examined_view import ExaminedView
from milepost.standards.requirement import Fault

_OPEN_END = re.compile(r"\bTODO\b")


def is_declared(examined: ExaminedView) -> Iterator[Fault]:
    """Require that the view's YAML states its entities with their keys, `available_at`, its grid,
    and all else that no view may leave out.
    """
    try:
        _ = examined.view
    except PublishError as error:
        yield Fault(f"is not whole: {error.message}", error.hint)


def has_no_open_end(examined: ExaminedView) -> Iterator[Fault]:
    """Require that no `TODO` stands in the view's SQL or YAML."""
    if examined.folder is None or not examined.is_own:
        return
    for path in dict.fromkeys([sql_file(examined.node), yaml_file(examined.node)]):
        file = examined.folder / path
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        for number, line in enumerate(text.splitlines(), start=1):
            if _OPEN_END.search(line):
                yield Fault(
                    f"has an open end: {line.strip()}",
                    "write what it asks for, and take the `TODO` away",
                    (path, number),
                )

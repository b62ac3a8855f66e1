"""What is left to do in feature views: each TODO is a finding of `milepost check`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from milepost.building.project import project_file
from milepost.standards.finding import Finding

RULE = "nothing-left-to-do"
_TODO = re.compile(r"\bTODO\b:? ?(?P<what>.*)")
_REMEDY = "write it, and take the word TODO away"


def findings(project: Path, view: str | None = None) -> list[Finding]:
    """Return each TODO in the models and the YAML of a project, or of one view.

    It needs no manifest: a draft that dbt cannot parse has its places, too.
    """
    return [finding for path in _files(project, view) for finding in _of_file(project, path)]


def _files(project: Path, view: str | None) -> Iterator[Path]:
    for folder in project_file(project).get("model-paths") or ["models"]:
        for path in sorted((project / folder).rglob("*")):
            is_wanted = view is None or path.stem == view
            if is_wanted and path.suffix in {".sql", ".yml", ".yaml"}:
                yield path


def _of_file(project: Path, path: Path) -> Iterator[Finding]:
    name = path.relative_to(project).as_posix()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if match := _TODO.search(line):
            what = match["what"].strip(" \"'")
            what = what if what[:1].isalpha() or what.startswith("`") else line.strip()
            yield Finding(name, number, RULE, f"left to do: {what}", _REMEDY)

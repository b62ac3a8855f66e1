"""A draft that is written into a project, compiled by dbt, and compared with its query."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import duckdb

from milepost.building import dbt_runs
from milepost.drafting import capture
from milepost.drafting.comparison import Comparison, compare
from milepost.drafting.draft import Draft
from milepost.drafting.draft_files import DraftFiles, Meaning
from milepost.drafting.edge_test import edge_test
from milepost.drafting.models import Models
from milepost.drafting.notes import Note
from milepost.drafting.project_facts import TODO, ProjectFacts, roles_of
from milepost.drafting.query import parse
from milepost.drafting.reference import check_query
from milepost.errors import DraftError
from milepost.release.names import name_fault
from milepost.standards import dbt

# Where the standards let dbt parse: what was built keeps its manifest.
_TARGET = "target/standards"


@dataclass(frozen=True)
class Place:
    """The folder of a dbt project, and the scratch database that it was built into."""

    project: Path
    database: Path


@dataclass(frozen=True)
class WrittenDraft:
    """The files of a draft, what is left to do in them, and how it compares with its query.

    A line of `todos` says where. `comparison` is None where a CTE is kept as it stands.
    """

    paths: list[Path]
    changes: list[Note]
    todos: list[str]
    comparison: Comparison | None


def write(
    text: str, source: str, name: str, place: Place, meaning: Meaning, entity: str | None = None
) -> WrittenDraft:
    """Write the draft of a view that a query is, and compare both; nothing is replaced.

    `source` is what places in the query are called. `entity` names what rows are about, where the
    project has no entity with the keys of the query.
    """
    if fault := name_fault(name):
        raise DraftError(f"`{name}` is {fault[0]}", hint=fault[1])
    query = parse(text, source)
    catalog = dbt.read_project(place.project).catalog
    models = Models.read(catalog, place.database)
    if name in models.names():
        raise DraftError(f"there is a model `{name}` already", hint="give another name")
    # dbt opens the database to write, also where a notebook goes on after an error.
    with closing(models.database):
        draft = capture.draft(query, name, models)
        if draft.facts.is_whole:
            check_query(draft)
        facts = ProjectFacts(catalog)
        files = DraftFiles(draft, facts, roles_of(draft.keys, facts.entities(), entity), meaning)
        paths = [files.path, files.path.with_suffix(".yml")]
        contents = [files.sql(), files.yaml(edge_test(draft))]
    comparison = None
    with _written(place.project, paths, contents):
        sql, delay = _compiled(place.project, name)
        if draft.facts.is_whole:
            opened = replace(draft, models=Models.read(catalog, place.database))
            with closing(opened.models.database):
                comparison = _compared(opened, sql, delay)
    if comparison and (todos_of_values := _todos_of_values(comparison, source)):
        contents[0] = files.sql(todos_of_values)
        (place.project / paths[0]).write_text(contents[0], encoding="utf-8")
    todos = [
        todo
        for path, content in zip(paths, contents, strict=True)
        for todo in _todos(path, content)
    ]
    return WrittenDraft(paths, draft.notes.changes, todos, comparison)


def _todos_of_values(comparison: Comparison, source: str) -> list[Note]:
    """Return what a comparison leaves to do."""
    if comparison.differences:
        message = f"the view is not the query: {comparison.differences[0]}"
        return [Note(source, message, "write the view by hand")]
    return [] if comparison.rows else [Note(source, comparison.notes()[0])]


@contextmanager
def _written(project: Path, paths: list[Path], contents: list[str]) -> Iterator[None]:
    """Write files that are new, and remove them where they cannot be compiled and compared."""
    new: list[Path] = []
    try:
        for path, content in zip(paths, contents, strict=True):
            (project / path).parent.mkdir(parents=True, exist_ok=True)
            _create(project, path)
            new.append(project / path)
            new[-1].write_text(content, encoding="utf-8")
        yield
    except BaseException:
        for path in new:
            path.unlink(missing_ok=True)
        raise


def _create(project: Path, path: Path) -> None:
    try:
        (project / path).touch(exist_ok=False)
    except FileExistsError as error:
        raise DraftError(
            f"`{path}` exists, and is not replaced", hint="give another name"
        ) from error


def _compared(draft: Draft, sql: str, delay: timedelta) -> Comparison:
    try:
        return compare(draft, sql, delay)
    except duckdb.Error as error:
        raise DraftError(
            f"`{draft.query.place}` does not run on the facts: {str(error).splitlines()[0]}",
            hint="run it on the scratch database: it fails for some of the rows",
        ) from error


def _compiled(project: Path, name: str) -> tuple[str, timedelta]:
    """Return the SQL that dbt compiles a view to, and the view's serving delay."""
    target = (project / _TARGET).absolute()
    log = ("--log-level-file", "none")
    dbt_runs.run(project, *log, "compile", "--select", name, "--target-path", str(target))
    catalog = dbt.read_project(project).catalog
    (node,) = (
        node
        for node in catalog.nodes.values()
        if node["resource_type"] == "model" and node["name"] == name
    )
    path = target / "compiled" / catalog.project / str(node["original_file_path"])
    delay = timedelta(minutes=int(node["config"]["meta"].get("serving_delay_minutes") or 0))
    return path.read_text(encoding="utf-8"), delay


def _todos(path: Path, content: str) -> Iterator[str]:
    for number, line in enumerate(content.splitlines(), start=1):
        if re.search(rf"\b{TODO}\b", line):
            yield f"{path.as_posix()}:{number}: {line.strip().removeprefix('-- ')}"

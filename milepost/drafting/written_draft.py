"""A draft that is written into a project, compiled by dbt, and compared with its query."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from milepost.drafting import capture, dbt_project
from milepost.drafting.comparison import Comparison, compare
from milepost.drafting.draft_files import DraftFiles, Meaning
from milepost.drafting.edge_test import edge_test
from milepost.drafting.models import Models
from milepost.drafting.notes import Note
from milepost.drafting.places import Places
from milepost.drafting.project_facts import ProjectFacts, roles_of
from milepost.drafting.query import parse
from milepost.drafting.todo import findings
from milepost.errors import DraftError
from milepost.release.names import name_fault
from milepost.standards.finding import Finding


@dataclass(frozen=True)
class WrittenDraft:
    """The files of a draft, what is left to do in them, and how it compares with its query.

    `comparison` is None where a part of the query was kept as it stands.
    """

    files: list[Path]
    changes: list[Note]
    todos: list[Finding]
    comparison: Comparison | None


def write(
    text: str, place: str, name: str, places: Places, meaning: Meaning, entity: str | None = None
) -> WrittenDraft:
    """Write the draft of a view that a query is, and compare both; nothing is replaced."""
    if fault := name_fault(name):
        raise DraftError(f"`{name}` is {fault[0]}", hint=fault[1])
    query = parse(text, place)
    dbt_project.ensure_manifest(places.manifest)
    models = Models.read(places.manifest, places.database)
    project = ProjectFacts(models.catalog)
    if name in models.names():
        raise DraftError(f"there is a model `{name}` already", hint="give another --name")
    draft = capture.draft(query, name, models)
    files = DraftFiles(draft, project, roles_of(draft.keys, project.entities(), entity), meaning)
    sql_path = places.project / files.path
    yaml_path = sql_path.with_suffix(".yml")
    for path in (sql_path, yaml_path):
        if path.exists():
            raise DraftError(f"`{path}` exists, and is not replaced", hint="give another --name")
    sql_path.parent.mkdir(parents=True, exist_ok=True)
    yaml_path.write_text(files.yaml(edge_test(draft)), encoding="utf-8")
    sql_path.write_text(files.sql(), encoding="utf-8")
    # dbt opens the database to write.
    models.database.close()
    sql, delay_minutes = dbt_project.compiled(name, places.manifest)
    comparison = None
    if draft.facts.is_whole and not draft.notes.todos:
        opened = replace(draft, models=Models.read(places.manifest, places.database))
        comparison = compare(opened, sql, timedelta(minutes=delay_minutes))
        opened.models.database.close()
        if comparison.differences:
            first = comparison.differences[0]
            note = Note(place, f"the view is not the query: {first}", "write the view by hand")
            sql_path.write_text(files.sql([note]), encoding="utf-8")
    paths = [path.relative_to(places.project) for path in (sql_path, yaml_path)]
    return WrittenDraft(paths, draft.notes.changes, findings(places.project, name), comparison)

"""What `milepost check` says of a project: where each view stands, and what its rules find."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from milepost.building import build_records
from milepost.building.build_records import Records
from milepost.building.catalog import Catalog
from milepost.building.code import Coder
from milepost.building.declared_views import is_feature_view, published_name
from milepost.building.project import Project
from milepost.errors import PublishError, StandardsError
from milepost.building.built_tables import is_built, open_records
from milepost.release.near_names import suggest
from milepost.standards import dbt, rules
from milepost.standards.examined_view import ExaminedView
from milepost.standards.finding import Finding
from milepost.standards.standing import Standing, services_above_their_features, standing


@dataclass(frozen=True)
class CheckResult:
    """Where the views of a project stand, and the findings that hold for no rung."""

    standings: Sequence[Standing]
    findings: Sequence[Finding]

    @property
    def is_passed(self) -> bool:
        """Whether each view has earned the rung that it claims, and no rule finds a fault."""
        return not self.findings and all(item.is_as_claimed for item in self.standings)


def check(folder: Path, database: Path, view: str | None) -> CheckResult:
    """Return what is to be said of a project, or of one of its views. Nothing is built.

    The SQL of all views takes sqlfluff longer than anybody waits: it is looked at with one view.
    """
    project = dbt.read_project(folder)
    standings = [standing(item) for item in examined_views(project, database, view)]
    findings = rules.findings(folder, view, with_sql=view is not None, catalog=project.catalog)
    if all(item.earned for item in standings):  # else nobody can say what a service needs
        findings += [
            finding
            for name, finding in services_above_their_features(project.catalog, folder)
            if view in {None, name}
        ]
    return CheckResult(standings, findings)


def examined_views(project: Project, database: Path, view: str | None) -> list[ExaminedView]:
    """Return the views of a project, by name, or the one that is named."""
    records = _records(database, project.catalog)
    coder = Coder(project.catalog, project.variables, records.target, records.reopened)
    nodes = {
        published_name(node): node
        for node in project.catalog.nodes.values()
        if is_feature_view(node)
    }
    if view is not None and view not in nodes:
        raise StandardsError(
            f"`{view}` is no feature view of `{project.catalog.project}`",
            hint=suggest(view, nodes),
        )
    return [
        ExaminedView(nodes[name], project.catalog, coder, records, project.folder)
        for name in ([view] if view is not None else sorted(nodes))
    ]


def _records(database: Path, catalog: Catalog) -> Records:
    """Return what is recorded of builds; nothing where nothing was built yet."""
    if not is_built(database, catalog):
        return Records()
    with open_records(database, catalog) as con, suppress(PublishError):
        return build_records.read(con)
    return Records()

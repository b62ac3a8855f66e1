"""The coding standards of a project: the table of all rules, and what they find.

The page docs/reference/rules.md is written from it: `python scripts/rules_page.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from milepost.building.catalog import Catalog
from milepost.building.declared_views import published_name
from milepost.building.model_files import sql_file, yaml_file
from milepost.building.project import project_file
from milepost.errors import MilepostError
from milepost.standards import dbt
from milepost.standards.finding import Finding
from milepost.standards.metadata_rules import METADATA_RULES, metadata_findings
from milepost.standards.python_code import is_checked, project_files
from milepost.standards.python_rules import PYTHON_RULES, python_findings, secret_findings
from milepost.standards.rule import Rule
from milepost.standards.sql_lint import sql_findings
from milepost.standards.sql_rules import SQL_RULES

RULES: tuple[Rule, ...] = (*SQL_RULES, *PYTHON_RULES, *METADATA_RULES)

_TEXTS = {".py", ".ipynb", ".sql", ".yml", ".yaml", ".toml"}


def findings(
    project: Path, view: str | None, *, with_sql: bool = True, catalog: Catalog | None = None
) -> list[Finding]:
    """Return what the rules find in a project, or in the files of one feature view.

    Without a catalog it reads `target/manifest.json`: run `dbt parse` before. With a view, its SQL
    and its YAML are checked, and no script or notebook. `with_sql` is false where sqlfluff runs by
    itself.
    """
    project = project.resolve()
    catalog = catalog or Catalog.read(project / "target/manifest.json")
    if view is None:
        files = list(project_files(project))
    else:
        files = view_files(project, catalog, view)
    if not with_sql:
        files = [path for path in files if path.suffix != ".sql"]
    return sorted({*file_findings(project, files), *metadata_findings(project, catalog, view)})


def file_findings(project: Path, files: Sequence[Path]) -> Iterator[Finding]:
    """Yield what the rules for SQL, Python and secrets find in files of a project."""
    scripts, models, texts = [], [], []
    for path in files:
        inside = path.relative_to(project)
        if is_checked(inside):
            scripts.append(path)
        if path.suffix == ".sql" and _is_in(project, inside, "model-paths", "test-paths"):
            models.append(path)
        if path.suffix in _TEXTS:
            texts.append(path)
    yield from sql_findings(project, models)
    yield from python_findings(project, scripts)
    yield from secret_findings(project, texts)


def changed_findings(project: Path, files: Sequence[Path]) -> Iterator[Finding]:
    """Yield what all rules find in files of a project; dbt parses it for what YAML says of models."""
    yield from file_findings(project, files)
    paths = {
        inside.as_posix()
        for inside in (path.relative_to(project) for path in files)
        if inside.suffix in {".yml", ".yaml"} and _is_in(project, inside, "model-paths")
    }
    if paths:
        catalog = dbt.read_project(project).catalog
        yield from (
            finding
            for finding in metadata_findings(project, catalog, None)
            if finding.path in paths
        )


def _is_in(project: Path, inside: Path, *keys: str) -> bool:
    """Return whether a path of a project is in one of the folders that dbt_project.yml states."""
    stated = project_file(project)
    folders = [
        Path(folder) for key in keys for folder in stated.get(key, [key.partition("-")[0] + "s"])
    ]
    return any(folder in inside.parents for folder in folders)


def view_files(project: Path, catalog: Catalog, view: str) -> list[Path]:
    """Return the SQL and the YAML of a model of a project; none of a package's, which has its own.

    Feature views are models, too.
    """
    for node in catalog.nodes.values():
        if node["resource_type"] == "model" and published_name(node) == view:
            is_own = node["package_name"] == catalog.project
            paths = {sql_file(node), yaml_file(node)} if is_own else set()
            return [project / path for path in sorted(paths)]
    raise MilepostError(
        f"the project has no model `{view}`",
        hint="run `dbt parse`, and look for its name in `dbt ls --resource-type model`",
    )

"""What sqlfluff says of a project's SQL, with the project's configuration and Milepost's plugin.

A project whose configuration does not say where its macros are is read with the one that
`milepost init` writes, once Milepost is among its packages.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from milepost.building.project import packages_folder
from milepost.errors import MilepostError
from milepost.standards.finding import Finding
from milepost.standards.sql_rules import SQL_RULES

if TYPE_CHECKING:
    from sqlfluff.core import FluffConfig


def sql_findings(project: Path, models: Sequence[Path]) -> Iterator[Finding]:
    """Yield what sqlfluff finds in models of a project."""
    if not models:
        return
    try:
        from sqlfluff.core import Linter, SQLBaseError, SQLLintError
    except ImportError as error:
        raise MilepostError(
            "`sqlfluff` is not installed, which checks SQL",
            hint='pip install "milepost[standards]"',
        ) from error
    remedies = {rule.name: rule.remedy for rule in SQL_RULES}
    try:
        with _configuration(project) as configuration:
            # One process: for the files of one view, starting others takes longer than they save.
            linted = Linter(config=configuration).lint_paths(
                tuple(map(str, models)), processes=1 if len(models) < 5 else 0
            )
    except (KeyError, ValueError) as error:  # an unknown dialect, a folder of macros that is gone
        raise MilepostError(
            f"`sqlfluff` cannot check the SQL of `{project}`: {error}",
            hint="run `dbt deps` where it names a package, or mend the project's `.sqlfluff`",
        ) from error
    for directory in linted.paths:
        for file in directory.files:
            path = Path(file.path).resolve().relative_to(project.resolve()).as_posix()
            violations: list[SQLBaseError] = file.get_violations()
            for violation in violations:
                rule, remedy = violation.rule_code(), f"see whether `{path}` renders and parses"
                if isinstance(violation, SQLLintError):
                    rule = violation.rule.name
                    remedy = remedies.get(rule) or _remedy(violation, path)
                yield Finding(path, violation.line_no, rule, violation.desc(), remedy)


@contextmanager
def _configuration(project: Path) -> Iterator[FluffConfig]:
    """Give how sqlfluff reads the SQL of a project."""
    from sqlfluff.core import FluffConfig

    stated = FluffConfig.from_path(str(project), require_dialect=False)
    has_macros = stated.get("load_macros_from_path", section=("templater", "jinja"))
    package = (packages_folder(project) / "milepost").absolute()
    if stated.get("templater") != "jinja" or has_macros or not package.exists():
        yield stated
        return
    template = files("milepost.beginning") / "templates/sqlfluff"
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".cfg") as file:
        text = template.read_text(encoding="utf-8")
        file.write(text.replace("dbt_packages/milepost", str(package)))
        file.flush()
        yield FluffConfig.from_path(str(project), extra_config_path=file.name)


def _remedy(violation: object, path: str) -> str:
    """Return what to do about a rule of sqlfluff's own."""
    rule = getattr(violation, "rule", None)
    if getattr(rule, "is_fix_compatible", False):
        return f"run `sqlfluff fix {path}`"
    return f"read about `{getattr(rule, 'code', '')}` in sqlfluff's reference of rules"

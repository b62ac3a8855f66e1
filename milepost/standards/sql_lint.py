"""What sqlfluff says of a project's SQL, with the project's configuration and Milepost's plugin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from milepost.errors import MilepostError
from milepost.standards.finding import Finding
from milepost.standards.sql_rules import SQL_RULES


def sql_findings(project: Path, files: Sequence[Path]) -> Iterator[Finding]:
    """Yield what sqlfluff finds in files of a project, whose `.sqlfluff` says how it reads them."""
    if not files:
        return
    try:
        from sqlfluff.core import FluffConfig, Linter, SQLBaseError, SQLLintError
    except ImportError as error:
        raise MilepostError(
            "`sqlfluff` is not installed, which checks SQL",
            hint='pip install "milepost[standards]"',
        ) from error
    remedies = {rule.name: rule.remedy for rule in SQL_RULES}
    linter = Linter(config=FluffConfig.from_path(str(project)))
    # One process: for the files of one view, starting others takes longer than they save.
    linted = linter.lint_paths(tuple(map(str, files)), processes=1 if len(files) < 5 else 0)
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


def _remedy(violation: object, path: str) -> str:
    """Return what to do about a rule of sqlfluff's own."""
    rule = getattr(violation, "rule", None)
    if getattr(rule, "is_fix_compatible", False):
        return f"run `sqlfluff fix {path}`"
    return f"read about `{getattr(rule, 'code', '')}` in sqlfluff's reference of rules"

"""Check files by the rules of the standards: `python -m milepost.cli.rules`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from milepost.errors import MilepostError
from milepost.standards.finding import Finding
from milepost.standards.rules import changed_findings, findings


def main() -> int:
    """Print what the rules find in the files, or in the whole project. Return 1 for a finding."""
    parser = argparse.ArgumentParser(
        prog="python -m milepost.cli.rules",
        description="Check SQL, scripts, notebooks and YAML of the dbt project in this folder. "
        "Without files it checks the whole project, and needs `dbt parse` before. With YAML of "
        "models among the files it parses the project itself.",
        epilog="example: python -m milepost.cli.rules models/features/bed_moisture.sql",
    )
    parser.add_argument("files", nargs="*", type=Path, help="what is checked, and nothing else")
    files = parser.parse_args().files
    try:
        problems = _of_files(files) if files else findings(Path.cwd(), None)
    except MilepostError as error:
        print(error, file=sys.stderr)
        return 2
    for finding in problems:
        print(finding)
    return 1 if problems else 0


def _of_files(files: Sequence[Path]) -> list[Finding]:
    """Return what is found in files, each by the rules of the dbt project that it stands in.

    A commit may have files of no dbt project, which has no rules for them.
    """
    by_project: dict[Path, list[Path]] = {}
    for path in map(Path.resolve, files):
        project = next(
            (folder for folder in path.parents if (folder / "dbt_project.yml").exists()), None
        )
        if project:
            by_project.setdefault(project, []).append(path)
    return sorted(
        {
            finding
            for project, paths in by_project.items()
            for finding in changed_findings(project, paths)
        }
    )


if __name__ == "__main__":
    sys.exit(main())

"""Check files by the rules of the standards: `python -m milepost.cli.rules`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from milepost.errors import MilepostError
from milepost.standards.rules import file_findings, findings


def main() -> int:
    """Print what the rules find in the files, or in the whole project. Return 1 for a finding."""
    parser = argparse.ArgumentParser(
        prog="python -m milepost.cli.rules",
        description="Check SQL, scripts, notebooks and YAML of the dbt project in this folder. "
        "Without files it checks the whole project, and needs `dbt parse` before.",
        epilog="example: python -m milepost.cli.rules models/features/bed_moisture.sql",
    )
    parser.add_argument("files", nargs="*", type=Path, help="what is checked, and nothing else")
    files = parser.parse_args().files
    project = Path.cwd()
    try:
        if files:
            paths = [path.resolve() for path in files]
            problems = sorted(set(file_findings(project.resolve(), paths)))
        else:
            problems = findings(project, None)
    except MilepostError as error:
        print(error, file=sys.stderr)
        return 2
    for finding in problems:
        print(finding)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

"""Import this in the process that dbt commands are forked from: dbt parses a small project once.

dbt compiles readers and writers of its own classes when a command first needs them. That takes a
good part of the time of a small project, and each process would do it again.
"""

from __future__ import annotations

import os
import tempfile
import threading
from pathlib import Path

from dbt.cli.main import dbtRunner

FILES = {
    "dbt_project.yml": "name: warm\nprofile: warm\nflags: {send_anonymous_usage_stats: false}\n",
    "profiles.yml": "warm: {target: dev, outputs: {dev: {type: duckdb, path: ':memory:'}}}\n",
    "seeds/numbers.csv": "number\n1\n",
    "models/numbered.sql": "select number from {{ ref('numbers') }}\n",
    "models/numbered.yml": """
models:
  - name: numbered
    config: {contract: {enforced: true}}
    columns: [{name: number, data_type: integer, data_tests: [not_null]}]
unit_tests:
  - name: a_number_stays
    model: numbered
    given: [{input: ref('numbers'), rows: [{number: 1}]}]
    expect: {rows: [{number: 1}]}
""",
}


def parse() -> None:
    """Parse a seed and a model twice, the second time from what the first one kept."""
    here = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        for name, text in FILES.items():
            path = Path(folder, name)
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        os.chdir(folder)
        try:
            for _ in range(2):
                result = dbtRunner().invoke(["--quiet", "parse", "--no-static-parser"])
                assert result.success, result.exception
        finally:
            os.chdir(here)
    # A process forked beside threads waits for ever. A build would start DuckDB's, and the static
    # parser its own.
    assert threading.active_count() == 1


parse()

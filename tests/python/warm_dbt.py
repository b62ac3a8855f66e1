"""Import this in the process that dbt commands are forked from: dbt parses a small project once.

dbt compiles readers and writers of its own classes when a command first needs them, and every macro
that it calls: its own, and those of Milepost. That takes most of the time of a small project, and
each process would do it again.
"""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
import threading
from importlib import import_module
from pathlib import Path

from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest
from dbt_common.clients.jinja import template_cache
from dbt_common.tests import enable_test_caching

from milepost.building.code import without_layout
from milepost.building.macro_calls import names_called
from milepost.building.planning_code import planning_code
from quick_dbt import hasten

PROJECT = Path(__file__).parents[2]
# dbt imports the code of a command when it runs, and with it a good part of its dependencies.
COMMANDS = ("build", "deps", "docs.generate", "freshness", "list", "retry", "show")
# What DuckDB and Milepost import when first called, a quarter of a command's time; 2026-11.
LIBRARIES = (
    *("pandas", "boto3", "botocore.auth", "botocore.handlers", "botocore.regions"),
    "milepost.dbt_answers",
)
FILES = {
    "dbt_project.yml": """
name: warm
profile: warm
flags: {send_anonymous_usage_stats: false}
on-run-start: select 1
""",
    "profiles.yml": "warm: {target: dev, outputs: {dev: {type: duckdb, path: ':memory:'}}}\n",
    "seeds/numbers.csv": "number\n1\n",
    "models/numbered.sql": "select number from {{ ref('numbers') }}\n",
    "models/numbered.yml": """
models:
  - name: numbered
    config: {contract: {enforced: true}}
    columns: [{name: number, data_type: integer, data_tests: [not_null]}]
sources:
  - name: numbers
    config: {loaded_at_field: at, freshness: {error_after: {count: 1, period: day}}, meta: {a: 1}}
    tables:
      - name: landed
        columns: [{name: number, data_type: integer, constraints: [{type: not_null}]}]
unit_tests:
  - name: a_number_stays
    model: numbered
    given: [{input: ref('numbers'), rows: [{number: 1}]}]
    expect: {rows: [{number: 1}]}
""",
}


def parse() -> None:
    """Parse a seed and a model twice, the second time from what the first one kept."""
    # dbt's own tests do so: what a Jinja text parses to is kept by the text.
    enable_test_caching()
    here = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        for name, text in FILES.items():
            path = Path(folder, name)
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        shutil.copytree(PROJECT / "macros", Path(folder, "macros"))
        shutil.copytree(PROJECT / "tests/dbt/generic", Path(folder, "tests/generic"))
        os.chdir(folder)
        try:
            for _ in range(2):
                done = dbtRunner().invoke(["--quiet", "parse", "--no-static-parser"])
                assert done.success, done.exception
        finally:
            os.chdir(here)
    manifest = done.result
    assert isinstance(manifest, Manifest)
    # dbt keeps a compiled macro by its text, so that an edited one is compiled anew.
    for macro in manifest.macros.values():
        template_cache.get_node_template(macro)
        without_layout(macro.macro_sql)
        names_called(macro.macro_sql)
    for command in COMMANDS:
        import_module(f"dbt.task.{command}")
    import_libraries()
    planning_code()
    # A process forked beside threads waits for ever. A build would start DuckDB's, and the static
    # parser its own.
    assert threading.active_count() == 1
    # A command ends before its garbage matters, and looking for it took a sixth of the command's
    # time; 2026-11.
    gc.freeze()
    gc.set_threshold(200_000)


def import_libraries() -> None:
    """Import what a command would, without the threads with which pandas multiplies matrices."""
    variable = "OPENBLAS_NUM_THREADS"
    before = os.environ.get(variable)
    os.environ[variable] = "1"
    for library in LIBRARIES:
        import_module(library)
    del os.environ[variable]
    if before is not None:
        os.environ[variable] = before
    # Each command has an environment of its own.
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    key = {"aws_access_key_id": "none", "aws_secret_access_key": "none"}
    import_module("boto3").client("s3", region_name="us-east-1", **key)


hasten()
parse()

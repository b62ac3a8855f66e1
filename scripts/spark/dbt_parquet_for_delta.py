"""A dbt plugin by which Spark writes Parquet where the project says Delta.

`scripts/on_spark.py` puts this folder on Python's path, so that dbt imports the plugin. Spark
writes to a folder of this machine. Then the files get the log that makes them a Delta table for a
reader, and the table is copied to S3. It stands in for Delta in a proof: a table has no history,
and one that fails halfway is lost. It also sets ANSI mode, which dbt-spark lets no profile do.
"""

# allow milepost.local_file: Spark's files
from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow.parquet as pq
from dbt.adapters.spark.session import Cursor
from dbt.plugins.manager import dbtPlugin

from spark.copies import sync

CREATE = re.compile(
    r"create (?:or replace )?table\s+(?P<table>\S+).*?using delta\s+location 's3://(?P<place>[^']+)'",
    re.DOTALL,
)
DELETE = re.compile(r"delete from\s+(?P<table>\S+)\s+where(?P<condition>.*)", re.DOTALL)
INSERT = re.compile(r"insert into (?:table )?(?P<table>\S+)")
# A reader has to know that instants have no time zone.
FEATURES = ["timestampNtz"]
ANSI = "spark.sql.ansi.enabled"
SCHEMA = b"org.apache.spark.sql.parquet.row.metadata"

_folders: dict[str, Path] = {}


class ParquetForDelta(dbtPlugin):
    """Sends Spark other statements where dbt's are of Delta tables."""

    def initialize(self) -> None:
        """Put itself between dbt-spark and Spark."""
        send = Cursor.execute

        def execute(cursor: Any, sql: str, *parameters: Any) -> None:
            cursor.server_side_parameters[ANSI] = os.environ["MILEPOST_SPARK_ANSI"]
            for statement in _statements(sql):
                send(cursor, statement, *parameters)
            if match := CREATE.search(sql) or DELETE.search(sql) or INSERT.search(sql):
                publish(_folders[match["table"]])

        Cursor.execute = execute  # type: ignore[method-assign, assignment]


def _statements(sql: str) -> Iterator[str]:
    """Yield what Spark without Delta runs in place of a statement."""
    if match := CREATE.search(sql):
        table, place = match["table"], match["place"]
        folder = _folders[table] = Path(os.environ["MILEPOST_SPARK_FILES"], place)
        if "or replace" in match[0]:
            shutil.rmtree(folder, ignore_errors=True)
            yield f"drop table if exists {table}"
        yield sql.replace("create or replace", "create").replace("using delta", "using parquet")
    elif match := DELETE.search(sql):
        table, rest = match["table"], f"{match['table']}__rest"
        kept_rows = f"select * from {table} where not coalesce({match['condition']}, false)"  # noqa: S608 - dbt's
        yield f"create table {rest} using parquet as {kept_rows}"
        yield f"insert overwrite {table} select * from {rest}"  # noqa: S608 - dbt's
        yield f"drop table {rest}"
    elif "set not null" not in sql:
        yield sql.replace("delta.`", "parquet.`")


def publish(folder: Path) -> None:
    """Copy a table to S3, with the log of a Delta table that has no earlier version."""
    files = sorted(folder.glob("*.parquet"))
    if not files:
        return  # a table without a row: a seed's, before it is loaded
    features = {"readerFeatures": FEATURES, "writerFeatures": FEATURES}
    table = {
        "id": str(uuid4()),
        "format": {"provider": "parquet", "options": {}},
        "schemaString": pq.read_schema(files[0]).metadata[SCHEMA].decode(),
        "partitionColumns": [],
        "configuration": {},
    }
    actions: list[dict[str, Any]] = [
        {"protocol": {"minReaderVersion": 3, "minWriterVersion": 7, **features}},
        {"metaData": table},
    ]
    for file in files:
        state = file.stat()
        added = {"path": file.name, "size": state.st_size, "partitionValues": {}}
        added |= {"modificationTime": state.st_mtime_ns // 1_000_000, "dataChange": True}
        actions.append({"add": added})
    log = folder / "_delta_log" / f"{0:020}.json"
    log.parent.mkdir(exist_ok=True)
    log.write_text("\n".join(map(json.dumps, actions)))
    sync(folder, f"s3:{folder.relative_to(os.environ['MILEPOST_SPARK_FILES'])}")


plugins = [ParquetForDelta]

"""The raw tables that a project's YAML declares: how their files lie, and what each column is."""

# allow milepost.local_file: the sources' YAML is read
from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from milepost.raw.declaration import raw_table
from milepost.raw.tables import RawTable
from milepost.storage.location import Location

_VARIABLE = re.compile(r"\{\{\s*env_var\([^}]*\)\s*\}\}")


def raw_tables(sources: Path, raw: Location) -> list[RawTable]:
    """Return the raw tables of the first source in a YAML file, with `raw` for its variable."""
    (source, *_) = yaml.safe_load(sources.read_text(encoding="utf-8"))["sources"]
    shared = source["config"]["meta"]
    return [_raw_table(source["name"], shared, table, raw) for table in source["tables"]]


def _raw_table(
    source: str, shared: dict[str, Any], table: dict[str, Any], raw: Location
) -> RawTable:
    meta = shared | table.get("config", {}).get("meta", {})
    return raw_table(
        {
            "unique_id": f"source.{source}.{table['name']}",
            "source_name": source,
            "name": table["name"],
            "identifier": table.get("identifier", table["name"]),
            "config": {"meta": meta | {"raw_uri": _VARIABLE.sub(raw.uri(), meta["raw_uri"])}},
            "columns": {column["name"]: {"config": {}, **column} for column in table["columns"]},
        }
    )

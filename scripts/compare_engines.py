"""Compare every table that other engines built with DuckDB's, and print how many rows differ.

Integers, decimals, instants, dates, booleans and text must be equal, doubles within 1e-12 of each
other. Rows are paired by all of their columns but doubles, so that no key is needed. It exits with
1 where anything differs.
"""

# allow milepost.local_file: dbt's manifest, and the scratch database
from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from milepost.building.engine_tables import connect

TOLERANCE = 1e-12
INEXACT = {"DOUBLE", "FLOAT"}
BUILT_AS = {"table", "incremental", "seed"}


@dataclass(frozen=True)
class Comparison:
    """How a table of another engine differs from DuckDB's."""

    table: str
    rows: int
    fault: str = ""


def compare(
    con: DuckDBPyConnection, table: str, expected: str, actual: str, *, typed: bool
) -> Comparison:
    """Compare two relations of DuckDB; `typed` says that their columns must have equal types."""
    types, other_types = (
        {name: kind for name, kind, *_ in con.execute(f"describe from {relation}").fetchall()}
        for relation in (expected, actual)
    )
    row = con.execute(f"select count(*) from {expected}").fetchone()  # noqa: S608 - as above
    rows = int(row[0]) if row else 0
    if list(types) != list(other_types):
        return Comparison(table, rows, f"columns {', '.join(types.keys() ^ other_types.keys())}")
    retyped = [name for name in types if types[name] != other_types[name]]
    if typed and retyped:
        pairs = (f"{name} {types[name]}, {other_types[name]}" for name in retyped)
        return Comparison(table, rows, f"types: {'; '.join(pairs)}")
    exact = [f'"{name}"' for name, kind in types.items() if kind not in INEXACT]
    doubles = [f'"{name}"' for name, kind in types.items() if kind in INEXACT]
    paired = ", ".join(exact) or "1"
    numbered = (
        f"select *, row_number() over (partition by {paired} "  # noqa: S608 - names of the project
        f"order by {', '.join(doubles) or '1'}) as nth from "
    )
    on = " and ".join(f"one.{name} is not distinct from other.{name}" for name in [*exact, "nth"])
    differs = " or ".join(
        ["one.nth is null", "other.nth is null"]
        + [
            f"(one.{name} is null) <> (other.{name} is null) or abs(one.{name} - other.{name}) > "
            f"{TOLERANCE} * greatest(1, abs(one.{name}), abs(other.{name}))"
            for name in doubles
        ]
    )
    row = con.execute(
        f"select count(*) from ({numbered} {expected}) as one "  # noqa: S608 - names of the project
        f"full join ({numbered} {actual}) as other on {on} where {differs}"
    ).fetchone()
    differences = int(row[0]) if row else 0
    return Comparison(table, rows, f"{differences} rows" if differences else "")


def tables(manifest: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the models and seeds that are tables on every engine, by schema and name."""
    nodes = manifest["nodes"].values()
    for node in sorted(nodes, key=lambda node: (node["schema"], node["alias"])):
        is_built = node["config"].get("materialized") in BUILT_AS
        # DuckDB has views of the raw files.
        if node["resource_type"] in {"model", "seed"} and is_built and "/base/" not in node["path"]:
            yield node


def main() -> int:
    """Compare, print the table, and return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="example: compare_engines.py .local/engines.duckdb sail=target/sail/manifest.json",
    )
    parser.add_argument("database", type=Path, help="what DuckDB built")
    parser.add_argument(
        "engines",
        nargs="+",
        metavar="ENGINE=MANIFEST",
        help="dbt's manifest of another engine's build",
    )
    chosen = parser.parse_args()
    con = connect()
    con.execute(f"attach '{chosen.database}' as expected (read_only)")
    different = compared = 0
    print(f"{'engine':8} {'table':44} {'rows':>10}  differences")
    for engine, _, manifest in (argument.partition("=") for argument in chosen.engines):
        for node in tables(json.loads(Path(manifest).read_bytes())):
            schema = node["schema"].removeprefix("milepost_")
            comparison = compare(
                con,
                f"{schema}.{node['alias']}",
                f'expected."main_{schema}"."{node["alias"]}"',
                f"delta_scan('{node['config']['location_root']}/{node['alias']}')",
                typed=node["config"].get("contract", {}).get("enforced", False),
            )
            compared += 1
            different += bool(comparison.fault)
            print(
                f"{engine:8} {comparison.table:44} {comparison.rows:10,}  {comparison.fault or 0}",
                flush=True,
            )
    if not compared:
        print("no table was compared: no manifest has one", file=sys.stderr)
        return 1
    print(f"{different or 'no'} table{'s differ' if different != 1 else ' differs'}")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())

"""`make bench-windows`: trailing windows, Milepost's model beside others on the same rows.

Every variant runs in a process of its own on the same Parquet file, gives an Arrow table, and is
measured from its first read to that table: CPU seconds (user and system), wall seconds, peak
resident memory, rows. Values are compared at every row. What was measured is kept beside the data,
so that a run goes on where the last one ended.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from bench.windows import facts as cases
from bench.windows import peers

HERE = Path(__file__).parent
THREADS = 2
# What one more day reads: its look-back of 90 days, and a day.
DAY = {"start": "2024-12-31 00:00:00", "end": cases.END}
LOOK_BACK = "2024-10-02 00:00:00"
# Where a carrier has fewer facts at a step, a row for each step takes more than memory holds.
LEAST_OF_EACH_STEP = 0.1
AMOUNT = {"sum": "s", "mean": "m", "stddev": "sd"}

POLARS: dict[str, dict[str, peers.PolarsVariant]] = {
    "sums": {
        "polars, each step and shifts": peers.polars_dense,
        "polars, join_asof": peers.polars_sparse,
    },
    "distinct": {"polars, rolling": peers.polars_rolling("d", peers.distinct_lanes)},
    "quantiles": {"polars, rolling": peers.polars_rolling("p50_", peers.median_amount)},
    "last": {"polars, rolling": peers.polars_rolling("l", peers.mean_of_last_50)},
}
DUCKDB: dict[str, dict[str, peers.Query]] = {
    "sums": {
        "DuckDB RANGE over tiles": peers.range_over_tiles,
        "DuckDB RANGE over facts": peers.range_over_facts(
            "count(amount) over w{w} as n{w}, sum(amount) over w{w} as s{w}, "
            "avg(amount) over w{w} as m{w}, avg(flag) over w{w} as r{w}, "
            "stddev_samp(amount) over w{w} as sd{w}"
        ),
    },
    "distinct": {
        "DuckDB RANGE over facts": peers.range_over_facts(
            "count(distinct lane_id) over w{w} as d{w}"
        )
    },
    "quantiles": {
        "DuckDB RANGE over facts": peers.range_over_facts(
            "quantile_cont(amount, 0.5) over w{w} as p50_{w}"
        )
    },
    "last": {},
}
FLOORS = {
    "sums": "count(*), sum(amount), sum(amount * amount), sum(cast(flag as int))",
    "distinct": "count(*), count(distinct lane_id)",
}


def windows_of(kind: str, grid: str) -> tuple[int, ...]:
    windows = cases.window_steps(grid)
    return windows[-1:] if kind == "last" else windows


def declared(kind: str, grid: str) -> list[dict[str, Any]]:
    """The features that Milepost's model declares."""
    over = [f"{w}{grid[0]}" for w in windows_of(kind, grid)]
    if kind == "distinct":
        return [{"name": "d", "distinct": "deliveries.lane_id", "over": over}]
    if kind == "quantiles":
        return [{"name": "p50", "p50": "deliveries.amount", "over": over}]
    if kind == "last":
        last = {"last": 50, "within": over[0], "id": "delivery_id", "decimals": 2}
        return [{"name": "l", "mean": "deliveries.amount", **last}]
    return [
        {"name": "n", "count": "deliveries", "over": over},
        {"name": "r", "rate": "deliveries.flag", "over": over},
        *(
            {"name": name, aggregate: "deliveries.amount", "over": over, "decimals": 2}
            for aggregate, name in AMOUNT.items()
        ),
    ]


def columns_of(kind: str, grid: str) -> dict[str, str]:
    """Milepost's columns, and what the others call them."""
    windows = windows_of(kind, grid)
    if kind == "last":
        return {"l_last_50": f"l{windows[0]}"}
    names = {"sums": ("n", "s", "m", "r", "sd"), "distinct": ("d",), "quantiles": ("p50",)}[kind]
    between = "_" if kind == "quantiles" else ""
    return {f"{x}_{w}{grid[0]}": f"{x}{between}{w}" for x in names for w in windows}


def compiled(kind: str, grid: str, batch: dict[str, str], stored: Path | None = None) -> str:
    """Return the SQL that dbt makes of the model of this folder, after `stored` rows."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(shutil.copytree(HERE, Path(folder) / "project"))
        for macros in ("windows", "names"):
            shutil.copytree(HERE.parents[1] / "macros" / macros, project / "macros" / macros)
        shutil.copy(project / "profiles.example.yml", project / "profiles.yml")
        if stored:
            with duckdb.connect(project / "windows.duckdb") as con:
                con.execute(f"create table carrier_windows as from '{stored.resolve()}'")
        variables = {**batch, "grid": grid, "features": declared(kind, grid)}
        dbt = Path(sys.executable).with_name("dbt")
        subprocess.run(
            [dbt, "--quiet", "compile", "--vars", json.dumps(variables)],
            cwd=project,
            env={**os.environ, "HOME": folder, "DBT_PROFILES_DIR": str(project)},
            check=True,
        )
        return (project / "target/compiled/milepost/models/carrier_windows.sql").read_text()


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measure(request: dict[str, Any]) -> None:
    """Run one variant in this process, and print its figures as JSON."""
    kind, grid, facts = request["kind"], request["grid"], request["facts"]
    end = int(datetime.fromisoformat(f"{cases.END}+00:00").timestamp()) // 3600 // cases.HOURS[grid]
    polars_variant = POLARS[kind].get(request["name"])
    if polars_variant:
        import polars  # noqa: F401 - its import is no part of the measure
    con = duckdb.connect()
    con.execute(
        f"set threads = {THREADS}; set timezone = 'UTC'; set preserve_insertion_order = false; "
        f"set memory_limit = '{request['memory']}'; set temp_directory = '{facts}.spill'"
    )
    con.execute(f"create view events as from '{facts}' where known_at >= '{request['since']}'")
    cpu, wall = cpu_seconds(), time.monotonic()
    if polars_variant:
        table = polars_variant(facts, grid, windows_of(kind, grid), end)
    else:
        sql = request["sql"] or DUCKDB[kind][request["name"]](grid, windows_of(kind, grid), end)
        table = con.execute(sql).to_arrow_table()
    cpu, wall = cpu_seconds() - cpu, time.monotonic() - wall
    # Not ru_maxrss, which starts with the parent's.
    peak = int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024
    print(json.dumps({"cpu": cpu, "wall": wall, "mb": peak, "rows": table.num_rows}))
    if request["keep"]:
        pq.write_table(table, request["keep"], compression="none")


def run(request: dict[str, Any]) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.windows.run", "--measure", json.dumps(request)],
        env={**os.environ, "POLARS_MAX_THREADS": str(THREADS)},
        stdout=subprocess.PIPE,
        check=True,
    )
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def differs(ours: str, theirs: str) -> str:
    """Whether a value is another, in SQL."""
    least = 1e-3 if ours.startswith("sd_") else 0
    return (
        f"o.{ours} is distinct from t.{theirs} and not coalesce("
        f"abs(o.{ours} - t.{theirs}) <= 1e-9 * abs(t.{theirs}) + {least}, false)"
    )


def wrong_deviations(
    con: duckdb.DuckDBPyConnection, ours: Path, theirs: Path, facts: Path, grid: str, o: str, t: str
) -> int:
    """Of the deviations that differ, count those of ours that are not the facts' own."""
    seconds = 3600 * cases.HOURS[grid]
    steps = int(t.removeprefix("sd"))
    (count,) = con.execute(f"""
        with differing as (
            select o.carrier_id, t.step, o.{o} as deviation
            from '{theirs}' as t
            join '{ours}' as o
                on o.carrier_id = t.carrier_id and epoch(o.available_at) // {seconds} = t.step
            where {differs(o, t)}
        ),

        compared as (
            select deviation, stddev_samp(f.amount) as of_facts
            from differing as d
            left join '{facts}' as f
                on
                    f.carrier_id = d.carrier_id
                    and epoch(f.known_at) // {seconds} + 1 between d.step - {steps - 1} and d.step
            group by d.carrier_id, d.step, deviation
        )

        select count(*) from compared
        where not coalesce(abs(deviation - of_facts) <= 1e-9 * of_facts + 1e-9, false)
    """).fetchall()[0]
    return int(count)


def check_values(ours: Path, theirs: Path, facts: Path, kind: str, grid: str) -> None:
    """Stop unless both have the same rows and values: counts exactly, doubles within 1e-9.

    Where polars' deviation is off by more than it may be, ours must be that of the facts.
    """
    seconds = 3600 * cases.HOURS[grid]
    columns = columns_of(kind, grid)
    with duckdb.connect() as con:
        con.execute(f"set memory_limit = '6GB'; set threads = {THREADS}; set timezone = 'UTC'")
        con.execute(f"set temp_directory = '{ours}.spill'")
        # Squares of doubles that cancel lose digits: of deviations near zero, and only there.
        differing = ", ".join(
            f"count(*) filter (where {differs(o, t)})" for o, t in columns.items()
        )
        counts = con.execute(f"""
            select count(*), count(o.carrier_id), count(t.carrier_id), {differing}
            from '{theirs}' as t
            full join '{ours}' as o
                on o.carrier_id = t.carrier_id and epoch(o.available_at) // {seconds} = t.step
        """).fetchall()[0]
        wrong = [
            count and wrong_deviations(con, ours, theirs, facts, grid, o, t)
            if o.startswith("sd_")
            else count
            for count, (o, t) in zip(counts[3:], columns.items(), strict=True)
        ]
    if len(set(counts[:3])) > 1 or not counts[0] or any(wrong):
        raise SystemExit(f"rows or values differ from {theirs}: {counts[:3]}, {wrong}")
    print(f"    equal: {counts[0]} rows", file=sys.stderr)


def report(results: dict[str, dict[str, float]]) -> None:
    print("| grid | facts per key and day | what | variant | CPU s | wall s | peak MB | rows |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, of in results.items():
        cells = f"{of['cpu']:.2f} | {of['wall']:.2f} | {of['mb']:.0f} | {of['rows']:.0f}"
        print(f"| {' | '.join(name.split('/'))} | {cells} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--density", type=float, action="append", choices=list(cases.DENSITIES))
    parser.add_argument("--grid", action="append", choices=list(cases.HOURS))
    parser.add_argument("--kind", action="append", choices=list(POLARS))
    parser.add_argument("--facts", type=int, help="so many facts, and as many less carriers")
    parser.add_argument("--again", action="store_true", help="measure again what is there")
    parser.add_argument("--data", type=Path, default=Path(".local/bench/windows"))
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(json.loads(options.measure))
        return
    options.data.mkdir(parents=True, exist_ok=True)
    record = options.data / f"results_{options.facts or 'all'}.json"
    results = json.loads(record.read_text()) if record.exists() else {}
    for density in options.density or cases.DENSITIES:
        facts, carriers = cases.DENSITIES[density]
        if options.facts:
            facts, carriers = options.facts, carriers * options.facts // facts
        path = options.data / f"facts_{density}_{facts}.parquet"
        cases.generate(path, facts, carriers)
        for grid in options.grid or cases.HOURS:
            for kind in options.kind or POLARS:
                print(f"{density:g} facts per key and day, {grid}, {kind}", file=sys.stderr)
                case = f"{grid}/{density:g}/{kind}"
                measure_case(case, path, results, again=options.again)
                record.write_text(json.dumps(results, indent=1))
    report(results)


def measure_case(
    case: str, path: Path, results: dict[str, dict[str, float]], *, again: bool
) -> None:
    """Measure all variants of a case that have no figures yet, and compare their values."""
    grid, density, kind = case.split("/")
    names = ["Milepost", *POLARS[kind], *DUCKDB[kind]]
    if float(density) * cases.HOURS[grid] / 24 < LEAST_OF_EACH_STEP and kind == "sums":
        names.remove("polars, each step and shifts")
    if grid == "day" and kind in FLOORS:
        names += ["one more day", "floor of one more day: GROUP BY"]
    if not again and all(f"{case}/{name}" in results for name in names):
        return
    kept = path.with_suffix(".ours.parquet")
    for name in names:
        is_day = "one more day" in name
        sql = None
        if name in ("Milepost", "one more day"):
            batch = DAY if is_day else {"end": cases.END}
            sql = compiled(kind, grid, batch, kept if is_day else None)
        elif name.startswith("floor"):
            day = "cast(known_at as date)"
            sql = f"select carrier_id, {day}, {FLOORS[kind]} from events group by 1, 2"
        theirs = kept if name == "Milepost" else path.with_suffix(".theirs.parquet")
        request = {
            "name": name,
            "kind": kind,
            "grid": grid,
            "facts": str(path),
            "sql": sql,
            "since": LOOK_BACK if is_day else "2000-01-01",
            # What others keep in memory may need more than Milepost has.
            "memory": "3GB" if sql else "10GB",
            "keep": None if is_day else str(theirs),
        }
        figures = results[f"{case}/{name}"] = run(request)
        print(f"  {name}: {figures['cpu']:.1f} s CPU, {figures['mb']:.0f} MB", file=sys.stderr)
        if not is_day and name != "Milepost":
            check_values(kept, theirs, path, kind, grid)
            theirs.unlink()
    kept.unlink()


if __name__ == "__main__":
    main()

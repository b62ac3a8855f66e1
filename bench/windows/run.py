"""`make bench-windows`: trailing windows, Milepost's model beside the formulations of others.

Every variant runs in a process of its own on the same Parquet file, gives an Arrow table, and is
measured from its first read to that table: CPU seconds (user and system) and peak resident memory.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

HERE = Path(__file__).parent
WINDOWS = (7, 28, 90)
SUMS = ("n", "s", "m", "r", "sd")
FIRST_DAY = "2024-01-01"
THREADS = 2


def generate(path: Path, facts: int, days: int) -> None:
    """Facts in the order of time; carriers skewed, at most 40 lanes each, cents as doubles."""
    if path.exists():
        return
    with duckdb.connect() as con:
        con.execute(f"set threads = {THREADS}; set memory_limit = '4GB'")
        con.execute(f"""
            copy (
                select
                    carrier_id,
                    cast(hash(carrier_id, hash(i, 2) % 40) % 5000 as integer) as lane_id,
                    timestamp '{FIRST_DAY}'
                    + to_microseconds(cast(i * ({days} * 86400e6 / {facts}) as bigint)) as ts,
                    (hash(i, 3) % 500000) / 100.0 as amount,
                    hash(i, 4) % 10 < 7 as flag
                from (
                    select
                        i,
                        cast(20000 * pow((hash(i, 1) % 1000000) / 1e6, 1.5) as int) as carrier_id
                    from range({facts}) as facts (i)
                )
            ) to '{path}.part' (format parquet, compression zstd, row_group_size 122880)
        """)
    Path(f"{path}.part").rename(path)


def compiled(batch: dict[str, str]) -> dict[str, str]:
    """The SQL that dbt makes of each model of this folder."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(shutil.copytree(HERE, Path(folder) / "project"))
        for folder in ("windows", "names"):
            shutil.copytree(HERE.parents[1] / "macros" / folder, project / "macros" / folder)
        shutil.copy(project / "profiles.example.yml", project / "profiles.yml")
        subprocess.run(
            [
                Path(sys.executable).with_name("dbt"),
                "--quiet",
                "compile",
                "--vars",
                json.dumps(batch),
            ],
            cwd=project,
            env={**os.environ, "HOME": folder, "DBT_PROFILES_DIR": str(project)},
            check=True,
        )
        models = project / "target/compiled/milepost/models"
        return {path.stem: path.read_text() for path in models.glob("*.sql")}


def frames() -> str:
    return ", ".join(
        f"w{w} as (partition by carrier_id order by day "
        f"range between interval {w - 1} day preceding and current row)"
        for w in WINDOWS
    )


def finished(w: int, n: str, s: str, q: str, g: str) -> str:
    return (
        f"{n} as n{w}, {s} as s{w}, {s} / {n} as m{w}, {g} / {n} as r{w}, case when {n} > 1 then "
        f"sqrt(greatest(0, ({q} - {s} * {s} / {n}) / ({n} - 1))) end as sd{w}"
    )


DAYS = """
    select carrier_id, lane_id, cast(ts as date) as day, amount, cast(flag as int) as flag
    from events
"""
TILES = f"""
    select
        carrier_id, day,
        count(*) as n, sum(amount) as s, sum(amount * amount) as q, sum(flag) as g
    from ({DAYS}) group by carrier_id, day
"""
LAST_OF_DAY = "qualify row_number() over (partition by carrier_id, day) = 1"


def range_over_facts(aggregates: str) -> str:
    columns = ", ".join(aggregates.format(w=w) for w in WINDOWS)
    return f"select carrier_id, day, {columns} from ({DAYS}) window {frames()} {LAST_OF_DAY}"


def range_over_tiles() -> str:
    sums = ", ".join(f"sum({x}) over w{w} as {x}{w}" for w in WINDOWS for x in "nsqg")
    columns = ", ".join(finished(w, *(f"w.{x}{w}" for x in "nsqg")) for w in WINDOWS)
    return (
        f"select carrier_id, day, {columns} "
        f"from (select carrier_id, day, {sums} from ({TILES}) window {frames()}) as w"
    )


def distinct_sweep() -> str:
    """A lane counts from a day it is seen until that day + W, or the next such day."""
    leaving = " union all ".join(
        f"select carrier_id, least(day + {w}, coalesce(next_day, date '9999-01-01')), 0, "
        + ", ".join("-1" if v == w else "0" for v in WINDOWS)
        + " from seen"
        for w in WINDOWS
    )
    return f"""
        with seen as (
            select
                carrier_id, day,
                lead(day) over (partition by carrier_id, lane_id order by day) as next_day
            from (select distinct carrier_id, lane_id, day from ({DAYS}))
        ),
        changes as (
            select
                carrier_id, day, 1 as is_active, {", ".join(f"1 as x{w}" for w in WINDOWS)}
            from seen
            union all {leaving}
        ),
        by_day as (
            select
                carrier_id, day, max(is_active) as is_active,
                {", ".join(f"sum(x{w}) as x{w}" for w in WINDOWS)}
            from changes group by carrier_id, day
        )
        select carrier_id, day, {", ".join(f"sum(x{w}) over so_far as d{w}" for w in WINDOWS)}
        from by_day
        window so_far as (partition by carrier_id order by day rows unbounded preceding)
        qualify is_active = 1
    """


FLOOR_SUMS = TILES
FLOOR = TILES.replace("as g\n", "as g, count(distinct lane_id) as d\n")


def polars_sums(path: str) -> pa.Table:
    """Daily tiles, then rolling sums by day."""
    import polars as pl

    tiles = (
        pl.scan_parquet(path)
        .with_columns(day=pl.col("ts").dt.date(), flag=pl.col("flag").cast(pl.Int32))
        .group_by("carrier_id", "day")
        .agg(
            n=pl.len().cast(pl.Int64),
            s=pl.col("amount").sum(),
            q=(pl.col("amount") ** 2).sum(),
            g=pl.col("flag").sum(),
        )
        .sort("carrier_id", "day")
        .collect(engine="streaming")
    )
    result = tiles.select("carrier_id", "day")
    for w in WINDOWS:
        rolled = tiles.select(
            pl.col(x).rolling_sum_by("day", window_size=f"{w}d", closed="right").over("carrier_id")
            for x in "nsqg"
        )
        n, s, q, g = (pl.col(x) for x in "nsqg")
        result = result.hstack(
            rolled.select(
                n.alias(f"n{w}"),
                s.alias(f"s{w}"),
                (s / n).alias(f"m{w}"),
                (g / n).alias(f"r{w}"),
                pl.when(n > 1).then(((q - s * s / n) / (n - 1)).clip(0).sqrt()).alias(f"sd{w}"),
            )
        )
    return result.to_arrow()


def polars_distinct(path: str) -> pa.Table:
    import polars as pl

    seen = (
        pl.scan_parquet(path)
        .select("carrier_id", "lane_id", day=pl.col("ts").dt.date())
        .unique()
        .sort("carrier_id", "day")
        .collect()
    )
    result = seen.select("carrier_id", "day")
    for w in WINDOWS:
        rolled = seen.rolling(
            index_column="day", period=f"{w}d", closed="right", group_by="carrier_id"
        ).agg(pl.col("lane_id").n_unique().alias(f"d{w}"))
        result = result.hstack(rolled.drop("carrier_id", "day"))
    return result.unique(["carrier_id", "day"], keep="last").to_arrow()


POLARS: dict[str, Callable[[str], pa.Table]] = {
    "polars, sums": polars_sums,
    "polars, distinct lanes": polars_distinct,
}
PEERS = {
    "DuckDB RANGE over facts, sums": range_over_facts(
        "count(*) over w{w} as n{w}, sum(amount) over w{w} as s{w}, "
        "avg(amount) over w{w} as m{w}, avg(flag) over w{w} as r{w}, "
        "stddev_samp(amount) over w{w} as sd{w}"
    ),
    "DuckDB RANGE over facts, distinct lanes": range_over_facts(
        "count(distinct lane_id) over w{w} as d{w}"
    ),
    "DuckDB RANGE over daily tiles, sums": range_over_tiles(),
    "DuckDB sweep, distinct lanes": distinct_sweep(),
    "floor: one GROUP BY, sums": FLOOR_SUMS,
    "floor: one GROUP BY, with distinct lanes": FLOOR,
}


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measure(asked: dict[str, Any]) -> None:
    """One run of one variant, in this process; its figures as JSON to stdout."""
    if asked["name"] in POLARS:
        import polars  # noqa: F401 - its import is no part of the measure

        start = cpu_seconds()
        table = POLARS[asked["name"]](asked["data"])
    else:
        with duckdb.connect() as con:
            con.execute(
                f"set threads = {THREADS}; set timezone = 'UTC'; "
                f"set preserve_insertion_order = false; set memory_limit = '{asked['memory']}'; "
                f"set temp_directory = '{asked['data']}.spill'"
            )
            con.execute(
                f"create view events as from '{asked['data']}' "
                f"where ts >= timestamp '{asked['since']}'"
            )
            start = cpu_seconds()
            if asked["into"] == "table":
                con.execute(f"attach '{asked['data']}.duckdb' as built")
                con.execute(f"create or replace table built.windows as {asked['sql']}")
                table = con.execute("select count(*) from built.windows").to_arrow_table()
            else:
                table = con.execute(asked["sql"]).to_arrow_table()
    used = cpu_seconds() - start
    # Not ru_maxrss, which starts with the parent's.
    peak = int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024
    print(json.dumps({"cpu": used, "mb": peak, "rows": table.num_rows}))
    if asked["keep"]:
        pq.write_table(table, asked["keep"], compression="none")


def run(name: str, data: Path, **options: Any) -> dict[str, float]:
    asked = {
        "name": name,
        "data": str(data),
        "memory": "3GB",
        "since": FIRST_DAY,
        "sql": PEERS.get(name),
        "keep": None,
        "into": "arrow",
        **options,
    }
    done = subprocess.run(
        [sys.executable, __file__, "--measure", json.dumps(asked)],
        env={**os.environ, "POLARS_MAX_THREADS": str(THREADS)},
        stdout=subprocess.PIPE,
        check=True,
    )
    figures: dict[str, float] = json.loads(done.stdout)
    print(f"  {name}: {figures['cpu']:.1f} s CPU, {figures['mb']:.0f} MB", file=sys.stderr)
    return figures


def median_of(runs: list[dict[str, float]]) -> dict[str, float]:
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]}


def same_values(ours: str, theirs: str, names: tuple[str, ...]) -> None:
    """Equal at each active day of each carrier: counts exactly, doubles within 1e-9 relative."""
    with duckdb.connect() as con:
        con.execute(f"set memory_limit = '6GB'; set threads = {THREADS}")
        differing = ", ".join(
            f"count(*) filter (where o.{x}_{w}d is distinct from t.{x}{w}"
            + (
                ""
                if x in "nd"
                else f" and not abs(o.{x}_{w}d - t.{x}{w}) <= 1e-9 * abs(t.{x}{w}) + {slack(x)}"
            )
            + f") as {x}{w}"
            for x in names
            for w in WINDOWS
        )
        found = con.execute(f"""
            select count(*), count(o.carrier_id), {differing}
            from '{theirs}' as t
            left join '{ours}' as o
                on o.carrier_id = t.carrier_id and o.available_at = t.day + interval 1 day
        """).fetchone()
    if found is None or found[0] != found[1] or not found[0] or any(found[2:]):
        raise SystemExit(f"values differ from {theirs}: {found}")
    print(f"  equal at {found[0]} active days: {', '.join(names)}", file=sys.stderr)


def slack(name: str) -> str:
    """Sums of doubles that cancel lose digits: of deviations near zero, and only there."""
    return "1e-3" if name == "sd" else "0"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facts", type=float, default=20e6, help="facts in a year")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--data", type=Path, default=Path(".local/bench"))
    parser.add_argument("--large", action="store_true", help="also 100 million facts in 4 GB")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(json.loads(options.measure))
        return
    options.data.mkdir(parents=True, exist_ok=True)
    facts = int(options.facts)
    data = options.data / f"windows_{facts}_365.parquet"
    print(
        f"{facts} facts in 365 days, {options.runs} runs each, {THREADS} threads", file=sys.stderr
    )
    generate(data, facts, 365)
    models = compiled({"end": "2025-01-01 00:00:00"})
    ours = {"Milepost": models["carrier_windows"], "Milepost, sums": models["carrier_sums"]}
    kept = {
        name: str(options.data / f"{n}.parquet") for n, name in enumerate([*ours, *PEERS, *POLARS])
    }
    figures = {}
    for name in [*ours, *PEERS, *POLARS]:
        of = {"sql": ours[name]} if name in ours else {}
        # Frames over 20 million facts do not fit where the tiles do.
        memory = "10GB" if "over facts" in name or "sweep" in name else "3GB"
        runs = [
            run(name, data, **of, memory=memory, keep=None if n or "floor" in name else kept[name])
            for n in range(1 if "facts, distinct" in name else options.runs)  # minutes
        ]
        figures[name] = median_of(runs)
    same_values(kept["Milepost, sums"], kept["polars, sums"], SUMS)
    same_values(kept["Milepost"], kept["DuckDB RANGE over facts, sums"], SUMS)
    same_values(kept["Milepost"], kept["DuckDB RANGE over daily tiles, sums"], SUMS)
    same_values(kept["Milepost"], kept["DuckDB sweep, distinct lanes"], ("d",))
    same_values(kept["Milepost"], kept["DuckDB RANGE over facts, distinct lanes"], ("d",))
    same_values(kept["Milepost"], kept["polars, distinct lanes"], ("d",))

    print("One more day on 2 years", file=sys.stderr)
    history = options.data / f"windows_{facts}_730.parquet"
    generate(history, facts, 730)
    full = compiled({"end": "2026-01-01 00:00:00"})["carrier_windows"]
    day = {"start": "2025-12-31 00:00:00", "end": "2026-01-01 00:00:00"}
    figures["2 years in full"] = run("2 years in full", history, sql=full)
    look_back = {"since": "2025-10-01"}
    for name, sql in (
        ("one more day", compiled(day)["carrier_windows"]),
        ("one more day, sums", compiled(day)["carrier_sums"]),
        ("floor of its look-back", FLOOR),
        ("floor of its look-back, sums", FLOOR_SUMS),
    ):
        runs = [run(name, history, sql=sql, **look_back) for _ in range(options.runs)]
        figures[name] = median_of(runs)

    if options.large:
        large = options.data / "windows_100000000_365.parquet"
        generate(large, 100_000_000, 365)
        figures["100 million facts in 4 GB"] = run(
            "100 million facts in 4 GB",
            large,
            sql=models["carrier_windows"],
            memory="3500MB",
            into="table",
        )
    report(figures)


def report(figures: dict[str, dict[str, float]]) -> None:
    print("| variant | CPU s | peak MB | rows |\n| --- | --- | --- | --- |")
    for name, of in figures.items():
        print(f"| {name} | {of['cpu']:.2f} | {of['mb']:.0f} | {of['rows']:.0f} |")

    def cpu(*names: str) -> float:
        return sum(figures[name]["cpu"] for name in names)

    polars = ("polars, sums", "polars, distinct lanes")
    best = ("polars, sums", "DuckDB sweep, distinct lanes")
    over_facts = ("DuckDB RANGE over facts, sums", "DuckDB RANGE over facts, distinct lanes")
    memory = figures["Milepost"]["mb"] / max(figures[name]["mb"] for name in polars)
    share = (90 + 1) / 730
    sums, day = cpu("Milepost, sums"), cpu("one more day")
    for what, ratio in {
        "Milepost / polars, CPU": cpu("Milepost") / cpu(*polars),
        "Milepost / polars, memory": memory,
        "Milepost / the best of the others, CPU": cpu("Milepost") / cpu(*best),
        "RANGE over facts / Milepost": cpu(*over_facts) / cpu("Milepost"),
        "sums alone, Milepost / polars": sums / cpu("polars, sums"),
        "sums alone, RANGE over facts / Milepost": cpu("DuckDB RANGE over facts, sums") / sums,
        "one more day / GROUP BY over its look-back": day / cpu("floor of its look-back"),
        "the same, sums alone": cpu("one more day, sums") / cpu("floor of its look-back, sums"),
        "one more day / the share of the full build": day / (share * cpu("2 years in full")),
    }.items():
        print(f"{what}: {ratio:.2f}")


if __name__ == "__main__":
    main()

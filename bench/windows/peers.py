"""How others compute the windows: at each instant at which one changes, as Milepost does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    import polars as pl

Windows = tuple[int, ...]
PolarsVariant = Callable[[str, str, Windows, int], pa.Table]
Query = Callable[[str, Windows, int], str]


def duckdb_facts(grid: str, end: int) -> str:
    return f"""
        facts as (
            select
                carrier_id, lane_id, amount, cast(flag as int) as flag,
                cast(date_diff('{grid}', timestamp '1970-01-01', known_at) as int) + 1 as step
            from events
            where step < {end}
        ),
        tiles as (
            select
                carrier_id, step, count(*) as n, sum(amount) as s,
                sum(amount * amount) as q, sum(flag) as g
            from facts group by carrier_id, step
        )
    """


def duckdb_steps(windows: Windows, end: int) -> str:
    leaving = " union all ".join(
        f"select carrier_id, step + {w} as step from tiles where step + {w} < {end}"
        for w in windows
    )
    return f"steps as (select distinct carrier_id, step from ({leaving}))"


def duckdb_frames(windows: Windows) -> str:
    return ", ".join(
        f"w{w} as (partition by carrier_id order by step "
        f"range between {w - 1} preceding and current row)"
        for w in windows
    )


LAST_OF_STEP = "qualify row_number() over (partition by carrier_id, step) = 1"


def range_over_facts(aggregates: str) -> Query:
    def query(grid: str, windows: Windows, end: int) -> str:
        columns = ", ".join(aggregates.format(w=w) for w in windows)
        return f"""
            with {duckdb_facts(grid, end)}, {duckdb_steps(windows, end)},
            rows_of_all as (
                select carrier_id, step, 1 as is_fact, lane_id, amount, flag from facts
                union all
                select carrier_id, step, null, null, null, null from steps
            )
            select carrier_id, step, {columns} from rows_of_all
            window {duckdb_frames(windows)} {LAST_OF_STEP}
        """

    return query


def finished(w: int, n: str, s: str, q: str, g: str) -> str:
    return (
        f"coalesce({n}, 0) as n{w}, case when {n} > 0 then {s} end as s{w}, "
        f"{s} / nullif({n}, 0) as m{w}, {g} / nullif({n}, 0) as r{w}, case when {n} > 1 then "
        f"sqrt(greatest(0, ({q} - {s} * {s} / {n}) / ({n} - 1))) end as sd{w}"
    )


def range_over_tiles(grid: str, windows: Windows, end: int) -> str:
    sums = ", ".join(f"sum({x}) over w{w} as {x}{w}" for w in windows for x in "nsqg")
    columns = ", ".join(finished(w, *(f"{x}{w}" for x in "nsqg")) for w in windows)
    return f"""
        with {duckdb_facts(grid, end)}, {duckdb_steps(windows, end)},
        rows_of_all as (
            select * from tiles
            union all
            select carrier_id, step, 0, 0, 0, 0 from steps anti join tiles using (carrier_id, step)
        )
        select carrier_id, step, {columns}
        from (select carrier_id, step, {sums} from rows_of_all window {duckdb_frames(windows)})
    """


def polars_facts(path: str, grid: str, end: int) -> pl.LazyFrame:
    import polars as pl

    hours = 24 if grid == "day" else 1
    step = pl.col("known_at").dt.epoch("s") // (3600 * hours) + 1
    facts = pl.scan_parquet(path).with_columns(
        step=step.cast(pl.Int32), flag=pl.col("flag").cast(pl.Int32)
    )
    return facts.filter(pl.col("step") < end)


def polars_tiles(path: str, grid: str, end: int) -> pl.DataFrame:
    import polars as pl

    tiles = polars_facts(path, grid, end).group_by("carrier_id", "step")
    return tiles.agg(
        n=pl.len().cast(pl.Int64),
        s=pl.col("amount").sum(),
        q=(pl.col("amount") ** 2).sum(),
        g=pl.col("flag").sum().cast(pl.Int64),
    ).collect(engine="streaming")


def polars_steps(tiles: pl.DataFrame, windows: Windows, end: int) -> pl.DataFrame:
    import polars as pl

    return (
        pl.concat(tiles.select("carrier_id", pl.col("step") + w) for w in (0, *windows))
        .filter(pl.col("step") < end)
        .unique()
    )


def polars_finished(w: int) -> list[pl.Expr]:
    import polars as pl

    n, s, q, g = (pl.col(x) for x in "nsqg")
    return [
        n.alias(f"n{w}"),
        pl.when(n > 0).then(s).alias(f"s{w}"),
        pl.when(n > 0).then(s / n).alias(f"m{w}"),
        pl.when(n > 0).then(g / n).alias(f"r{w}"),
        pl.when(n > 1).then(((q - s * s / n) / (n - 1)).clip(0).sqrt()).alias(f"sd{w}"),
    ]


def polars_dense(path: str, grid: str, windows: Windows, end: int) -> pa.Table:
    """Sum up along each carrier's steps, shift, and keep the rows at which something changes."""
    import polars as pl

    tiles = polars_tiles(path, grid, end)
    last = pl.min_horizontal(pl.col("step").max() + windows[-1] + 1, pl.lit(end, pl.Int32))
    spans = tiles.lazy().group_by("carrier_id").agg(a=pl.col("step").min(), b=last)
    steps = spans.select("carrier_id", step=pl.int_ranges("a", "b", dtype=pl.Int32)).explode("step")
    grid_rows = steps.join(tiles.lazy(), on=["carrier_id", "step"], how="left")
    totals = grid_rows.sort("carrier_id", "step").collect()
    del tiles
    totals = totals.with_columns(enters=pl.col("n").is_not_null()).with_columns(
        pl.col(x).fill_null(0).cum_sum().over("carrier_id") for x in "nsqg"
    )
    result = totals.select("carrier_id", "step", stands="enters")
    for w in windows:
        rows = totals.select(
            *(pl.col(x) - pl.col(x).shift(w).over("carrier_id").fill_null(0) for x in "nsqg"),
            leaves=pl.col("enters").shift(w).over("carrier_id").fill_null(False),
        )
        result = result.hstack(rows.select(*polars_finished(w), pl.col("leaves")))
        result = result.with_columns(pl.col("stands") | pl.col("leaves")).drop("leaves")
    return result.filter(pl.col("stands")).drop("stands").to_arrow()


def polars_sparse(path: str, grid: str, windows: Windows, end: int) -> pa.Table:
    """Sum up the tiles, and search for the totals of each row and of those before its windows."""
    import polars as pl

    tiles = polars_tiles(path, grid, end).sort("carrier_id", "step")
    steps = polars_steps(tiles, windows, end).sort("step")
    totals = tiles.with_columns(pl.col(x).cum_sum().over("carrier_id") for x in "nsqg")
    totals = totals.sort("step")

    def totals_at(back: int) -> pl.DataFrame:
        rows = steps.select("carrier_id", pl.col("step") - back)
        joined = rows.join_asof(totals, on="step", by="carrier_id", check_sortedness=False)
        return joined.select(pl.col(x).fill_null(0) for x in "nsqg")

    now, result = totals_at(0), steps
    for w in windows:
        result = result.hstack((now - totals_at(w)).select(polars_finished(w)))
    return result.to_arrow()


def polars_rolling(name: str, aggregate: Callable[[], pl.Expr]) -> PolarsVariant:
    """Aggregate the facts of each window anew, at rows of facts and rows without."""

    def compute(path: str, grid: str, windows: Windows, end: int) -> pa.Table:
        import polars as pl

        columns = ("carrier_id", "step", "known_at", "lane_id", "amount")
        facts = polars_facts(path, grid, end).select(columns).collect()
        steps = polars_steps(facts.select("carrier_id", "step").unique(), windows, end)
        rows = pl.concat([facts, steps], how="diagonal").sort("carrier_id", "step", "known_at")
        result = rows.select("carrier_id", "step")
        for w in windows:
            rolled = rows.rolling(
                index_column="step", period=f"{w}i", closed="right", group_by="carrier_id"
            ).agg(aggregate().alias(f"{name}{w}"))
            result = result.hstack(rolled.select(f"{name}{w}"))
        return result.unique(["carrier_id", "step"], keep="last").to_arrow()

    return compute


def distinct_lanes() -> pl.Expr:
    import polars as pl

    return pl.col("lane_id").drop_nulls().n_unique()


def median_amount() -> pl.Expr:
    import polars as pl

    return pl.col("amount").median()


def mean_of_last_50() -> pl.Expr:
    import polars as pl

    return pl.col("amount").drop_nulls().tail(50).mean()

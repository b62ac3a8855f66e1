"""The rules for SQL, which the plugin of sqlfluff checks."""

from __future__ import annotations

from milepost.standards.rule import Rule

EVENT_AT_IN_WINDOW = Rule(
    name="milepost.event_at_in_window",
    language="sql",
    says="A window goes along `known_at`, not along `event_at`.",
    bad="""\
select loads.load_id
from loads
where
    loads.event_at >= grid.grid_at - interval '28' day
    and loads.event_at < grid.grid_at
""",
    good="""\
select loads.load_id
from loads
where
    loads.known_at >= grid.grid_at - interval '28' day
    and loads.known_at < grid.grid_at
""",
    reason=(
        "A fact that landed late was not known when it happened. A model that is trained on it "
        "sees in training what it cannot see in production."
    ),
    remedy=(
        "take `known_at` (and `superseded_at` for its end), or declare the window with "
        "`trailing_features`"
    ),
)
WALL_CLOCK = Rule(
    name="milepost.wall_clock",
    language="sql",
    says="No value depends on the hour at which it is built.",
    bad="""\
select loads.load_id
from loads
where loads.known_at >= now() - interval '28' day
""",
    good="""\
select loads.load_id
from loads
where loads.known_at >= grid.grid_at - interval '28' day
""",
    reason=(
        "A build of the same data on another day gives other values, so the past of a feature is "
        "not what it was when a model read it."
    ),
    remedy="compare with a column, such as the grid instant or `known_at`",
)
LETTER_ALIAS = Rule(
    name="milepost.letter_alias",
    language="sql",
    says="A table, a CTE or a column is named for what it holds, not by a letter.",
    bad="""\
select d.load_id
from deliveries as d
""",
    good="""\
select deliveries.load_id
from deliveries
""",
    reason="A reader has to search for what `d` is, in each query anew.",
    remedy="use the name of the table, or a word for the part that it plays",
)
PATH_IN_SQL = Rule(
    name="milepost.path_in_sql",
    language="sql",
    says="A model names no file, folder or URL.",
    bad="""\
select readings.bed_id
from read_parquet('readings.parquet') as readings
""",
    good="""\
select readings.bed_id
from readings
""",
    reason=(
        "The file is on one machine, or is not the one that was checked and closed; dbt's lineage "
        "does not have it, so that no test and no release knows of it."
    ),
    remedy="declare a source in YAML and read it with `raw_rows`, or a model with `ref`",
)
CLOSED_WINDOW = Rule(
    name="milepost.closed_window",
    language="sql",
    says="A span of time has its start and not its end.",
    bad="""\
select loads.load_id
from loads
where loads.known_at between weeks.starts_at and weeks.ends_at
""",
    good="""\
select loads.load_id
from loads
where
    loads.known_at >= weeks.starts_at
    and loads.known_at < weeks.ends_at
""",
    reason="A fact exactly on the edge between two spans would be counted in both.",
    remedy="write `>= start and < end`",
)
INEXACT_SUM = Rule(
    name="milepost.inexact_sum",
    language="sql",
    says="Money is cast to DECIMAL before it is added, and nothing is cast to DOUBLE before.",
    bad="""\
select sum(loads.linehaul_usd) as linehaul_usd
from loads
""",
    good="""\
select sum(cast(loads.linehaul_usd as decimal(18, 2))) as linehaul_usd
from loads
""",
    reason=(
        "The sum of a DOUBLE depends on the order of its rows and on threads: two builds of the "
        "same data differ in the last digits."
    ),
    remedy="cast to DECIMAL inside the sum, and to DOUBLE outside of it",
)

SQL_RULES = (
    EVENT_AT_IN_WINDOW,
    WALL_CLOCK,
    LETTER_ALIAS,
    PATH_IN_SQL,
    CLOSED_WINDOW,
    INEXACT_SUM,
)

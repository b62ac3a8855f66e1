"""Steps of a query that are tables of their own, on an engine that computes a CTE for each reader.

Sail and Spark put the text of a CTE in place of its name. What `trailing_features` writes reads its
running totals some ten times and its instants once for each window, and each of these readings
would read all facts anew.
"""

from __future__ import annotations

import re

# The CTEs that are read most, each with the indentation at which it ends.
_STEP = re.compile(
    r"^( *)(milepost__(?:changes_by_step|totals|instants)) as \(\n.*?^\1\)", re.M | re.S
)
# The CTE of a model that holds these: what `trailing_features` writes, which begins with these.
_LOOK_BACKS = "milepost__look_backs as"
_WINDOWS = re.compile(
    rf"^(?:with +|, *)?(\w+) as \(\s*(?: *--.*\n)* *with\n+ *{_LOOK_BACKS}", re.M | re.I
)
_WITH = re.compile(r"(?:\s|--.*\n)*with\b")


def stored_steps(sql: str, name: str) -> tuple[dict[str, str], str]:
    """Return the query of each step by the name of its table, in order, and what reads the tables.

    Names of tables begin with `name`. A query that is no model's with windows stays as it is.
    """
    queries: dict[str, str] = {}
    if not _WITH.match(sql):
        return queries, sql
    start = 0
    while step := _STEP.search(sql, start):
        windows, start = _WINDOWS.findall(sql, 0, step.start()), step.end()
        # Of another CTE than the step's own, its columns would be others.
        is_named = len(windows) == sql.count(_LOOK_BACKS, 0, step.start()) > 0
        if is_named and len(re.findall(rf"\b(?:from|join) {step[2]}\b", sql)) > 1:
            before, table = sql[: step.start()], f"{name}_{len(queries)}"
            queries[table] = (
                f"{before}{step[0]}\nselect * from {step[2]}\n)\nselect * from {windows[-1]}"
            )
            before += f"{step[1]}{step[2]} as (select * from {table})"  # noqa: S608 - our name
            sql, start = before + sql[start:], len(before)
    return queries, sql

"""How far the features of a view moved between two builds of it."""

from __future__ import annotations

from duckdb import DuckDBPyConnection

from milepost.release.names import AVAILABLE_AT
from milepost.stress.certificate import Move
from milepost.stress.lineage import View

# Doubles of two builds differ by less where nothing differs: they are divided last.
_NOISE = 1e-9
_NUMBERS = ("BIGINT", "DOUBLE")


def moves(con: DuckDBPyConnection, view: View) -> dict[str, Move]:
    """Return the features of a view that a fault moved, each with how far.

    At each instant at which either has a row of a key, its newest row up to then is compared: what
    a lookup would give. Where neither has a value, nothing could move.
    """
    before, after = view.table.clean, view.table.relation
    identity = ", ".join([*(f'"{key}"' for key in view.keys), AVAILABLE_AT])
    selects = [
        f"{_move(name, kind)} as move_{n}" for n, (name, kind) in enumerate(view.types.items())
    ]
    measures = ", ".join(
        f"count(*) filter (move_{n} > {_NOISE}), median(move_{n}) filter (move_{n} > {_NOISE}), "
        f"count(move_{n})"
        for n, _ in enumerate(view.types)
    )
    row = con.execute(
        f"""
        with instants as (
            select {identity} from {before}
            union
            select {identity} from {after}
        ),
        compared as (
            select {", ".join(selects)}
            from instants
            asof left join {before} as before_fault using ({identity})
            asof left join {after} as after_fault using ({identity})
        )
        select {measures} from compared
        """
    ).fetchone()
    assert row is not None  # noqa: S101 - a select without a group has one row
    measured = {name: row[3 * n : 3 * n + 3] for n, name in enumerate(view.types)}
    return {
        name: Move(_rounded(moved / rows), _rounded(median))
        for name, (moved, median, rows) in measured.items()
        if moved
    }


def _move(name: str, kind: str) -> str:
    """Return the SQL of how far one row moved, relative to what it was; null without a value."""
    before, after = f'before_fault."{name}"', f'after_fault."{name}"'
    is_other = f"{before} is distinct from {after}"
    differs = f"case when {is_other} then 1.0 when {before} is not null then 0.0 end"
    if kind not in _NUMBERS:
        return differs
    size = f"abs(cast({after} as double) - {before}) / nullif(abs(cast({before} as double)), 0)"
    # Where either is no finite number, the size is none either, and no tolerance would bound it.
    return f"coalesce(case when isfinite({size}) then {size} end, {differs})"


def _rounded(number: float) -> float:
    """Return three digits of a number: a certificate says how much, and is the same anywhere."""
    return float(f"{number:.3g}")

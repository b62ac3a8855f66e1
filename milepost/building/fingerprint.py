"""Fingerprints of tables: one changes with any value, row, column or type, not with row order.

dbt's hooks compute it of the table that the tests see, and the publisher of what it exports, with
this one query.
"""

from __future__ import annotations

from duckdb import DuckDBPyConnection


def select_fingerprint(relation: str) -> str:
    """Return the query for the fingerprint of `relation`, a quoted name that dbt made."""
    return f"""
        select concat_ws(
            ' ',
            count(*),
            coalesce(sum(cast(hash(contents) as hugeint)), 0),
            coalesce(bit_xor(hash(contents)), 0),
            (select md5(string_agg(column_name || ' ' || column_type, ', '))
             from (describe {relation}))
        )
        from {relation} as contents
    """  # noqa: S608 - the name comes from dbt's manifest, which is checked when read


def fingerprint(con: DuckDBPyConnection, relation: str) -> str:
    """Return the fingerprint of `relation`, a quoted name that dbt made."""
    row = con.execute(select_fingerprint(relation)).fetchone()
    assert row is not None  # noqa: S101 - an aggregate has one row
    return str(row[0])

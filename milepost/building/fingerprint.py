"""A text that changes with any value, row, column or type of a table, not with the rows' order.

`macros/checks/fingerprint.sql` computes the same of the table that the tests saw. The two change
together; where they differ, the publisher refuses everything.
"""

from __future__ import annotations

from duckdb import DuckDBPyConnection


def fingerprint(con: DuckDBPyConnection, relation: str) -> str:
    """The fingerprint of `relation`, a quoted name that dbt made."""
    row = con.execute(
        f"""
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
    ).fetchone()
    assert row is not None  # noqa: S101 - an aggregate has one row
    return str(row[0])

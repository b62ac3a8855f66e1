"""Which names and types are allowed, and the names that have a fixed meaning."""

from __future__ import annotations

import re

NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
# What Milepost's macros add to a query begins so.
PREFIX = "milepost__"
AVAILABLE_AT = "available_at"
EVENT_TIMESTAMP = "event_timestamp"
# The types of columns, keys, derived features and the request, which every consumer reads alike.
TYPES = ("BIGINT", "DOUBLE", "BOOLEAN", "VARCHAR", "TIMESTAMP")
# What DuckDB or standard Spark reads as SQL: `macros/names/reserved_words.sql` has the same words.
_WORDS = """
    all analyse analyze and anti any array as asc asof asymmetric at authorization binary both by
    case cast check collate collation column concurrently constraint create cross current_catalog
    current_date current_role current_schema current_time current_timestamp current_user default
    deferrable desc describe distinct do else end escape except false fetch filter for foreign
    freeze from full glob grant group having ilike in initially inner intersect into is isnull join
    lambda lateral leading left like limit localtime localtimestamp minus natural not notnull null
    offset on only or order outer overlaps percentile_cont percentile_disc pivot pivot_longer
    pivot_wider placing positional primary qualify references returning right select semi
    session_user show similar some summarize symmetric table tablesample then time to trailing true
    union unique unknown unpack unpivot user using variadic verbose when where window with within
"""
RESERVED_WORDS = frozenset(_WORDS.split())


def name_fault(name: str) -> tuple[str, str] | None:
    """Return what is wrong with the name of a view, key, column or feature, and a hint; or None.

    `macros/names/name_fault.sql` says the same: a test holds them equal.
    """
    if not NAME.fullmatch(name):
        return "not a plain name", "use lower-case letters, digits and `_`, 63 at most"
    if name.startswith(PREFIX):
        return "a name of our own", f"rename it: what Milepost adds begins with `{PREFIX}`"
    if name in RESERVED_WORDS:
        return "a reserved word of SQL", f"rename it: `{name}_id`, `is_{name}` ..."
    return None

"""SQL expressions that mean the same on every engine: checked, and bound to columns.

Each is parsed, checked and compiled once in a process: a lookup that follows asks no DuckDB.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from milepost.errors import LookupInputError
from milepost.release.expression_sql import Write, duckdb_function, render
from milepost.release.expression_tree import ExpressionError, column_names, parse

# The types to which an expression's own is widened without loss of meaning.
_WIDENED = {"DOUBLE": {"INTEGER", "BIGINT"}, "BIGINT": {"INTEGER"}}


def check(sql: str, names: Mapping[str, str], declared: str) -> None:
    """Refuse an expression that is not over exactly the columns `names`, or not `declared`.

    `names` has their types. A name is `column`, or `view.column`. Raises an ExpressionError that
    says what is wrong.
    """
    try:
        _check(sql, tuple(names.items()), declared)
    except RecursionError:
        raise ExpressionError("it is nested too deeply") from None


def bind(
    sql: str, columns: Mapping[str, str], declared: str, write: Write = duckdb_function
) -> str:
    """Return the expression in SQL as the type `declared`, each of its names replaced.

    But for the functions that `write` gives it is the same SQL on every engine.
    """
    kind = "string" if declared.upper() == "VARCHAR" else declared.lower()
    return f"cast({render(parse(sql), columns, write)} as {kind})"


def portable(
    sql: str, names: Mapping[str, str], declared: str, functions: Mapping[str, str]
) -> str:
    """Return the expression for the macros, which know no types: only its names are checked.

    `functions` has by its name how the engine writes each of COLUMN_FUNCTIONS, of `{0}`, `{1}` ...
    """
    try:
        _check_names(sql, names)
    except ExpressionError as error:
        raise LookupInputError(
            f"the expression `{sql}` of a derived feature: {error}",
            hint="what it may hold is in docs/guides/derived-features.md",
        ) from error
    return bind(sql, names, declared, lambda name, columns: functions[name].format(*columns))


@lru_cache(maxsize=4096)
def _check(sql: str, names: tuple[tuple[str, str], ...], declared: str) -> None:
    types = dict(names)
    _check_names(sql, types)
    actual = _type_of(sql, types)
    if actual != declared and actual not in _WIDENED.get(declared, ()):
        raise ExpressionError(f"it is {actual}, declared {declared}")


def _check_names(sql: str, names: Mapping[str, str]) -> None:
    """Refuse an expression that names what is not among `names`, or leaves one of them out."""
    used = list(dict.fromkeys(column_names(parse(sql))))
    for name in used:
        if name not in names:
            raise ExpressionError(f"it names `{name}`, which is not among its inputs")
    for name in names:
        if name not in used:
            raise ExpressionError(f"it does not use its input `{name}`")


def _type_of(sql: str, types: Mapping[str, str]) -> str:
    import duckdb

    columns = {name: f"c{number}" for number, name in enumerate(types)}
    nulls = [f"cast(null as {types[name]}) as {column}" for name, column in columns.items()]
    bound = render(parse(sql), columns, duckdb_function)
    query = f"select {bound} from (select {', '.join(nulls) or '1'})"  # noqa: S608
    with duckdb.connect(config={"enable_external_access": "false"}) as con:
        try:
            row = con.execute(f"describe {query}").fetchone()
        except duckdb.Error as error:
            raise ExpressionError(str(error).splitlines()[0]) from error
    assert row is not None  # noqa: S101 - one column is described
    return str(row[1])

"""Derived features: what a view's features give with the request or the clock, at lookup."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from milepost.errors import LookupInputError
from milepost.release.expression import ExpressionError, bind, check
from milepost.release.names import EVENT_TIMESTAMP, NAME, TYPES, name_fault

if TYPE_CHECKING:
    import pyarrow as pa

Types = Mapping[str, str]


@dataclass(frozen=True)
class Derived:
    """A feature that is a portable SQL expression over others; it is computed, never stored.

    `inputs` are features of its own view, `view:feature` of another, or `event_timestamp`;
    `request` says which columns of the entity rows it needs, and their types. In `sql` an input is
    named `feature`, `view.feature` or as the column of the request.
    """

    name: str
    type: str
    description: str
    sql: str
    inputs: list[str] = field(default_factory=list)
    request: dict[str, str] = field(default_factory=dict)

    @property
    def features(self) -> dict[str, tuple[str | None, str]]:
        """By name in `sql`, each input that is a feature: its view (None: its own), and itself."""
        found: dict[str, tuple[str | None, str]] = {}
        for one in self.inputs:
            view, colon, feature = one.rpartition(":")
            if one != EVENT_TIMESTAMP:
                found[one.replace(":", ".")] = (view if colon else None, feature)
        return found

    @property
    def is_timed(self) -> bool:
        """Whether it needs the instant of the prediction."""
        return EVENT_TIMESTAMP in self.inputs


def is_plain(derived: Derived) -> bool:
    """Whether every name and type in it is one, whatever its expression says."""
    parts = [part for one in derived.inputs for part in one.split(":", 1)]
    return (
        all(NAME.fullmatch(name) for name in (derived.name, *parts, *derived.request))
        and {derived.type, *derived.request.values()} <= set(TYPES)
        and isinstance(derived.sql, str)
    )


def faults(derived: Derived, own: Types, views: Mapping[str, Types]) -> Iterator[str]:
    """Why it cannot be computed: `own` are the types of its view's columns, `views` all views'."""
    for name in (derived.name, *derived.request):
        if fault := name_fault(name):
            yield f"`{name}` is {fault[0]}"
            return
    if derived.name in own:
        yield f"`{derived.name}` is a column of its view, too"
        return
    names: dict[str, str] = {EVENT_TIMESTAMP: "TIMESTAMP"} if derived.is_timed else {}
    for name, (view, feature) in derived.features.items():
        columns = own if view is None else views.get(view, {})
        if feature not in columns:
            whose = "its view" if view is None else f"feature view `{view}`"
            yield f"{whose} has no feature `{feature}`"
            return
        names[name] = columns[feature]
    for name, kind in derived.request.items():
        if name in names or name == EVENT_TIMESTAMP:
            yield f"`{name}` is both an input and a column of the request"
            return
        names[name] = kind
    try:
        check(derived.sql, names, derived.type)
    except ExpressionError as error:
        yield f"`{derived.sql}`: {error}"


def evaluate(
    expressions: Sequence[tuple[Derived, Mapping[str, pa.Array]]], rows: int
) -> list[pa.Array]:
    """The values of derived features, each with the columns that its names stand for.

    One that is not finite is null, as `macros/lookup/derived_column.sql` has it.
    """
    import duckdb
    import pyarrow as pa

    from milepost.release.columns import finite, to_array

    distinct: dict[int, tuple[str, pa.Array]] = {}
    selected = []
    for derived, inputs in expressions:
        columns = {}
        for name, column in inputs.items():
            if pa.types.is_dictionary(column.type):  # an ENUM to DuckDB, which compares otherwise
                column = column.dictionary_decode()
            columns[name], _ = distinct.setdefault(id(column), (f"c{len(distinct)}", column))
        selected.append(bind(derived.sql, columns, derived.type))
    table = pa.table({"row_number": pa.nulls(rows), **dict(distinct.values())})
    with duckdb.connect(config={"enable_external_access": "false"}) as con:
        con.register("input_rows", table)
        try:
            found = con.execute(
                f"select {', '.join(selected)} from input_rows"  # noqa: S608 - checked expressions
            ).to_arrow_table()
        except duckdb.Error as error:
            raise LookupInputError(
                f"derived features {', '.join(f'`{one.name}`' for one, _ in expressions)}: "
                f"{str(error).splitlines()[0]}",
                hint="a value of the request is out of range",
            ) from error
    return [finite(to_array(column)) for column in found.columns]

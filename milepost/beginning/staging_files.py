"""The models of a table that are not published: `base_`, which judges rows, and `stg_`."""

from __future__ import annotations

from collections.abc import Sequence

from milepost.beginning.sample import quoted
from milepost.beginning.table import Table

# Between what happened and its being known, where nothing else tells.
KNOWN_AFTER_HOURS = 1


def base_sql(project: str, table: Table) -> str:
    """Return the model that reads a raw table, names its columns, and says which rows are sound."""
    names = table.names
    columns = [_renamed(name, names[name]) for name in content_columns(table, with_ids=True)]
    if table.feed and table.feed.sequence:
        columns.append(_renamed(table.feed.sequence, names[table.feed.sequence]))
    if table.feed:
        columns.append(f"{table.feed.deleted}\n        or milepost__is_removed as is_deleted")
    elif table.place.is_iceberg:
        columns.append("milepost__is_removed as is_deleted")
    event_at = _instant(table, table.event) if table.event else "milepost__known_at"
    known_at = "milepost__known_at"
    if table.known_by == "model":
        known_at = f"{event_at} + interval '{KNOWN_AFTER_HOURS}' hour"
    columns += [
        f"{event_at} as event_at",
        f"{known_at} as known_at",
        "milepost__starts_at as landing_starts_at",
        "milepost__closes_at as landing_closes_at",
        "milepost__unreadable as unreadable",
    ]
    keys = [names[name] for name in table.id_columns]
    finite = [
        names[name]
        for name in content_columns(table, with_ids=True)
        if table.columns[name].data_type in {"double", "timestamp", "date"}
    ]
    fault = ["keys=" + str(keys)]
    if finite:
        fault.append("finite=" + _list(finite, 8))
    column_lines = ",\n".join(f"        {column}" for column in columns)
    fault_lines = "\n".join(f"        {argument}," for argument in fault)
    return f"""with

source as (

    select * from {{{{ milepost.raw_rows('{project}', '{table.name}') }}}}

),

typed as (

    select
{column_lines}
    from source

)

select
    *,
    {{{{ milepost.row_fault(
{fault_lines}
    ) }}}} as fault
from typed
"""


def staged_sql(project: str, table: Table) -> str:
    """Return the model with the versions of each fact of a table."""
    names = table.names
    ids = [names[name] for name in table.id_columns]
    content = [names[name] for name in content_columns(table, with_ids=False)]
    arguments = [
        f"'base_{project}__{table.name}'",
        f"id={ids if len(ids) > 1 else repr(ids[0])}",
        f"content={_list(content, 4)}",
    ]
    if table.is_snapshot:
        arguments.append(f"absent='{table.absent}'")
    if table.feed or table.place.is_iceberg:
        arguments.append("deleted='is_deleted'")
    if table.feed and table.feed.sequence:
        arguments.append(f"sequence='{names[table.feed.sequence]}'")
    macro = "staged_snapshots" if table.is_snapshot else "staged_facts"
    lines = "\n".join(f"    {argument}," for argument in arguments)
    return f"{{{{ milepost.{macro}(\n{lines}\n) }}}}\n"


def content_columns(table: Table, *, with_ids: bool) -> list[str]:
    """Return the raw columns that facts have beside what models add."""
    added = {table.event, table.known}
    if table.feed:
        added |= {table.feed.column, table.feed.sequence}
    return [
        name
        for name in table.columns
        if (name in table.id_columns and with_ids)
        or (name not in added and name not in table.id_columns)
    ]


def staging_yaml(project: str, tables: Sequence[Table]) -> str:
    """Return the YAML of the models with versions, each with the test that they do not overlap."""
    lines = ["version: 2", "", "models:"]
    for table in tables:
        ids = [table.names[name] for name in table.id_columns]
        lines += [
            f"  - name: stg_{project}__{table.name}",
            f"    description: One row per version of a row of {table.name}, by {', '.join(ids)}.",
        ]
        if len(ids) == 1:
            lines += [
                "    data_tests:",
                "      - milepost.has_one_version_at_a_time:",
                f"          name: {table.name}_have_one_version_at_a_time",
                f"          arguments: {{id: {ids[0]}}}",
            ]
    return "\n".join(lines) + "\n"


def _renamed(raw: str, name: str) -> str:
    return name if raw == name else f"{quoted(raw)} as {name}"


def _instant(table: Table, raw: str) -> str:
    name = raw if raw == table.names[raw] else quoted(raw)
    is_date = table.columns[raw].data_type == "date"
    return f"cast({name} as timestamp)" if is_date else name


def _list(names: Sequence[str], indent: int) -> str:
    """Return a list of names, on a line of its own each where they do not fit on one."""
    line = str(list(names))
    if len(line) <= 70:
        return line
    inner = "".join(f"{' ' * (indent + 4)}'{name}',\n" for name in names)
    return f"[\n{inner}{' ' * indent}]"

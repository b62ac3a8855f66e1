"""The YAML of a project's sources."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from milepost.beginning.columns import RawColumn
from milepost.beginning.table import Table


def sources_yaml(project: str, tables: Sequence[Table]) -> str:
    """Return the YAML that declares tables as one source; what is alike in all stands once."""
    declared = [table_keys(table) for table in tables]
    shared = {
        key: value
        for key, value in declared[0].items()
        if all(keys.get(key) == value for keys in declared)
    }
    lines = [
        "version: 2",
        "",
        "sources:",
        f"  - name: {project}",
        f"    description: Parquet as it lies on S3, {len(tables)} "
        f"table{'s' if len(tables) > 1 else ''}.",
        "    schema: raw",
        "    config:",
        *_meta(shared, "      "),
        "    tables:",
    ]
    for table, keys in zip(tables, declared, strict=True):
        own_keys = {key: value for key, value in keys.items() if key not in shared}
        lines += _table(table, own_keys)
    return "\n".join(lines) + "\n"


def table_keys(table: Table) -> dict[str, str]:
    """Return what a source says of a table: `config.meta`, each value as YAML."""
    place, closing = table.place, table.closing
    keys = {"raw_uri": place.raw.uri()}
    known_at = {
        "column": f"{{column: {text(table.known or '')}}}",
        "partition": f"{{after_partition_minutes: {table.known_after_minutes}}}",
    }.get(table.known_by, table.known_by)
    if place.is_marked:
        keys["known_at"] = known_at
        if closing.delay_minutes:
            keys["closing_delay_minutes"] = str(closing.delay_minutes)
    elif place.is_iceberg:
        keys |= {"layout": text(place.layout), "table_format": "iceberg"}
    else:
        keys |= {"layout": text(place.layout), "closed_by": closing.closed_by}
        if closing.delay_minutes:
            keys["closing_delay_minutes"] = str(closing.delay_minutes)
        if closing.has_gaps:
            keys["missing_partitions"] = "empty"
        if table.covers:
            keys["covers"] = f"[{table.covers[0]}, {table.covers[1]}]"
        keys["known_at"] = known_at
    if table.is_snapshot:
        keys["is_snapshot"] = "true"
    return keys


def text(value: str) -> str:
    """Return a text as YAML, quoted where that is needed."""
    is_plain = value.replace("_", "a").isalnum() and value.isascii() and value[0].isalpha()
    is_word = value.lower() in {"yes", "no", "on", "off", "true", "false", "null", "y", "n"}
    return value if is_plain and not is_word else json.dumps(value, ensure_ascii=False)


def _meta(keys: Mapping[str, str], indent: str) -> Iterator[str]:
    yield f"{indent}meta:"
    for key, value in keys.items():
        yield f"{indent}  {key}: {value}"


def _table(table: Table, own_keys: Mapping[str, str]) -> Iterator[str]:
    yield f"      - name: {table.name}"
    if table.place.identifier != table.name:
        yield f"        identifier: {text(table.place.identifier)}"
    ids = " and ".join(f"`{name}`" for name in table.id_columns)
    yield f"        description: {json.dumps(f'Rows by {ids}.', ensure_ascii=False)}"
    if own_keys:
        yield "        config:"
        yield from _meta(own_keys, "          ")
    yield "        columns:"
    for column in table.columns.values():
        yield f"          - {_column(table, column)}"


def _column(table: Table, column: RawColumn) -> str:
    parts = [f"name: {text(column.name)}", f"data_type: {_data_type(column.data_type)}"]
    description = {
        table.event: "When it happened.",
        table.known: "When it was known.",
    }.get(column.name)
    if description:
        parts.append(f"description: {description}")
    meta = []
    if column.added_on:
        meta.append(f"added_on: {column.added_on}")
    elif column.is_optional:
        meta.append("optional: true")
    if column.text_format:
        meta.append(f"format: {json.dumps(column.text_format)}")
    if meta:
        parts.append(f"config: {{meta: {{{', '.join(meta)}}}}}")
    return f"{{{', '.join(parts)}}}"


def _data_type(data_type: str) -> str:
    return json.dumps(data_type) if "(" in data_type else data_type

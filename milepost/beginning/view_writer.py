"""The files of a feature view: its SQL, and the YAML with its contract and a unit test."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Value = str | int | float | bool | None
_PLAIN = re.compile(r"[A-Za-z][^:#{}\[\]&*?|>'\"%@`\x00-\x1f]*")
_OTHER_THAN_TEXT = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}


@dataclass(frozen=True)
class Feature:
    """A feature as `trailing_features` takes it: one aggregate of facts, or of a column of them."""

    name: str
    aggregate: str
    source: str
    over: tuple[str, ...]
    set_back: str = ""

    def declared(self) -> str:
        """Return the feature as an item of a list."""
        over = repr(self.over[0]) if len(self.over) == 1 else str(list(self.over))
        back = f", 'set_back': '{self.set_back}'" if self.set_back else ""
        return (
            f"{{'name': '{self.name}', '{self.aggregate}': '{self.source}', 'over': {over}{back}}}"
        )


@dataclass(frozen=True)
class Column:
    """A column of the contract; `sample` names the counts that it is computed from."""

    name: str
    data_type: str
    description: str
    sample: Mapping[str, int] = field(default_factory=dict)
    is_key: bool = False


@dataclass(frozen=True)
class UnitTest:
    """A unit test: the SQL of the rows of each input, and the rows that are expected."""

    name: str
    given: Mapping[str, str]
    expected: Sequence[Mapping[str, Value]]


def view_sql(
    ctes: Mapping[str, str],
    keys: Sequence[str],
    features: Sequence[Feature],
    *,
    prefix: str,
    grid: str = "day",
    last_select: str = "select * from windows",
) -> str:
    """Return the model of a view, whose facts are CTEs by name. `prefix` is before our macros."""
    parts = [f"{name} as (\n\n{indented(sql, 4)}\n\n)" for name, sql in ctes.items()]
    declared = "\n".join(f"            {feature.declared()}," for feature in features)
    grid_line = "" if grid == "day" else f"        grid='{grid}',\n"
    parts.append(
        f"windows as (\n\n    {{{{ {prefix}trailing_features(\n        keys={list(keys)},\n"
        f"{grid_line}        features=[\n{declared}\n        ],\n    ) }}}}\n\n)"
    )
    return "with\n\n" + ",\n\n".join(parts) + f"\n\n{last_select}\n"


def view_yaml(
    name: str,
    description: str,
    meta: Sequence[str],
    columns: Sequence[Column],
    unit_test: UnitTest | None,
    *,
    prefix: str,
) -> str:
    """Return the contract of a view and its unit test. `meta` are the lines of its `meta`."""
    lines = [
        "version: 2",
        "",
        "models:",
        f"  - name: {name}",
        f"    description: {text(description)}",
        "    config:",
        "      contract: {enforced: true}",
        "      meta:",
        *(f"        {line}" for line in meta),
        "    columns:",
    ]
    for column in columns:
        lines += _column_lines(column)
    lines += [
        "    data_tests:",
        f"      - {prefix}values_fit_their_names:",
        f"          name: {name}_fits_its_names",
    ]
    if unit_test:
        lines += ["", *_unit_test_lines(name, unit_test)]
    return "\n".join(lines) + "\n"


def available_at(prefix: str) -> Column:
    """Return the column of the instant from which a row can be had."""
    package = f"'{prefix.removesuffix('.')}', " if prefix else ""
    return Column(
        "available_at", "timestamp", f"{{{{ doc({package}'available_at') }}}}", is_key=True
    )


def indented(sql: str, spaces: int) -> str:
    """Return SQL with an indent before each line that is not empty."""
    return "\n".join(" " * spaces + line if line else "" for line in sql.splitlines())


def text(value: str) -> str:
    """Return a text as YAML reads it."""
    is_plain = _PLAIN.fullmatch(value) and value == value.strip()
    return value if is_plain and value.lower() not in _OTHER_THAN_TEXT else json.dumps(value)


def in_braces(value: Value) -> str:
    """Return a value as it stands in braces."""
    return text(value) if isinstance(value, str) and "," not in value else json.dumps(value)


def _column_lines(column: Column) -> list[str]:
    lines = [
        f"      - name: {column.name}",
        f"        description: {text(column.description)}",
        f"        data_type: {column.data_type}",
    ]
    if column.is_key:
        lines.append("        constraints: [{type: not_null}]")
    if column.sample:
        counts = ", ".join(f"{count}: {least}" for count, least in column.sample.items())
        is_plain = len(column.sample) == 1 and set(column.sample.values()) == {1}
        sample = next(iter(column.sample)) if is_plain else f"{{{counts}}}"
        lines.append(f"        config: {{meta: {{sample: {sample}}}}}")
    return lines


def _unit_test_lines(model: str, unit_test: UnitTest) -> list[str]:
    lines = ["unit_tests:", f"  - name: {unit_test.name}", f"    model: {model}", "    given:"]
    for name, sql in unit_test.given.items():
        lines += [
            f"      - input: ref('{name}')",
            "        format: sql",
            "        rows: |",
            indented(sql, 10),
        ]
    lines += ["    expect:", "      rows:"]
    for row in unit_test.expected:
        values = ", ".join(f"{name}: {in_braces(value)}" for name, value in row.items())
        lines.append(f"        - {{{values}}}")
    return lines

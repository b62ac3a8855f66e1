"""The first feature view of a project: counts, and a mean where there is a number."""

from __future__ import annotations

import re
from dataclasses import dataclass

from milepost.beginning.table import Table
from milepost.release.names import name_fault

WINDOWS = ("7d", "28d")
_LONGEST = 63


@dataclass(frozen=True)
class FirstView:
    """A view, and the names in it."""

    table: Table
    project: str

    @property
    def key(self) -> str:
        """The column of what rows are about."""
        return self.table.names[self.table.entity]

    @property
    def entity(self) -> str:
        """What rows are about: the key without the word for a key."""
        name = re.sub(r"_(id|code|key|uuid|number|no|nr)$", "", self.key)
        return self.key if name_fault(name) else name

    @property
    def key_type(self) -> str:
        """The type of the key."""
        return self.table.columns[self.table.entity].data_type

    @property
    def name(self) -> str:
        """The name of the view."""
        return f"{self.entity}_{self.table.name}"[:_LONGEST].rstrip("_")

    @property
    def facts(self) -> str:
        """The CTE with the facts, which is not called as the one with the features."""
        return f"{self.table.name}_rows" if self.table.name == "windows" else self.table.name

    @property
    def measure(self) -> str | None:
        """The column of which there is a mean."""
        return self.table.names[self.table.measure] if self.table.measure else None

    @property
    def count(self) -> str:
        """The feature that counts rows."""
        table = self.table.name
        return f"{table[:-1] if re.search('[^s]s$', table) else table}_count"

    @property
    def measure_count(self) -> str:
        """The feature that counts values of the measure."""
        name = f"{self.measure}_count"
        return f"{self.measure}_value_count" if name == self.count else name

    def sql(self) -> str:
        """Return the model."""
        over = str(list(WINDOWS))
        features = [f"{{'name': '{self.count}', 'count': '{self.facts}', 'over': {over}}}"]
        if self.measure:
            value = f"{self.facts}.{self.measure}"
            features += [
                f"{{'name': '{self.measure_count}', 'count': '{value}', 'over': {over}}}",
                f"{{'name': '{self.measure}_mean', 'mean': '{value}', 'over': {over}}}",
            ]
        columns = [self.key, *([self.measure] if self.measure else []), "known_at", "superseded_at"]
        selected = ",\n".join(f"        {column}" for column in columns)
        declared = "\n".join(f"            {feature}," for feature in features)
        return f"""with

{self.facts} as (

    select
{selected}
    from {{{{ ref('stg_{self.project}__{self.table.name}') }}}}

),

windows as (

    {{{{ milepost.trailing_features(
        keys=['{self.key}'],
        features=[
{declared}
        ],
    ) }}}}

)

select * from windows
"""

    def yaml(self) -> str:
        """Return the contract of the view, and a unit test of its windows' edges."""
        lines = [
            "version: 2",
            "",
            "models:",
            f"  - name: {self.name}",
            f"    description: Recent rows of {self.table.name}, for each {self.entity}.",
            "    config:",
            "      contract: {enforced: true}",
            "      meta:",
            f"        entities: {{{self.entity}: [{self.key}]}}",
            "        grid: day",
            "        owners: {science: to-be-named, engineering: to-be-named}",
            "        maturity: draft",
            "        sensitivity: internal",
            "    columns:",
            f"      - name: {self.key}",
            f"        description: The {self.entity} that the row is about.",
            f"        data_type: {self.key_type}",
            "        constraints: [{type: not_null}]",
            "      - name: available_at",
            "        description: \"{{ doc('milepost', 'available_at') }}\"",
            "        data_type: timestamp",
            "        constraints: [{type: not_null}]",
        ]
        for window in WINDOWS:
            lines += _column(
                f"{self.count}_{window}",
                "bigint",
                f"Rows of {self.table.name} that became known in the last {window[:-1]} days.",
            )
        for window in WINDOWS if self.measure else ():
            lines += _column(
                f"{self.measure_count}_{window}",
                "bigint",
                f"Values of {self.measure} that became known in the last {window[:-1]} days.",
            )
        for window in WINDOWS if self.measure else ():
            lines += _column(
                f"{self.measure}_mean_{window}",
                "double",
                f"Mean of {self.measure} over the last {window[:-1]} days. Null without a value.",
            )
            lines.append(f"        config: {{meta: {{sample: {self.measure_count}_{window}}}}}")
        lines += [
            "    data_tests:",
            "      - milepost.values_fit_their_names:",
            f"          name: {self.name}_fits_its_names",
            "",
        ]
        return "\n".join([*lines, *self._unit_test()]) + "\n"

    def _unit_test(self) -> list[str]:
        """Return a test of two facts that are a microsecond apart, and a day apart in the view."""
        first, second = ("'a'", "'b'") if self.key_type == "varchar" else ("1", "2")
        measured = ""
        unmeasured = ""
        if self.measure:
            data_type = self.table.columns[self.table.measure or ""].data_type
            measured = f"\n              cast(2 as {data_type}) as {self.measure},"
            unmeasured = " null,"
        lines = [
            "unit_tests:",
            f"  - name: {self.name}_counts_a_fact_from_the_midnight_after",
            f"    model: {self.name}",
            "    given:",
            f"      - input: ref('stg_{self.project}__{self.table.name}')",
            "        format: sql",
            "        rows: |",
            "          -- known exactly at the midnight of January 2, so it counts from January 3",
            "          select",
            f"              {first} as {self.key},{measured}",
            "              cast('2026-01-02 00:00:00' as timestamp) as known_at,",
            "              cast(null as timestamp) as superseded_at",
            "          union all",
            "          -- a microsecond earlier: from January 2",
            f"          select {second},{unmeasured} "
            "cast('2026-01-01 23:59:59.999999' as timestamp), null",
            "    expect:",
            "      rows:",
        ]
        key_a, key_b = (first.strip("'"), second.strip("'"))
        for key, day, short, long in (
            (key_a, "2026-01-03", 1, 1),
            (key_a, "2026-01-10", 0, 1),
            (key_a, "2026-01-31", 0, 0),
            (key_b, "2026-01-02", 1, 1),
            (key_b, "2026-01-09", 0, 1),
            (key_b, "2026-01-30", 0, 0),
        ):
            lines.append(f"        - {{{self._expected(key, day, (short, long), key == key_a)}}}")
        return lines

    def _expected(self, key: str, day: str, counts: tuple[int, int], has_value: bool) -> str:
        values = [f"{self.key}: {key}", f'available_at: "{day} 00:00:00"']
        for window, count in zip(WINDOWS, counts, strict=True):
            values.append(f"{self.count}_{window}: {count}")
            if self.measure:
                is_measured = bool(count) and has_value
                values += [
                    f"{self.measure_count}_{window}: {int(is_measured)}",
                    f"{self.measure}_mean_{window}: {'2.0' if is_measured else 'null'}",
                ]
        return ", ".join(values)


def _column(name: str, data_type: str, description: str) -> list[str]:
    return [
        f"      - name: {name}",
        f"        description: {description}",
        f"        data_type: {data_type}",
    ]

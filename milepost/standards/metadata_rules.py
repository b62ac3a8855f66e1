"""The rules for what YAML says of models and sources, as dbt's manifest has it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from milepost.building.catalog import Catalog
from milepost.building.declared_views import published_name
from milepost.standards.finding import Finding
from milepost.standards.metadata_faults import (
    Fault,
    dependent_descriptions,
    nullable_keys,
    rates_without_sample,
    unnamed_owners,
    untagged_personal_data,
)
from milepost.standards.places import StatedModel
from milepost.standards.rule import Rule

Node = Mapping[str, Any]


@dataclass(frozen=True)
class _Check:
    rule: Rule
    faults: Callable[[Node], Iterator[Fault]]


_CHECKS = (
    _Check(
        Rule(
            name="milepost.dependent_description",
            language="yaml",
            says="A description is understood alone, in a list of search results.",
            bad="""\
models:
  - name: bed_moisture
    description: Moisture of the beds, by day.
    columns:
      - {name: moisture_mean_7d, data_type: double, description: The same over 7 days.}
""",
            good="""\
models:
  - name: bed_moisture
    description: Moisture of the beds, by day.
    columns:
      - {name: moisture_mean_7d, data_type: double, description: Mean moisture of the bed in 7 days.}
""",
            reason="Search and `describe` show a feature without the one that stood above it.",
            remedy="say in full what the value counts, of what, over which time",
        ),
        dependent_descriptions,
    ),
    _Check(
        Rule(
            name="milepost.nullable_key",
            language="yaml",
            says="The keys of a feature view and its `available_at` are declared and never null.",
            bad="""\
models:
  - name: bed_moisture
    config: {meta: {entities: {bed: [bed_id]}}}
    columns:
      - {name: bed_id, data_type: varchar}
      - {name: available_at, data_type: timestamp, constraints: [{type: not_null}]}
""",
            good="""\
models:
  - name: bed_moisture
    config: {meta: {entities: {bed: [bed_id]}}}
    columns:
      - {name: bed_id, data_type: varchar, constraints: [{type: not_null}]}
      - {name: available_at, data_type: timestamp, constraints: [{type: not_null}]}
""",
            reason="A lookup never finds a row whose key is null: it is lost without a word.",
            remedy="declare the column with `constraints: [{type: not_null}]`",
        ),
        nullable_keys,
    ),
    _Check(
        Rule(
            name="milepost.rate_without_sample",
            language="yaml",
            says="A rate, mean, quantile or deviation names the count that it is made from.",
            bad="""\
models:
  - name: bed_moisture
    config: {meta: {entities: {bed: [bed_id]}}}
    columns:
      - {name: bed_id, data_type: varchar, constraints: [{type: not_null}]}
      - {name: available_at, data_type: timestamp, constraints: [{type: not_null}]}
      - {name: dry_rate_7d, data_type: double}
""",
            good="""\
models:
  - name: bed_moisture
    config: {meta: {entities: {bed: [bed_id]}}}
    columns:
      - {name: bed_id, data_type: varchar, constraints: [{type: not_null}]}
      - {name: available_at, data_type: timestamp, constraints: [{type: not_null}]}
      - {name: reading_count_7d, data_type: bigint}
      - name: dry_rate_7d
        data_type: double
        config: {meta: {sample: reading_count_7d}}
""",
            reason="A rate of two rows and one of two thousand look the same to a model.",
            remedy="state the count as the column's `config.meta.sample`",
        ),
        rates_without_sample,
    ),
    _Check(
        Rule(
            name="milepost.unnamed_owner",
            language="yaml",
            says="An owner that is stated has a name.",
            bad="""\
models:
  - name: bed_moisture
    config: {meta: {owners: {science: "", engineering: growers}}}
""",
            good="""\
models:
  - name: bed_moisture
    config: {meta: {owners: {science: soil, engineering: growers}}}
""",
            reason="Nobody is asked when the feature changes, and nobody is called when it stops.",
            remedy="name the team that answers, in `config.meta.owners`",
        ),
        unnamed_owners,
    ),
    _Check(
        Rule(
            name="milepost.untagged_personal_data",
            language="yaml",
            says="A raw column whose name tells of a person says whether it is personal data.",
            bad="""\
sources:
  - name: people
    tables:
      - name: gardeners
        columns:
          - {name: gardener_email, data_type: varchar}
""",
            good="""\
sources:
  - name: people
    tables:
      - name: gardeners
        columns:
          - name: gardener_email
            data_type: varchar
            config: {meta: {personal_data: true}}
""",
            reason="The gate keeps personal data out of releases, and knows of it by this tag alone.",
            remedy="state `config: {meta: {personal_data: true}}` of the column, or `false`",
        ),
        untagged_personal_data,
    ),
)

METADATA_RULES = tuple(check.rule for check in _CHECKS)


def metadata_findings(project: Path, catalog: Catalog, view: str | None) -> Iterator[Finding]:
    """Yield what the rules for YAML find in a project, or in one of its feature views."""
    for node_id in sorted(catalog.nodes):
        node = catalog.nodes[node_id]
        if node.get("package_name") != catalog.project or view not in {None, published_name(node)}:
            continue
        if node["resource_type"] not in {"model", "source"}:
            continue
        faults = [(check.rule, fault) for check in _CHECKS for fault in check.faults(node)]
        stated = StatedModel(project if faults else None, node)
        for rule, fault in faults:
            path, line = stated.place(fault.column or "")
            yield Finding(path, line, rule.name, fault.message, rule.remedy)

"""A small project whose one view has earned production, without dbt: a test breaks it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from milepost.building.build_records import Batch, Build, Records
from milepost.building.catalog import Catalog
from milepost.building.code import Coder
from milepost.standards.evidence import Approval, Evidence, Proof, promises
from milepost.standards.examined_view import ExaminedView
from milepost.standards.requirements.promotion import certificate_digest
from milepost.stress.certificate import Certificate, Outcome
from small_releases import at

VIEW, SOURCE = "model.green.beds", "source.green.raw.readings"
GENERIC, RANGE, UNIT = "test.green.fits", "test.green.depth", "unit_test.green.beds.edge"

YAML = """\
# The beds of the greenhouse.
models:
  - name: beds
    description: How wet a bed was.
    config:
      contract: {enforced: true}
      meta:
        entities: {bed: [bed_id]}
        owners: {science: plants, engineering: pipes}
        maturity: production   # since the first harvest
        fresh_within_hours: 50
        bounds: {row_rate_factor_max: 4, null_share_rise_max: 0.5, row_count_min: 1}
    columns:
      - {name: bed_id, data_type: varchar, description: The bed.}
      - {name: available_at, data_type: timestamp, description: The instant.}
      - {name: wet_rate_7d, data_type: double, description: Share. Null without readings.}
      - {name: depth_cm, data_type: double, description: "Depth. Null where nobody measured."}
"""
UNCHANGED = Outcome(table="raw.readings", column="", kind="duplicates", rows=2, outcome="unchanged")
EXPOSURES = """\
exposures:
  - name: watering
    type: ml
"""


class Ladder:
    """A project in a folder, and what its manifest and records say; `write` writes its files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.yaml = YAML
        stated = yaml.safe_load(YAML)["models"][0]
        self.meta: dict[str, Any] = {
            **stated["config"]["meta"],
            "entity_definitions": {"bed": {"keys": {"bed_id": "varchar"}, "description": "A bed."}},
            "grid": "day",
            "longest_window_days": 7,
            "serving_delay_minutes": 30,
            "sensitivity": "internal",
        }
        self.view = node(
            "model",
            "beds",
            SOURCE,
            description=stated["description"],
            columns={column["name"]: dict(column) for column in stated["columns"]},
            patch_path="green://models/beds.yml",
            original_file_path="models/beds.sql",
            config={"meta": self.meta, "contract": {"enforced": True}},
        )
        self.nodes: dict[str, dict[str, Any]] = {
            VIEW: self.view,
            GENERIC: node("test", "fits", VIEW, attached_node=VIEW, column_name=None),
            RANGE: node("test", "depth", VIEW, attached_node=VIEW, column_name="depth_cm"),
        }
        self.nodes[GENERIC]["test_metadata"] = {"name": "values_fit_their_names"}
        self.nodes[RANGE]["test_metadata"] = {"name": "is_between"}
        given = [{"input": "ref('x')", "rows": [{"known_at": "2026-01-02 00:00:00"}]}]
        self.unit_tests = {
            UNIT: node("unit_test", "edge", VIEW, model="beds", given=given, expect={})
        }
        self.exposures = {
            "exposure.green.watering": {
                **node("exposure", "watering", VIEW),
                "type": "ml",
                "maturity": "high",
                "owner": {"name": "plants"},
                "original_file_path": "models/exposures.yml",
            }
        }
        self.macros: dict[str, dict[str, Any]] = {}
        self.built_to = at("2026-03-01")
        self.raw_logs = {SOURCE: {"first": "2026-01-01"}}
        self.evidence_changes: dict[str, Any] = {}
        self.certificate_changes: dict[str, Any] = {}

    def write(self) -> None:
        """Write the files, with the certificate and the evidence of the code as it is now."""
        (self.folder / "models").mkdir(exist_ok=True)
        (self.folder / "dbt_project.yml").write_text("name: green\n")
        (self.folder / "models/beds.sql").write_text("select 1")
        (self.folder / "models/beds.yml").write_text(self.yaml)
        (self.folder / "models/exposures.yml").write_text(EXPOSURES)
        examined = self.examined()
        certificate = Certificate(
            view="beds",
            version=None,
            code=examined.code,
            share=0.05,
            seed=1,
            days=60,
            raw_log_end="2026-03-01",
            rows={"raw.readings": 40},
            features=["wet_rate_7d", "depth_cm"],
            unproven=[],
            outcomes=[UNCHANGED],
        )
        certificate = replace(certificate, **self.certificate_changes)
        self.certificate_file.write_bytes(certificate.to_bytes())
        evidence = Evidence(
            view="beds",
            rung=str(self.meta["maturity"]),
            code=examined.code,
            promises=promises(self.catalog, examined.view, str(self.meta["maturity"])),
            proof=Proof("2026-02-25T00:00:00", 50, 3),
            approval=Approval("engineering", "pipes"),
            certificate=certificate_digest(examined),
        )
        self.evidence_file.write_text(replace(evidence, **self.evidence_changes).text())

    @property
    def certificate_file(self) -> Path:
        return self.folder / "models/beds.stress.json"

    @property
    def evidence_file(self) -> Path:
        return self.folder / "models/beds.evidence.json"

    @property
    def catalog(self) -> Catalog:
        source = node("source", "readings", source_name="raw", identifier="readings")
        source["original_file_path"] = "models/raw.yml"
        return Catalog.of(
            {
                "nodes": self.nodes,
                "sources": {SOURCE: {**source, "unique_id": SOURCE}},
                "unit_tests": self.unit_tests,
                "macros": self.macros,
                "exposures": self.exposures,
                "disabled": {},
                "metadata": {"project_name": "green", "dbt_version": "1", "adapter_type": "duckdb"},
            }
        )

    def examined(self) -> ExaminedView:
        """The view as a requirement finds it."""
        catalog = self.catalog
        build = Build("success", "", self.raw_logs, "", "dev", "", {}, at("2026-03-02"))
        batch = Batch(self.built_to, "", {}, {})
        records = Records({VIEW: build}, {}, {}, {VIEW: batch}, {})
        coder = Coder(catalog, {}, "dev", {})
        return ExaminedView(self.view, catalog, coder, records, self.folder)


def node(kind: str, name: str, *parents: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "unique_id": f"{kind}.green.{name}",
        "resource_type": kind,
        "package_name": "green",
        "relation_name": name,
        "description": "",
        "raw_code": "select 1",
        "columns": {},
        "config": {"meta": {}},
        "depends_on": {"nodes": list(parents), "macros": []},
        **more,
    }

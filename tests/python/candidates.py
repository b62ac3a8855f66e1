"""A small project as the gate finds it, without dbt: one view, one staged table, one raw log."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from milepost.building.build_records import Batch, Build, Records, TestRun
from milepost.building.catalog import Catalog
from milepost.building.code import Coder
from milepost.building.declared_views import FeatureView
from milepost.building.fingerprint import fingerprint
from milepost.building.project import Project
from milepost.publishing import rules
from milepost.publishing.candidate import Candidate
from milepost.publishing.data_files import Uploads
from milepost.publishing.publishable import PublishableView, describe
from milepost.publishing.refusal import Refusal
from milepost.release.definition import Field
from milepost.release.entity import EntityRole
from milepost.release.manifest import Manifest
from milepost.storage.location import Location
from small_releases import at, manifest_of

COLUMNS = {"bed_id": "VARCHAR", "available_at": "TIMESTAMP", "wet": "DOUBLE", "readings": "BIGINT"}
THROUGH = at("2026-02-01")
BOUNDS = {"row_rate_factor_max": 4, "null_share_rise_max": 0.5, "row_count_min": 100}
UNSENT = Location("milepost-store", "unsent")
VIEW, STAGED, SOURCE = "model.green.beds", "model.green.stg_beds", "source.green.raw.beds"
TEST, RAW_LOG = "test.green.wet_is_a_share", "s3://milepost-raw/green"


def view(columns: dict[str, str] = COLUMNS, **more: Any) -> FeatureView:
    stated: dict[str, Any] = {
        "name": "beds",
        "version": None,
        "is_latest": True,
        "deprecated_at": None,
        "unique_id": VIEW,
        "relation": "built",
        "description": "",
        "entities": [EntityRole("bed", "bed", ["bed_id"])],
        "keys": ["bed_id"],
        "grid": "day",
        "longest_window_days": 1,
        "serving_delay_minutes": 30,
        "owners": {},
        "maturity": "draft",
        "sensitivity": "",
        "bounds": BOUNDS,
        "fields": [Field(name, kind, "") for name, kind in columns.items()],
    }
    return FeatureView(**{**stated, **more})


def publishable(
    built: FeatureView, built_through: datetime = THROUGH, **complete_from: datetime
) -> PublishableView:
    starts = dict.fromkeys(built.features, at("2026-01-02")) | complete_from
    return PublishableView(built, "", (), "", built_through, starts)


def released(*views: FeatureView) -> Manifest:
    """A release of the views without files, built through the first of February."""
    return manifest_of(*(describe(publishable(built)) for built in views))


def candidate(
    views: Sequence[FeatureView],
    current: Manifest | None,
    *,
    con: Any = None,
    catalog: Catalog | None = None,
    evidence: Iterable[PublishableView] = (),
) -> Candidate:
    """What a rule may look at, where nothing was recorded but what is given as evidence."""
    catalog = catalog or Catalog(
        {built.unique_id: _node(built) for built in views}, {}, {}, (), "g", ""
    )
    return Candidate(
        project=Project(catalog, None),
        views=views,
        con=con,
        records=Records({}, {}, {}, {}),
        current=current,
        uploads=Uploads(UNSENT, current, is_dry_run=True),
        coder=Coder(catalog, {}, "", {}),
        _publishable={known.view.name: known for known in evidence},
    )


def _node(built: FeatureView) -> dict[str, Any]:
    return {"name": built.name, "resource_type": "model", "config": {"meta": {}}}


def sentences(refusals: Iterable[Refusal]) -> list[str]:
    return [f"{refusal.view}: {refusal.sentence}" for refusal in refusals]


class Garden:
    """A project that may be published after a release; a test breaks it and asks what is refused.

    What was recorded is that of the code and the rows as they are, unless a test says otherwise.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "dbt_project.yml").write_text("name: green\n")
        (folder / "beds.sql").write_text("select 1")
        self.con = duckdb.connect()
        self.con.execute(
            """
            create table beds as
            select 'north' as bed_id, day_at + interval 30 minute as available_at,
                0.5 as wet, cast(day(day_at) as bigint) as readings
            from range(timestamp '2026-01-02', timestamp '2026-02-02', interval 1 day)
                as days (day_at);
            alter table beds alter wet type double
            """
        )
        self.nodes = {
            VIEW: _model("beds", STAGED, meta=META, columns=COLUMNS),
            STAGED: _model("stg_beds", SOURCE),
            TEST: {
                **_model("wet_is_a_share", VIEW),
                "resource_type": "test",
                "attached_node": VIEW,
            },
        }
        self.nodes[VIEW]["checksum"] = {
            "name": "sha256",
            "checksum": hashlib.sha256(b"select 1").hexdigest(),
        }
        self.sources: dict[str, dict[str, Any]] = {
            SOURCE: {
                **_model("beds"),
                "unique_id": SOURCE,
                "resource_type": "source",
                "source_name": "raw",
                "identifier": "beds",
                "config": {"meta": {"raw_uri": RAW_LOG}},
            }
        }
        self.exposures: dict[str, dict[str, Any]] = {}
        self.disabled: dict[str, list[dict[str, Any]]] = {}
        self.current: Manifest | None = None
        self.build_changes: dict[str, dict[str, Any]] = {}
        self.test_changes: dict[str, Any] = {}
        self.batches = {VIEW: Batch(at("2026-02-01"), "code", {}, {"wet": 24, "readings": 24})}

    def candidate(self, uploads: Uploads) -> Candidate:
        catalog = Catalog.of(
            {
                "nodes": self.nodes,
                "sources": self.sources,
                "unit_tests": {},
                "macros": {},
                "exposures": self.exposures,
                "disabled": self.disabled,
                "metadata": {"project_name": "green", "dbt_version": "1", "adapter_type": "duckdb"},
            }
        )
        coder = Coder(catalog, {}, "dev", {})
        content = fingerprint(self.con, "beds")
        builds = {
            node_id: replace(
                Build(
                    status="success",
                    narrowed_by="",
                    raw_logs={SOURCE: {"first": "2026-01-01"}},
                    relation=self.nodes[node_id]["relation_name"],
                    target="dev",
                    fingerprint=content,
                    parts=coder.parts(node_id),
                    recorded_at=at(f"2026-02-03 0{n}:00:00"),
                ),
                **self.build_changes.get(node_id, {}),
            )
            for n, node_id in enumerate((STAGED, VIEW), start=1)
        }
        tests = {}
        if TEST in self.nodes:
            run = TestRun("pass", "", coder.parts(TEST), at("2026-02-03 03:00:00"))
            tests[TEST] = replace(run, **self.test_changes)
        return Candidate(
            project=Project(catalog, self.folder),
            views=catalog.feature_views(),
            con=self.con,
            records=Records(builds, tests, {(TEST, VIEW): content}, self.batches),
            current=self.current,
            uploads=uploads,
            coder=coder,
        )

    def release(self, store: Location) -> None:
        """Make what there is the current release, and go on by a day without rows."""
        self.uploads = Uploads(store, None)
        releasing = self.candidate(self.uploads)
        assert rules.refusals(releasing) == []
        self.current = manifest_of(*releasing.exported_views)
        self.batches = {VIEW: replace(self.batches[VIEW], built_to=at("2026-02-02"))}

    def refusals(self) -> list[Refusal]:
        self.uploads = Uploads(self.uploads.store, self.current)
        return rules.refusals(self.candidate(self.uploads))


NOTHING: Mapping[str, Any] = {}
META: Mapping[str, Any] = {
    "entities": {"bed": ["bed_id"]},
    "entity_definitions": {
        "bed": {"keys": {"bed_id": "varchar"}, "description": "A bed of plants."}
    },
    "grid": "day",
    "longest_window_days": 1,
    "serving_delay_minutes": 30,
    "owners": {},
    "maturity": "draft",
    "sensitivity": "internal",
    "bounds": BOUNDS,
}


def _model(
    name: str,
    *parents: str,
    meta: Mapping[str, Any] = NOTHING,
    columns: Mapping[str, str] = NOTHING,
) -> dict[str, Any]:
    return {
        "name": name,
        "unique_id": f"model.green.{name}",
        "resource_type": "model",
        "package_name": "green",
        "original_file_path": f"{name}.sql",
        "relation_name": name,
        "schema": "main",
        "description": "",
        "raw_code": "select 1",
        "columns": {
            column: {"name": column, "data_type": kind, "description": ""}
            for column, kind in columns.items()
        },
        "config": {
            "meta": dict(meta),
            "fail_calc": "count(*)",
            "warn_if": "!= 0",
            "error_if": "!= 0",
        },
        "depends_on": {"nodes": list(parents), "macros": []},
    }

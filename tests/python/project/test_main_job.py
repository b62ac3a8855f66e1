"""The main job on the freight project: land, `dbt build`, publish, read; then days later."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from dbt_process import run_dbt
from milepost import FeatureStore
from milepost.building import docs_site
from milepost.building.project import Project
from milepost.storage.location import Location
from milepost.stress.certificate import withstood
from project.variation import EXCEPTIONS, variations

PROJECT = Path(__file__).parents[3]
BIN = Path(sys.executable).parent
pytestmark = pytest.mark.slow

VIEWS = sorted(model.stem for model in (PROJECT / "models/features").rglob("*.sql"))
# Longer than a training set looks back, and shorter than the longest window.
# A spot load has its outcome 45 days later, and the longest of its windows has 90.
DAYS = 140
FIRST = datetime(2026, 3, 14) - timedelta(days=DAYS - 1)
# Facilities are described anew once in ten years: three days often have none.
SELDOM_CHANGED = {"facility_place"}
# More rows and checks than these, and not than 100 and 20: each is made from one raw table.
FEW = {"fuel": (15, 6), "carrier_safety": (100, 8)}
# What the training sets call a view that they look up by another key.
ALIASES = {
    f"{end}_{name}": (view, f"{kind}_id", f"{end}_{kind}_id")
    for end in ("origin", "destination")
    for name, view, kind in [
        ("market", "market_balance", "market"),
        ("rates", "market_rates", "market"),
        ("capacity", "market_capacity", "market"),
        ("dwell", "facility_dwell", "facility"),
        ("place", "facility_place", "facility"),
    ]
}


@dataclass(frozen=True)
class Job:
    """The project with a raw log, a store and a scratch database of the test's own."""

    folder: Path
    raw: Location
    store: Location

    @property
    def environment(self) -> dict[str, str]:
        return {
            "MILEPOST_RAW_URI": self.raw.uri(),
            "MILEPOST_STORE_URI": self.store.uri(),
            "MILEPOST_SCRATCH": str(self.folder / "scratch.duckdb"),
            "DBT_TARGET_PATH": str(self.folder / "target"),
            "DBT_LOG_PATH": str(self.folder / "logs"),
            "DBT_LOG_LEVEL_FILE": "none",
            "DBT_PROFILES_DIR": str(self.folder),
        }

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            command,
            cwd=PROJECT,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    def land(self, end: str) -> None:
        script = str(PROJECT / "scripts/land_simulated.py")
        sized = ("--scale", "0.01", "--days", str(DAYS), "--end", end)
        self.run(sys.executable, script, *sized, self.raw.uri())

    def dbt(self, *arguments: str) -> str:
        command = ["--no-use-colors", "--warn-error", *arguments]
        done = run_dbt(PROJECT, command, {**os.environ, **self.environment})
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def publish(self) -> FeatureStore:
        manifest = str(self.folder / "target/manifest.json")
        self.run(str(BIN / "milepost"), "publish", "--manifest", manifest)
        return FeatureStore(self.store.uri())


@pytest.fixture(scope="module")
def job(s3_server: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Job:
    folder = tmp_path_factory.mktemp("job")
    shutil.copy(PROJECT / "profiles.example.yml", folder / "profiles.yml")
    place = f"job-{os.getpid()}"
    return Job(
        folder,
        Location.parse(f"s3://milepost-raw/{place}"),
        Location.parse(f"s3://milepost-store/{place}"),
    )


@pytest.fixture(scope="module")
def releases(job: Job) -> tuple[FeatureStore, FeatureStore]:
    """A release, and the one of three days later, from the same raw log grown."""
    stores = []
    for end in ("2026-03-14", "2026-03-17"):
        job.land(end)
        job.dbt("build")
        stores.append(job.publish())
    return stores[0], stores[1]


def test_every_feature_view_is_published_with_rows(
    releases: tuple[FeatureStore, FeatureStore],
) -> None:
    for store in releases:
        assert [view.name for view in store.feature_views()] == VIEWS
        for view in store.feature_views():
            rows, checks = FEW.get(view.name, (100, 20))
            assert view.rows > rows, view.name
            assert len(view.checks) > checks, view.name


# How many days each feature looks back, written down from the views' descriptions.
LOOK_BACKS = {
    "carrier_activity": {
        7: "load_count_7d",
        28: "load_count_28d",
        30: "tracked_load_rate_30d load_count_30d",
        60: "active_load_count",
        90: "load_count_90d",
        365: "last_load_at claims_per_1000_loads_365d claim_count_365d load_count_365d",
    },
    "carrier_lane_experience": {
        180: "load_count_180d settled_rpm_mean_usd_180d settled_load_count_180d",
        365: "last_load_at",
    },
    "carrier_reliability": {
        28: "on_time_delivery_rate_28d delivery_count_28d",
        90: "on_time_delivery_rate_90d lateness_p90_minutes_90d delivery_count_90d",
        360: "on_time_pickup_rate_last_50 pickup_count_last_50 fall_off_rate_last_50 "
        "booking_count_last_50 fall_off_severity_mean_last_50 fall_off_count_last_50",
    },
    "carrier_safety": {
        0: "authority_granted_at out_of_service_rate_730d inspection_count_730d truck_count",
        30: "contact_change_count_30d",
    },
    "carrier_tenders": {
        30: "tender_response_time_p50_minutes_30d answered_tender_count_30d tender_count_30d",
        90: "tender_acceptance_rate_90d tender_count_90d",
    },
    "facility_dwell": {
        90: "dwell_p50_minutes_90d dwell_p90_minutes_90d detention_rate_90d stop_count_90d",
    },
    "facility_place": {
        0: "facility_market_id latitude longitude time_zone appointment_policy",
    },
    "fuel": {28: "diesel_usd_per_gallon fuel_surcharge_rpm_usd"},
    "lane_rates": {
        7: "spot_rpm_p50_usd_7d spot_load_count_7d spot_carrier_count_7d",
        28: "spot_rpm_p50_ratio_7d_to_28d spot_load_count_28d spot_carrier_count_28d",
        30: "spot_rpm_p50_usd_30d spot_rpm_interquartile_range_usd_30d has_enough_spot_loads_30d "
        "spot_load_count_30d spot_carrier_count_30d spot_minus_contract_rpm_p50_usd_30d "
        "contract_load_count_30d contract_carrier_count_30d",
        90: "contract_rpm_p50_usd_90d contract_load_count_90d contract_carrier_count_90d",
        392: "spot_rpm_p50_ratio_28d_to_28d_before_364d spot_load_count_28d_before_364d "
        "spot_carrier_count_28d_before_364d",
    },
    "lane_service": {
        28: "tender_rejection_rate_28d tender_count_28d routing_guide_depth_mean_28d "
        "accepted_tender_count_28d",
        90: "transit_p50_hours_90d transit_p90_hours_90d transit_count_90d",
    },
    "lane_volume": {
        28: "load_count_28d miles_mean_28d measured_load_count_28d",
        84: "load_count_84d weekly_load_count_variation_84d",
        90: "carrier_count_90d hauled_load_count_90d",
        180: "hauled_load_count_180d settled_rpm_mean_usd_180d settled_load_count_180d",
    },
    "load_progress": {
        0: "pickup_appointment_at lead_time_hours stop_count weight_pounds is_drop",
        60: "tender_rejection_count bid_count offer_count best_bid_to_offer_ratio reprice_count "
        "appointment_change_count",
    },
    "market_balance": {
        1: "load_to_truck_ratio_1d truck_post_count_1d",
        7: "load_to_truck_ratio_7d truck_post_count_7d outbound_tender_rejection_rate_7d "
        "outbound_tender_count_7d inbound_tender_rejection_rate_7d inbound_tender_count_7d "
        "outbound_tender_lead_time_mean_hours_7d outbound_tender_lead_time_count_7d "
        "outbound_load_count_7d inbound_load_count_7d headhaul_loads_7d loads_out_per_truck_in_7d "
        "delivery_count_7d",
        14: "outbound_tender_rejection_rate_change_7d outbound_tender_count_7d_before_7d "
        "inbound_tender_rejection_rate_change_7d inbound_tender_count_7d_before_7d",
    },
    "market_capacity": {1: "truck_post_count_24h", 60: "open_load_count_next_48h"},
    "market_rates": {
        7: "spot_rpm_p50_usd_7d spot_load_count_7d spot_carrier_count_7d",
        30: "spot_rpm_p50_usd_30d spot_load_count_30d spot_carrier_count_30d",
    },
    "national_balance": {7: "tender_count_7d"},
    "shipper_behavior": {
        28: "load_count_28d",
        90: "cancellation_rate_90d reschedule_rate_90d load_count_90d "
        "tender_lead_time_mean_hours_90d tender_lead_time_count_90d",
    },
}


@pytest.mark.parametrize("name", VIEWS)
def test_each_feature_is_complete_when_its_own_window_is(
    releases: tuple[FeatureStore, FeatureStore], name: str
) -> None:
    (view,) = (view for view in releases[0].feature_views() if view.name == name)
    delay = timedelta(hours=25 if view.grid == "hour" else 2)
    expected = {
        feature: FIRST + timedelta(days=days) + delay
        for days, features in LOOK_BACKS[name].items()
        for feature in features.split()
    }
    assert view.complete_from == expected
    # Landed through March 14; 2 or 25 hours to serve.
    assert view.built_through == "2026-03-16T02:00:00"


@pytest.mark.parametrize("view", VIEWS)
def test_what_landed_later_changes_no_row_that_a_model_may_have_used(
    releases: tuple[FeatureStore, FeatureStore], view: str
) -> None:
    earlier, later = (store.to_arrow(view) for store in releases)
    (described,) = (v for v in releases[0].feature_views() if v.name == view)
    built_through = described.built_through_at
    assert pc.max(earlier["available_at"]).as_py() < built_through
    assert view in SELDOM_CHANGED or later.num_rows > earlier.num_rows
    limit = pa.scalar(built_through, pa.timestamp("us"))
    order = [(name, "ascending") for name in (*described.keys, "available_at")]
    before = later.filter(pc.less(later["available_at"], limit))
    assert before.sort_by(order).equals(earlier.sort_by(order))


def test_each_feature_varies(releases: tuple[FeatureStore, FeatureStore]) -> None:
    """Of every view, stored and derived; new ones as well."""
    found = dict(variations(releases[1]))
    lacking = {feature for feature, variation in found.items() if not variation.is_enough()}
    assert lacking == EXCEPTIONS.keys(), {
        feature: found.get(feature) for feature in lacking ^ EXCEPTIONS.keys()
    }
    for feature, (share_min, reason) in EXCEPTIONS.items():
        assert not share_min or found[feature].is_enough(share_min), f"{feature}: {reason}"


def test_a_training_set_has_a_row_per_entity_row(
    releases: tuple[FeatureStore, FeatureStore],
) -> None:
    store = releases[1]
    (view,) = (view for view in store.feature_views() if view.name == "market_balance")
    keys = store.to_arrow("market_balance").select(view.keys).slice(0, 50)
    instants = pa.array([max(view.complete_from.values())] * 50, pa.timestamp("us"))
    entities = keys.append_column("event_timestamp", instants)
    training_set = store.get_historical_features(entities, ["market_balance"]).to_arrow()
    assert training_set.select(entities.column_names).equals(entities)
    assert training_set.column_names == [*entities.column_names, *view.features]
    assert training_set["outbound_tender_count_7d"].null_count < 50


@pytest.mark.parametrize(
    ("name", "training_set"),
    [
        ("late_delivery", "late_delivery"),
        ("tender_acceptance", "tender_acceptance"),
        ("load_pricing", "spot_rate"),
    ],
)
def test_a_service_gives_what_its_training_set_as_a_model_has(
    job: Job, releases: tuple[FeatureStore, FeatureStore], name: str, training_set: str
) -> None:
    store = releases[1]
    with duckdb.connect(job.folder / "scratch.duckdb", read_only=True) as con:
        built = con.sql(f"from main_training_sets.{training_set} order by 1").to_arrow_table()
    entities = built.select([column for column in built.column_names if "__" not in column])
    found = store.get_historical_features(
        entities, store.service(name), full_feature_names=True, allow_early=True
    ).to_arrow()
    assert found.column_names == built.column_names
    assert found.to_pylist() == built.to_pylist()
    derived = {
        "origin_market__outbound_tender_share_7d",
        "origin_market__weighted_outbound_rejection_rate_change_7d",
    } & set(built.column_names)
    assert derived
    assert all(built[feature].null_count < built.num_rows for feature in derived)


# A small marketplace asks carriers for a first time, of whom most views know nothing.
@pytest.mark.filterwarnings("ignore:.*are in no row of feature view")
@pytest.mark.parametrize(
    "name", ["late_delivery", "fall_off", "carrier_matching", "tender_acceptance", "spot_rate"]
)
def test_a_training_set_as_a_model_is_what_the_client_gives(
    job: Job, releases: tuple[FeatureStore, FeatureStore], name: str
) -> None:
    with duckdb.connect(job.folder / "scratch.duckdb", read_only=True) as con:
        built = con.sql(f"from main_training_sets.{name} order by 1").to_arrow_table()
    features = [column for column in built.column_names if "__" in column]
    assert built.num_rows >= 200
    for feature in features:
        view, _, column = feature.partition("__")
        entities = built.drop_columns(features)
        if view in ALIASES:
            view, key, alias = ALIASES[view]
            entities = entities.append_column(key, entities[alias])
        found = (
            releases[1]
            .get_historical_features(
                entities, [f"{view}:{column}"], full_feature_names=True, allow_early=True
            )
            .to_arrow()
        )
        assert found[f"{view}__{column}"].to_pylist() == built[feature].to_pylist(), feature
        # A price needs more loads than there are in a small marketplace.
        assert "rpm" in feature or built[feature].null_count < built.num_rows, feature


@pytest.mark.parametrize(
    ("name", "outcomes"),
    [
        ("late_delivery", "booking_outcomes"),
        ("fall_off", "booking_outcomes"),
        ("carrier_matching", "offer_outcomes"),
        ("tender_acceptance", "tender_outcomes"),
        ("spot_rate", "spot_load_outcomes"),
    ],
)
def test_a_training_set_grows_by_the_outcomes_of_a_batch_and_misses_none(
    job: Job, releases: tuple[FeatureStore, FeatureStore], name: str, outcomes: str
) -> None:
    compiled = next((job.folder / "target/compiled").rglob(f"models/training_sets/{name}.sql"))
    assert "horizon_at >= cast('2026-03-15 " in compiled.read_text()
    with duckdb.connect(job.folder / "scratch.duckdb", read_only=True) as con:
        columns = {row[0] for row in con.execute(f"describe main_training_sets.{name}").fetchall()}
        keys = [
            row[0]
            for row in con.execute(f"describe main_intermediate.{outcomes}").fetchall()
            if row[0] in columns - {"outcome"}
        ]
        rows = [
            f"select {', '.join(keys)} from {table}"
            for table in (f"main_training_sets.{name}", f"main_intermediate.{outcomes}")
        ]
        assert {"horizon_at", "event_timestamp"} < set(keys)
        for one, other in (rows, rows[::-1]):
            assert con.execute(f"{one} except all {other}").fetchall() == []


@pytest.mark.parametrize("name", ["late_delivery", "tender_acceptance", "spot_rate"])
def test_a_training_set_has_full_windows_from_when_its_features_are_complete(
    job: Job, releases: tuple[FeatureStore, FeatureStore], name: str
) -> None:
    with duckdb.connect(job.folder / "scratch.duckdb", read_only=True) as con:
        built = con.sql(f"from main_training_sets.{name}").to_arrow_table()
    columns = (column.split("__") for column in built.column_names if "__" in column)
    asked = {f"{ALIASES.get(view, [view])[0]}:{feature}" for view, feature in columns}
    complete_from = releases[1].covers(sorted(asked)).complete_from
    assert complete_from is not None
    is_full = pc.greater_equal(built["event_timestamp"], complete_from)
    assert built["has_full_windows"].equals(is_full)
    assert 0 < pc.sum(is_full).as_py() < built.num_rows
    # `make run` lands so many days, and most rows are to train on.
    days = re.search(r"^DAYS \?= .*?(\d+)\)*$", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    assert days
    assert complete_from - FIRST < timedelta(days=int(days[1])) / 2


def test_the_guide_to_a_trained_model_runs(
    job: Job, releases: tuple[FeatureStore, FeatureStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MILEPOST_STORE_URI", job.store.uri())
    monkeypatch.setenv("MILEPOST_SCRATCH", str(job.folder / "scratch.duckdb"))
    monkeypatch.chdir(PROJECT / "docs/guides")  # as Jupyter does
    guide = json.loads((PROJECT / "docs/guides/train-a-model.ipynb").read_text())
    cells = [cell for cell in guide["cells"] if cell["cell_type"] == "code"]
    assert any(cell["outputs"] for cell in cells)
    names: dict[str, Any] = {}
    for cell in cells:
        exec(compile("".join(cell["source"]), cell["id"], "exec"), names)  # noqa: S102
    assert names["store"].release == releases[1].release
    assert len(names["training_set"]) == names["tenders"].num_rows > 200
    assert np.all((names["probabilities"] > 0) & (names["probabilities"] < 1))
    # It has learned something, and not from the future: what it is judged on may say little.
    gains, is_training = names["gains"], names["is_training"]
    assert gains[is_training].mean() > 0
    later_base = names["base_losses"][~is_training].mean()
    assert later_base - gains[~is_training].mean() < 2 * later_base
    assert names["low"] < names["high"]
    # Markets of each equipment type share all of the nation's tenders. A type without a tender in
    # these days has no shares: a marketplace of this size has none of one type.
    latest = names["latest"].to_arrow().select(["equipment_type", "outbound_tender_share_7d"])
    kinds = len(set(latest.drop_null()["equipment_type"].to_pylist()))
    assert kinds > 1
    assert names["share"] == pytest.approx(kinds)


def test_a_notebook_finds_the_scratch_database_from_its_own_folder() -> None:
    printed = subprocess.run(
        ["make", "--print-data-base", "--dry-run", "help"],
        cwd=PROJECT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    assert f"MILEPOST_SCRATCH := {PROJECT}/.local/simulated.duckdb" in printed


def test_the_docs_site_is_one_page_that_opens_with_the_shelf(job: Job, releases: object) -> None:
    job.dbt("docs", "generate")
    job.run(sys.executable, "-m", "milepost.cli", "docs", "--target", str(job.folder / "target"))
    text = (job.folder / "target/static_index.html").read_text()
    catalog = json.loads((job.folder / "target/catalog.json").read_text())
    assert "INLINE DATA" not in text
    dbt_manifest = json.loads((job.folder / "target/manifest.json").read_text())
    manifest = docs_site.with_shelf(
        dbt_manifest, withstood(Project.read(job.folder / "target/manifest.json"))
    )
    assert json.dumps(manifest).replace("</", "<\\/") in text
    (page,) = (doc for doc in manifest["docs"].values() if doc["name"] == "__overview__")
    shelf = page["block_contents"].split("## What a feature view is")[0]
    for view in VIEWS:
        assert f"model.milepost.{view}" in catalog["nodes"]
        assert f"[{view}](#!/model/model.milepost.{view})" in shelf
    # The site writes a value as JSON where it is no text, on one line.
    metas = [node["meta"] for node in manifest["nodes"].values()]
    assert all(isinstance(value, str) for meta in metas for value in meta.values())
    balance = manifest["nodes"]["model.milepost.market_balance"]
    assert (
        "| owners | pricing-science (science), marketplace-data (engineering) |"
        in (balance["description"])
    )
    assert "`outbound_tender_share_7d`, DOUBLE: The market's" in balance["description"]
    exposure = manifest["exposures"]["exposure.milepost.tender_acceptance"]
    assert (
        "| `outbound_tender_share_7d` | [origin_market](#!/model/model.milepost.market_balance) |"
        in exposure["description"]
    )

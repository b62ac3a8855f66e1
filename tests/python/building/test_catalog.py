"""The catalogue: what dbt's manifest says of feature views, and what it may not leave out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from milepost.building.catalog import Catalog
from milepost.errors import PublishError
from milepost.release.definition import Field
from milepost.release.derived import Derived
from milepost.release.entity import Entity, EntityRole
from milepost.release.service import Service

META: dict[str, Any] = {
    "entities": {"carrier": ["carrier_id"]},
    "entity_definitions": {
        "carrier": {"keys": {"carrier_id": "varchar"}, "description": "Who\n hauls."},
        "market": {"keys": {"market_id": "varchar"}, "description": "Where loads are."},
    },
    "grid": "day",
    "longest_window_days": 90,
    "serving_delay_minutes": 60,
    "owners": {"science": "pricing", "engineering": "data"},
    "maturity": "production",
    "sensitivity": "internal",
    "bounds": {"row_rate_factor_max": 4, "null_share_rise_max": 0.5, "row_count_min": 100},
}
COLUMNS = [
    ("carrier_id", "varchar", "The carrier."),
    ("available_at", "timestamp", "When the row\n  could be had."),
    ("late_rate_28d", "DOUBLE", "Share that was late."),
]
VIEW = "model.freight.carrier_reliability"


def node(kind: str, name: str, *parents: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "unique_id": f"{kind}.freight.{name}",
        "resource_type": kind,
        "relation_name": f'"db"."main"."{name}"',
        "description": "",
        "config": {"meta": {}},
        "columns": {},
        "depends_on": {"nodes": list(parents)},
        **more,
    }


def feature_view(name: str = "carrier_reliability", **meta: Any) -> dict[str, Any]:
    columns = {
        column: {"name": column, "data_type": kind, "description": text}
        for column, kind, text in COLUMNS
    }
    return node(
        "model",
        name,
        "model.freight.stg_loads",
        description="How reliably a\ncarrier delivered.",
        config={"meta": {**META, **meta}},
        columns=columns,
    )


def project() -> dict[str, Any]:
    """Two sources, their staging models, a feature view, a report; tests of each."""
    sources = [
        node(
            "source",
            name,
            source_name="freight",
            identifier=name,
            config={"meta": {"raw_uri": f"s3://milepost-raw/{place}"}},
        )
        for name, place in (("loads", "ours"), ("fuel", "theirs"))
    ]
    nodes = [
        node("model", "stg_loads", "source.freight.loads"),
        node("model", "stg_fuel", "source.freight.fuel"),
        feature_view(),
        node("model", "report", VIEW, "model.freight.stg_fuel"),
        node("test", "loads_have_ids", "source.freight.loads"),
        node("test", "rate_is_a_share", VIEW),
        node("test", "report_agrees", "model.freight.report", VIEW),
        node("test", "fuel_is_positive", "model.freight.stg_fuel"),
    ]
    unit_tests = [node("unit_test", "edges_of_the_window", VIEW)]
    return {
        "metadata": {"project_name": "freight", "dbt_version": "1.11.16"},
        "nodes": {n["unique_id"]: n for n in nodes},
        "sources": {n["unique_id"]: n for n in sources},
        "unit_tests": {n["unique_id"]: n for n in unit_tests},
        "macros": {},
        "exposures": {},
        "disabled": {},
    }


def read(folder: Path, manifest: Any) -> Catalog:
    path = folder / "manifest.json"
    path.write_text(json.dumps(manifest))
    return Catalog.read(path)


def test_a_feature_view_is_read_as_its_yaml_states_it(tmp_path: Path) -> None:
    catalog = read(tmp_path, project())
    (view,) = catalog.feature_views()
    assert (catalog.project, catalog.dbt_version) == ("freight", "1.11.16")
    assert (view.name, view.unique_id) == ("carrier_reliability", VIEW)
    assert view.relation == '"db"."main"."carrier_reliability"'
    assert view.description == "How reliably a carrier delivered."
    assert view.entities == [EntityRole("carrier", "carrier", ["carrier_id"])]
    assert (view.keys, view.grid) == (["carrier_id"], "day")
    assert catalog.entities() == [Entity("carrier", {"carrier_id": "VARCHAR"}, "Who hauls.")]
    assert (view.longest_window_days, view.serving_delay_minutes) == (90, 60)
    assert view.owners == META["owners"]
    assert view.fields == [
        Field("carrier_id", "VARCHAR", "The carrier."),
        Field("available_at", "TIMESTAMP", "When the row could be had."),
        Field("late_rate_28d", "DOUBLE", "Share that was late.", unit="share, 0 to 1"),
    ]


def test_a_model_without_entities_is_no_feature_view_and_views_come_by_name(tmp_path: Path) -> None:
    manifest = project()
    manifest["nodes"]["model.freight.another"] = feature_view("another")
    names = [view.name for view in read(tmp_path, manifest).feature_views()]
    assert names == ["another", "carrier_reliability"]


def test_a_view_may_have_no_key(tmp_path: Path) -> None:
    manifest = project()
    manifest["nodes"][VIEW] = feature_view(entities={})
    (view,) = read(tmp_path, manifest).feature_views()
    assert (view.entities, view.keys) == ([], [])


def test_lineage_is_the_node_and_all_that_it_is_made_from(tmp_path: Path) -> None:
    catalog = read(tmp_path, project())
    assert catalog.lineage(VIEW) == {VIEW, "model.freight.stg_loads", "source.freight.loads"}
    assert catalog.lineage("source.freight.loads") == {"source.freight.loads"}
    assert catalog.lineage("model.freight.nothing") == set()


def test_lineage_goes_each_way_once(tmp_path: Path) -> None:
    manifest = project()
    for name, parent in (("a", "b"), ("b", "a")):
        manifest["nodes"][f"model.freight.{name}"] = node("model", name, f"model.freight.{parent}")
    both = {"model.freight.a", "model.freight.b"}
    assert read(tmp_path, manifest).lineage("model.freight.a") == both


def test_tests_on_nodes_are_data_tests_and_unit_tests_that_look_at_one(tmp_path: Path) -> None:
    catalog = read(tmp_path, project())
    assert catalog.tests_on([VIEW]) == {
        "test.freight.rate_is_a_share",
        "test.freight.report_agrees",
        "unit_test.freight.edges_of_the_window",
    }
    on_all = catalog.tests_on(catalog.lineage(VIEW))
    assert on_all == {*catalog.tests_on([VIEW]), "test.freight.loads_have_ids"}
    assert catalog.tests_on([]) == set()


@pytest.mark.parametrize(
    "mention",
    [
        {"depends_on": {"nodes": [VIEW]}},
        {"attached_node": VIEW},
        {"refs": [{"name": "carrier_reliability", "package": None, "version": None}]},
        {"resource_type": "unit_test", "model": "carrier_reliability"},
    ],
)
def test_a_disabled_test_is_found_however_it_names_its_view(
    tmp_path: Path, mention: dict[str, Any]
) -> None:
    manifest = project()
    off = {**node("test", "rate_is_small"), **mention}
    elsewhere = node("test", "fuel_is_cheap", "model.freight.stg_fuel")
    off_model = node("model", "old_report", VIEW)
    manifest["disabled"] = {n["unique_id"]: [n] for n in (off, elsewhere, off_model)}
    catalog = read(tmp_path, manifest)
    (view,) = catalog.feature_views()
    assert catalog.disabled_tests_on([view.unique_id]) == ["rate_is_small"]


def test_a_unit_test_of_a_packages_model_is_not_that_of_the_one_in_its_place(
    tmp_path: Path,
) -> None:
    manifest = project()
    replaced = {
        **node("model", "carrier_reliability"),
        "unique_id": "model.package.carrier_reliability",
    }
    off = {
        **node("unit_test", "edges"),
        "model": "carrier_reliability",
        "package_name": "package",
    }
    manifest["disabled"] = {n["unique_id"]: [n] for n in (off, replaced)}
    catalog = read(tmp_path, manifest)
    assert catalog.disabled_tests_on([VIEW]) == []
    manifest["disabled"].pop(replaced["unique_id"])
    assert read(tmp_path, manifest).disabled_tests_on([VIEW]) == ["edges"]


def test_raw_tables_are_those_of_the_sources_in_the_lineage(tmp_path: Path) -> None:
    catalog = read(tmp_path, project())
    loads, fuel = "source.freight.loads", "source.freight.fuel"
    assert catalog.raw_tables(VIEW) == {loads}
    assert catalog.raw_tables("model.freight.report") == {loads, fuel}


def test_a_project_that_was_never_built_is_told_to_build(tmp_path: Path) -> None:
    with pytest.raises(
        PublishError, match=r"manifest\.json` does not exist\nhint: run `dbt build`"
    ):
        Catalog.read(tmp_path / "manifest.json")


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", '{"nodes": []}'])
def test_what_is_no_manifest_of_dbt_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(PublishError, match=r"is not a manifest of dbt: .*\nhint: run `dbt build`"):
        Catalog.read(tmp_path / "manifest.json")


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("grid", None),
        ("longest_window_days", "90"),
        ("longest_window_days", 1.5),
        ("longest_window_days", None),
        ("serving_delay_minutes", None),
        ("owners", ["pricing"]),
        ("maturity", None),
        ("sensitivity", 3),
    ],
)
def test_meta_that_is_missing_or_of_another_kind_is_named(
    tmp_path: Path, key: str, wrong: Any
) -> None:
    manifest = project()
    manifest["nodes"][VIEW] = feature_view(**{key: wrong})
    message = f"`carrier_reliability` has no valid `meta.{key}`: `.*\nhint: state it as a "
    with pytest.raises(PublishError, match=message):
        read(tmp_path, manifest).feature_views()


def test_a_view_looks_back_as_far_as_the_farthest_that_is_declared_or_stated(
    tmp_path: Path,
) -> None:
    def longest(*, declared: int | None, of_column: int | None, **meta: Any) -> int:
        manifest = project()
        view = manifest["nodes"][VIEW] = feature_view(**meta)
        if declared is not None:
            view["config"]["meta"]["declared_window_days"] = declared
        if "longest_window_days" not in meta:
            del view["config"]["meta"]["longest_window_days"]
        column = view["columns"]["late_rate_28d"]
        column["config"] = {"meta": {"longest_window_days": of_column} if of_column else {}}
        (found,) = read(tmp_path, manifest).feature_views()
        return found.longest_window_days

    assert longest(declared=28, of_column=None) == 28
    assert longest(declared=28, of_column=30) == 30
    assert longest(declared=28, of_column=30, longest_window_days=90) == 90
    assert longest(declared=120, of_column=30, longest_window_days=90) == 120
    assert longest(declared=None, of_column=30) == 30
    with pytest.raises(PublishError, match=r"no valid `meta.longest_window_days`: `None`"):
        longest(declared=None, of_column=None)


@pytest.mark.parametrize("wrong", ["28", 1.5, -1])
def test_a_column_that_states_no_number_of_days_is_named(tmp_path: Path, wrong: Any) -> None:
    manifest = project()
    column = manifest["nodes"][VIEW]["columns"]["late_rate_28d"]
    column["config"] = {"meta": {"longest_window_days": wrong}}
    message = f"column `late_rate_28d` of .* has no valid `meta.longest_window_days`: `{wrong}`"
    with pytest.raises(PublishError, match=message):
        read(tmp_path, manifest).feature_views()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda view: view.update(name="Carrier"), "`Carrier` of feature view"),
        (lambda view: view.update(name="x" * 64), "is not a plain name"),
        (lambda view: view["columns"]["late_rate_28d"].update(name='a"b'), "is not a plain name"),
        (
            lambda view: view["columns"]["late_rate_28d"].update(name="order"),
            "`order` of feature view `carrier_reliability` is a reserved word of SQL",
        ),
        (lambda view: view["columns"].pop("carrier_id"), "has no column `carrier_id`"),
        (lambda view: view["columns"].pop("available_at"), "has no column `available_at`"),
        (lambda view: view["config"]["meta"].update(grid="week"), "has the grid `week`"),
        (
            lambda view: view["columns"]["late_rate_28d"].update(data_type="decimal(12,2)"),
            r"`carrier_reliability.late_rate_28d` is `DECIMAL\(12,2\)`",
        ),
        (
            lambda view: view["columns"]["late_rate_28d"].update(data_type=None),
            "`carrier_reliability.late_rate_28d` is ``",
        ),
    ],
)
def test_a_view_that_not_every_consumer_could_read_is_refused(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], message: str
) -> None:
    manifest = project()
    change(manifest["nodes"][VIEW])
    with pytest.raises(PublishError, match=message):
        read(tmp_path, manifest).feature_views()


def test_keys_follow_from_entities_in_their_order_and_roles(tmp_path: Path) -> None:
    origin = {"entity": "market", "keys": ["late_rate_28d"]}
    definitions = {
        **META["entity_definitions"],
        "market": {"keys": {"market_id": "double"}, "description": "Where loads are."},
    }
    manifest = project()
    manifest["nodes"][VIEW] = feature_view(
        entities={"origin": origin, "carrier": ["carrier_id"]}, entity_definitions=definitions
    )
    catalog = read(tmp_path, manifest)
    (view,) = catalog.feature_views()
    assert view.keys == ["late_rate_28d", "carrier_id"]
    assert view.entities[0] == EntityRole("origin", "market", ["late_rate_28d"])
    assert [str(role) for role in view.entities] == [
        "origin market (late_rate_28d)",
        "carrier (carrier_id)",
    ]
    assert [entity.name for entity in catalog.entities()] == ["carrier", "market"]


def defined(**entities: Any) -> dict[str, Any]:
    return {"entity_definitions": {**META["entity_definitions"], **entities}}


@pytest.mark.parametrize(
    ("meta", "message"),
    [
        ({"entities": ["carrier"]}, r"no valid `meta.entities`: `\['carrier'\]`\nhint: name each"),
        ({"entities": "carrier"}, "no valid `meta.entities`: `carrier`"),
        ({"entities": None}, "no valid `meta.entities`: `None`"),
        ({"entities": {"carrier": "carrier_id"}}, "no valid `meta.entities.carrier`: `carrier_id`"),
        ({"entities": {"carrier": [1]}}, "no valid `meta.entities.carrier`"),
        ({"entities": {"us": {"entity": "carrier"}}}, "no valid `meta.entities.us`"),
        ({"entities": {"Carrier": ["carrier_id"]}}, "entity `Carrier` of .* is not a plain name"),
        ({"keys": ["carrier_id"]}, r"states `meta.keys`: .*\nhint: leave it out, its keys follow"),
        (
            {"entities": {"carier": ["carrier_id"]}},
            "about the entity `carier`, which is not defined\nhint: there is `carrier`; or define",
        ),
        ({"entity_definitions": {}}, "entity `carrier`, which is not defined\nhint: define it in"),
        (
            {"entities": {"carrier": []}},
            "names as keys of entity `carrier` none, and entity `carrier` has `carrier_id`",
        ),
        (
            {"entities": {"carrier": ["carrier"]}},
            "has no column `carrier`, the key of entity `carrier`\nhint: .* `carrier_id`, `avail",
        ),
        (
            {"entities": {"carrier": ["carrier_id"], "market": ["carrier_id"]}},
            "has the key `carrier_id` twice, for the entities `carrier` and `market`",
        ),
        (
            {"entities": {"carrier": ["late_rate_28d"]}},
            "`carrier_reliability.late_rate_28d` is DOUBLE, and the key `carrier_id` of entity "
            "`carrier` is VARCHAR",
        ),
        ({"entity_definitions": ["carrier"]}, "has no valid `meta.entity_definitions`"),
        (defined(market=["market_id"]), "entity `market` is not defined: "),
        (defined(market={"keys": {"market_id": "varchar"}}), "entity `market` is not defined: "),
        (
            defined(market={"keys": {"market_id": "varchar"}, "description": " "}),
            "entity `market` is not defined: ",
        ),
        (
            defined(market={"keys": {"market_id": "uuid"}, "description": "It."}),
            "key `market_id` of entity `market` is `UUID`, which not every consumer reads",
        ),
        (
            defined(market={"keys": {"order": "varchar"}, "description": "It."}),
            "`order` of entity `market` is a reserved word of SQL",
        ),
    ],
)
def test_keys_that_are_not_those_of_a_defined_entity_are_refused_before_a_build_and_at_publish(
    tmp_path: Path, meta: dict[str, Any], message: str
) -> None:
    manifest = project()
    manifest["nodes"][VIEW] = feature_view(**meta)
    catalog = read(tmp_path, manifest)
    for check in (catalog.check_declarations, catalog.feature_views):
        with pytest.raises(PublishError, match=message):
            check()


def test_an_entity_that_is_defined_twice_must_be_the_same(tmp_path: Path) -> None:
    market = {"keys": {"market_id": "bigint"}, "description": "Where loads are."}
    manifest = project()
    manifest["nodes"]["model.freight.another"] = feature_view("another", **defined(market=market))
    message = "entity `market` is defined differently for .* `carrier_reliability` and `another`"
    with pytest.raises(PublishError, match=message):
        read(tmp_path, manifest).feature_views()


SHARE: dict[str, Any] = {
    "name": "late_percent_28d",
    "type": "double",
    "description": "The share\n in percent.",
    "sql": "100 *\n late_rate_28d",
    "inputs": ["late_rate_28d"],
}


def test_a_derived_feature_is_read_as_its_yaml_states_it(tmp_path: Path) -> None:
    manifest = project()
    request = {**SHARE, "name": "over", "sql": "late_rate_28d > most", "type": "boolean"}
    request["request"] = {"most": "double"}
    manifest["nodes"][VIEW] = feature_view(derived=[SHARE, request])
    (view,) = read(tmp_path, manifest).feature_views()
    sql = "100 * late_rate_28d"
    assert view.derived == [
        Derived("late_percent_28d", "DOUBLE", "The share in percent.", sql, ["late_rate_28d"]),
        Derived(
            "over",
            "BOOLEAN",
            "The share in percent.",
            "late_rate_28d > most",
            ["late_rate_28d"],
            {"most": "DOUBLE"},
        ),
    ]
    assert view.features == ["late_rate_28d"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"type": "json"}, "has no valid `meta.derived`"),
        ({"name": "Late"}, "has no valid `meta.derived`"),
        ({"description": ""}, "has no valid `meta.derived`"),
        ({"sql": None}, "has no valid `meta.derived`"),
        ({"input": []}, "has no valid `meta.derived`"),
        ({"sql": "(select 1)"}, "`carrier_reliability:late_percent_28d`: .*it has a SUBQUERY"),
        ({"inputs": ["other:late_rate_28d"]}, "feature view `other` has no feature"),
        ({"inputs": ["early"]}, "its view has no feature `early`"),
        ({"name": "carrier_id"}, "`carrier_id` is a column of its view, too"),
        ({"request": {"late_rate_28d": "double"}}, "is both an input and a column of the request"),
    ],
)
def test_a_derived_feature_that_cannot_be_computed_is_refused(
    tmp_path: Path, wrong: dict[str, Any], message: str
) -> None:
    manifest = project()
    manifest["nodes"][VIEW] = feature_view(derived=[{**SHARE, **wrong}])
    with pytest.raises(PublishError, match=message):
        read(tmp_path, manifest).feature_views()


def test_two_derived_features_of_one_name_are_refused(tmp_path: Path) -> None:
    manifest = project()
    manifest["nodes"][VIEW] = feature_view(derived=[SHARE, SHARE])
    with pytest.raises(PublishError, match="two are named so"):
        read(tmp_path, manifest).feature_views()


def exposure(**more: Any) -> dict[str, Any]:
    meta = {"features": ["carrier_reliability"], "aliases": {}}
    stated = {"type": "ml", "maturity": "high", "config": {"meta": meta}}
    owner = {"name": "us", "email": None}
    return node("exposure", "matching", VIEW, **{**stated, "owner": owner, **more})


def test_a_service_is_an_exposure_with_features(tmp_path: Path) -> None:
    manifest = project()
    plain = exposure(type="dashboard", config={"meta": {}})
    manifest["exposures"] = {"a": exposure(), "b": plain}
    catalog = read(tmp_path, manifest)
    assert catalog.services() == [
        Service("matching", "", "high", {"name": "us"}, ["carrier_reliability"])
    ]


def test_tags_of_models_columns_and_exposures_are_those_of_dbt(tmp_path: Path) -> None:
    manifest = project()
    view = manifest["nodes"][VIEW]
    view["tags"] = ["scorecard"]
    view["columns"]["late_rate_28d"]["tags"] = ["kpi"]
    manifest["exposures"] = {"a": exposure(tags=["quarterly"])}
    catalog = read(tmp_path, manifest)
    (tagged,) = catalog.feature_views()
    assert tagged.tags == ["scorecard"]
    assert [column.tags for column in tagged.fields] == [[], [], ["kpi"]]
    assert [service.tags for service in catalog.services()] == [["quarterly"]]


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "dashboard"},
        {"config": {"meta": {"features": "carrier_reliability"}}},
        {"config": {"meta": {"features": [1]}}},
        {"config": {"meta": {"features": [], "aliases": []}}},
    ],
)
def test_an_exposure_with_features_that_is_no_service_is_refused(
    tmp_path: Path, wrong: dict[str, Any]
) -> None:
    manifest = project()
    manifest["exposures"] = {"a": exposure(**wrong)}
    with pytest.raises(PublishError, match="exposure `matching` is no feature service"):
        read(tmp_path, manifest).services()


ALIASES = {"by": {"view": "carrier_reliability", "keys": {"carrier_id": "booked_by"}}}
LOOKUP = {"features": ["by:late_rate_28d"], "aliases": ALIASES}
BOOKINGS = "model.freight.bookings"


def project_with_a_training_set(lookups: Any, **exposed: Any) -> dict[str, Any]:
    """Return the project with `bookings`, a training set, and an exposure that names it."""
    manifest = project()
    meta = {"config": {"meta": {"lookups": lookups}}}
    manifest["nodes"][BOOKINGS] = {**node("model", "bookings", VIEW), **meta}
    stated = {"config": {"meta": {"training_set": "bookings"}}}
    depends_on = {"depends_on": {"nodes": [BOOKINGS]}}
    manifest["exposures"] = {"a": {**exposure(), **stated, **depends_on, **exposed}}
    return manifest


def test_a_service_has_the_features_of_its_training_set_and_needs_its_views(tmp_path: Path) -> None:
    catalog = read(tmp_path, project_with_a_training_set([LOOKUP]))
    assert catalog.services() == [
        Service("matching", "", "high", {"name": "us"}, ["by:late_rate_28d"], ALIASES)
    ]
    assert catalog.exposed("matching") == {BOOKINGS, VIEW}


@pytest.mark.parametrize(
    ("lookups", "exposed", "message"),
    [
        (
            [LOOKUP],
            {"depends_on": {"nodes": [VIEW]}},
            r"`matching` depends on 0 models named `bookings`.*\nhint: .*\[ref\('bookings'\)\]",
        ),
        ([], {}, r"`bookings`, the training set of exposure `matching`, looks up features 0 times"),
        ([LOOKUP, LOOKUP], {}, r"looks up features 2 times\nhint: .*one `point_in_time_join`"),
        ([LOOKUP], {"type": "dashboard"}, "exposure `matching` is no feature service: dashboard"),
        (
            [LOOKUP],
            {"config": {"meta": {"training_set": "bookings", "features": ["by:late_rate_28d"]}}},
            r"states `meta.training_set`, and features or aliases too\nhint: leave out",
        ),
        (
            [LOOKUP],
            {"config": {"meta": {"training_set": "bookings", "aliases": {}}}},
            "states `meta.training_set`, and features or aliases too",
        ),
    ],
)
def test_an_exposure_whose_training_set_does_not_fit_is_refused(
    tmp_path: Path, lookups: Any, exposed: dict[str, Any], message: str
) -> None:
    with pytest.raises(PublishError, match=message):
        read(tmp_path, project_with_a_training_set(lookups, **exposed)).services()

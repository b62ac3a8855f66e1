"""What a view is made from is the same, in the same order, whatever else is built."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from milepost.building.catalog import Catalog
from milepost.building.declared_views import FeatureView
from milepost.stress import lineage


def node(name: str, *parents: str, kind: str = "model", **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "unique_id": f"{kind}.green.{name}",
        "resource_type": kind,
        "package_name": "green",
        "relation_name": f"stress.main.{name}",
        "columns": {},
        "compiled_code": "select 1",
        "config": {"meta": {}, "fail_calc": "count(*)", "error_if": "!= 0"},
        "depends_on": {"nodes": [f"model.green.{parent}" for parent in parents], "macros": []},
        **more,
    }


def catalog_of(*nodes: dict[str, Any]) -> Catalog:
    manifest: dict[str, Any] = {
        "nodes": {item["unique_id"]: item for item in nodes},
        **{key: {} for key in ("sources", "unit_tests", "macros", "exposures", "disabled")},
        "metadata": {"project_name": "green", "dbt_version": "1", "adapter_type": "duckdb"},
    }
    return Catalog.of(manifest)


def of_views(*names: str) -> lineage.Lineage:
    """The lineage of `view` or `a_view`, with a test that looks at both."""
    catalog = catalog_of(
        node("y"),
        node("z"),
        node("staged", "y", "z"),
        node("view", "staged"),
        node("a_view", "z"),
        node("y_is_sound", "y", kind="test"),
        node("view_is_as_a_view", "view", "a_view", kind="test", attached_node="model.green.view"),
    )
    views = [
        SimpleNamespace(unique_id=f"model.green.{name}", name=name, keys=(), types={}, features=[])
        for name in names
    ]
    return lineage.of_views(catalog, cast(list[FeatureView], views), [], [])


def test_the_tables_and_checks_of_a_view_are_the_same_alone_and_beside_another() -> None:
    alone, together = of_views("view"), of_views("a_view", "view")
    order = [table.name for table in together.tables if table.name != "a_view"]
    assert order == [table.name for table in alone.tables] == ["y", "z", "staged", "view"]
    assert together.views[1] == alone.views[0]
    assert together.views[1].checks == {"test.green.y_is_sound"}

"""The code of a view with its checks: the same on every machine, another with every edit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import pytest

from building.test_code import (
    SEED,
    SOURCE,
    STAGED,
    TEST,
    UNIT,
    VARIABLES,
    VIEW,
    macro,
    manifest,
    parts,
)
from milepost.building.catalog import Catalog
from milepost.building.code import Coder
from milepost.building.declared_views import FeatureView
from milepost.building.view_code import view_code

Edit = Callable[[dict[str, Any]], None]
UPSTREAM, COUNTED = "test.green.upstream", "macro.milepost.set_aside"


def project() -> dict[str, Any]:
    """The project of `test_code`, with a test of the model that the view is made from."""
    stated = manifest()
    stated["nodes"][UPSTREAM] = {**stated["nodes"][TEST], "name": "upstream"}
    stated["nodes"][UPSTREAM]["depends_on"] = {"nodes": [STAGED], "macros": []}
    stated["nodes"][UPSTREAM]["raw_code"] = "select 1"
    stated["sources"][SOURCE]["config"]["meta"]["raw_uri"] = "s3://one/raw"
    for name, called in [("refuse_set_aside", []), ("count_set_aside", [COUNTED])]:
        stated["macros"][f"macro.milepost.{name}"] = macro(name, "1", *called, package="milepost")
    stated["macros"][COUNTED] = macro("set_aside", "2", package="milepost")
    return stated


def code_of(
    stated: Mapping[str, Any],
    target: str = "dev",
    reopened: Mapping[str, int] | None = None,
    variables: Mapping[str, Any] = VARIABLES,
) -> str:
    catalog = Catalog.of(stated)
    view = cast(FeatureView, SimpleNamespace(unique_id=VIEW))
    return view_code(catalog, Coder(catalog, variables, target, reopened or {}), view)


def _model(stated: dict[str, Any]) -> None:
    stated["nodes"][STAGED]["raw_code"] += ", 2"


def _macro(stated: dict[str, Any]) -> None:
    stated["macros"]["macro.milepost.dry"]["macro_sql"] = "7"


def _seed(stated: dict[str, Any]) -> None:
    stated["nodes"][SEED]["checksum"]["checksum"] = "abd"


def _column_of_source(stated: dict[str, Any]) -> None:
    stated["sources"][SOURCE]["columns"] = {"wet": {"name": "wet", "data_type": "double"}}


def _data_test(stated: dict[str, Any]) -> None:
    stated["nodes"][TEST]["raw_code"] += " where wet > 0"


def _unit_test(stated: dict[str, Any]) -> None:
    stated["unit_tests"][UNIT]["given"] = [{"rows": [2]}]


def _upstream_test(stated: dict[str, Any]) -> None:
    stated["nodes"][UPSTREAM]["raw_code"] += " where wet > 0"


def _test_is_gone(stated: dict[str, Any]) -> None:
    del stated["nodes"][UPSTREAM]


EDITS: list[Edit] = [_model, _macro, _seed, _column_of_source]
EDITS += [_data_test, _unit_test, _upstream_test, _test_is_gone]


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_of_the_view_or_of_a_test_is_other_code(edit: Edit) -> None:
    edited = project()
    edit(edited)
    assert code_of(edited) != code_of(project())


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("rows_within_days", 2),
        ("quiet_dates", [date(2026, 12, 25)]),
        ("set_aside_share_max", 1.0),
        ("set_aside_row_count_min", 5),
    ],
)
def test_what_a_source_is_judged_by_is_code_of_the_view_and_of_no_table(
    key: str, value: object
) -> None:
    edited = project()
    edited["sources"][SOURCE]["config"]["meta"][key] = value
    assert code_of(edited) != code_of(project())
    assert parts(edited) == parts(project())


@pytest.mark.parametrize("name", ["count_set_aside", "refuse_set_aside", "set_aside"])
def test_a_macro_that_judges_is_code_of_the_view_and_of_no_table(name: str) -> None:
    edited = project()
    edited["macros"][f"macro.milepost.{name}"]["macro_sql"] = "{# What it is. #}3"
    assert code_of(edited) != code_of(project())
    assert parts(edited) == parts(project())


def test_the_share_that_may_be_set_aside_is_code_of_the_view_and_of_no_table() -> None:
    shares = [{**VARIABLES, "milepost/set_aside_share_max": share} for share in (0.01, 0.99)]
    assert len({code_of(project(), variables=variables) for variables in shares}) == 2
    assert parts(project(), variables=shares[0]) == parts(project(), variables=shares[1])


def test_a_variable_of_the_project_is_code() -> None:
    assert code_of(project(), variables={**VARIABLES, "green/share": 2}) != code_of(project())


def test_no_machine_has_a_code_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    stated = project()
    stated["nodes"][STAGED]["raw_code"] += ", '{{ target.name }}'"
    before = code_of(stated)
    stated["sources"][SOURCE]["config"]["meta"]["raw_uri"] = "s3://two/raw"
    monkeypatch.setenv("SOIL", "clay")
    monkeypatch.setattr("milepost.building.engine_versions.version", lambda name: f"{name} 9")
    assert code_of(stated, target="ci", reopened={SOURCE: 3}) == before


def test_words_and_layout_are_no_code() -> None:
    edited = project()
    edited["nodes"][VIEW]["columns"]["a"]["description"] = "Another."
    edited["nodes"][VIEW]["raw_code"] += "  -- A comment."
    assert code_of(edited) == code_of(project())

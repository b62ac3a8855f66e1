"""The code of a table: which edits change it, and which are layout or words alone."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from milepost.building import code
from milepost.building.catalog import Catalog
from milepost.building.project import declared_variables
from milepost.errors import PublishError

VIEW, STAGED, SOURCE = "model.green.beds", "model.green.stg_beds", "source.green.raw.beds"
SEED, TEST, UNIT = "seed.green.targets", "test.green.share", "unit_test.green.beds.day"


def node(
    kind: str, name: str, parents: list[str], macros: list[str], **more: Any
) -> dict[str, Any]:
    return {
        "name": name,
        "resource_type": kind,
        "package_name": "green",
        "relation_name": name,
        "columns": {},
        "config": {"meta": {}, "materialized": "table", "contract": {"enforced": True}},
        "depends_on": {"nodes": parents, "macros": macros},
        **more,
    }


def macro(name: str, sql: str, *called: str, package: str = "green") -> dict[str, Any]:
    return {
        "name": name,
        "package_name": package,
        "macro_sql": sql,
        "depends_on": {"macros": list(called)},
    }


def manifest() -> dict[str, Any]:
    """A view over a staged table and a seed, its macros in two packages, and its tests."""
    nodes = {
        VIEW: node(
            "model",
            "beds",
            [STAGED, SEED],
            ["macro.green.wet"],
            raw_code="select {{ wet('x') }}, {{ var('share') }} from {{ ref('stg_beds') }}",
        ),
        STAGED: node("model", "stg_beds", [SOURCE], [], raw_code="select 1, {{ late() }}"),
        SEED: node("seed", "targets", [], [], checksum={"name": "sha256", "checksum": "abc"}),
        TEST: node(
            "test", "share", [VIEW], ["macro.green.test_share"], raw_code="{{ test_share() }}"
        ),
    }
    nodes[VIEW]["columns"] = {"a": {"name": "a", "data_type": "double", "description": "A."}}
    macros = {
        "macro.green.wet": macro("wet", "{{ dry() }}", "macro.milepost.dry"),
        "macro.milepost.dry": macro("dry", "{{ var('days') }}", package="milepost"),
        "macro.green.late": macro("late", "{{ env_var('SOIL') }}"),
        "macro.green.test_share": macro("test_share", "select {{ var('limit') }}"),
        "macro.green.other": macro("other", "1"),
    }
    source = node("source", "beds", [], [], source_name="raw", identifier="beds")
    unit = node("unit_test", "day", [VIEW], [], given=[{"rows": [1]}], expect={}, model="beds")
    return {
        "metadata": {"project_name": "green", "dbt_version": "1", "adapter_type": "duckdb"},
        "nodes": nodes,
        "macros": macros,
        "sources": {SOURCE: source},
        "unit_tests": {UNIT: unit},
        "exposures": {},
        "disabled": {},
    }


VARIABLES = {"green/share": 1, "green/days": 7, "green/limit": 1, "green/unread": 1}


def parts(
    manifest: Mapping[str, Any],
    node_id: str = VIEW,
    variables: Mapping[str, Any] = VARIABLES,
    target: str = "dev",
    reopened: Mapping[str, int] | None = None,
) -> code.Parts:
    return code.Coder(Catalog.of(manifest), variables, target, reopened or {}).parts(node_id)


def test_a_code_names_all_that_it_is_made_of() -> None:
    named = {name for name in parts(manifest()) if not name.startswith("version of")}
    assert named == {
        "model `beds`",
        "settings of `beds`",
        "model `stg_beds`",
        "settings of `stg_beds`",
        "seed `targets`",
        "settings of `targets`",
        "source `raw.beds`",
        "macro `wet`",
        "macro `milepost.dry`",
        # Called in the text, and not known to dbt before the model is compiled.
        "macro `late`",
        "variable `share`",
        "variable `days`",
        "environment variable `SOIL`",
    }


@pytest.mark.parametrize(
    ("name", "calls"),
    [
        ("duckdb__dry", "{{ adapter.dispatch('dry', 'milepost')() }}"),
        ("default__dry", "{{ adapter.dispatch(macro_name='dry')() }}"),
        ("dateadd", "{{ dateadd('day', 1, 'x') }}"),
        ("materialization_table_duckdb", ""),
        ("duckdb__create_table_as", "{{ adapter.dispatch('create_table_as', 'dbt')() }}"),
    ],
)
def test_a_macro_that_takes_the_place_of_another_is_code(name: str, calls: str) -> None:
    """Partial parsing keeps what a macro's file called, though a new file has what it calls now."""
    before, after = manifest(), manifest()
    for one in (before, after):
        one["macros"]["macro.milepost.dry"]["macro_sql"] += calls
    after["macros"][f"macro.green.{name}"] = macro(name, "7")
    assert code.changes(parts(before), parts(after)) == [f"macro `{name}`"]


def test_the_code_is_another_each_time_a_closed_date_was_reopened() -> None:
    project = manifest()
    codes = [parts(project, reopened={SOURCE: times, "source.other": 7}) for times in range(3)]
    assert codes[0] == parts(project)
    for before, after in pairwise(codes):
        assert code.changes(before, after) == ["what was closed in raw table `raw.beds`"]


EDITS: dict[str, tuple[list[Any], Any, str]] = {
    "its SQL": (["nodes", VIEW, "raw_code"], "select 2", "model `beds`"),
    "a parent's SQL": (["nodes", STAGED, "raw_code"], "select 2, {{ late() }}", "model `stg_beds`"),
    "a seed": (["nodes", SEED, "checksum", "checksum"], "abd", "seed `targets`"),
    "a source's place": (["sources", SOURCE, "relation_name"], "elsewhere", "source `raw.beds`"),
    "a source's meta": (
        ["sources", SOURCE, "config", "meta", "raw_uri"],
        "s3",
        "source `raw.beds`",
    ),
    "its grid": (["nodes", VIEW, "config", "meta", "grid"], "hour", "settings of `beds`"),
    "a type": (["nodes", VIEW, "columns", "a", "data_type"], "bigint", "settings of `beds`"),
    "a hook": (["nodes", VIEW, "config", "post-hook"], [{"sql": "delete"}], "settings of `beds`"),
    "a macro": (["macros", "macro.green.wet", "macro_sql"], "1", "macro `wet`"),
    "a package's macro": (
        ["macros", "macro.milepost.dry", "macro_sql"],
        "2",
        "macro `milepost.dry`",
    ),
}


@pytest.mark.parametrize("what", EDITS)
def test_an_edit_that_may_change_values_changes_the_code(what: str) -> None:
    path, value, part = EDITS[what]
    edited: Any = manifest()
    place = edited
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    assert part in code.changes(parts(manifest()), parts(edited))
    assert code.digest(parts(manifest())) != code.digest(parts(edited))


DESCRIPTIONS: dict[str, tuple[list[Any], Any]] = {
    "layout": (
        ["nodes", VIEW, "raw_code"],
        "select\n  {{ wet('x') }}, {{ var('share') }} -- share\nfrom {{ ref('stg_beds') }} {# a #}",
    ),
    "an owner": (["nodes", VIEW, "config", "meta", "owners"], {"science": "plants"}),
    "a tag": (["nodes", VIEW, "config", "tags"], ["daily"]),
    "a description": (["nodes", VIEW, "columns", "a", "description"], "B."),
    "a macro that nothing calls": (["macros", "macro.green.other", "macro_sql"], "2"),
    "a test": (["nodes", TEST, "raw_code"], "{{ test_share(1) }}"),
}


@pytest.mark.parametrize("what", DESCRIPTIONS)
def test_what_changes_no_value_leaves_the_code_as_it_is(what: str) -> None:
    path, value = DESCRIPTIONS[what]
    edited: Any = manifest()
    place = edited
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    assert code.changes(parts(manifest()), parts(edited)) == []


@pytest.mark.parametrize("name", ["share", "days", "unread"])
def test_a_variable_counts_where_it_is_read(name: str) -> None:
    changed = code.changes(
        parts(manifest()), parts(manifest(), variables={**VARIABLES, f"green/{name}": 9})
    )
    assert changed == ([] if name == "unread" else [f"variable `{name}`"])


def test_reading_a_variable_or_the_target_in_another_way_counts() -> None:
    edited = manifest()
    wet = edited["macros"]["macro.green.wet"]
    wet["macro_sql"] = "{{ var.has_var('new') }}{{ target['name'] }}"
    after = parts(edited, variables={**VARIABLES, "green/new": 9}, target="other")
    assert code.changes(parts(edited), after) == ["dbt's target", "variable `new`"]


def test_a_variable_that_is_computed_may_be_any() -> None:
    edited = manifest()
    edited["macros"]["macro.green.wet"]["macro_sql"] = "{{ var('un' ~ 'read') }}"
    after = parts(edited, variables={**VARIABLES, "green/unread": 9})
    assert code.changes(parts(edited), after) == ["variables"]


def test_the_environment_and_the_target_count_where_they_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = parts(manifest())
    monkeypatch.setenv("SOIL", "clay")
    assert code.changes(before, parts(manifest())) == ["environment variable `SOIL`"]
    assert parts(manifest()) == parts(manifest(), target="other")
    edited = manifest()
    edited["nodes"][VIEW]["raw_code"] = "select 1 {{ 'limit 1' if target.name == 'dev' }}"
    assert code.changes(parts(edited), parts(edited, target="other")) == ["dbt's target"]


def test_the_engine_s_version_counts_for_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    table, test = parts(manifest()), parts(manifest(), TEST)
    monkeypatch.setattr("milepost.building.engine_versions.version", lambda name: f"next {name}")
    assert code.changes(table, parts(manifest())) == [
        "version of dbt-adapters",
        "version of dbt-duckdb",
        "version of duckdb",
    ]
    assert parts(manifest(), TEST) == test


def test_the_planning_modules_count_for_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    before = parts(manifest())
    monkeypatch.setattr(code, "planning_code", lambda: "other code")
    assert code.changes(before, parts(manifest())) == ["version of Milepost's planning"]


def test_a_test_has_a_code_of_its_own() -> None:
    assert set(parts(manifest(), TEST)) == {
        "test `share`",
        "settings of `share`",
        "macro `test_share`",
        "variable `limit`",
    }
    edited = manifest()
    edited["unit_tests"][UNIT]["given"] = [{"rows": [2]}]
    assert code.changes(parts(manifest(), UNIT), parts(edited, UNIT)) == ["unit test `day`"]


def test_the_samples_that_a_test_judges_by_are_its_code_and_not_the_table_s() -> None:
    sampled = manifest()
    sampled["nodes"][VIEW]["columns"]["a"]["config"] = {"meta": {"sample": {"n": 8}}}
    assert code.changes(parts(manifest(), TEST), parts(sampled, TEST)) == ["samples of `beds`"]
    assert parts(manifest()) == parts(sampled)
    fewer = manifest()
    fewer["nodes"][VIEW]["columns"]["a"]["config"] = {"meta": {"sample": {"n": 7}}}
    assert code.changes(parts(sampled, TEST), parts(fewer, TEST)) == ["samples of `beds`"]


def test_a_seed_that_dbt_does_not_hash_is_hashed(tmp_path: Path) -> None:
    large = manifest()
    large["nodes"][SEED] |= {"root_path": str(tmp_path), "original_file_path": "targets.csv"}
    large["nodes"][SEED]["checksum"] = {"name": "path", "checksum": "targets.csv"}
    (tmp_path / "targets.csv").write_text("a\n1\n")
    before = parts(large)
    (tmp_path / "targets.csv").write_text("a\n2\n")
    assert code.changes(before, parts(large)) == ["seed `targets`"]


def test_a_large_seed_that_is_gone_is_refused_by_name(tmp_path: Path) -> None:
    large = manifest()
    large["nodes"][SEED] |= {"root_path": str(tmp_path), "original_file_path": "targets.csv"}
    large["nodes"][SEED]["checksum"] = {"name": "path", "checksum": "targets.csv"}
    with pytest.raises(
        PublishError, match=r"seed `targets` cannot be read: .*\nhint: dbt keeps no"
    ):
        parts(large)


SAME_TEXT = [
    ("a  b", "a\n\tb"),
    ("a -- one\nb", "a b"),
    ("a /* one */ b {# it's #}", "a b"),
    ("a '  ' -- it's\n b", "a '  ' b"),
]
OTHER_TEXT = [
    ("'a  b'", "'a b'"),
    ('"a  b"', '"a b"'),
    ("'-- a'", "'-- b'"),
    ("a -- {{ f('x') }}\nb", "a -- {{ f('y') }}\nb"),
    # What is a text here is not told cheaply, so every character counts.
    ("{{ 'it\\'s' }} a  b", "{{ 'it\\'s' }} a b"),
    ("$$ it's a  b $$", "$$ it's a b $$"),
    ("it's a  b", "it's a b"),
]


@pytest.mark.parametrize(("one", "other"), SAME_TEXT)
def test_layout_is_no_code(one: str, other: str) -> None:
    assert code.without_layout(one) == code.without_layout(other)


@pytest.mark.parametrize(("one", "other"), OTHER_TEXT)
def test_what_may_be_a_value_is_code(one: str, other: str) -> None:
    assert code.without_layout(one) != code.without_layout(other)


def test_variables_are_read_from_the_project_and_its_packages(tmp_path: Path) -> None:
    (tmp_path / "dbt_project.yml").write_text(
        "name: green\nvars:\n  days: 1\n  milepost: {share: 2}\n"
    )
    package = tmp_path / "dbt_packages/milepost"
    package.mkdir(parents=True)
    (package / "dbt_project.yml").write_text("name: milepost\nvars: {share: 1}\n")
    assert declared_variables(tmp_path) == {
        "green/days": 1,
        "green/milepost": {"share": 2},
        "green/milepost/share": 2,
        "milepost/share": 1,
    }

"""What `quick_dbt` does in less time is what dbt does."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import botocore
import pytest
from botocore.loaders import JSONFileLoader
from dbt import compilation
from dbt.adapters.events.types import ConnectionUsed, NewConnection
from dbt.artifacts.resources.v1.components import InjectedCTE
from dbt.context.macros import MacroNamespace
from dbt_common.clients import agate_helper
from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.events.logger import LoggerConfig
from dbt_common.events.types import Note

import quick_dbt

CTES = [
    InjectedCTE(id=name, sql=f" __dbt__cte__{name} as (\nselect 1 as x\n)") for name in ("a", "b")
]


@pytest.mark.parametrize("ctes", [[], CTES[:1], CTES])
@pytest.mark.parametrize(
    "sql",
    [
        "with x as (select 1) select * from x",
        "\n\n-- a comment\n  -- with another\nWITH\n\nx as (select 'with y as') select * from x\n",
        "with recursive x as (select 1) select * from x",
        "select * from (with x as (select 1) select * from x) as y",
        "/* of the other kind */ with x as (select 1) select * from x",
        "select 1 as with_x",
    ],
)
def test_the_inputs_of_a_unit_test_stand_where_dbt_puts_them(
    sql: str, ctes: list[InjectedCTE]
) -> None:
    assert quick_dbt.inject(sql, ctes) == compilation.inject_ctes_into_sql(sql, ctes)


@pytest.mark.parametrize("level", [EventLevel.DEBUG, EventLevel.INFO])
@pytest.mark.parametrize("is_called_back", [False, True])
def test_every_event_that_is_heard_is_said(
    monkeypatch: pytest.MonkeyPatch, level: EventLevel, is_called_back: bool
) -> None:
    def said() -> tuple[str, list[str]]:
        printed, called = io.StringIO(), list[str]()
        manager = EventManager()
        manager.add_logger(LoggerConfig(name="test", level=level, output_stream=printed))
        if is_called_back:
            manager.add_callback(lambda message: called.append(message.info.name))
        manager.fire_event(NewConnection(conn_type="duckdb", conn_name="one"))
        manager.fire_event(ConnectionUsed(conn_type="duckdb", conn_name="two"), EventLevel.INFO)
        manager.fire_event(Note(msg="three"))
        return re.sub(r"\d\d:\d\d:\d\d(\.\d+)?", "", printed.getvalue()), called

    expected = said()
    monkeypatch.setattr(EventManager, "fire_event", quick_dbt.fire)
    monkeypatch.setattr(BaseEvent, "__init__", quick_dbt.keep)
    monkeypatch.setattr(BaseEvent, "__getattr__", quick_dbt.attribute)
    assert said() == expected
    assert "three" in expected[0]
    assert ("one" in expected[0]) == (level == EventLevel.DEBUG)


def test_a_macro_of_the_nearest_package_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    namespace: Any = MacroNamespace
    names: list[Any] = [{"a": "root", "b": "root"}, {"a": "own"}, {"a": "dbt", "b": "dbt", "c": 1}]
    packages: Any = {"milepost": {"d": 2}}
    expected = dict(namespace(*names, packages))
    monkeypatch.setattr(MacroNamespace, "__getitem__", quick_dbt.macro)
    monkeypatch.setattr(MacroNamespace, "__iter__", quick_dbt.macro_names)
    assert dict(namespace(*names, packages)) == expected
    assert expected["a"] == "own"


def test_columns_have_the_types_that_dbt_gives_them() -> None:
    columns, rows = ["a", "b", "c"], [("null", "1", "2026-01-01"), ("", "x", None)]
    for forced, nulls in ((["a"], ()), (["a", "b"], ("null", "")), ([], ("null", ""))):
        types = [
            [(type(kind), kind.null_values) for kind in tester(forced, nulls).run(rows, columns)]
            for tester in (agate_helper.build_type_tester, quick_dbt.types_of, quick_dbt.types_of)
        ]
        assert types[1:] == [types[0]] * 2


def test_a_file_of_aws_says_what_boto3_reads() -> None:
    loader, path = JSONFileLoader(), str(Path(botocore.__file__).parent / "data/endpoints")
    assert [quick_dbt.shipped(loader, path) for _ in range(2)] == [loader.load_file(path)] * 2

"""Milepost's macros called from Python: rendered as dbt renders them, without a dbt process.

`dbt compile` takes seconds. A test that needs the SQL of hundreds of declarations calls the macros
here, and one test shows that dbt compiles the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

from dbt_common.clients.jinja import get_environment
from dbt_common.exceptions import CompilationError
from dbt_common.exceptions.macros import MacroReturn
from jinja2 import Template

MACROS = Path(__file__).parents[2] / "macros"


def returned(value: Any) -> NoReturn:
    raise MacroReturn(value)


def refused(message: str) -> NoReturn:
    raise CompilationError(message)


@cache
def template(file: Path) -> Template:
    """The code of a file of macros: to compile all of them takes half a second."""
    return get_environment(capture_macros=True).from_string(file.read_text())


class Macros:
    """The macros of some folders by name, on an engine, for a model with some `meta`."""

    def __init__(self, *folders: str, engine: str = "duckdb", **context: Any) -> None:
        self._engine = engine
        sign = '"' if engine == "duckdb" else "`"
        self._context = {
            "milepost": self,
            "adapter": SimpleNamespace(
                dispatch=self._dispatch,
                quote=lambda name: f"{sign}{name}{sign}",
                type=lambda: engine,
                get_columns_in_relation=context.pop("get_columns_in_relation", None),
            ),
            "exceptions": SimpleNamespace(raise_compiler_error=refused),
            "modules": SimpleNamespace(re=re, datetime=__import__("datetime")),
            "return": returned,
            "model": SimpleNamespace(resource_type="unit_test"),
            "config": lambda **_: "",
            **context,
        }
        self._macros: dict[str, Callable[..., Any]] = {}
        for file in sorted(file for name in folders for file in (MACROS / name).glob("*.sql")):
            module = template(file).make_module(self._context)
            for name, macro in vars(module).items():
                if name.startswith("dbt_macro__"):
                    self._macros[name.removeprefix("dbt_macro__")] = macro

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_") or name not in self._macros:
            raise AttributeError(name)

        def call(*arguments: Any, **named: Any) -> Any:
            try:
                return self._macros[name](*arguments, **named)
            except MacroReturn as result:
                return result.value

        return call

    def add(self, name: str, macro: Callable[..., Any]) -> None:
        self._macros[name] = macro

    def _dispatch(self, name: str, _package: str) -> Callable[..., Any]:
        own = f"{self._engine}__{name}"
        return self.__getattr__(own if own in self._macros else f"default__{name}")


@cache
def windows(engine: str = "duckdb") -> Macros:
    """The macros of the windows, as a unit test renders them: of no model's `meta`."""
    model = SimpleNamespace(resource_type="unit_test")
    return Macros(
        "windows", "names", engine=engine, execute=False, model=model, config=lambda **_: ""
    )


def trailing_features(
    keys: Any,
    features: Any,
    grid: str = "day",
    batch: tuple[datetime | None, datetime] | None = None,
    engine: str = "duckdb",
    *,
    most_keys_change: bool = False,
) -> str:
    """The SQL that `{{ trailing_features(...) }}` is in a model, in full or for a batch."""
    start, end = batch or (None, None)
    windows(engine).add("most_keys_change", lambda *_: most_keys_change)
    windows(engine).add("batch", lambda: {"start": start, "end": end})
    return str(windows(engine).trailing_features(keys, features, grid))

"""dbt in less time, in what no test looks at: it does the same with less work.

`test_quick_dbt.py` holds each part to what dbt itself does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache, partialmethod
from typing import Any

from botocore.loaders import JSONFileLoader
from dbt import compilation
from dbt.context.macros import MacroNamespace
from dbt.tracking import track_behavior_change_warn
from dbt_common.behavior_flags import BehaviorFlagRendered
from dbt_common.clients import agate_helper
from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.utils.encoding import JSONEncoder

WITH = re.compile(r"(?:\s|--[^\n]*\n)*with\s+(?!recursive\b)", re.IGNORECASE)

_slow_inject = compilation.inject_ctes_into_sql
_slow_fire = EventManager.fire_event
_slow_event = BaseEvent.__init__
_slow_tester = agate_helper.build_type_tester
_slow_file = JSONFileLoader.load_file


def hasten() -> None:
    """Replace what takes dbt long."""
    # In one piece, json writes the manifest in C.
    JSONEncoder.iterencode = partialmethod(  # type: ignore[method-assign, assignment]
        json.JSONEncoder.iterencode, _one_shot=True
    )
    # The module that made a flag, which stands in the debug log, is looked for in all that are
    # imported.
    BehaviorFlagRendered._default_source = staticmethod(lambda: "")  # type: ignore[method-assign]
    compilation.inject_ctes_into_sql = inject
    EventManager.fire_event = fire  # type: ignore[method-assign, assignment]
    BaseEvent.__init__ = keep  # type: ignore[method-assign]
    BaseEvent.__getattr__ = attribute  # type: ignore[method-assign]
    agate_helper.build_type_tester = types_of
    MacroNamespace.__getitem__ = macro  # type: ignore[method-assign]
    MacroNamespace.__iter__ = macro_names  # type: ignore[method-assign]
    # What boto3 ships of AWS, an eighth of a small command.
    JSONFileLoader.load_file = shipped  # type: ignore[method-assign]


def inject(sql: str, ctes: list[Any]) -> str:
    """Put the CTEs of a unit test's inputs before those of the query.

    dbt parses the whole query to find its `with`: a fifth of a build; 2026-11.
    """
    beginning = WITH.match(sql)
    if not ctes or not beginning:
        return str(_slow_inject(sql, ctes))
    return f"{beginning[0]}{', '.join(cte.sql for cte in ctes)}, {sql[beginning.end() :]}"


def fire(self: EventManager, e: BaseEvent, level: EventLevel | None = None, **more: Any) -> None:
    """Leave out an event that nobody hears; most are of the debug log."""
    is_debug = (level or e.level_tag()) == EventLevel.DEBUG
    hears = any(callback is not track_behavior_change_warn for callback in self.callbacks)
    if not is_debug or hears or any(log.level == EventLevel.DEBUG for log in self.loggers):
        _slow_fire(self, e, level=level, **more)


def keep(self: BaseEvent, *args: Any, **kwargs: Any) -> None:
    """Keep what an event is made from until somebody reads it."""
    object.__setattr__(self, "_made_from", (args, kwargs))


def attribute(self: BaseEvent, key: str) -> Any:
    if "pb_msg" not in self.__dict__:
        args, kwargs = self.__dict__["_made_from"]
        _slow_event(self, *args, **kwargs)
    message = self.__dict__["pb_msg"]
    return message if key == "pb_msg" else getattr(message, key)


def _macros(self: MacroNamespace) -> dict[str, Any]:
    """Put the macros of all packages into one dictionary, which dbt reads whole for each node."""
    if "macros" not in self.__dict__:
        macros: dict[str, Any] = {}
        for names in reversed(list(self._search_order())):
            macros.update(names)
        self.__dict__["macros"] = macros
    return self.__dict__["macros"]  # type: ignore[no-any-return]


def macro(self: MacroNamespace, key: str) -> Any:
    return _macros(self)[key]


def macro_names(self: MacroNamespace) -> Iterator[str]:
    return iter(_macros(self))


@cache
def _testers(columns: frozenset[str], nulls: tuple[str, ...] | None) -> Any:
    return _slow_tester(columns, nulls)


def types_of(text_columns: Any, string_null_values: Any = ("null", "")) -> Any:
    """Make what tells the types of columns once for the same names."""
    nulls = None if string_null_values is None else tuple(string_null_values)
    return _testers(frozenset(text_columns), nulls)


@cache
def _file(path: str) -> Any:
    return _slow_file(JSONFileLoader(), path)


def shipped(self: JSONFileLoader, file_path: str) -> Any:
    """Read a file once for all clients, which do not change what it says."""
    return _file(file_path)

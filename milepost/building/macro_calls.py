"""Which macros a node of dbt's manifest calls, directly and through others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Set
from functools import cache
from typing import Any

# Hooks of `staged_facts` that look at what was built: they may stop a build, and change no value.
_JUDGES = {"macro.milepost.count_set_aside", "macro.milepost.refuse_set_aside"}
# Adapters that take macros of another.
_BASES = {"sail": ("sail", "spark")}
_CALL = re.compile(r"(\w+)\s*\(")
_DISPATCH = re.compile(r"""\bdispatch\s*\(\s*(?:macro_name\s*=\s*)?(['"])(\w+)\1""")


@cache
def names_called(text: str) -> tuple[Set[str], Set[str]]:
    """Return the names that a macro's text gives to dispatch, and those that it calls."""
    return {name for _, name in _DISPATCH.findall(text)}, set(_CALL.findall(text))


class MacroCalls:
    """The macros of a manifest, and which of them each node calls.

    Macros of dbt and of its adapter are left out: their versions stand for them.
    """

    def __init__(self, macros: Mapping[str, Mapping[str, Any]], project: str, adapter: str) -> None:
        self._macros, self._project = macros, project
        self._adapters = _BASES.get(adapter, (adapter,))
        self._ids_by_name: dict[str, list[str]] = {}
        for macro_id, macro in macros.items():
            self._ids_by_name.setdefault(macro["name"], []).append(macro_id)
        self._called_by_macro = cache(self._find_called_by_macro)

    def of(self, node: Mapping[str, Any]) -> set[str]:
        """Return the ids of the macros that a node calls, and of those that they call.

        Its materialization is among them, and what dispatch picks. Calls in the text count too: dbt
        knows at first only those that parsing makes, and keeps them of a macro's file until that
        file is edited, though another file may have what dispatch picks from then on.
        """
        built_as = f"materialization_{node['config'].get('materialized')}"
        waiting = list(node.get("depends_on", {}).get("macros", []))
        waiting += self._named(f"{built_as}_{adapter}" for adapter in ("default", *self._adapters))
        waiting += self._named(_CALL.findall(node.get("raw_code") or ""))
        return self._with_called(waiting, _JUDGES)

    def judging(self) -> set[str]:
        """Return the ids of the macros that judge what is set aside, and of what they call."""
        return self._with_called(_JUDGES, frozenset())

    def _with_called(self, macro_ids: Iterable[str], left_out: Set[str]) -> set[str]:
        waiting, called = list(macro_ids), set[str]()
        while waiting:
            macro_id = waiting.pop()
            if macro_id not in called | left_out and macro_id in self._macros:
                called.add(macro_id)
                waiting += self._macros[macro_id]["depends_on"]["macros"]
                waiting += self._called_by_macro(macro_id)
        engine = {"dbt", *(f"dbt_{adapter}" for adapter in self._adapters)}
        return {
            macro_id for macro_id in called if self._macros[macro_id]["package_name"] not in engine
        }

    def _find_called_by_macro(self, macro_id: str) -> set[str]:
        """Return what a macro's text calls and dbt may not have noted.

        That is what the project itself has, and what is dispatched: dbt looks into the project
        before it looks into the package whose macro is dispatched.
        """
        dispatched, called = names_called(self._macros[macro_id]["macro_sql"])
        picked = [
            f"{engine}__{name}" for name in dispatched for engine in ("default", *self._adapters)
        ]
        return self._named(picked) | {
            called_id
            for called_id in self._named(called)
            if self._macros[called_id]["package_name"] == self._project
        }

    def _named(self, names: Iterable[str]) -> set[str]:
        return {macro_id for name in names for macro_id in self._ids_by_name.get(name, [])}

"""How far back a model looks, as its declared windows and its YAML state it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from milepost.building.declared_entities import key_columns
from milepost.release.names import AVAILABLE_AT

Node = Mapping[str, Any]


def look_back_days(node: Node) -> int | None:
    """Return how many days a model looks back, at most; None where none is stated.

    It is the longest window that the model declares, or that its YAML states for it or for one of
    its columns as `meta.longest_window_days`.
    """
    meta = node["config"]["meta"]
    stated = [_stated(column) for column in node["columns"].values()]
    days = (meta.get("declared_window_days"), meta.get("longest_window_days"), *stated)
    return max((number for number in days if isinstance(number, int)), default=None)


def stated_days(node: Node) -> dict[str, int | None]:
    """Return how many days each feature looks back as its YAML states, None without a statement."""
    meta = node["config"]["meta"]
    identity = {*key_columns(node), AVAILABLE_AT}
    return {
        name: _stated(column, meta.get("longest_window_days"))
        for name, column in node["columns"].items()
        if name not in identity
    }


def _stated(column: Node, otherwise: Any = None) -> Any:
    return column.get("config", {}).get("meta", {}).get("longest_window_days", otherwise)

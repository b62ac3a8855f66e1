"""Where the files of a model are, relative to the root of its project."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from milepost.building.declared_views import published_name


def sql_file(node: Mapping[str, Any]) -> str:
    """Return the path of a model's SQL."""
    return str(node["original_file_path"]).replace("\\", "/")


def yaml_file(node: Mapping[str, Any]) -> str:
    """Return the path of the YAML that describes a model or source; without one, of its SQL."""
    patch = str(node.get("patch_path") or "")
    return patch.partition("://")[2] or sql_file(node)


def file_beside(node: Mapping[str, Any], ending: str) -> str:
    """Return the path of a file that Milepost writes beside a model's SQL."""
    return str(PurePosixPath(sql_file(node)).with_name(f"{published_name(node)}.{ending}"))

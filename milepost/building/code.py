"""The code of a model, seed or test: everything that can change its values or its verdict.

Planning, the gate and the release manifest all take it from here. It is computed from dbt's
manifest and `dbt_project.yml`, part by part, so that a message about other code can name the parts
that changed. Which parts there are is listed in docs/concepts/batches.md.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from milepost.building.catalog import Catalog
from milepost.building.declared_views import published_name
from milepost.building.engine_versions import engine_versions
from milepost.building.planning_code import planning_code
from milepost.building.samples import samples_part
from milepost.errors import PublishError

Parts = dict[str, str]
"""The hash of each part of a code, by its name for people, such as "macro `elapsed`"."""

# Keys of a node's `meta` on which no table depends: they are for people, lookups or the gate. Those
# that define a feature view are fields of `release.definition`, too.
DESCRIPTIVE_META = {
    *("derived", "owners", "maturity", "sensitivity", "bounds", "fresh_within_hours", "dense"),
    *("personal_data", "personal_data_allowed", "dropped_checks", "rows_within_days", "label"),
    *("entity_definitions", "quiet_dates", "set_aside_share_max", "set_aside_row_count_min"),
    "stress_tolerance",
    "replaced_by",
    "staged_from",  # follows from the model's SQL and the variables, which are parts of their own
}
# Keys of a node's `config` that change no value: where its table stands, who may read it, how it is
# rebuilt.
_DESCRIPTIVE_CONFIG = {
    *("meta", "tags", "docs", "group", "access", "grants", "persist_docs", "freshness"),
    *("enabled", "alias", "schema", "database", "full_refresh", "packages", "static_analysis"),
    *("store_failures", "store_failures_as", "file_format", "location_root"),
}

_TOKEN = re.compile(
    r"""
    (?P<value> '[^']*' | "[^"]*" )
    | (?P<layout> (?: \s+ | \{\#.*?\#\} | --[^\n{}]*(?=\n|\Z) | /\*[^{}]*?\*/ )+ )
    | (?P<comment> --[^\n]* )
    | (?P<odd> ['"] )
    """,
    re.VERBOSE | re.DOTALL,
)
_VARIABLE = re.compile(r"""\b(?:has_)?var\s*\(\s*(?:(['"])(?P<name>[^'"]*)\1\s*[,)])?""")
_ENVIRONMENT = re.compile(r"""\benv_var\s*\(\s*(['"])(?P<name>(?!DBT_ENV_SECRET)[^'"]*)\1""")
_TARGET = re.compile(r"""\btarget\s*(?:\.\s*\w|\[\s*['"])""")


def digest(parts: Mapping[str, str]) -> str:
    """Return the hash of a code, from its parts."""
    return _hash(sorted(parts.items()))


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Return the names of the parts that differ between two codes, in their order."""
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))


@cache
def without_layout(text: str) -> str:
    """Return Jinja and SQL without comments, its white space as single spaces.

    Texts and quoted names keep theirs. With `$$`, an escaped quote or a quote without an end it is
    not easy to tell what is a text: then everything is returned as it is.
    """
    if "$$" in text or "\\'" in text or '\\"' in text:
        return text
    tokens = [match.lastgroup for match in _TOKEN.finditer(text)]
    if "odd" in tokens:
        return text
    return _TOKEN.sub(lambda match: " " if match["layout"] else match[0], text).strip()


class Coder:
    """Computes the code of each node of a manifest.

    `variables` are what `project.declared_variables` gives, `target` is the name of dbt's target,
    and `reopened` says of raw logs how often a closed date of theirs was opened again.
    """

    def __init__(
        self,
        catalog: Catalog,
        variables: Mapping[str, Any],
        target: str,
        reopened: Mapping[str, int],
    ) -> None:
        self._catalog = catalog
        self.variables = variables
        self._target = target
        self._reopened = reopened
        self._engine = engine_versions(catalog.adapter)
        self._engine["version of Milepost's planning"] = _hash(planning_code())
        self._own = cache(self._own_parts)
        self._text = cache(lambda id_: without_layout(catalog.macros[id_]["macro_sql"]))

    def has_code(self, node_id: str) -> bool:
        """Return whether a node has a code: whether it is a model, a seed or a test."""
        kind = self._catalog.nodes[node_id]["resource_type"]
        return kind in {"model", "seed", "test", "unit_test"}

    def parts(self, node_id: str) -> Parts:
        """Return the parts of a model's or seed's code, or of a test's.

        A table has those of all that it is made from. A test has its own and those of ephemeral
        models that it looks at: tables that it looks at are compared by when they were built.
        """
        if self._catalog.nodes[node_id]["resource_type"] in {"test", "unit_test"}:
            tested = dict(self._own(node_id))
            for input_id in self._catalog.inputs(node_id):
                tested |= samples_part(self._catalog.nodes[input_id])
                if self._catalog.is_ephemeral(input_id):
                    tested |= self._own(input_id)
            return tested
        parts = dict(self._engine)
        for member in self._catalog.lineage(node_id):
            parts |= self._own(member)
        return parts

    def source_code(self, source_id: str) -> str:
        """Return the hash of what a source declares of its rows, wherever they lie."""
        _, meta, columns = _source(self._catalog.nodes[source_id])
        return _hash([{key: meta[key] for key in meta.keys() - {"raw_uri"}}, columns])

    def _own_parts(self, node_id: str) -> Parts:
        node = self._catalog.nodes[node_id]
        kind = node["resource_type"]
        if kind == "source":
            parts = {f"source `{node['source_name']}.{node['name']}`": _hash(_source(node))}
            if self._reopened.get(node_id):
                name = f"{node['source_name']}.{node['name']}"
                parts[f"what was closed in raw table `{name}`"] = _hash(self._reopened[node_id])
            return parts
        if kind == "unit_test":
            definition = [node.get(key) for key in ("model", "given", "expect", "overrides")]
            return {f"unit test `{node['name']}`": _hash(definition)}
        name = f"`{published_name(node)}`"
        settings = _settings(node)
        parts = {f"settings of {name}": _hash(settings)}
        if kind == "seed":
            return {**parts, f"seed {name}": _hash(_content(node))}
        code = node.get("raw_code") or ""
        text = without_layout(code) if node.get("language", "sql") == "sql" else code
        parts[f"{'test' if kind == 'test' else 'model'} {name}"] = _hash(text)
        texts = [text, json.dumps(settings)]
        for macro_id in sorted(self._catalog.macros_of(node_id)):
            macro = self._catalog.macros[macro_id]
            texts.append(self._text(macro_id))
            package = (
                "" if macro["package_name"] == self._catalog.project else macro["package_name"]
            )
            parts[f"macro `{package and package + '.'}{macro['name']}`"] = _hash(texts[-1])
        return parts | dict(self._surroundings("\n".join(texts)))

    def _surroundings(self, text: str) -> Iterator[tuple[str, str]]:
        """Yield the parts that a text reads from outside: variables, environment and target."""
        for match in _VARIABLE.finditer(text):
            name = match["name"]
            if name is None:  # computed: it may be any of them
                yield "variables", _hash(sorted(self.variables.items()))
            else:
                values = {
                    scope: value
                    for scope, value in self.variables.items()
                    if scope.rpartition("/")[2] == name
                }
                yield f"variable `{name}`", _hash(values)
        for match in _ENVIRONMENT.finditer(text):
            yield f"environment variable `{match['name']}`", _hash(os.environ.get(match["name"]))
        if _TARGET.search(text):
            yield "dbt's target", _hash(self._target)


def _settings(node: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a node's YAML and `config` say of how it is built or tested."""
    config = node["config"]
    meta = {key: value for key, value in config["meta"].items() if key not in DESCRIPTIVE_META}
    columns = [
        [column["name"], column.get("data_type"), column.get("constraints")]
        for column in node["columns"].values()
        if config.get("contract", {}).get("enforced")
    ]
    stated_windows = {
        column["name"]: column.get("config", {}).get("meta", {}).get("longest_window_days")
        for column in node["columns"].values()
    }
    return {
        "meta": meta,
        "columns": columns,
        "longest_window_days": {name: days for name, days in stated_windows.items() if days},
        "test": node.get("test_metadata"),
        **{
            key: value
            for key, value in config.items()
            if key not in _DESCRIPTIVE_CONFIG and value is not None
        },
    }


def _source(node: Mapping[str, Any]) -> list[Any]:
    meta = node["config"].get("meta", {})
    return [
        # Of what dbt reads itself; raw tables are read by their files.
        node["identifier"] if meta.get("raw_uri") else node["relation_name"],
        {key: value for key, value in meta.items() if key not in DESCRIPTIVE_META},
        [
            [column["name"], column.get("data_type"), _drift(column)]
            for column in node["columns"].values()
        ],
    ]


def _drift(column: Mapping[str, Any]) -> dict[str, Any]:
    meta = column.get("config", {}).get("meta", {})
    return {key: meta[key] for key in ("added_on", "optional", "format") if key in meta}


def _content(seed: Mapping[str, Any]) -> str:
    """Return the hash of a seed's content: dbt's own, or for a large seed that of its file."""
    checksum = seed["checksum"]
    if checksum["name"] == "path":
        path = Path(seed["root_path"], seed["original_file_path"])
        try:
            return hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise PublishError(
                f"seed `{published_name(seed)}` cannot be read: {error}",
                hint="dbt keeps no hash of a seed above 1 MB: its file must be where it was built",
            ) from error
    return str(checksum["checksum"])


def _hash(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]

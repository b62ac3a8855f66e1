"""The code of a feature view with its checks, as the files of the project state it."""

from __future__ import annotations

import json
from collections.abc import Mapping

from milepost.building.catalog import Catalog
from milepost.building.code import Coder, Parts, digest, without_layout
from milepost.building.declared_views import FeatureView

# Parts of a code that no file of the project states: they differ from one machine to the next. A
# source has a part of its own below, because its `raw_uri` often comes from the environment.
_OF_THE_MACHINE = (
    *("version of ", "environment variable ", "dbt's target"),
    *("what was closed in raw table ", "source "),
)
# Keys of a source's `meta` by which a build judges its rows. They change no value, so that they are
# no part of a table's code.
_JUDGED_BY = (
    *("rows_within_days", "quiet_dates", "set_aside_share_max", "set_aside_row_count_min"),
)
# The variable that stands in for the third.
_SHARE_MAX = "set_aside_share_max"


def view_code(catalog: Catalog, coder: Coder, view: FeatureView) -> str:
    """Return the hash of a view's code, and of all that judges the view and what it is made from.

    That is their tests, what their sources declare of silence and of what may be set aside, and the
    macros and the variable that judge it.

    It is the same on every machine that has the same files, whatever raw log it reads, and with
    every version of DuckDB, dbt and Milepost, whose upgrade builds and tests every table anew.
    """
    lineage = catalog.lineage(view.unique_id)
    return digest(
        _stated(coder.parts(view.unique_id))
        | {test_id: digest(_stated(coder.parts(test_id))) for test_id in catalog.tests_on(lineage)}
        | {
            source_id: coder.source_code(source_id)
            for source_id in lineage
            if catalog.nodes[source_id]["resource_type"] == "source"
        }
        | _judges(catalog, coder, lineage)
    )


def _judges(catalog: Catalog, coder: Coder, lineage: set[str]) -> Parts:
    """Return the text of what judges raw rows, by its name."""
    metas = {id_: catalog.nodes[id_]["config"].get("meta", {}) for id_ in lineage}
    declared = {
        f"judges of {id_}": {key: meta[key] for key in _JUDGED_BY if key in meta}
        for id_, meta in metas.items()
    }
    variables = {
        f"judges by {name}": value
        for name, value in coder.variables.items()
        if name.rpartition("/")[2] == _SHARE_MAX
    }
    macros = {
        f"judge {id_}": without_layout(catalog.macros[id_]["macro_sql"])
        for id_ in catalog.macro_calls.judging()
    }
    stated = {name: value for name, value in (declared | variables | macros).items() if value}
    return {name: json.dumps(value, sort_keys=True, default=str) for name, value in stated.items()}


def _stated(parts: Mapping[str, str]) -> Parts:
    return {name: part for name, part in parts.items() if not name.startswith(_OF_THE_MACHINE)}

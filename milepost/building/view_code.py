"""The code of a feature view with its checks, as the files of the project state it."""

from __future__ import annotations

from collections.abc import Mapping

from milepost.building.catalog import Catalog
from milepost.building.code import Coder, Parts, digest
from milepost.building.declared_views import FeatureView

# Parts of a code that no file of the project states: they differ from one machine to the next. A
# source has a part of its own below, because its `raw_uri` often comes from the environment.
_OF_THE_MACHINE = (
    *("version of ", "environment variable ", "dbt's target"),
    *("what was closed in raw table ", "source "),
)


def view_code(catalog: Catalog, coder: Coder, view: FeatureView) -> str:
    """Return the hash of a view's code, and of all tests of the view and of what it is made from.

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
    )


def _stated(parts: Mapping[str, str]) -> Parts:
    return {name: part for name, part in parts.items() if not name.startswith(_OF_THE_MACHINE)}

"""Whether the project is what was built: the code of each table, and the files of all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from milepost.building.declared_views import published_name
from milepost.display import SHOWN, shortened
from milepost.publishing.candidate import Candidate
from milepost.publishing.refusal import Refusal
from milepost.publishing.rules.builds import is_built


def built_by_this_code(candidate: Candidate) -> Iterator[Refusal]:
    """Require that the code of the view, and of all that it is made from, is what was built."""
    for view in candidate.views:
        changed_parts: dict[str, list[str]] = {}
        for node_id in candidate.table_ids(view):
            # Any other table is to be built again anyhow.
            if is_built(candidate, view, node_id):
                recorded = candidate.records.builds[node_id].parts
                parts = candidate.changed_parts(node_id, recorded)
                if parts:
                    name = f"`{published_name(candidate.catalog.nodes[node_id])}`"
                    changed_parts[name] = parts
        yield from _code_faults(view.name, changed_parts)


def _code_faults(view: str, changed_parts: Mapping[str, Sequence[str]]) -> Iterator[Refusal]:
    """Refuse by one cause for each changed part of the code, or by one for all of many parts."""
    parts = sorted({part for changed in changed_parts.values() for part in changed})
    causes = parts if len(parts) <= SHOWN else [shortened(parts)]
    for cause in causes:
        for name, changed in changed_parts.items():
            if cause in changed or causes != parts:
                fault = f"built before {cause} changed"
                yield Refusal(view, name, f"was {fault}", f"tables were {fault}")


def files_as_dbt_read_them(candidate: Candidate) -> Iterator[Refusal]:
    """Require that the SQL, Python and CSV files of the view, of all that it is made from, and of
    their tests and macros are what dbt last read. YAML files are not compared.
    """
    for view in candidate.views:
        lineage = candidate.catalog.lineage(view.unique_id)
        node_ids = lineage | candidate.catalog.tests_on(lineage)
        for path in candidate.project.edited_files(node_ids):
            fault = "edited since dbt read"
            yield Refusal(view.name, f"`{path}`", f"was {fault} it", f"files were {fault} them")

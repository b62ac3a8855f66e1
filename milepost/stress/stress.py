"""Giving the raw log of feature views one fault after another, and certifying what became of it."""

from __future__ import annotations

import logging
import multiprocessing
import os
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import duckdb

from milepost.building.catalog import Catalog
from milepost.building.code import Coder
from milepost.building.declared_views import FeatureView
from milepost.building.view_code import view_code
from milepost.errors import StandardsError
from milepost.raw import copies
from milepost.raw.declaration import raw_table
from milepost.stress import certificate, faults, judgement, lineage, raw_parts, session, soundness
from milepost.stress.certificate import Certificate, Outcome
from milepost.stress.faults import Fault
from milepost.stress.judgement import CertificateFault
from milepost.stress.rebuild import Build, Rebuilder

logger = logging.getLogger(__name__)
_rebuilders: list[Rebuilder] = []


@dataclass(frozen=True)
class StressedView:
    """A feature view that was stressed: its certificate, in which file, and its faults."""

    certificate: Certificate
    path: str
    faults: list[CertificateFault]


def stressed(project: Path, names: Sequence[str], days: int) -> list[StressedView]:
    """Certify feature views by their names, without any of all, and write the certificates.

    They are measured on the newest `days` of the raw logs. `project` has the dbt project. Raises a
    StandardsError where its build fails without a fault, and for a view by name that reads no raw
    log; of all views such a one is left out.
    """
    with tempfile.TemporaryDirectory(prefix="milepost-stress-") as folder:
        built = session.build(project, Path(folder), names, days)
        catalog = built.project.catalog
        coder = Coder(catalog, built.project.variables, "", {})
        views = chosen_views(catalog, names)
        build = _build(built, views)
        outcomes: dict[str, list[Outcome]] = {view.name: [] for view in views}
        for by_view in all_outcomes(build):
            for name, outcome in by_view.items():
                outcomes[name].append(outcome)
        results = []
        for view in views:
            code = view_code(catalog, coder, view)
            made = _certificate(catalog, build, view, code, outcomes[view.name])
            path = certificate.path(catalog, view)
            (project / path).parent.mkdir(parents=True, exist_ok=True)
            (project / path).write_bytes(made.to_bytes())
            faults = list(judgement.faults(catalog, coder, view, project))
            results.append(StressedView(made, path, faults))
        return results


def chosen_views(catalog: Catalog, names: Sequence[str]) -> list[FeatureView]:
    """Return the feature views that can be stressed: those with some names, without any all.

    Raises a StandardsError for a name that no view has, or one that reads no raw log.
    """
    views = {view.name: view for view in catalog.feature_views()}
    if unknown := [name for name in names if name not in views]:
        raise StandardsError(
            f"the project has no feature view `{unknown[0]}`",
            hint=f"it has {', '.join(f'`{name}`' for name in views)}",
        )
    chosen = [view for name, view in views.items() if not names or name in names]
    stressed = [view for view in chosen if catalog.raw_tables(view.unique_id)]
    if names and len(stressed) < len(chosen):
        view = next(view for view in chosen if view not in stressed)
        raise StandardsError(
            f"`{view.name}` reads no raw log, to which a fault could be given",
            hint="declare `raw_uri` in the `meta` of its source, and read it through `raw_rows`",
        )
    return stressed


def _build(built: session.Session, views: Sequence[FeatureView]) -> Build:
    catalog, copied = built.project.catalog, copies.read(built.raw_copy)
    members = set().union(*(catalog.lineage(view.unique_id) for view in views))
    tables = {id_: raw_table(catalog.nodes[id_]) for id_ in members & set(copied)}
    statements = [catalog.nodes[id_].get("compiled_code") or "" for id_ in sorted(members)]
    raw_database = built.folder / "raw.duckdb"
    keys = lineage.keys_of_sources(catalog)
    parts = raw_parts.load(raw_database, statements, tables, copied, keys)
    made = lineage.of_views(catalog, views, parts, built.counts)
    soundness.keep_views(built.database, made.tables)
    return Build(built.database, raw_database, made, tuple(parts), tables, copied)


def all_outcomes(build: Build) -> Iterator[dict[str, Outcome]]:
    """Yield the outcomes of each fault by view, in the order of the faults.

    Raises a StandardsError where the build does not come out as it was without any.
    """
    all_faults = faults.of_parts(list(build.parts))
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), context, _prepare, (build,)) as pool:
        pool.submit(_check_soundness).result()
        for number, outcomes in enumerate(pool.map(_outcomes, all_faults, chunksize=4), start=1):
            logger.info("fault %d of %d", number, len(all_faults))
            yield outcomes


def _prepare(build: Build) -> None:
    _rebuilders.append(Rebuilder(build))


def _check_soundness() -> None:
    _rebuilders[0].check_soundness()


def _outcomes(fault: Fault) -> dict[str, Outcome]:
    try:
        return _rebuilders[0].outcomes(fault)
    except duckdb.Error as error:
        raise StandardsError(
            f"a build with the fault `{fault.kind.name}` in `{fault.table_id}` broke off: {error}",
            hint="look for what this machine lacks, such as memory",
        ) from error


def _certificate(
    catalog: Catalog,
    build: Build,
    view: FeatureView,
    code: str,
    outcomes: list[Outcome],
) -> Certificate:
    tables = sorted(catalog.raw_tables(view.unique_id))
    first = max(build.copied[id_].first for id_ in tables)
    end = max(build.copied[id_].before for id_ in tables)
    with duckdb.connect(str(build.database), read_only=True) as con:
        counts = ", ".join(f'count("{feature}")' for feature in view.features)
        (values,) = con.execute(f"select {counts} from {view.relation}").fetchall()
    return Certificate(
        view=view.name,
        version=view.version,
        code=code,
        share=raw_parts.SHARE,
        seed=raw_parts.SEED,
        days=(end - first).days,
        raw_log_end=str(end.date()),
        rows={
            build.tables[id_].name: sum(part.rows for part in build.parts if part.table_id == id_)
            for id_ in tables
        },
        features=view.features,
        unproven=[name for name, count in zip(view.features, values, strict=True) if not count],
        outcomes=outcomes,
    )

"""Whether the certificate of a feature view lets it stand in production."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from milepost.building.catalog import Catalog
from milepost.building.code import Coder
from milepost.building.declared_views import FeatureView
from milepost.display import shortened
from milepost.errors import StandardsError
from milepost.stress import certificate

# A fault in 5 of 100 rows that moves a feature by 10 % of itself, on average over its rows, is
# amplified twofold; below that a feature is as wrong as its rows are. 2026-11.
TOLERANCE = 0.1
# As many as production asks of a view's past: weekdays and weekends are in both halves. 2026-11.
LEAST_DAYS = 30


@dataclass(frozen=True)
class CertificateFault:
    """What keeps a view off production: in which file, why, and what to write or run."""

    path: str
    message: str
    remedy: str


def faults(
    catalog: Catalog, coder: Coder, view: FeatureView, root: Path
) -> Iterator[CertificateFault]:
    """Yield what keeps a view off production; nothing for a certificate that holds.

    `root` is the folder of the project.
    """
    path = certificate.path(catalog, view)
    run = f"`milepost stress {view.name}`, and commit the file"
    try:
        proof = certificate.of_view(catalog, coder, view, root)
        tolerances = stress_tolerances(catalog.nodes[view.unique_id], view.features)
    except StandardsError as error:
        yield CertificateFault(path, error.message, error.hint)
        return
    if proof is None:
        is_old = (root / path).exists()
        fault = "a stress certificate of other code" if is_old else "no stress certificate"
        yield CertificateFault(path, f"`{view.name}` has {fault}", run)
        return
    if proof.days < LEAST_DAYS:
        yield CertificateFault(
            path,
            f"`{view.name}` was given faults on {proof.days} days of its raw logs, and production "
            f"asks {LEAST_DAYS}",
            f"run `milepost stress {view.name} --days {LEAST_DAYS}`, or land older data",
        )
    yield from _spared(path, catalog, view, proof)
    for feature in proof.unproven:
        yield CertificateFault(
            path,
            f"`{feature}` had no value in the raw log of the certificate",
            f"run `milepost stress {view.name}` on a raw log in which it has some",
        )
    yield from _silent_moves(path, proof, tolerances)


def stress_tolerances(node: Mapping[str, Any], features: list[str]) -> dict[str, float]:
    """Return by how much a fault may move each feature without a word: `meta.stress_tolerance`.

    That of a column stands before that of its view. Raises a StandardsError for what is no share.
    """
    of_view = node["config"].get("meta", {})
    columns = {
        name: column.get("config", {}).get("meta", {}) for name, column in node["columns"].items()
    }
    tolerances = {}
    for feature in features:
        stated = columns.get(feature, {}).get(
            "stress_tolerance", of_view.get("stress_tolerance", TOLERANCE)
        )
        if isinstance(stated, bool) or not isinstance(stated, int | float) or not 0 <= stated <= 1:
            raise StandardsError(
                f"`{node['name']}.{feature}` has `stress_tolerance: {stated}`",
                hint="write a number from 0 to 1: a share of the feature's value",
            )
        tolerances[feature] = float(stated)
    return tolerances


def _spared(
    path: str, catalog: Catalog, view: FeatureView, proof: certificate.Certificate
) -> Iterator[CertificateFault]:
    """Yield one fault if some of what the view reads was given none."""
    sources = (catalog.nodes[id_] for id_ in sorted(catalog.lineage(view.unique_id)))
    names = [f"{node['source_name']}.{node['name']}" for node in sources if "source_name" in node]
    hit = {outcome.table for outcome in proof.outcomes if proof.rows.get(outcome.table)}
    spared = [f"`{name}`" for name in names if name not in hit]
    if spared:
        message = f"`{view.name}` was certified without a fault in {shortened(spared)}"
    else:
        message = f"`{view.name}` reads no raw log, to which a fault could be given"
    if spared or not names:
        remedy = "read each source through `raw_rows`, with `raw_uri` in its `meta`, and run "
        run = f"`milepost stress {view.name}` on a raw log in which it has rows"
        yield CertificateFault(path, message, remedy + run)


def _silent_moves(
    path: str, proof: certificate.Certificate, tolerances: Mapping[str, float]
) -> Iterator[CertificateFault]:
    """Yield one fault for each feature that moves too far, which names its worst cause."""
    moves: dict[str, list[certificate.Outcome]] = {}
    for feature, outcome in proof.silent_moves(tolerances):
        moves.setdefault(feature, []).append(outcome)
    for feature, outcomes in moves.items():
        by_size = sorted(outcomes, key=lambda outcome: -outcome.moves[feature].size)
        worst = by_size[0].moves[feature]
        causes = [outcome.fault for outcome in by_size]
        yield CertificateFault(
            path,
            f"`{feature}` moves silently beyond its tolerance of {tolerances[feature]:g}: "
            f"{worst.share:.0%} of its values by {worst.median:.2g} of what they were, after "
            f"{shortened(causes)}",
            "set such rows aside, or write a data test that fails; what may move so by its meaning "
            "states `stress_tolerance` in the `config.meta` of the column, with its reason",
        )

"""Promotion: a view earns the next rung, which is written into its YAML with its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from milepost.errors import StandardsError
from milepost.release.definition import RUNGS
from milepost.standards import dbt
from milepost.standards.check import examined_views
from milepost.standards.evidence import Approval, Evidence, promises
from milepost.standards.examined_view import ExaminedView
from milepost.standards.finding import Finding
from milepost.standards.maturity_line import with_maturity
from milepost.standards.proof import prove
from milepost.standards.requirements.experimental import ROLES
from milepost.standards.requirements.promotion import certificate_digest
from milepost.standards.standing import height, missing_for

# The rungs that a view has by evidence.
_PROVED = ("production", "deprecated")


@dataclass(frozen=True)
class Promotion:
    """The rung that a view has now, and the files that were written for it."""

    view: str
    rung: str
    paths: list[str]


def promote_view(folder: Path, database: Path, view: str, approver: str | None) -> Promotion:
    """Promote a view of the project in a folder, as its files are now."""
    (examined,) = examined_views(dbt.read_project(folder), database, view)
    return promote(examined, approver)


def promote(examined: ExaminedView, approver: str | None) -> Promotion:
    """Write the next rung of a view, or from production on evidence for the code as it is now.

    Raises a StandardsError with the findings where a requirement is not met, and then writes
    nothing.
    """
    folder = examined.folder
    if folder is None or not examined.is_own:
        raise StandardsError(
            f"`{examined.name}` is of the package `{examined.node['package_name']}`",
            hint="promote it in its own project",
        )
    rung = _next_rung(examined)
    _refuse(examined, rung, missing_for(examined, rung, is_promotion=True))
    texts = {}
    if examined.claimed_rung != rung:
        texts[examined.stated.path] = with_maturity(folder, examined.stated, rung)
    if rung in _PROVED:
        evidence = _standing_evidence(examined, rung) or _evidence(examined, folder, rung, approver)
        texts[examined.file_beside("evidence.json")] = evidence.text()
    for path, text in texts.items():
        (folder / path).write_bytes(text.encode())
    return Promotion(examined.name, rung, sorted(texts))


def _next_rung(examined: ExaminedView) -> str:
    """Return the rung above the claimed one, or that again where its evidence does not hold."""
    claimed = examined.claimed_rung
    is_to_go = claimed == "production" and "replaced_by" in examined.meta
    if claimed not in _PROVED or is_to_go:
        return RUNGS[height(claimed)]
    if missing_for(examined, claimed):
        return claimed
    raise StandardsError(
        f"`{examined.name}` is in `{claimed}`, and its evidence holds",
        hint="to deprecate a view in production, state `replaced_by` in its `meta` and a "
        "`deprecation_date`",
    )


def _standing_evidence(examined: ExaminedView, rung: str) -> Evidence | None:
    """Return the evidence of a view in production as it goes on counting when the view is to go.

    None where it does not hold, or the rung is another one.
    """
    is_deprecated_now = (examined.claimed_rung, rung) == ("production", "deprecated")
    if not is_deprecated_now or missing_for(examined, rung) or examined.evidence is None:
        return None
    stated = promises(examined.catalog, examined.view, rung)
    return replace(examined.evidence, rung=rung, promises=stated)


def _evidence(examined: ExaminedView, folder: Path, rung: str, approver: str | None) -> Evidence:
    """Return evidence for a rung, after the proof has run."""
    approval = _approval(examined, approver)
    result = prove(folder, examined.view, examined.view.selector)
    place = examined.stated.place()
    _refuse(
        examined,
        rung,
        [
            Finding(*place, "production: proof", f"`{examined.name}` {fault.message}", fault.remedy)
            for fault in result.faults
        ],
    )
    if result.code != examined.code or result.proof is None:
        raise StandardsError(
            f"files of `{examined.name}` were edited while its proof ran",
            hint="run `milepost promote` again",
        )
    return Evidence(
        view=examined.name,
        rung=rung,
        code=examined.code,
        promises=promises(examined.catalog, examined.view, rung),
        proof=result.proof,
        approval=approval,
        certificate=certificate_digest(examined),
    )


def _approval(examined: ExaminedView, approver: str | None) -> Approval:
    """Return the approval by one of two owners, who stand for the two roles."""
    owners = {role: examined.view.owners[role] for role in ROLES}
    names = " or ".join(f"`{name}`" for name in owners.values())
    if len(set(owners.values())) == 1:
        raise StandardsError(
            f"`{examined.name}` has the same owner for both roles, who cannot approve alone",
            hint="name another owner for one of them",
        )
    for role, name in owners.items():
        if name == approver:
            return Approval(role, name)
    raise StandardsError(
        f"`{approver}` is no owner of `{examined.name}`"
        if approver
        else f"nobody has approved that `{examined.name}` is in production",
        hint=f"the owner who does not ask for it approves: `--approved-by` {names}",
    )


def _refuse(examined: ExaminedView, rung: str, findings: Sequence[Finding]) -> None:
    if findings:
        listed = "\n".join(map(str, findings))
        raise StandardsError(
            f"`{examined.name}` has not earned `{rung}`:\n{listed}",
            hint=f"`milepost check {examined.name}` says what is left",
        )

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
    """Write the next rung of a view, or in production evidence for the code as it is now.

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
    if rung == "production":
        evidence = _evidence(examined, folder, approver)
        texts[examined.file_beside("evidence.json")] = evidence.text()
    elif rung == "deprecated":
        assert examined.evidence is not None  # noqa: S101 - `_next_rung` has looked
        evidence = replace(examined.evidence, rung=rung)
        texts[examined.file_beside("evidence.json")] = evidence.text()
    for path, text in texts.items():
        (folder / path).write_bytes(text.encode())
    return Promotion(examined.name, rung, sorted(texts))


def _next_rung(examined: ExaminedView) -> str:
    """Return the rung above the claimed one; production again where its evidence does not hold."""
    claimed = examined.claimed_rung
    if claimed == "production" and missing_for(examined, "production"):
        return claimed
    is_to_go = "replaced_by" in examined.meta
    if claimed == "deprecated" or (claimed == "production" and not is_to_go):
        raise StandardsError(
            f"`{examined.name}` is in `{claimed}`, and its evidence holds",
            hint="to deprecate a view in production, state `replaced_by` in its `meta` and a "
            "`deprecation_date`",
        )
    return RUNGS[height(claimed)]


def _evidence(examined: ExaminedView, folder: Path, approver: str | None) -> Evidence:
    """Return evidence for production, after the proof has run."""
    approval = _approval(examined, approver)
    version = examined.node.get("version")
    selector = str(examined.node["name"]) + (f".v{version}" if version is not None else "")
    result = prove(folder, examined.view, selector)
    place = examined.stated.place()
    _refuse(
        examined,
        "production",
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
        rung="production",
        code=examined.code,
        promises=promises(examined.view, examined.node),
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

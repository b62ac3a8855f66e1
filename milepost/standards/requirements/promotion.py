"""What `milepost promote` writes of a view in production: evidence, for exactly this code."""

from __future__ import annotations

from collections.abc import Iterator

from milepost.errors import StandardsError
from milepost.standards.evidence import Evidence, promises
from milepost.standards.examined_view import ExaminedView
from milepost.standards.requirement import Fault
from milepost.standards.requirements.experimental import ROLES
from milepost.stress import certificate


def has_evidence_of_this_code(examined: ExaminedView) -> Iterator[Fault]:
    """Require that the evidence beside the model is as `milepost promote` wrote it, for this rung
    and exactly this code. It has built the view four times: what lands later changes no row
    (truncation), and building on (increment) or again (determinism) gives the same rows.
    """
    if not examined.is_own:
        yield Fault(
            f"is of the package `{examined.node['package_name']}`, which proves nothing of this "
            "project's data",
            "state `+meta: {maturity: experimental}` for it in dbt_project.yml",
        )
    elif examined.folder is None:
        yield Fault(
            "has evidence that cannot be read: the folder of its project is not here",
            "run the command in the folder of the project",
        )
    else:
        yield from _faults_of_evidence(examined)


def _faults_of_evidence(examined: ExaminedView) -> Iterator[Fault]:
    promote = f"run `milepost promote {examined.name} --approved-by <the owner who approves>`"
    rung = _rung(examined)
    place = (examined.file_beside("evidence.json"), 1)
    try:
        evidence = examined.evidence
    except StandardsError as error:
        yield Fault(f"has evidence that does not count: {error.message}", error.hint, place)
        return
    if evidence is None:
        yield Fault(
            f"has no evidence that it earned `{rung}`",
            promote,
            examined.stated.place_of_meta("maturity"),
        )
    elif (evidence.view, evidence.rung) != (examined.name, rung):
        about = f"`{evidence.view}` on the rung `{evidence.rung}`"
        yield Fault(f"has evidence of {about}, and not of `{rung}`", promote, place)
    elif evidence.code != examined.code:
        yield Fault(
            "has evidence of other code: the view, what it is made from, or a test changed since",
            promote,
            place,
        )
    elif evidence.certificate != certificate_digest(examined):
        yield Fault("has evidence with another stress certificate", promote, place)


def _rung(examined: ExaminedView) -> str:
    """Return which rung the evidence is to be of."""
    return "deprecated" if examined.claimed_rung == "deprecated" else "production"


def certificate_digest(examined: ExaminedView) -> str:
    """Return the digest of the view's stress certificate, "" where none can be read."""
    if examined.folder is None:
        return ""
    path = certificate.path(examined.catalog, examined.view)
    try:
        certificate_of_view = certificate.read(examined.folder / path)
    except StandardsError:
        return ""
    return certificate_of_view.digest if certificate_of_view else ""


def is_approved_by_an_owner(examined: ExaminedView) -> Iterator[Fault]:
    """Require that one of the view's two owners approved the promotion, and the other role has
    another owner: nobody approves alone.
    """
    evidence = _readable_evidence(examined)
    if evidence is None:
        return
    owners, approval = examined.view.owners, evidence.approval
    if len({owners.get(role) for role in ROLES}) < 2:
        yield Fault(
            "has one owner, who cannot approve alone",
            "name an owner for each role, and promote it again",
            examined.stated.place_of_meta("owners"),
        )
    elif owners.get(approval.role) != approval.name:
        yield Fault(
            f"was approved by `{approval.name}`, who is not its owner for {approval.role}",
            f"have an owner approve it: `milepost promote {examined.name} --approved-by <owner>`",
            (examined.file_beside("evidence.json"), 1),
        )


def keeps_what_was_approved(examined: ExaminedView) -> Iterator[Fault]:
    """Require that the YAML still states what was approved and is no part of the code: owners,
    freshness, density, sensitivity, bounds, derived features, stress tolerances, definitions of its
    entities, dropped checks and allowed personal data; of a view that goes, its date and
    replacement.
    """
    evidence = _readable_evidence(examined)
    if evidence is None:
        return
    stated = promises(examined.catalog, examined.view, _rung(examined))
    for name in sorted(stated.keys() | evidence.promises.keys()):
        before, now = evidence.promises.get(name), stated.get(name)
        if before != now:
            yield Fault(
                f"was approved with another `{name}`: it was `{before}`, and is `{now}`",
                f"undo it, or run `milepost promote {examined.name} --approved-by <owner>`",
                examined.stated.place_of_meta(name),
            )


def _readable_evidence(examined: ExaminedView) -> Evidence | None:
    """Return the evidence; None where another requirement says that there is none to rely on."""
    try:
        return examined.evidence
    except StandardsError:
        return None

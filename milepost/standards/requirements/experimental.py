"""What an experiment has besides tests: owners, words and a contract."""

from __future__ import annotations

from collections.abc import Iterator

from milepost.standards.examined_view import ExaminedView
from milepost.standards.requirement import Fault

ROLES = ("science", "engineering")
# What `milepost init` writes where nobody is named yet.
NOBODY = "to-be-named"


def has_owners_of_both_roles(examined: ExaminedView) -> Iterator[Fault]:
    """Require that `owners` names who is responsible in both roles, `science` and `engineering`."""
    for role in ROLES:
        if str(examined.view.owners.get(role) or NOBODY) == NOBODY:
            yield Fault(
                f"has no owner for {role}",
                f"name a team or a person: `owners: {{{role}: ...}}`",
                examined.stated.place_of_meta("owners"),
            )


def is_described(examined: ExaminedView) -> Iterator[Fault]:
    """Require that the view and each of its columns has a description."""
    if not examined.view.description:
        yield Fault("has no description", "say what a row is and what its features tell")
    for column in examined.view.fields:
        if not column.description:
            yield Fault(
                f"does not describe `{column.name}`",
                "say what it measures, over which window, and when it is null",
                examined.stated.place(column.name),
            )


def is_contracted(examined: ExaminedView) -> Iterator[Fault]:
    """Require that the view's contract is enforced: it has the columns that its YAML says."""
    if not examined.node["config"].get("contract", {}).get("enforced"):
        yield Fault(
            "has no enforced contract",
            "write `contract: {enforced: true}` below its `config`",
        )

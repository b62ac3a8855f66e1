"""The gate: one ordered list of rules that a release keeps, or is refused.

The list in docs/reference/release-format.md is written from it: `python scripts/gate_rules.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from inspect import getdoc

from milepost.publishing.candidate import Candidate
from milepost.publishing.refusal import Refusal
from milepost.publishing.rules.bounds import within_its_bounds
from milepost.publishing.rules.builds import (
    built_in_full,
    built_in_order,
    records_how_far_it_is_built,
)
from milepost.publishing.rules.code import built_by_this_code, files_as_dbt_read_them
from milepost.publishing.rules.past import keeps_the_past
from milepost.publishing.rules.personal_data import exposes_no_personal_data
from milepost.publishing.rules.promises import (
    goes_on_from_the_current_release,
    keeps_its_checks,
    keeps_its_features,
    no_view_is_missing,
)
from milepost.publishing.rules.rungs import earns_its_rung, services_stand_on_their_rung
from milepost.publishing.rules.services import services_are_served
from milepost.publishing.rules.sources import made_from_raw_logs
from milepost.publishing.rules.table import (
    columns_as_declared,
    one_row_per_key_and_instant,
    rows_as_built,
    values_are_finite,
)
from milepost.publishing.rules.tests import (
    has_a_data_test,
    no_test_is_disabled,
    tests_ask_all_that_they_say,
    tests_passed,
)

Check = Callable[[Candidate], Iterator[Refusal]]


@dataclass(frozen=True)
class Rule:
    """A check, and the checks that it needs: it is asked of the views that these do not refuse.

    `needs` closes views; a refusal of the whole release (`view` empty) closes nothing.

    The docstring of a check begins with "Require that"; its first paragraph is what the
    documentation says of the rule.
    """

    check: Check
    needs: tuple[Check, ...] = ()

    @property
    def name(self) -> str:
        """The rule's name, in words."""
        return self.check.__name__.replace("_", " ")

    @property
    def says(self) -> str:
        """What the rule requires, as a sentence."""
        paragraph = (getdoc(self.check) or "").split("\n\n")[0].replace("\n", " ")
        requirement = paragraph.removeprefix("Require that ")
        return requirement[0].upper() + requirement[1:]


_BUILT = (
    made_from_raw_logs,
    built_in_full,
    built_in_order,
    built_by_this_code,
    files_as_dbt_read_them,
    records_how_far_it_is_built,
)
_TESTED = (*_BUILT, rows_as_built, tests_passed)

RULES = (
    # What dbt's manifest and its records say.
    Rule(made_from_raw_logs),
    Rule(built_in_full),
    Rule(built_in_order),
    Rule(built_by_this_code),
    Rule(files_as_dbt_read_them),
    Rule(records_how_far_it_is_built, needs=(built_in_full, built_by_this_code)),
    Rule(has_a_data_test),
    Rule(no_test_is_disabled),
    Rule(tests_ask_all_that_they_say),
    Rule(exposes_no_personal_data),
    Rule(services_are_served),
    Rule(earns_its_rung, needs=(built_in_full,)),
    Rule(services_stand_on_their_rung),
    Rule(no_view_is_missing),
    Rule(keeps_its_features),
    Rule(keeps_its_checks),
    # What the tables say.
    Rule(rows_as_built, needs=_BUILT),
    Rule(tests_passed, needs=(*_BUILT, rows_as_built)),
    Rule(goes_on_from_the_current_release, needs=_BUILT),
    Rule(columns_as_declared, needs=_TESTED),
    Rule(values_are_finite, needs=(columns_as_declared,)),
    Rule(within_its_bounds, needs=(columns_as_declared,)),
    # What the files say, which are sent while nothing is refused.
    Rule(one_row_per_key_and_instant, needs=(values_are_finite,)),
    Rule(
        keeps_the_past,
        needs=(one_row_per_key_and_instant, keeps_its_features, goes_on_from_the_current_release),
    ),
)


def refusals(candidate: Candidate) -> list[Refusal]:
    """Return all that the rules refuse, in their order.

    A rule is not asked of a view that a rule it needs refused, or was not asked of itself.
    """
    refused: list[Refusal] = []
    closed: dict[Check, set[str]] = {}
    for rule in RULES:
        unready = set().union(*(closed.get(check, set()) for check in rule.needs))
        closed[rule.check] = unready
        views = [view for view in candidate.views if view.name not in unready]
        for refusal in rule.check(candidate.narrowed(views)):
            # Of a release that is refused no more files are sent.
            candidate.uploads.is_dry_run = True
            refused.append(refusal)
            unready.add(refusal.view)
    return refused

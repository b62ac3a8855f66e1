"""What each rung of the ladder asks: one ordered table.

docs/reference/ladder.md is written from it: `python scripts/ladder.py`.
"""

from __future__ import annotations

from milepost.standards.requirement import Requirement
from milepost.standards.requirements.deprecated import (
    has_a_date,
    has_no_service_after_its_date,
    names_a_replacement,
)
from milepost.standards.requirements.draft import has_no_open_end, is_declared
from milepost.standards.requirements.experimental import (
    has_owners_of_both_roles,
    is_contracted,
    is_described,
)
from milepost.standards.requirements.production import (
    bounds_its_nulls,
    has_a_history,
    has_withstood_stress,
    is_used_by_a_service,
    promises_freshness,
)
from milepost.standards.requirements.promotion import (
    has_evidence_of_this_code,
    is_approved_by_an_owner,
    keeps_what_was_approved,
)
from milepost.standards.requirements.tests import (
    bounds_its_numbers,
    has_a_unit_test,
    has_a_unit_test_at_an_edge,
    has_the_generic_test,
)

REQUIREMENTS = (
    Requirement("draft", is_declared),
    Requirement("draft", has_no_open_end),
    Requirement("experimental", has_owners_of_both_roles),
    Requirement("experimental", is_described),
    Requirement("experimental", is_contracted),
    Requirement("experimental", has_a_unit_test),
    Requirement("experimental", has_a_unit_test_at_an_edge),
    Requirement("experimental", has_the_generic_test),
    Requirement("experimental", bounds_its_numbers),
    Requirement("production", bounds_its_nulls),
    Requirement("production", promises_freshness),
    Requirement("production", has_a_history),
    Requirement("production", is_used_by_a_service, lasts=False),
    Requirement("production", has_withstood_stress),
    Requirement("production", has_evidence_of_this_code, is_by_promotion=True),
    Requirement("production", is_approved_by_an_owner, is_by_promotion=True),
    Requirement("production", keeps_what_was_approved, is_by_promotion=True),
    Requirement("deprecated", names_a_replacement),
    Requirement("deprecated", has_a_date),
    Requirement("deprecated", has_no_service_after_its_date),
)

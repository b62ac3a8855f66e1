"""Each requirement of the ladder: refused on a bad example, met by a good one."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from milepost.standards.requirement import Requirement
from milepost.standards.requirements import REQUIREMENTS
from milepost.standards.requirements.tests import BOUNDED_NAME
from standards.ladders import GENERIC, RANGE, SOURCE, UNIT, Ladder

ROOT = Path(__file__).parents[3]
Break = Callable[[Ladder], None]


@pytest.fixture
def ladder(tmp_path: Path) -> Ladder:
    return Ladder(tmp_path)


def without_a_grid(ladder: Ladder) -> None:
    del ladder.meta["grid"]


def with_an_open_end(ladder: Ladder) -> None:
    path = ladder.folder / "models/beds.sql"
    path.write_text("select\n    1 -- TODO: which one?")


def without_an_engineer(ladder: Ladder) -> None:
    ladder.meta["owners"] = {"science": "plants", "engineering": "to-be-named"}


def without_words(ladder: Ladder) -> None:
    ladder.view["columns"]["depth_cm"]["description"] = ""


def without_a_contract(ladder: Ladder) -> None:
    ladder.view["config"]["contract"] = {"enforced": False}


def without_a_unit_test(ladder: Ladder) -> None:
    ladder.unit_tests = {}


def without_an_edge(ladder: Ladder) -> None:
    rows = [{"known_at": "2026-01-02 10:00:00", "event_at": "2026-01-02 00:00:00"}]
    ladder.unit_tests[UNIT]["given"][0]["rows"] = rows


def without_the_generic_test(ladder: Ladder) -> None:
    del ladder.nodes[GENERIC]
    ladder.nodes["test.green.wet"] = {**ladder.nodes[RANGE], "column_name": "wet_rate_7d"}


def without_a_range(ladder: Ladder) -> None:
    ladder.nodes[RANGE]["test_metadata"] = {"name": "not_null"}


def without_a_meaning_of_nulls(ladder: Ladder) -> None:
    ladder.view["columns"]["depth_cm"]["description"] = "Depth."


def without_a_promise(ladder: Ladder) -> None:
    del ladder.meta["fresh_within_hours"]


def with_a_short_history(ladder: Ladder) -> None:
    ladder.raw_logs[SOURCE]["first"] = "2026-01-31"


def without_a_service(ladder: Ladder) -> None:
    ladder.exposures["exposure.green.watering"]["type"] = "dashboard"


def without_a_certificate(ladder: Ladder) -> None:
    ladder.certificate_file.unlink()


def without_evidence(ladder: Ladder) -> None:
    ladder.evidence_file.unlink()


def approved_by_a_stranger(ladder: Ladder) -> None:
    text = ladder.yaml.replace("engineering: pipes", "engineering: pumps")
    ladder.yaml = text
    ladder.meta["owners"] = {"science": "plants", "engineering": "pumps"}


def with_another_promise(ladder: Ladder) -> None:
    ladder.meta["fresh_within_hours"] = 5000


def deprecated(ladder: Ladder) -> None:
    """Make the view one that goes by next year, for another view."""
    ladder.meta |= {"maturity": "deprecated", "replaced_by": "shelves"}
    ladder.view["deprecation_date"] = "2999-01-01"
    shelves = {**ladder.view, "name": "shelves", "unique_id": "model.green.shelves"}
    shelves["config"] = {"meta": {**ladder.meta, "maturity": "production"}}
    ladder.nodes["model.green.shelves"] = shelves


def without_a_replacement(ladder: Ladder) -> None:
    del ladder.meta["replaced_by"]


def without_a_date(ladder: Ladder) -> None:
    ladder.view["deprecation_date"] = None


def after_its_date(ladder: Ladder) -> None:
    ladder.view["deprecation_date"] = "2026-01-01"


# How a view that has earned its rung loses it, by the requirement that says so; and on which line.
BROKEN: dict[str, tuple[Break, str]] = {
    "is declared": (without_a_grid, "models/beds.yml:3: `beds` is not whole: feature view `beds`"),
    "has no open end": (with_an_open_end, "models/beds.sql:2: `beds` has an open end: 1 -- TODO"),
    "has owners of both roles": (
        without_an_engineer,
        "models/beds.yml:9: `beds` has no owner for engineering",
    ),
    "is described": (without_words, "models/beds.yml:17: `beds` does not describe `depth_cm`"),
    "is contracted": (without_a_contract, "models/beds.yml:3: `beds` has no enforced contract"),
    "has a unit test": (without_a_unit_test, "models/beds.yml:3: `beds` has no unit test"),
    "has a unit test at an edge": (
        without_an_edge,
        "models/beds.yml:3: `beds` has no unit test at a window's edge",
    ),
    "has the generic test": (
        without_the_generic_test,
        "models/beds.yml:3: `beds` has no data test `values_fit_their_names`",
    ),
    "bounds its numbers": (
        without_a_range,
        "models/beds.yml:17: `beds` does not say between which values `depth_cm` lies",
    ),
    "bounds its nulls": (
        without_a_meaning_of_nulls,
        "models/beds.yml:17: `beds` does not say what a null of `depth_cm` means",
    ),
    "promises freshness": (
        without_a_promise,
        "models/beds.yml:3: `beds` promises no freshness",
    ),
    "has a history": (
        with_a_short_history,
        "models/beds.yml:3: `beds` is built over 29 days of its raw logs",
    ),
    "is used by a service": (without_a_service, "models/beds.yml:3: `beds` is used by no service"),
    "has withstood stress": (
        without_a_certificate,
        "models/beds.stress.json:1: `beds` has not withstood stress: `beds` has no stress",
    ),
    "has evidence of this code": (
        without_evidence,
        "models/beds.yml:10: `beds` has no evidence that it earned `production`",
    ),
    "is approved by an owner": (
        approved_by_a_stranger,
        "models/beds.evidence.json:1: `beds` was approved by `pipes`, who is not its owner for ",
    ),
    "keeps what was approved": (
        with_another_promise,
        "models/beds.yml:11: `beds` was approved with another `fresh_within_hours`: it was `50`, "
        "and is `5000`",
    ),
    "names a replacement": (without_a_replacement, "models/beds.yml:3: `beds` names no replace"),
    "has a date": (without_a_date, "models/beds.yml:3: `beds` does not say until when it stays"),
    "has no service after its date": (
        after_its_date,
        "models/beds.yml:3: `beds` was to go by 2026-01-01T00:00:00, and service `watering` still",
    ),
}


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda item: item.name)
def test_each_requirement_refuses_its_bad_example_and_passes_the_good_one(
    ladder: Ladder, requirement: Requirement
) -> None:
    if requirement.rung == "deprecated":
        deprecated(ladder)
    ladder.write()
    assert list(requirement.findings(ladder.examined())) == []
    break_it, text = BROKEN[requirement.name]
    break_it(ladder)
    finding, *_ = requirement.findings(ladder.examined())
    assert str(finding).startswith(text)
    assert finding.rule == f"{requirement.rung}: {requirement.name}"
    assert finding.remedy


def said_by(ladder: Ladder, name: str) -> str:
    """What a requirement says of the view."""
    (requirement,) = (item for item in REQUIREMENTS if item.name == name)
    return " ".join(finding.message for finding in requirement.findings(ladder.examined()))


def evidence_of(ladder: Ladder) -> str:
    """What the requirement of evidence says."""
    return said_by(ladder, "has evidence of this code")


def test_evidence_of_other_code_does_not_count(ladder: Ladder) -> None:
    ladder.write()
    ladder.view["raw_code"] = "select 2"
    assert "has evidence of other code" in evidence_of(ladder)


def test_evidence_counts_for_the_tests_as_they_were(ladder: Ladder) -> None:
    ladder.write()
    del ladder.nodes[RANGE]
    assert "has evidence of other code" in evidence_of(ladder)


@pytest.mark.parametrize(
    ("key", "value"),
    [("code", "0123456789abcdef"), ("rung", "deprecated"), ("promises", {}), ("proof", {})],
)
def test_evidence_that_was_edited_by_hand_does_not_count(
    ladder: Ladder, key: str, value: object
) -> None:
    ladder.write()
    content = json.loads(ladder.evidence_file.read_text())
    content[key] = value
    ladder.evidence_file.write_text(json.dumps(content))
    assert "is not as `milepost promote` wrote it" in evidence_of(ladder)


def test_evidence_with_a_digest_of_its_own_is_compared_with_the_project(ladder: Ladder) -> None:
    ladder.evidence_changes = {"code": "0123456789abcdef"}
    ladder.write()
    assert "has evidence of other code" in evidence_of(ladder)
    ladder.evidence_changes = {"certificate": "0123456789abcdef"}
    ladder.write()
    assert "has evidence with another stress certificate" in evidence_of(ladder)
    ladder.evidence_changes = {"rung": "deprecated"}
    ladder.write()
    assert "on the rung `deprecated`, and not of `production`" in evidence_of(ladder)
    ladder.evidence_changes = {"view": "shelves"}
    ladder.write()
    assert "has evidence of `shelves`" in evidence_of(ladder)


@pytest.mark.parametrize(
    ("grid", "instant", "is_edge"),
    [
        ("day", "2026-01-02", True),
        ("day", "2026-01-02 00:00:00", True),
        ("day", "2026-01-02T00:00", True),
        ("day", "2026-01-02 00:00:00.000001", False),
        ("day", "2026-01-02 10:00:00", False),
        ("day", "2026-01-02 00:00:00+00:00", True),
        ("day", "2026-01-02T02:00:00+02:00", True),
        ("day", "2026-01-02 00:00:00-05:00", False),
        ("hour", "2026-01-02 10:00:00", True),
        ("hour", "2026-01-02 10:00:01", False),
    ],
)
@pytest.mark.parametrize("is_sql", [True, False])
def test_an_edge_is_an_instant_of_the_grid(
    ladder: Ladder, grid: str, instant: str, is_edge: bool, is_sql: bool
) -> None:
    ladder.meta["grid"] = grid
    rows = f"select cast('{instant}' as timestamptz) as known_at" if is_sql else None
    ladder.unit_tests[UNIT]["given"][0]["rows"] = rows or [{"known_at": instant}]
    assert (said_by(ladder, "has a unit test at an edge") == "") == is_edge


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("dense", True),
        ("sensitivity", "public"),
        ("personal_data_allowed", {"bed_id": "it names nobody"}),
        ("dropped_checks", {"depth": "nobody knows"}),
        (
            "entity_definitions",
            {"bed": {"keys": {"bed_id": "varchar"}, "description": "A row of beds."}},
        ),
        ("stress_tolerance", 0.9),
        ("replaced_by", "pots"),
        ("deprecation_date", "3999-01-01"),
    ],
)
def test_what_was_approved_cannot_be_changed_without_approval(
    ladder: Ladder, key: str, value: object
) -> None:
    deprecated(ladder)
    ladder.write()
    (ladder.view if key == "deprecation_date" else ladder.meta)[key] = value
    message = f"`beds` was approved with another `{key}`: "
    assert said_by(ladder, "keeps what was approved").startswith(message)


def test_another_entity_may_be_defined_otherwise(ladder: Ladder) -> None:
    ladder.write()
    pot = {"pot": {"keys": {"pot_id": "varchar"}, "description": "A pot."}}
    ladder.meta["entity_definitions"] = {**ladder.meta["entity_definitions"], **pot}
    assert said_by(ladder, "keeps what was approved") == ""


@pytest.mark.parametrize(
    ("key", "value", "requirement", "message"),
    [
        ("replaced_by", ["shelves"], "names a replacement", "is replaced by `['shelves']`"),
        (
            "owners",
            {"science": ["plants"], "engineering": "pipes"},
            "is declared",
            "has no valid `meta.owners`: `{'science': ['plants'], ",
        ),
        (
            "stress_tolerance",
            "high",
            "keeps what was approved",
            "`beds.wet_rate_7d` has `stress_tolerance: high`",
        ),
    ],
)
def test_a_value_of_another_kind_is_a_finding(
    ladder: Ladder, key: str, value: object, requirement: str, message: str
) -> None:
    ladder.write()
    ladder.meta[key] = value
    assert message in said_by(ladder, requirement)


def test_a_view_without_a_raw_log_has_no_history(ladder: Ladder) -> None:
    ladder.raw_logs = {}
    assert said_by(ladder, "has a history") == "`beds` reads no raw log"


def test_owners_of_two_roles_differ_whatever_a_third_is(ladder: Ladder) -> None:
    ladder.meta["owners"] = {"science": "pipes", "engineering": "pipes", "product": "shop"}
    ladder.write()
    assert "has one owner, who cannot approve alone" in said_by(ladder, "is approved by an owner")


@pytest.mark.parametrize(
    "rows",
    [
        "select '2026-01-02' as due_date, timestamp '2026-01-02 10:30' as known_at",
        "select date '2026-01-02' as event_at",
        "select known_at from read_parquet('s3://lake/facts.parquet')",
        [{"due_date": "2026-01-02"}],
        [{"known_at": None}, {"event_at": "2026-01-02"}],
        [{"known_at": "soon"}],
        [],
        None,
    ],
)
def test_what_is_no_instant_of_knowing_is_no_edge(ladder: Ladder, rows: object) -> None:
    ladder.unit_tests[UNIT]["given"][0]["rows"] = rows
    message = "`beds` has no unit test at a window's edge"
    assert said_by(ladder, "has a unit test at an edge") == message


@pytest.mark.parametrize(
    ("kind", "config", "is_bounded"),
    [
        ("is_between", {}, True),
        ("is_between", {"severity": "ERROR", "error_if": "!= 0", "where": None}, True),
        ("accepted_range", {}, True),
        ("not_null_proportion", {}, False),
        ("is_between", {"severity": "warn"}, False),
        ("is_between", {"where": "depth_cm > 0"}, False),
        ("is_between", {"error_if": "> 10"}, False),
        ("is_between", {"limit": 1}, False),
    ],
)
def test_a_range_is_a_test_that_bounds_each_row(
    ladder: Ladder, kind: str, config: dict[str, object], is_bounded: bool
) -> None:
    ladder.nodes[RANGE]["test_metadata"] = {"name": kind}
    ladder.nodes[RANGE]["config"] = {"meta": {}, **config}
    assert (said_by(ladder, "bounds its numbers") == "") == is_bounded


def test_a_generic_test_of_no_row_does_not_count(ladder: Ladder) -> None:
    ladder.nodes[GENERIC]["config"] = {"meta": {}, "where": "false"}
    assert "has no data test `values_fit_their_names`" in said_by(ladder, "has the generic test")


def test_the_page_of_the_ladder_lists_the_requirements(tmp_path: Path) -> None:
    page = ROOT / "docs/reference/ladder.md"
    copy = tmp_path / "ladder.md"
    copy.write_text(page.read_text())
    script = [sys.executable, str(ROOT / "scripts/ladder.py"), "--page", str(copy)]
    subprocess.run(script, check=True)
    assert copy.read_text() == page.read_text(), "run `python scripts/ladder.py`"
    assert all((item.check.__doc__ or "").startswith("Require that ") for item in REQUIREMENTS)
    copy.write_text("no markers")
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert (done.returncode, copy.read_text()) == (1, "no markers")
    assert "hint: put a line" in done.stderr


def test_names_that_have_a_range_are_those_that_the_generic_test_bounds() -> None:
    macro = (ROOT / "macros/checks/rules_of_names.sql").read_text()
    bounds, _ = macro.split("{% set bounds = (")[1].split("{% if bounds and")
    suffixes = re.findall(r"'(_[a-z_]+)'", bounds)
    assert {"_rate", "_share", "_rate_change", "_share_change"} == set(suffixes)
    assert "'_(stddev|interquartile_range)(_|$)'" in bounds
    assert "windows[name].what.endswith('_count')" in macro
    bounded = [*suffixes, "_count", "_stddev", "_stddev_usd", "_interquartile_range_usd"]
    assert all(BOUNDED_NAME.search(f"depth{suffix}") for suffix in bounded)
    assert not any(BOUNDED_NAME.search(name) for name in ("rate", "depth_mean", "count_mean"))

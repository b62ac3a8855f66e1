"""A field of a view's definition stands once: describe, show, diff and docs take it from there."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import pytest

from milepost.building.code import DESCRIPTIVE_META
from milepost.catalogue.describe import describe, view_facts
from milepost.release import difference
from milepost.release.definition import Field, Statement, ViewDefinition, stated, statements
from milepost.release.derived import Derived
from milepost.release.entity import Entity, EntityRole
from milepost.release.manifest import File, Manifest, SetAside, View
from milepost.release.service import Service
from milepost.release.stressed_feature import StressedFeature
from milepost.release.term import Term

ROOT = Path(__file__).parents[3]
FORMAT_PAGE = ROOT / "docs/reference/release-format.md"
VIEW = View(
    name="lane_rates",
    description="What a lane costs.",
    entities=[
        EntityRole("origin", "market", ["origin_id"]),
        EntityRole("equipment", "equipment", ["equipment_type"]),
    ],
    keys=["origin_id", "equipment_type"],
    grid="day",
    serving_delay_minutes=120,
    owners={"science": "pricing", "engineering": "data"},
    maturity="production",
    sensitivity="internal",
    fields=[
        Field("origin_id", "VARCHAR", "The origin."),
        Field("equipment_type", "VARCHAR", "The trailer."),
        Field("available_at", "TIMESTAMP", "When it could be had."),
        Field("rate_28d", "DOUBLE", "The rate.", "2026-01-01T00:00:00"),
    ],
    files=[],
    rows=0,
    built_through="2026-02-01T00:00:00",
    statistics={},
    checks=["test.a"],
    code="",
    fingerprint="",
)
# Of each field another value, and what people see of it.
OTHERS: dict[str, tuple[Any, str]] = {
    "name": ("lane_costs_v2", "lane_costs_v2"),
    "description": ("Another text.", "Another text."),
    "version": ("2", "2"),
    "is_latest": (False, "latest version"),
    "deprecated_at": ("2027-01-01", "2027-01-01"),
    "entities": ([EntityRole("start", "market", ["start_id"])], "start market (start_id)"),
    "keys": (["equipment_type", "origin_id"], "equipment_type, origin_id"),
    "grid": ("hour", "hour"),
    "serving_delay_minutes": (1500, "1,500 minutes"),
    "is_dense": (True, "a row at each grid instant"),
    "fresh_within_hours": (50, "50 hours"),
    "owners": ({"science": "someone"}, "someone (science)"),
    "maturity": ("experimental", "experimental"),
    "sensitivity": ("public", "public"),
    "tags": (["peak_season"], "peak_season"),
    "fields": ([*VIEW.fields, Field("extra", "BIGINT", "", "2026-01-01")], "lane_rates:extra"),
    "derived": ([Derived("twice", "DOUBLE", "", "2 * rate_28d")], "lane_rates:twice"),
    "built_through": ("2026-03-01T00:00:00", "2026-03-01 00:00"),
    "estimated_known_at": ({"raw.a": "by the base model"}, "raw.a: by the base model"),
}


def release_of(view: View) -> Manifest:
    return Manifest(4, "", "2026-02-01T00:00:00", {}, [view], [])


def test_a_value_for_each_field_is_tried() -> None:
    assert {part.name for part in fields(ViewDefinition)} <= set(OTHERS)


@pytest.mark.parametrize("name", OTHERS)
def test_each_field_is_described_and_compared(name: str) -> None:
    value, text = OTHERS[name]
    view = replace(VIEW, **{name: value})
    assert text in repr(describe(release_of(view), view.name))
    assert repr(describe(release_of(view), view.name)) != repr(
        describe(release_of(VIEW), VIEW.name)
    )
    (changed, *_) = difference.between(release_of(VIEW), release_of(view))
    lines = "\n".join(difference.lines([changed]))
    assert f"  {name}: " in lines or "features added: " in lines or changed.change == "added"


def test_the_reasons_of_dropped_checks_are_compared_and_not_described() -> None:
    """Patterns that a folder of views shares are mostly about other views."""
    view = replace(VIEW, dropped_checks={"test.b": "it was wrong"})
    assert "dropped" not in repr(describe(release_of(view), view.name))
    (changed,) = difference.between(release_of(VIEW), release_of(view))
    assert "dropped_checks" in changed.stated


def test_a_difference_is_told_in_words() -> None:
    view = replace(VIEW, deprecated_at="2027-01-01", is_latest=False, built_through="2026-03-01")
    assert difference.text(release_of(VIEW), release_of(view)) == [
        "lane_rates: changed, rows 0 -> 0 (+0)",
        "  is_latest: yes -> no",
        "  deprecated_at: none -> 2027-01-01",
        "  built_through: 2026-02-01 00:00 -> 2026-03-01 00:00",
    ]
    term = Term("lane", "A route.", ["corridor"])
    with_term = replace(release_of(view), glossary=[term])
    assert difference.text(release_of(view), with_term) == ["glossary: lane"]
    assert difference.text(with_term, release_of(view)) == ["glossary: lane"]
    assert difference.text(with_term, with_term) == ["nothing differs"]


def test_a_field_that_somebody_adds_is_shown_and_compared_without_another_edit() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Longer(View):
        cost_center: str = "none"
        is_free: bool = field(default=False, metadata=stated(label="free of charge"))
        secret: str = field(default="s", metadata=stated(is_shown=False, is_compared=False))

    view = Longer(**{part.name: getattr(VIEW, part.name) for part in fields(View)})
    facts = view_facts(view)
    assert (facts["cost center"], facts["free of charge"]) == ("none", "no")
    assert "secret" not in facts
    moved = replace(view, cost_center="freight", secret="t")
    (changed,) = difference.between(release_of(view), release_of(moved))
    assert changed.stated == {"cost_center": ["none", "freight"]}
    assert re.search(r"\n  cost center +none\n", repr(describe(release_of(view), view.name)))


def test_what_must_not_change_within_a_version_is_said_at_the_field() -> None:
    breaking = [name for name, statement in statements(View).items() if statement.is_breaking]
    assert breaking == ["keys", "grid", "serving_delay_minutes"]


@pytest.mark.parametrize(
    ("value", "fact"),
    [
        (True, "yes"),
        (3, 3),
        (None, None),
        (1.5, "1.5"),
        ([1, "a"], ["1", "a"]),
        ({"a": "b"}, ["a: b"]),
        ({}, None),
    ],
)
def test_a_value_is_a_fact_that_people_can_read(value: Any, fact: Any) -> None:
    assert Statement().fact(value) == fact


def test_what_an_entity_is_stands_once_and_is_described_with_each_view() -> None:
    market = Entity("market", {"market_id": "VARCHAR"}, "Where loads are picked up.")
    manifest = replace(release_of(VIEW), entities=[market])
    shown = repr(describe(manifest, "lane_rates"))
    assert re.search(r"entities +origin market \(origin_id\), equipment \(equipment_type\)", shown)
    assert re.search(r"entity origin +Where loads are picked up\.", shown)


@pytest.mark.parametrize(
    ("title", "kinds"),
    [
        ("## manifest.json", (Manifest,)),
        ("Each view:", (View,)),
        ("Each entity:", (Entity,)),
        ("Each service:", (Service,)),
        ("Each term:", (Term,)),
        ("Each feature of a certificate:", (StressedFeature,)),
    ],
)
def test_the_format_page_has_a_row_for_each_field(title: str, kinds: tuple[type, ...]) -> None:
    section = FORMAT_PAGE.read_text().partition(f"\n{title}\n")[2].partition("\n| --- | --- |\n")[2]
    rows = section.partition("\n\n")[0].splitlines()
    documented = {name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    assert documented == {part.name for kind in kinds for part in fields(kind)}


@pytest.mark.parametrize("kind", [Field, File, Derived, EntityRole, SetAside])
def test_the_format_page_names_what_stands_inside_a_field(kind: type) -> None:
    page = FORMAT_PAGE.read_text()
    assert [part.name for part in fields(kind) if f"`{part.name}`" not in page] == []


def test_each_field_is_said_to_be_code_or_descriptive() -> None:
    """A new field fails here, so that it is decided whether stating it builds tables again."""
    in_meta = {name.removeprefix("is_") for name in statements(ViewDefinition)}
    no_meta = {
        "name",
        "description",
        "version",
        "latest",
        "deprecated_at",
        "keys",
        "fields",
        "tags",
    }
    code = {"entities", "grid", "serving_delay_minutes"}
    assert in_meta - no_meta - DESCRIPTIVE_META == code

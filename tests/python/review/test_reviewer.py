"""What a report says of each view of a change, on a small project without dbt and a real store."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from candidates import COLUMNS, TEST, VIEW, Garden, released, view
from milepost.building import code
from milepost.building.catalog import Catalog
from milepost.building.code import Coder
from milepost.publishing.data_files import Uploads
from milepost.release.service import Service
from milepost.review import markdown
from milepost.review.base import Base
from milepost.review.cost import Cost, TableCost
from milepost.review.distributions import Distribution, DistributionChange, changes
from milepost.review.report import Report
from milepost.review.reviewer import Reviewer
from milepost.review.view_review import ViewReview
from milepost.storage.location import Location


@pytest.fixture
def garden(tmp_path: Path, store: Location) -> Garden:
    """A project whose release has its code and its rows, built a day further since."""
    garden = Garden(tmp_path)
    garden.nodes[VIEW]["config"]["meta"]["maturity"] = "draft"
    record_code(garden)
    garden.release(store)
    return garden


def record_code(garden: Garden) -> None:
    """Let the last build be of the code as it is."""
    parts = garden.candidate(Uploads(Location("b", "p"), None)).coder.parts(VIEW)
    garden.batches[VIEW] = replace(garden.batches[VIEW], code=code.digest(parts))


def reviews(garden: Garden, base: Base | None = None) -> dict[str, ViewReview]:
    garden.uploads = Uploads(garden.uploads.store, garden.current, is_dry_run=True)
    reviewer = Reviewer(garden.candidate(garden.uploads), base)
    return {review.view: review for review in reviewer.reviews()}


def base_of(garden: Garden) -> Base:
    """The project as it is now, as the base of a change."""
    catalog = garden.candidate(garden.uploads).catalog
    nodes = {node_id: dict(node) for node_id, node in catalog.nodes.items()}
    kept = Catalog(nodes, {}, {}, (), "green", "1")
    views = {view.name: view for view in kept.feature_views()}
    return Base(kept, Coder(kept, {}, "dev", {}), views)


def as_version(garden: Garden, version: int) -> None:
    garden.nodes[VIEW] |= {"version": version, "latest_version": version}
    record_code(garden)


def test_nothing_changes(garden: Garden) -> None:
    (review,) = reviews(garden).values()
    assert (review.change, review.is_built, review.is_touched) == ("unchanged", True, False)
    assert review.past_changes is not None
    assert (review.past_changes.row_count, review.past_changes.features) == (0, [])
    assert review.distribution_changes == []


def test_other_code_with_the_same_values_changes_no_row(garden: Garden) -> None:
    base = base_of(garden)
    garden.nodes[VIEW]["raw_code"] = "select 2"
    (review,) = reviews(garden, base).values()
    assert (review.change, review.changed_parts) == ("other code", ["model `beds`"])
    assert review.past_changes is not None
    assert review.past_changes.row_count == 0
    (review,) = reviews(garden).values()
    assert (review.change, review.changed_parts) == ("other code", None)


def test_values_that_move_without_a_new_version_are_counted(garden: Garden) -> None:
    garden.nodes[VIEW]["raw_code"] = "select 2"
    garden.con.execute("update beds set wet = 0.7 where available_at < '2026-01-05'")
    (review,) = reviews(garden).values()
    changes = review.past_changes
    assert changes is not None
    assert (str(changes.before), changes.row_count) == ("2026-02-01 00:30:00", 3)
    assert [(c.feature, c.instant_count, c.key) for c in changes.features] == [
        ("wet", 3, "bed_id=north")
    ]
    (wet,) = review.distribution_changes
    assert wet.before is not None
    assert wet.after is not None
    assert (wet.feature, wet.before.greatest, wet.after.greatest) == ("wet", "0.5", "0.7")
    assert any("has another past" in refusal.sentence for refusal in garden.refusals())


def test_values_of_a_new_version_are_counted_and_not_refused(garden: Garden) -> None:
    current = garden.current
    assert current is not None
    garden.con.execute("update beds set wet = 0.7 where available_at < '2026-01-05'")
    as_version(garden, 2)
    (review, removed) = reviews(garden).values()
    assert (review.view, review.change, review.compared_with) == ("beds_v2", "new version", "beds")
    assert review.selector == "beds.v2"
    assert review.past_changes is not None
    assert review.past_changes.row_count == 3
    assert "before 2026-02-01 00:30:00, compared with `beds`." in text(review)
    assert (removed.view, removed.change) == ("beds", "removed")
    assert not any("another past" in refusal.sentence for refusal in garden.refusals())


def test_rows_of_other_keys_are_not_compared(garden: Garden) -> None:
    garden.con.execute("alter table beds add column pot_id varchar default 'a'")
    garden.nodes[VIEW]["columns"]["pot_id"] = {
        "name": "pot_id",
        "data_type": "varchar",
        "description": "",
    }
    meta = garden.nodes[VIEW]["config"]["meta"]
    meta["entities"] = {"bed": ["bed_id"], "pot": ["pot_id"]}
    meta["entity_definitions"] = {
        **meta["entity_definitions"],
        "pot": {"keys": {"pot_id": "varchar"}, "description": "A pot."},
    }
    as_version(garden, 2)
    review = reviews(garden)["beds_v2"]
    assert review.past_changes is None
    assert "Past: not compared, as `beds` has other keys." in text(review)


def test_checks_that_are_new_and_lost_are_named(garden: Garden) -> None:
    base = base_of(garden)
    check = garden.nodes.pop(TEST)
    garden.nodes["test.green.wet_is_small"] = {**check, "name": "wet_is_small"}
    for review in (*reviews(garden).values(), *reviews(garden, base).values()):
        assert review.change == "other checks"
        assert (review.checks_new, review.checks_lost) == (["wet_is_small"], ["wet_is_a_share"])
    assert any("`wet_is_a_share` is gone" in refusal.sentence for refusal in garden.refusals())


def test_a_check_whose_own_name_has_that_of_the_view_is_in_its_version_too(garden: Garden) -> None:
    current = garden.current
    assert current is not None
    garden.nodes["test.green.beds_fit"] = {**garden.nodes[TEST], "name": "beds_fit"}
    (view,) = current.views
    checks = {*view.checks, "beds_fit"}
    garden.current = replace(current, views=[replace(view, checks=sorted(checks))])
    as_version(garden, 2)
    review = reviews(garden)["beds_v2"]
    assert (review.checks_new, review.checks_lost) == ([], [])


def test_a_check_that_asks_something_else_is_named(garden: Garden) -> None:
    base = base_of(garden)
    garden.nodes[TEST]["raw_code"] = "select 3"
    (review,) = reviews(garden, base).values()
    assert (review.change, review.checks_changed) == ("other checks", ["wet_is_a_share"])
    assert "- Checks changed: 1: `wet_is_a_share`." in text(review)


def test_a_view_that_is_new_and_not_built_says_what_to_build(garden: Garden) -> None:
    garden.nodes["model.green.pots"] = {
        **garden.nodes[VIEW],
        "name": "pots",
        "unique_id": "model.green.pots",
        "relation_name": "pots",
    }
    review = reviews(garden)["pots"]
    assert (review.change, review.is_built, review.compared_with) == ("new", False, None)
    assert "`dbt build --select +pots`" in text(review)


def test_a_view_that_is_not_built_and_has_the_code_of_the_release_is_unchanged(
    garden: Garden,
) -> None:
    garden.build_changes[VIEW] = {"status": "skipped"}
    (review,) = reviews(garden).values()
    assert (review.change, review.is_built, review.is_touched) == ("unchanged", False, False)
    garden.nodes[VIEW]["description"] = "Beds."
    garden.nodes[VIEW]["config"]["meta"]["owners"] = {"science": "roots"}
    (review,) = reviews(garden).values()
    assert review.change == "other description"
    assert "- For readers: owners: none -> roots (science)\n" in text(review)
    assert "Not built: its code is the same, and so are its rows." in text(review)


def test_a_claim_that_is_not_earned_is_said(garden: Garden) -> None:
    garden.nodes[VIEW]["config"]["meta"]["maturity"] = "experimental"
    (review,) = reviews(garden).values()
    assert (review.rung_before, review.rung_after) == ("draft", "experimental")
    assert review.missing_for_rung
    assert "draft → experimental, **not earned**" in text(review)


def report_of(*views: ViewReview, **more: Any) -> Report:
    stated: Mapping[str, Any] = {
        "against": "20260701T000000Z-0123456789ab",
        "current": "20260701T000000Z-0123456789ab",
        "views": list(views),
        "service_differences": [],
        "services": [],
        "refused": [],
        "remedies": "",
        "cost": None,
    }
    return Report(**{**stated, **more})


def text(*views: ViewReview, **more: Any) -> str:
    return markdown.text(report_of(*views, **more))


def test_the_report_of_a_moved_past_reads_as_markdown(garden: Garden) -> None:
    garden.con.execute("update beds set wet = 0.7 where available_at < '2026-01-05'")
    refused = [refusal.sentence for refusal in garden.refusals()]
    cost = Cost([TableCost("beds", 1.25, 31)], test_count=2, test_seconds=0.5)
    service = Service("drought", "", "high", {"name": "Water", "email": "w@example.org"}, [])
    whole = text(
        *reviews(garden).values(),
        refused=refused,
        remedies="undo it",
        services=[service],
        cost=cost,
    )
    assert whole.startswith(markdown.MARK + "\n## Milepost: 1 of 1 feature views change\n")
    for line in (
        "**The gate refuses this:**",
        "What to do: undo it",
        "| `beds` | unchanged | draft | 31 → 31 | **3 rows** |  |  |",
        "- Past: 3 rows changed before 2026-02-01 00:30:00.",
        "  - `wet`: 3 values, first at 2026-01-02 00:30:00 of `bed_id=north`",
        "| `wet` | 0.00% | 0.5 | 0.5 | 0.5 | 0.5 → 0.7 | 0.5 → 0.7 |",
        "| `drought` | high | Water, w@example.org |",
        "1.8 s: 1 tables, and 0.5 s for 2 tests.",
        "| `beds` | 1.2 | 31 |",
    ):
        assert line in whole.splitlines(), whole


def test_a_report_against_another_release_says_what_the_gate_compares_with() -> None:
    line = "Against release `20260701T000000Z-0123456789ab`"
    assert f"{line}.\n" in text()
    other = text(current="20260801T000000Z-0123456789ab")
    assert f"{line}, which is not the current one." in other
    assert "`milepost publish` compares with `20260801T000000Z-0123456789ab`" in other
    assert "Nothing is published yet" in text(against=None, current=None)


def test_values_and_names_stay_text(garden: Garden) -> None:
    hostile = "Bad`\n</details>\n\n# Heading <!-- @everyone | <script>"
    garden.con.execute("update beds set wet = 0.7 where available_at < '2026-01-05'")
    (review,) = reviews(garden).values()
    assert review.past_changes is not None
    (wet,) = review.past_changes.features
    past = replace(review.past_changes, features=[replace(wet, key=hostile)])
    side = Distribution(0.5, hostile, {"0.5": hostile}, hostile)
    whole = text(
        replace(
            review,
            past_changes=past,
            missing_for_rung=[hostile],
            distribution_changes=[DistributionChange(hostile, side, side)],
            owners={"science": hostile},
        ),
        refused=[hostile],
        remedies=hostile,
        services=[Service(hostile, "", hostile, {"name": hostile}, [])],
        cost=Cost([TableCost(hostile, 1.25, 31)], test_count=2, test_seconds=0.5),
    )
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(whole)
    headings = re.findall("<h[1-6]>(.*?)</h", html)
    assert len(headings) == 4
    assert not any("Heading" in heading for heading in headings)
    assert html.count("<details>") == html.count("</details>") == 2
    assert html.count("<!--") == 1
    assert "<script>" not in html.replace("&lt;script>", "")
    assert "@everyone" not in re.sub("<code>.*?</code>", "", html)


def test_values_of_texts_and_of_sensitive_views_are_left_out(garden: Garden) -> None:
    garden.con.execute("update beds set wet = 0.7 where available_at < '2026-01-05'")
    garden.nodes[VIEW]["config"]["meta"]["sensitivity"] = "personal"
    (review,) = reviews(garden).values()
    assert review.is_sensitive
    without = "| `wet` | 0.00% | not shown | not shown | not shown | not shown | not shown |"
    assert without in text(review).splitlines()
    assert "north" not in text(review)
    (wet,) = review.distribution_changes
    of_text = replace(review, is_sensitive=False, distribution_changes=[replace(wet, is_text=True)])
    assert without in text(of_text).splitlines()
    assert "north" in text(of_text)


def test_a_feature_that_is_text_is_told_from_numbers() -> None:
    measured = {"nulls": 0, "min": "ann", "max": "zoe"}
    manifest = released(view({**COLUMNS, "gardener": "VARCHAR"}))
    (plain,) = manifest.views
    new = replace(plain, statistics={"gardener": measured, "wet": measured})
    assert {c.feature: c.is_text for c in changes(plain, new)} == {"gardener": True, "wet": False}


def test_a_long_report_fits_into_a_comment(garden: Garden) -> None:
    (review,) = reviews(garden).values()
    (change, *_) = reviews_with_statistics(review)
    long = replace(review, change="other code", distribution_changes=[change] * 2_000)
    assert len(text(long)) <= markdown.LONGEST
    assert "<summary>Statistics" not in text(long)


def test_a_report_that_is_cut_ends_after_a_line(
    garden: Garden, monkeypatch: pytest.MonkeyPatch
) -> None:
    (review,) = reviews(garden).values()
    (change, *_) = reviews_with_statistics(review)
    many = [
        replace(review, view=f"beds_{n}", change="other code", distribution_changes=[change])
        for n in range(200)
    ]
    monkeypatch.setattr(markdown, "LONGEST", 1_000_000)
    lines = {*text(*many).splitlines()}
    for longest in range(5_000, 5_060):
        monkeypatch.setattr(markdown, "LONGEST", longest)
        cut = text(*many).splitlines()
        assert cut[-2:] == ["", "(cut: `milepost report --json` has it all)"]
        assert not any("details>" in line for line in cut)
        assert {*cut[:-1]} <= lines


def reviews_with_statistics(review: ViewReview) -> list[Any]:
    side = Distribution(0.5, "1", {"0.5": "2"}, "3")
    return [DistributionChange("wet", side, None), review]

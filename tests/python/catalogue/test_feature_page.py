"""What `describe` answers of a feature: distribution, users, SQL, and code that runs."""

from __future__ import annotations

import doctest
import re
from dataclasses import replace
from typing import Any

import pytest

from milepost import FeatureStore
from milepost.catalogue import feature_facts, histogram
from milepost.catalogue.describe import describe
from milepost.release.derived import Derived
from milepost.release.manifest import Manifest, View
from milepost.release.service import Service, TrainingSetModel
from milepost.release.stressed_feature import StressedFeature
from milepost.storage.location import Location
from small_releases import at, manifest_of, put_view, release_manifest, rows_of

SQL = """with

windows as (

    select tenders as tender_count_7d, 'share' as share_last_50 from counted

)

select * from windows
"""
STATISTICS: dict[str, dict[str, Any]] = {
    "share_last_50": {
        "nulls": 1,
        "min": "0.0",
        "max": "1.0",
        "quantiles": {"0.01": "0.0", "0.5": "0.3333333333333333", "0.99": "1.0"},
        "histogram": {"from": "0.0", "to": "1.0", "counts": [1, 0, 2]},
    },
    "tender_count_7d": {
        "nulls": 0,
        "min": "1",
        "max": "12000",
        "quantiles": None,
        "histogram": None,
    },
    "is_open": {
        "nulls": 0,
        "min": "false",
        "max": "true",
        "quantiles": {"0.5": "true"},
        "histogram": {"from": "false", "to": "true", "counts": [1, 3]},
    },
}
ROWS = rows_of(
    {
        "market_id": "VARCHAR",
        "available_at": "TIMESTAMP",
        "share_last_50": "DOUBLE",
        "tender_count_7d": "BIGINT",
        "is_open": "BOOLEAN",
    },
    *(("atl", at(f"2026-01-0{day}"), 0.5, day, True) for day in (1, 2, 3, 4)),
)
OFFER = Derived(
    "offered_share",
    "DOUBLE",
    "",
    "offers * share_last_50",
    ["share_last_50"],
    {"offers": "BIGINT"},
)
OF_MARKETS = {"origin": {"view": "markets", "keys": {"market_id": "origin_id"}}}


@pytest.fixture
def page(store: Location) -> tuple[FeatureStore, Manifest]:
    view = put_view(store, "markets", ROWS, keys=("market_id",))
    stated: dict[str, dict[str, Any]] = {
        "share_last_50": {
            "unit": "share, 0 to 1",
            "null_meaning": "Null at first.",
            "sample": {"tender_count_7d": 8},
            "look_back_hours": 360 * 24,
        },
        "tender_count_7d": {"look_back_hours": 168},
        "is_open": {"look_back_hours": 12},
    }
    view = replace(
        view,
        fields=[replace(column, **stated.get(column.name, {})) for column in view.fields],
        derived=[OFFER],
        statistics=STATISTICS,
        sql=SQL,
        fresh_within_hours=26,
    )
    services = [
        Service("by_alias", "", None, {}, ["origin:share_last_50"], OF_MARKETS),
        Service("by_input", "", None, {}, ["markets:offered_share"]),
        Service("others", "", None, {}, ["markets:tender_count_7d"]),
    ]
    models = [
        TrainingSetModel("trained", ["gone:feature", "markets"]),
        TrainingSetModel("trained", ["markets:tender_count_7d"]),
    ]
    manifest = replace(manifest_of(view), services=services, training_sets=models).sealed()
    release_manifest(store, manifest)
    return FeatureStore(store.uri()), manifest


def test_the_examples_in_the_docstrings_are_so() -> None:
    for module, attempted in ((feature_facts, 2), (histogram, 1)):
        results = doctest.testmod(module)
        assert (results.failed, results.attempted) == (0, attempted)


def test_a_feature_has_a_page_in_a_terminal(
    page: tuple[FeatureStore, Manifest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = repr(page[0].describe("markets:share_last_50")).splitlines()
    assert lines[:16] == [
        "markets:share_last_50",
        "  type           DOUBLE",
        "  unit           share, 0 to 1",
        "  window         the last 50, within 360 days",
        "  nulls mean     Null at first.",
        "  sample         8 of markets:tender_count_7d at least",
        "  rows           4",
        "  nulls          1 (25.0%)",
        "  values         min: 0, 1%: 0, median: 0.3333, 99%: 1, max: 1",
        "  histogram      0 ▄ █ 1",
        "  from           2026-01-01 00:00",
        "  until          2026-07-01 00:00",
        "  fresh within   26 hours",
        "  fresh until    2026-07-02 02:00",
        "  keys           market_id",
        "  owners         us (science), us (engineering)",
    ]
    assert lines[16:22] == [
        "  maturity       production",
        "  services       by_alias, by_input",
        "  training sets  trained",
        "",
        "The lines of its dbt model that name it; `--sql` prints all",
        "  select tenders as tender_count_7d, 'share' as share_last_50 from counted",
    ]
    assert max(map(len, lines)) <= 80


def test_numbers_and_truths_are_said_as_such(page: tuple[FeatureStore, Manifest]) -> None:
    count = page[0].describe("markets:tender_count_7d").facts
    assert (count["window"], count["values"]) == ("7 days", ["min: 1", "max: 12,000"])
    listed = page[0].describe("markets").features
    assert listed is not None
    shares = listed.to_pandas().set_index("reference")["nulls"]
    assert shares["markets:tender_count_7d"] == count["nulls"] != ""
    truth = page[0].describe("markets:is_open")
    assert (truth.facts["window"], truth.facts["true"]) == ("12 hours", "3 (75.0%)")
    assert truth.facts["values"] is None
    assert truth.histogram is None


def test_a_notebook_draws_the_histogram_in_the_colour_around_it(
    page: tuple[FeatureStore, Manifest],
) -> None:
    html = page[0].describe("markets:share_last_50")._repr_html_()
    assert re.findall(r'<rect .*? height="([0-9.]+)">', html) == ["24.0", "0", "48.0"]
    assert 'fill="currentColor"' in html
    assert "<summary>SQL</summary>" in html
    assert "windows as (" in html


@pytest.mark.filterwarnings("ignore:.*values are in no row")
@pytest.mark.parametrize(
    "reference", ["markets", "markets:share_last_50", "markets:offered_share", "by_alias"]
)
def test_the_lines_of_code_run(page: tuple[FeatureStore, Manifest], reference: str) -> None:
    names: dict[str, Any] = {}
    exec(page[0].describe(reference).code, names)  # noqa: S102 - that is what is shown
    assert len(names["training_set"]) == 1
    assert page[0].location.uri() in page[0].describe(reference).code


def test_a_view_and_a_service_say_who_and_what(page: tuple[FeatureStore, Manifest]) -> None:
    view = page[0].describe("markets")
    assert view.facts["services"] == ["by_alias", "by_input", "others"]
    assert view.sql == SQL
    service = page[0].describe("by_alias")
    assert (service.facts["keys"], service.facts["until"]) == (["origin_id"], "2026-07-01 00:00")
    assert service.features is not None
    assert [feature.reference for feature in service.features] == ["origin:share_last_50"]


def test_a_feature_says_what_it_withstood(page: tuple[FeatureStore, Manifest]) -> None:
    _, manifest = page
    row = StressedFeature("share_last_50", 9, 1, 5, 2, "nulls of `freight.loads.miles`", 0.1, 0.5)
    view = replace(manifest.views[0], certificate=[row])
    stressed = replace(manifest, views=[view, *manifest.views[1:]])
    assert describe(stressed, f"{view.name}:share_last_50").facts["stressed by faults"] == (
        "of 17 faults in a copy of the raw log 9 without effect, 5 stopped by a check, "
        "1 set aside, 2 silent, the worst of them nulls of "
        "`freight.loads.miles`: 10.0% of its values moved, half of them by 50.0% or more"
    )
    assert describe(stressed, f"{view.name}:tender_count_7d").facts["stressed by faults"] is None


def test_an_older_release_says_less(page: tuple[FeatureStore, Manifest]) -> None:
    (view,) = page[1].views
    plain: dict[str, Any] = {
        "unit": None,
        "null_meaning": None,
        "sample": {},
        "look_back_hours": None,
    }
    old: View = replace(
        view,
        fields=[replace(column, **plain) for column in view.fields],
        statistics={name: {"nulls": 1, "min": "0", "max": "1"} for name in view.features},
        sql=None,
    )
    description = describe(replace(page[1], views=[old], training_sets=[]), "markets:share_last_50")
    assert description.facts["values"] == ["min: 0", "max: 1"]
    for word in ("unit", "nulls mean", "sample", "histogram", "SQL", "training sets"):
        assert word not in repr(description)
        assert f">{word}<" not in description._repr_html_()
    assert "unknown" not in repr(describe(manifest_of(replace(old, statistics={})), "markets"))

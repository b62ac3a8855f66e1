"""Each rule of the gate refuses something that no other rule does, and the page lists them all."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from candidates import SOURCE, STAGED, TEST, VIEW, Garden, sentences
from milepost.publishing import rules
from milepost.publishing.export import RepeatedRowsError
from milepost.publishing.refusal import NEW_VERSION
from milepost.publishing.rules import RULES, Rule
from milepost.storage.location import Location
from small_releases import at

ROOT = Path(__file__).parents[3]
Break = Callable[[Garden], None]


@pytest.fixture
def garden(tmp_path: Path, store: Location) -> Garden:
    """A project with a current release that it may follow."""
    garden = Garden(tmp_path)
    garden.release(store)
    assert sentences(garden.refusals()) == []
    return garden


def made_from_a_snapshot(garden: Garden) -> None:
    snapshot = {**garden.nodes[STAGED], "name": "beds_seen", "resource_type": "snapshot"}
    garden.nodes["snapshot.green.beds_seen"] = snapshot
    garden.nodes[VIEW]["depends_on"]["nodes"].append("snapshot.green.beds_seen")


def built_empty(garden: Garden) -> None:
    garden.build_changes[STAGED] = {"narrowed_by": "--empty"}


def staged_again(garden: Garden) -> None:
    garden.build_changes[STAGED] = {"recorded_at": at("2026-02-04")}


def built_by_other_code(garden: Garden) -> None:
    garden.build_changes[STAGED] = {"parts": {"model `stg_beds`": "other"}}


def edited(garden: Garden) -> None:
    (garden.folder / "beds.sql").write_text("select 2")


def without_a_batch(garden: Garden) -> None:
    garden.batches = {}


def without_a_test(garden: Garden) -> None:
    del garden.nodes[TEST]
    garden.nodes[VIEW]["config"]["meta"]["dropped_checks"] = {"wet_is_a_share": "a test of tests"}


def with_a_disabled_test(garden: Garden) -> None:
    disabled = {**garden.nodes[TEST], "name": "it_rains"}
    garden.disabled = {"test.green.it_rains": [disabled]}


def with_a_softer_test(garden: Garden) -> None:
    garden.nodes[TEST]["config"]["where"] = "false"


def with_a_phone(garden: Garden) -> None:
    tagged = {"name": "phone", "data_type": "varchar", "meta": {"personal_data": True}}
    garden.sources[SOURCE]["columns"]["phone"] = tagged
    garden.nodes[STAGED]["raw_code"] = "select phone"


def with_a_service(garden: Garden) -> None:
    garden.exposures["exposure.green.watering"] = {
        "name": "watering",
        "type": "ml",
        "description": "",
        "maturity": None,
        "owner": {"name": "plants"},
        "depends_on": {"nodes": [VIEW]},
        "config": {"meta": {"features": ["beds:wetness"]}},
    }


def with_an_open_end(garden: Garden) -> None:
    garden.nodes[VIEW]["patch_path"] = "green://beds.yml"
    (garden.folder / "beds.yml").write_text("models:\n  - name: beds\n    description: TODO\n")


def with_a_service_above_its_features(garden: Garden) -> None:
    with_a_service(garden)
    (exposure,) = garden.exposures.values()
    exposure |= {"maturity": "medium", "config": {"meta": {"features": ["beds:wet"]}}}
    exposure["original_file_path"] = "exposures.yml"


def without_a_view(garden: Garden) -> None:
    assert garden.current
    (beds,) = garden.current.views
    garden.current = replace(garden.current, views=[beds, replace(beds, name="shelves")])


def with_another_grid(garden: Garden) -> None:
    assert garden.current
    (beds,) = garden.current.views
    garden.current = replace(garden.current, views=[replace(beds, grid="hour")])


def without_a_check(garden: Garden) -> None:
    assert garden.current
    (beds,) = garden.current.views
    checks = [*beds.checks, "readings_are_counted"]
    garden.current = replace(garden.current, views=[replace(beds, checks=checks)])


def written_to(garden: Garden) -> None:
    garden.build_changes[VIEW] = {"fingerprint": "that of other rows"}


def warned(garden: Garden) -> None:
    garden.test_changes = {"status": "warn"}


def built_less_far(garden: Garden) -> None:
    garden.batches = {VIEW: replace(garden.batches[VIEW], built_to=at("2026-01-31"))}


def with_a_column_more(garden: Garden) -> None:
    garden.con.execute("alter table beds add column depth double")


def with_nan(garden: Garden) -> None:
    garden.con.execute("insert into beds values ('north', '2026-02-02', 'nan', 1)")


def with_many_rows(garden: Garden) -> None:
    garden.con.execute(
        "insert into beds select 'bed' || n, timestamp '2026-02-02', 0.5, 1 from range(200) as r(n)"
    )


def with_a_row_twice(garden: Garden) -> None:
    for _ in range(2):
        garden.con.execute("insert into beds values ('north', '2026-02-02', 0.5, 1)")


def with_another_past(garden: Garden) -> None:
    garden.con.execute("update beds set wet = 0.6 where readings = 7")


# What is wrong, by the one rule that refuses it, and what it says.
WRONG: dict[str, tuple[Break, str]] = {
    "made from raw logs": (made_from_a_snapshot, "beds: `beds_seen` is a snapshot of dbt"),
    "built in full": (built_empty, "beds: `stg_beds` was built with `--empty`"),
    "built in order": (staged_again, "beds: `beds` is older than `stg_beds`"),
    "built by this code": (built_by_other_code, "beds: `stg_beds` was built before "),
    "files as dbt read them": (edited, "beds: `beds.sql` was edited since dbt read it"),
    "records how far it is built": (without_a_batch, "beds: it keeps no record of what is built"),
    "has a data test": (without_a_test, "beds: `beds` has no data test"),
    "no test is disabled": (with_a_disabled_test, "beds: test `it_rains` is disabled"),
    "tests ask all that they say": (
        with_a_softer_test,
        "beds: test `wet_is_a_share` asks less than it says: it has `where`",
    ),
    "exposes no personal data": (with_a_phone, "beds: `stg_beds.phone` is personal data"),
    "services are served": (
        with_a_service,
        ": service `watering` asks for what is not there: feature view `beds` has no feature "
        "`wetness`",
    ),
    "earns its rung": (
        with_an_open_end,
        "beds: it claims `draft` and has an open end: description: TODO (`beds.yml`, "
        "draft: has no open end)",
    ),
    "services stand on their rung": (
        with_a_service_above_its_features,
        "beds: service `watering` has the maturity `medium`, which asks `experimental` of its "
        "features, and `beds` is `draft`",
    ),
    "no view is missing": (without_a_view, "shelves: it is removed, and the current release"),
    "keeps its features": (with_another_grid, "beds: its `grid` was `hour` and is `day`"),
    "keeps its checks": (without_a_check, "beds: check `readings_are_counted` is gone"),
    "rows as built": (written_to, "beds: `beds` has other rows than its last build left"),
    "tests passed": (warned, "beds: test `wet_is_a_share` ended as `warn`"),
    "goes on from the current release": (
        built_less_far,
        "beds: it is built up to (not including) 2026-01-31 00:30:00, in the current release up to "
        "2026-02-01 00:30:00",
    ),
    "columns as declared": (with_a_column_more, "beds: `depth` is DOUBLE, and is not declared"),
    "values are finite": (with_nan, "beds: `wet` is NaN or infinite in 1 rows"),
    "within its bounds": (with_many_rows, "beds: it has 201 rows since 2026-02-01 00:30:00"),
    "one row per key and instant": (with_a_row_twice, "beds: `beds` has rows that share (bed_id, "),
    "keeps the past": (with_another_past, "beds: `wet` has another past: at "),
}


# Without these rules the release is not published either, and nobody is told why in plain words.
STOPPED: dict[str, type[Exception]] = {
    "records how far it is built": KeyError,
    "one row per key and instant": RepeatedRowsError,
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_each_rule_refuses_what_would_pass_without_it(
    garden: Garden, rule: Rule, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_it, reason = WRONG[rule.name]
    break_it(garden)
    (refused,) = sentences(garden.refusals())
    assert refused.startswith(reason)
    monkeypatch.setattr(
        rules, "RULES", tuple(kept_rule for kept_rule in RULES if kept_rule is not rule)
    )
    if rule.name in STOPPED:
        with pytest.raises(STOPPED[rule.name]):
            garden.refusals()
    else:
        assert sentences(garden.refusals()) == []


def test_reasons_are_all_told_in_the_order_of_the_rules(garden: Garden) -> None:
    broken = ["no test is disabled", "services are served", "keeps its checks"]
    broken += ["within its bounds", "keeps the past"]
    for name in reversed(broken):
        WRONG[name][0](garden)
    refused = sentences(garden.refusals())
    reasons = zip(broken, refused, strict=True)
    assert all(sentence.startswith(WRONG[name][1]) for name, sentence in reasons), refused


def test_of_a_refused_release_no_more_files_are_sent(garden: Garden) -> None:
    with_another_past(garden)
    assert garden.refusals()
    # The past is compared last, by the files.
    assert len(garden.uploads.sent) == 1
    with_a_disabled_test(garden)
    assert len(garden.refusals()) == 2
    assert garden.uploads.sent == []


@pytest.mark.parametrize(("engine", "is_named"), [("sail", True), ("duckdb", False)])
def test_another_past_on_another_engine_names_both(
    garden: Garden, engine: str, is_named: bool
) -> None:
    assert garden.current
    garden.current = replace(garden.current, code={"engine": engine})
    assert garden.refusals() == []
    with_another_past(garden)
    (refused,) = garden.refusals()
    names_both = "`sail` built the current release and `duckdb` these tables" in refused.remedy
    assert names_both == is_named
    assert NEW_VERSION in refused.remedy


def test_a_rule_is_not_asked_of_a_view_that_one_it_needs_refused(garden: Garden) -> None:
    built_empty(garden)
    with_another_past(garden)
    with_a_row_twice(garden)
    (refused,) = sentences(garden.refusals())
    assert refused.startswith(WRONG["built in full"][1])


def test_a_rule_comes_after_those_that_it_needs() -> None:
    earlier: set[object] = set()
    for rule in RULES:
        assert set(rule.needs) <= earlier, rule.name
        earlier.add(rule.check)


def test_the_page_of_the_release_format_lists_the_rules(tmp_path: Path) -> None:
    page = ROOT / "docs/reference/release-format.md"
    copy = tmp_path / "release-format.md"
    copy.write_text(page.read_text())
    script = [sys.executable, str(ROOT / "scripts/gate_rules.py"), "--page", str(copy)]
    subprocess.run(script, check=True)
    assert copy.read_text() == page.read_text(), "run `python scripts/gate_rules.py`"
    assert all((rule.check.__doc__ or "").startswith("Require that ") for rule in RULES)
    copy.write_text("no markers")
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert (done.returncode, copy.read_text()) == (1, "no markers")
    assert "hint: put a line" in done.stderr


def test_a_test_that_failed_is_named_with_the_command_that_reruns_it(garden: Garden) -> None:
    garden.test_changes = {"status": "fail"}
    (refused,) = garden.refusals()
    assert refused.sentence == "test `wet_is_a_share` ended as `fail`"
    assert refused.remedy.startswith("`dbt test --select wet_is_a_share` says why; ")
    # After it dbt has left out what is made from the table.
    garden.build_changes[VIEW] = {"status": "skipped"}
    (refused,) = [item for item in garden.refusals() if "skipped" in item.sentence]
    assert refused.sentence == (
        "the last build of `beds` ended as `skipped`, after test `wet_is_a_share` failed"
    )
    assert refused.remedy.startswith("`dbt test --select wet_is_a_share` says why; ")
    garden.test_changes = {}
    (refused,) = [item for item in garden.refusals() if "skipped" in item.sentence]
    assert refused.sentence.endswith("ended as `skipped`")
    assert refused.remedy == "`dbt build` builds and tests everything"

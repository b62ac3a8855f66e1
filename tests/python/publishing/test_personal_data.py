"""Personal data leave their source only where a reason stands beside it."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from candidates import candidate, view
from milepost.building.catalog import Catalog
from milepost.publishing.rules.personal_data import exposes_no_personal_data

VIEW, STAGING, BASE, SOURCE = (
    f"{kind}.green.{name}"
    for kind, name in (("model", "beds"), ("model", "stg"), ("model", "base"), ("source", "people"))
)
TAGGED = {"phone": {"meta": {"personal_data": True}}}
REASON = {"personal_data_allowed": {"phone": "the gardener agreed, ticket 12"}}


def node(name: str, code: str, *parents: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "schema": "main",
        "resource_type": "model",
        "raw_code": code,
        "columns": {},
        "depends_on": {"nodes": list(parents)},
        "config": {"meta": {}},
        **more,
    }


def faults(
    *,
    base: str = "select bed_id from people",
    staged: str = "bed_id",
    published: str = "bed_id",
    tags: dict[str, Any] = TAGGED,
    allowed: tuple[str, ...] = (),
    staging_columns: dict[str, Any] | None = None,
) -> list[str]:
    def meta(name: str) -> dict[str, Any]:
        return {"config": {"meta": REASON if name in allowed else {}}}

    nodes = {
        SOURCE: node("people", "", resource_type="source", source_name="green", columns=tags),
        BASE: node("base", base, SOURCE, **meta("base")),
        STAGING: node(
            "stg", "select * from base", BASE, columns=staging_columns or {}, **meta("stg")
        ),
        VIEW: node("beds", "select * from stg", STAGING, **meta("beds")),
    }
    with duckdb.connect() as con:
        con.execute("create table base (bed_id int)")
        con.execute(f"create table stg ({', '.join(f'{one} int' for one in staged.split())})")
        con.execute(f"create table beds ({', '.join(f'{one} int' for one in published.split())})")
        judged = candidate(
            [view(unique_id=VIEW)], None, con=con, catalog=Catalog(nodes, {}, {}, (), "green", "")
        )
        refusals = list(exposes_no_personal_data(judged))
        assert all("`meta.personal_data_allowed." in refusal.remedy for refusal in refusals)
        assert {refusal.view for refusal in refusals} <= {"beds"}
        return [refusal.sentence for refusal in refusals]


def test_what_leaves_personal_data_in_the_source_passes() -> None:
    assert faults() == []
    assert (
        faults(base="select bed_id -- not their phone\nfrom people {# phone #} /* phone */") == []
    )
    assert faults(base="select smartphone, phone_count from people") == []
    assert faults(tags={"phone": {"meta": {"personal_data": False}}}, staged="phone") == []


@pytest.mark.parametrize(
    "quoted", ["coalesce(name, '--')", "name like '%/*%'", '"bed --"', "'it''s --'"]
)
def test_text_that_looks_like_a_comment_hides_nothing(quoted: str) -> None:
    code = f"select {quoted} as bed_id, phone as contact from people where name <> '*/'"
    assert faults(base=code) == ["`base.phone` is personal data"]


def test_a_column_is_one_in_any_case(monkeypatch: pytest.MonkeyPatch) -> None:
    tags = {"Phone": TAGGED["phone"]}
    assert faults(tags=tags, staged="bed_id phone") == ["`stg.phone` is personal data"]
    assert faults(tags=tags, staging_columns={"PHONE": {}}) == ["`stg.phone` is personal data"]
    monkeypatch.setitem(REASON, "personal_data_allowed", {"PHONE": "the gardener agreed"})
    assert faults(tags=tags, staged="bed_id phone", allowed=("stg",)) == []


@pytest.mark.parametrize(
    "tags",
    [TAGGED, {"phone": {"config": {"meta": {"personal_data": True}}, "meta": {}}}],
)
def test_staging_may_not_expose_it(tags: dict[str, Any]) -> None:
    assert faults(tags=tags, staged="bed_id phone") == ["`stg.phone` is personal data"]


def test_a_model_that_reads_the_source_may_not_rename_it() -> None:
    (reason,) = faults(base="select Phone as contact from people")
    assert reason == "`base.phone` is personal data"


def test_a_column_that_staging_tags_is_followed() -> None:
    tagged = {"contact": {"meta": {"personal_data": True}}}
    reasons = faults(staged="contact", published="contact", staging_columns=tagged)
    assert [reason.split(" ")[0] for reason in reasons] == ["`beds.contact`", "`stg.contact`"]


def test_each_model_that_exposes_it_states_its_own_reason() -> None:
    exposed: dict[str, Any] = {
        "base": "select phone from people",
        "staged": "phone",
        "published": "phone",
    }
    assert len(faults(**exposed)) == 3
    (reason,) = faults(**exposed, allowed=("base", "stg"))
    assert reason.startswith("`beds.phone`")
    assert faults(**exposed, allowed=("base", "stg", "beds")) == []


def test_an_allowance_without_a_reason_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(REASON["personal_data_allowed"], "phone", " ")
    (reason,) = faults(staged="phone", allowed=("stg",))
    assert reason.startswith("`stg.phone`")

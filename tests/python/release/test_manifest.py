"""The release manifest: it comes back as it was written, and nothing else is taken for one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from milepost.errors import ReleaseError
from milepost.release.definition import Field
from milepost.release.derived import Derived
from milepost.release.entity import Entity, EntityRole
from milepost.release.manifest import File, Manifest, SetAside, View
from milepost.release.manifest_format import parse
from milepost.release.service import TrainingSetModel
from milepost.release.stressed_feature import StressedFeature
from milepost.release.term import Term

WHERE = "s3://milepost-store/releases/x/manifest.json"
DIGEST = "0123456789abcdef" * 4

VIEW = View(
    name="carrier_reliability",
    description="How reliably a carrier delivered.",
    entities=[EntityRole("carrier", "carrier", ["carrier_id"])],
    keys=["carrier_id"],
    grid="day",
    serving_delay_minutes=120,
    owners={"science": "pricing", "engineering": "data"},
    maturity="production",
    sensitivity="internal",
    fields=[
        Field("carrier_id", "VARCHAR", "The carrier."),
        Field("available_at", "TIMESTAMP", "When it could be had."),
        Field("late_rate_28d", "DOUBLE", "Größe, 0 bis 1", "2026-01-01T00:00:00"),
    ],
    files=[File(f"data/carrier_reliability/2026-01/{DIGEST}.parquet", rows=3, bytes=99)],
    rows=3,
    built_through="2026-02-01T00:00:00.000001",
    statistics={"late_rate_28d": {"nulls": 1, "min": "0.0", "max": "1.0"}},
    checks=["test.a", "test.b"],
    code="c" * 32,
    fingerprint="f" * 64,
)
MANIFEST = Manifest(
    format_version=9,
    release="",
    created_at="2026-02-01T00:00:00",
    code={"project": "milepost", "dbt": "1.11.16", "commit": None},
    views=[VIEW],
    set_aside=[SetAside("loads", "null key", rows=2, of_rows=100)],
    entities=[Entity("carrier", {"carrier_id": "VARCHAR"}, "Who hauls.")],
    glossary=[Term("carrier", "Who hauls.", ["trucker"])],
).sealed()


def changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    raw = json.loads(MANIFEST.to_bytes())
    change(raw)
    return json.dumps(raw).encode()


def test_a_manifest_comes_back_as_it_was_written() -> None:
    assert parse(MANIFEST.to_bytes(), WHERE) == MANIFEST
    assert parse(MANIFEST.to_bytes(), WHERE).to_bytes() == MANIFEST.to_bytes()


def test_a_release_without_views_or_a_view_without_files_is_whole() -> None:
    no_keys = [replace(field, complete_from="2026-01-01T00:00:00") for field in VIEW.fields]
    no_keys[1] = VIEW.fields[1]
    no_key = replace(VIEW, keys=[], entities=[], fields=no_keys)
    for views in ([], [replace(VIEW, files=[], rows=0)], [no_key]):
        manifest = replace(MANIFEST, views=views).sealed()
        assert parse(manifest.to_bytes(), WHERE) == manifest


def test_a_feature_that_does_not_say_since_when_it_is_complete_is_refused() -> None:
    fields = [replace(field, complete_from=None) for field in VIEW.fields]
    manifest = replace(MANIFEST, views=[replace(VIEW, fields=fields)]).sealed()
    with pytest.raises(ReleaseError, match="since when features of `carrier_reliability`"):
        parse(manifest.to_bytes(), WHERE)


def test_features_are_the_columns_but_for_keys_and_available_at() -> None:
    assert VIEW.features == ["late_rate_28d"]
    assert replace(VIEW, keys=[]).features == ["carrier_id", "late_rate_28d"]


def test_instants_are_naive_utc() -> None:
    assert VIEW.built_through_at == datetime(2026, 2, 1, 0, 0, 0, 1)


def test_the_content_hash_is_of_what_was_released_not_of_when_or_by_what() -> None:
    again = replace(MANIFEST, release="", created_at="2027-01-01T00:00:00", code={})
    assert again.content == MANIFEST.content
    other = replace(MANIFEST, views=[replace(VIEW, built_through="2026-02-02T00:00:00")])
    assert other.content != MANIFEST.content
    assert replace(MANIFEST, set_aside=[]).content != MANIFEST.content
    assert replace(MANIFEST, entities=[]).content != MANIFEST.content
    assert replace(MANIFEST, glossary=[]).content != MANIFEST.content
    used = [TrainingSetModel("late_delivery", ["carrier_reliability"])]
    assert replace(MANIFEST, training_sets=used).content != MANIFEST.content
    rewritten = replace(VIEW, sql="select 1 -- as before")
    assert replace(MANIFEST, views=[rewritten]).content == MANIFEST.content


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        MANIFEST.to_bytes()[:-20],
        b"\xff\xfe",
        b"null",
        b"[]",
        b'"text"',
        b"1",
        b"{}",
        b"<html>a proxy's error page</html>",
    ],
)
def test_what_is_no_manifest_is_called_damaged(body: bytes) -> None:
    with pytest.raises(ReleaseError, match=f"`{WHERE}` is damaged: .*\nhint: pin another release"):
        parse(body, WHERE)


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw.pop("views"),
        lambda raw: raw.pop("release"),
        lambda raw: raw.update(views=None),
        lambda raw: raw.update(views={"name": "x"}),
        lambda raw: raw.update(views=[None]),
        lambda raw: raw.update(set_aside=[{"table": "loads"}]),
        lambda raw: raw.update(release=None),
        lambda raw: raw.update(release="latest"),
        lambda raw: raw.update(release="../20260201T000000Z-0123456789ab"),
        lambda raw: raw["views"].append(raw["views"][0]),
        lambda raw: raw["views"][0].pop("files"),
        lambda raw: raw["views"][0].update(files=None),
        lambda raw: raw["views"][0].update(fields=[]),
        lambda raw: raw["views"][0]["fields"].append(raw["views"][0]["fields"][2]),
        lambda raw: raw["views"][0]["fields"].pop(0),
        lambda raw: raw["views"][0]["fields"].pop(1),
        lambda raw: raw["views"][0]["fields"][2].update(type="BLOB"),
        lambda raw: raw["views"][0]["fields"][2].pop("type"),
        lambda raw: raw["views"][0].update(keys=["lane_id"]),
        lambda raw: raw["views"][0].update(keys=[]),
        lambda raw: raw["views"][0].update(entities=[]),
        lambda raw: raw["views"][0].update(entities=["carrier"]),
        lambda raw: raw["views"][0]["entities"][0].update(entity="market"),
        lambda raw: raw["views"][0]["entities"][0].update(keys=["late_rate_28d"]),
        lambda raw: raw["entities"].append(raw["entities"][0]),
        lambda raw: raw["glossary"].append(raw["glossary"][0]),
        lambda raw: raw["glossary"][0].pop("synonyms"),
        lambda raw: raw["entities"][0]["keys"].update(carrier_id="BIGINT"),
        lambda raw: raw["entities"].clear(),
        lambda raw: raw["views"][0].update(grid="fortnight"),
        lambda raw: raw["views"][0].update(built_through="soon"),
        lambda raw: raw["views"][0].update(built_through=None),
        lambda raw: raw["views"][0]["fields"][2].update(complete_from="2026-01-01T00:00:00+01:00"),
        lambda raw: raw["views"][0]["fields"][2].update(complete_from=None),
        lambda raw: raw["views"][0]["fields"][2].pop("complete_from"),
        lambda raw: raw["views"][0].update(built_through="2026-01-01T00:00:00+01:00"),
        lambda raw: raw["views"][0].update(rows=4),
        lambda raw: raw["views"][0]["files"][0].update(rows="3"),
    ],
)
def test_a_manifest_with_a_damaged_part_is_refused(change: Callable[[dict[str, Any]], Any]) -> None:
    with pytest.raises(ReleaseError, match=f"`{WHERE}` is damaged"):
        parse(changed(change), WHERE)


@pytest.mark.parametrize(
    "name",
    [
        "",
        f"/data/carrier_reliability/2026-01/{DIGEST}.parquet",
        f"../other-store/data/carrier_reliability/2026-01/{DIGEST}.parquet",
        f"data/../../carrier_reliability/2026-01/{DIGEST}.parquet",
        f"data/carrier_reliability/../2026-01/{DIGEST}.parquet",
        f"data/carrier_reliability/2026-01/../{DIGEST}.parquet",
        f"data/lane_rates/2026-01/{DIGEST}.parquet",
        f"data/carrier_reliability/2026-1/{DIGEST}.parquet",
        f"data/carrier_reliability/2026-01/{DIGEST[:-1]}.parquet",
        f"data/carrier_reliability/2026-01/{DIGEST.upper()}.parquet",
        f"data/carrier_reliability/2026-01/{DIGEST}.parquet\n",
        f"data/carrier_reliability/2026-01/{DIGEST}.parquet?versionId=1",
        f"s3://elsewhere/data/carrier_reliability/2026-01/{DIGEST}.parquet",
        "releases/20260201T000000Z-0123456789ab/manifest.json",
    ],
)
def test_a_file_that_is_not_the_views_own_is_refused(name: str) -> None:
    body = changed(lambda raw: raw["views"][0]["files"][0].update(name=name))
    with pytest.raises(ReleaseError, match="is damaged: file `"):
        parse(body, WHERE)


@pytest.mark.parametrize(
    "name",
    ["", "Late", "1late", "late rate", 'late"', "late;drop", "größe", "a" * 64, "late\n", "_late"],
)
def test_names_that_are_not_plain_are_refused(name: str) -> None:
    for part in (
        lambda raw: raw["views"][0].update(name=name),
        lambda raw: raw["views"][0]["fields"][2].update(name=name),
    ):
        with pytest.raises(ReleaseError, match="is damaged: name `"):
            parse(changed(part), WHERE)


def test_a_newer_format_asks_for_an_upgrade_whatever_else_it_has() -> None:
    for body in (
        b'{"format_version": 10}',
        changed(lambda raw: raw.update(format_version=10, x=1)),
    ):
        message = (
            f"`{WHERE}` has format version 10, this Milepost reads 1, 2, 3, 4, 5, 6, 7, 8, 9\n"
            "hint: upgrade Milepost"
        )
        with pytest.raises(ReleaseError, match=message):
            parse(body, WHERE)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda raw: raw["views"][0].update(entities=[]), "not those of its entities"),
        (lambda raw: raw["entities"].clear(), "entity `carrier` .*, which is not defined"),
        (lambda raw: raw["entities"][0]["keys"].clear(), "keys of entity `carrier`"),
        (
            lambda raw: raw["entities"][0]["keys"].update(carrier_id="BIGINT"),
            "keys of entity `carrier`",
        ),
        (lambda raw: raw["entities"].append(raw["entities"][0]), "two entities of one name"),
    ],
)
def test_keys_that_do_not_follow_from_entities_are_refused_whoever_sealed_them(
    change: Callable[[dict[str, Any]], Any], message: str
) -> None:
    raw = json.loads(MANIFEST.to_bytes())
    change(raw)
    with pytest.raises(ReleaseError, match=f"is damaged: .*{message}"):
        parse(sealed(raw), WHERE)


def test_what_a_view_withstood_comes_back_as_it_was_written() -> None:
    row = StressedFeature("late_rate_28d", 9, 1, 5, 2, "nulls of `loads.miles`", 0.1, 0.5)
    view = replace(VIEW, certificate=[row], rung_evidence="e" * 64)
    manifest = replace(MANIFEST, views=[view]).sealed()
    assert parse(manifest.to_bytes(), WHERE) == manifest


def before_format_9(raw: dict[str, Any]) -> None:
    """Until format 9 columns had no field ids."""
    for field in raw["views"][0]["fields"]:
        del field["field_id"]
    for file in raw["views"][0]["files"]:
        del file["has_field_ids"]


def test_a_release_of_format_8_is_read() -> None:
    raw = json.loads(MANIFEST.to_bytes())
    raw.update(format_version=8)
    before_format_9(raw)
    assert parse(sealed(raw), WHERE).views == MANIFEST.views


def test_two_columns_of_one_field_id_are_refused() -> None:
    fields = [replace(field, field_id=7) for field in VIEW.fields]
    manifest = replace(MANIFEST, views=[replace(VIEW, fields=fields)]).sealed()
    with pytest.raises(ReleaseError, match="two columns of one field id in `carrier_reliability`"):
        parse(manifest.to_bytes(), WHERE)


def before_format_8(raw: dict[str, Any]) -> None:
    """Until format 8 a derived feature took another view's keys by their names."""
    before_format_9(raw)
    for feature in raw["views"][0]["derived"]:
        del feature["keys"]


def test_a_release_of_format_7_is_read() -> None:
    derived = Derived("is_late", "BOOLEAN", "", "late_rate_28d > 0", ["late_rate_28d"])
    views = [replace(VIEW, derived=[derived])]
    raw = json.loads(replace(MANIFEST, views=views).to_bytes())
    raw.update(format_version=7)
    before_format_8(raw)
    assert parse(sealed(raw), WHERE).views == views


def before_format_7(raw: dict[str, Any]) -> None:
    """Until format 7 a view had no certificate and no rung that was earned."""
    before_format_8(raw)
    for name in ("certificate", "rung_evidence"):
        del raw["views"][0][name]


def test_a_release_of_format_6_is_read() -> None:
    raw = json.loads(MANIFEST.to_bytes())
    raw.update(format_version=6)
    before_format_7(raw)
    assert parse(sealed(raw), WHERE).views == MANIFEST.views


def before_format_6(raw: dict[str, Any]) -> None:
    """Until format 6 a release said nothing of units, nulls, distributions, code and terms."""
    before_format_7(raw)
    for name in ("glossary", "training_sets"):
        del raw[name]
    for name in ("sql", "tags"):
        del raw["views"][0][name]
    for field in raw["views"][0]["fields"]:
        for name in ("tags", "unit", "null_meaning", "sample", "look_back_hours"):
            del field[name]


def test_a_release_of_format_5_is_read() -> None:
    raw = json.loads(MANIFEST.to_bytes())
    raw.update(format_version=5)
    before_format_6(raw)
    old = parse(sealed(raw), WHERE)
    assert old.views == MANIFEST.views
    assert (old.glossary, old.training_sets) == ([], [])


def before_format_4(raw: dict[str, Any]) -> None:
    """Until format 4 a view named its entities, and nothing said what they are."""
    before_format_6(raw)
    raw["views"][0]["entities"] = [role["role"] for role in raw["views"][0]["entities"]]
    del raw["entities"]


def of_the_view(raw: dict[str, Any]) -> None:
    """Until format 3 `complete_from` was of the view."""
    for field in raw["views"][0]["fields"]:
        complete_from = field.pop("complete_from")
    raw["views"][0]["complete_from"] = complete_from


def sealed(raw: dict[str, Any]) -> bytes:
    raw["release"] = ""
    unnamed = (json.dumps(raw, indent=1) + "\n").encode()
    raw["release"] = f"20260201T000000Z-{hashlib.sha256(unnamed).hexdigest()[:12]}"
    return (json.dumps(raw, indent=1) + "\n").encode()


def test_a_release_of_format_3_is_read() -> None:
    raw = json.loads(MANIFEST.to_bytes())
    raw.update(format_version=3)
    before_format_4(raw)
    assert parse(sealed(raw), WHERE).views == MANIFEST.views


def test_which_of_several_entities_had_a_key_is_not_guessed() -> None:
    raw = json.loads(MANIFEST.to_bytes())
    raw.update(format_version=3)
    before_format_4(raw)
    raw["views"][0]["entities"] = ["carrier", "lane"]
    (view,) = parse(sealed(raw), WHERE).views
    assert view.keys == ["carrier_id"]
    assert view.entities == [EntityRole("carrier", "carrier", []), EntityRole("lane", "lane", [])]


def test_a_release_of_format_2_is_read() -> None:
    raw = json.loads(MANIFEST.to_bytes())
    raw.update(format_version=2)
    of_the_view(raw)
    before_format_4(raw)
    assert parse(sealed(raw), WHERE).views == MANIFEST.views


def test_a_release_of_format_1_is_read() -> None:
    raw = json.loads(MANIFEST.to_bytes())
    raw.update(format_version=1, release="20260201T000000Z-0123456789ab")
    of_the_view(raw)
    before_format_4(raw)
    for file in raw["views"][0]["files"]:
        del file["footer_bytes"], file["footer_sha256"]
    for name in ("version", "is_latest", "deprecated_at"):
        del raw["views"][0][name]
    old = parse(json.dumps(raw, indent=1).encode(), WHERE)
    assert old.views == MANIFEST.views


def test_whatever_byte_of_a_manifest_changes_it_is_refused() -> None:
    sound = MANIFEST.to_bytes()
    for place in range(len(sound)):
        for other in (sound[place] ^ 1, sound[place] ^ 0x20, ord("1")):
            if other != sound[place]:
                with pytest.raises(ReleaseError):
                    parse(sound[:place] + bytes([other]) + sound[place + 1 :], WHERE)

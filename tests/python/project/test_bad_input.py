"""Bad input stops the build with one clear line and a hint, or is set aside and counted.

Each case starts from a published release, and shows that it stays what readers see.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

import greenhouse
from greenhouse import FIRST, LAST, Greenhouse, Reading
from milepost import FeatureStore
from milepost.errors import PublishError
from milepost.raw import landing, markers
from milepost.storage import s3
from milepost.storage.client import client
from milepost.storage.location import Location

pytestmark = pytest.mark.slow

DAY = "landing_date=2026-01-05"
FILE = f"readings/{DAY}/part-0.parquet"


def body(raw: Location, name: str) -> bytes:
    found = s3.get(raw, name)
    assert found is not None
    return found[0]


def delete(raw: Location, name: str) -> None:
    client().delete_object(Bucket=raw.bucket, Key=raw.key(name))


def truncate(raw: Location) -> None:
    s3.put(raw, FILE, body(raw, FILE)[:-100])


def flip(raw: Location) -> None:
    whole = bytearray(body(raw, FILE))
    whole[50] ^= 0xFF
    s3.put(raw, FILE, bytes(whole))


def arrive_late(raw: Location) -> None:
    s3.put(raw, f"readings/{DAY}/part-1.parquet", body(raw, FILE))


def drop_table(raw: Location) -> None:
    for item in list(s3.listing(raw, "readings/")):
        delete(raw, item.name)


CHANGED = [
    (truncate, f"{FILE}` has changed since its date was closed"),
    (flip, f"{FILE}` has changed since its date was closed"),
    (arrive_late, f"readings/{DAY}/part-1.parquet` landed in a closed partition"),
    (drop_table, "raw table `readings` has no file below"),
    (lambda raw: delete(raw, FILE), f"{FILE}` is listed by its date's marker and is not there"),
    (
        lambda raw: delete(raw, markers.marker_name(date(2026, 1, 5))),
        "landing date 2026-01-05 is missing",
    ),
    (
        lambda raw: s3.put(raw, markers.marker_name(date(2026, 1, 5)), b"{"),
        f"{DAY}.json` is not a marker",
    ),
]


def stops(green: Greenhouse, message: str, **environment: str) -> None:
    """`dbt build` stops with the message and a hint; the release stays, publishing is refused."""
    before = FeatureStore(green.store.uri()).release
    done = green.dbt("build", **environment)
    assert done.returncode != 0
    assert message in done.stdout
    assert "hint: " in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert FeatureStore(green.store.uri()).release == before


def on_raw(green: Greenhouse, raw: Location, folder: Path) -> Greenhouse:
    """The greenhouse with a release of its own, looking at another raw log."""
    green.publish()
    return green.copy(folder, raw=raw, store=green.store)


@pytest.mark.parametrize(("change", "message"), CHANGED)
def test_a_raw_log_that_is_not_what_was_closed_stops_the_build(
    green: Greenhouse,
    raw: Location,
    tmp_path: Path,
    change: Callable[[Location], object],
    message: str,
) -> None:
    greenhouse.land(raw)
    change(raw)
    stops(on_raw(green, raw, tmp_path / "bad"), message)


def test_a_missing_column_stops_the_build(green: Greenhouse, raw: Location, tmp_path: Path) -> None:
    greenhouse.land(raw, without="moisture")
    stops(
        on_raw(green, raw, tmp_path / "bad"),
        "column `moisture` of raw table `sensors.readings` is missing",
    )


def test_a_column_of_another_type_stops_the_build(
    green: Greenhouse, raw: Location, tmp_path: Path
) -> None:
    texts = pa.array([str(row[2]) for row in greenhouse.sound_readings()])
    greenhouse.land(raw, changed={"moisture": texts})
    stops(
        on_raw(green, raw, tmp_path / "bad"),
        "column `moisture` of raw table `sensors.readings` is string",
    )


def test_a_table_that_fell_silent_stops_the_build(
    green: Greenhouse, raw: Location, tmp_path: Path
) -> None:
    greenhouse.land(raw, greenhouse.sound_readings(FIRST, date(2026, 1, 7)))
    stops(
        on_raw(green, raw, tmp_path / "bad"),
        "raw table `sensors.readings` has had no row since 2026-01-08 00:00:00 UTC",
    )


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "S3 cannot be reached at http://127.0.0.1:1"),
        ({"AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "wrong"}, "refused"),
        ({"AWS_PROFILE": "nobody"}, "profile (nobody) could not be found"),
        ({"MILEPOST_RAW_URI": "s3://milepost-nowhere/raw"}, "the bucket does not exist"),
        ({"MILEPOST_RAW_URI": "s3://milepost-raw/empty"}, "has no closed landing date"),
        ({"MILEPOST_RAW_URI": "s3://milepost-raw/a'b"}, "is not an S3 location"),
    ],
)
def test_an_s3_that_does_not_serve_stops_the_build(
    green: Greenhouse, environment: dict[str, str], message: str
) -> None:
    green.publish()
    stops(green, message, **environment)


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 1, day, hour)


FAULTY: dict[str, Reading] = {
    "null_key": (None, "north", 0.9, at(5, 6), at(5, 7)),
    "instant_in_the_future": ("future", "north", 0.9, at(6, 6), at(5, 7)),
    "not_finite": ("broken", "north", float("nan"), at(5, 6), at(5, 7)),
    "known_before_event": ("early", "north", 0.9, at(5, 8), at(5, 7)),
    "moisture_is_no_share": ("soaked", "north", 9.0, at(5, 6), at(5, 7)),
    "reference_missing": ("stray", "nowhere", 0.9, at(5, 6), at(5, 7)),
}


# Two contents of one reading at one instant: each in its own word, and both wrong.
CONTRARY: list[Reading] = [
    ("split", "north", moisture, at(3, 6), at(3, 7)) for moisture in (0.9, 0.95)
]


def test_faulty_rows_are_set_aside_and_counted(
    built_greenhouse: Greenhouse, green: Greenhouse, raw: Location, tmp_path: Path
) -> None:
    again = [(*row[:4], at(10, 20)) for row in greenhouse.sound_readings()[-15:]]
    greenhouse.land(raw, [*greenhouse.sound_readings(), *FAULTY.values(), *CONTRARY, *again])
    bad = on_raw(green, raw, tmp_path / "bad")
    expected = FeatureStore(green.store.uri()).to_arrow("bed_moisture")
    done = bad.dbt("build")
    assert done.returncode == 0, done.stdout
    counts = {**dict.fromkeys(FAULTY, 1), "contradiction": 2}
    for reason, count in counts.items():
        assert f"Set aside: {count} of 83 rows of readings, {reason}" in done.stdout
    manifest = bad.publish().manifest
    assert {(rows.reason, rows.rows, rows.of_rows) for rows in manifest.set_aside} == {
        (reason, count, 83) for reason, count in counts.items()
    }
    # Neither they nor the readings delivered twice change a feature.
    assert FeatureStore(bad.store.uri()).to_arrow("bed_moisture").equals(expected)


def test_a_row_that_says_it_landed_before_its_date_changes_nothing(
    green: Greenhouse, raw: Location, tmp_path: Path
) -> None:
    greenhouse.land(raw)
    grown = on_raw(green, raw, tmp_path / "grown")
    before = FeatureStore(green.store.uri()).to_arrow("bed_moisture")
    tomorrow = LAST + timedelta(days=1)
    backdated: Reading = ("back", "north", 0.9, at(5, 6), at(5, 7))
    sound = greenhouse.sound_readings(tomorrow, tomorrow)
    greenhouse.land(raw, [*sound, backdated], first=tomorrow, last=tomorrow, on=tomorrow)
    done = grown.dbt("build")
    assert "Set aside: 1 of 67 rows of readings, landed_before_its_date" in done.stdout
    grown.publish()
    after = FeatureStore(grown.store.uri()).to_arrow("bed_moisture")
    assert set(map(str, before.to_pylist())) <= set(map(str, after.to_pylist()))


def test_a_correction_changes_no_row_from_before_it(
    green: Greenhouse, raw: Location, tmp_path: Path
) -> None:
    greenhouse.land(raw)
    grown = on_raw(green, raw, tmp_path / "grown")
    before = FeatureStore(green.store.uri()).to_arrow("bed_moisture")
    tomorrow = LAST + timedelta(days=1)
    corrected: list[Reading] = [
        (row[0], row[1], 0.99, row[3], datetime(2026, 1, 11, 9))
        for row in greenhouse.sound_readings()[-6:]
    ]
    greenhouse.land(raw, corrected, first=tomorrow, last=tomorrow)
    grown.build()
    grown.publish()
    after = FeatureStore(grown.store.uri()).to_arrow("bed_moisture")
    assert set(map(str, before.to_pylist())) <= set(map(str, after.to_pylist()))
    assert after.to_pylist()[-1]["moisture_max_1d"] == 0.99


def test_an_older_raw_log_is_not_published_over_a_newer(
    green: Greenhouse, raw: Location, tmp_path: Path
) -> None:
    greenhouse.land(raw, last=date(2026, 1, 5))
    older = on_raw(green, raw, tmp_path / "older")
    older.build()
    release = FeatureStore(green.store.uri()).release
    reason = r"bed_moisture: it is built up to \(not including\) 2026-01-07 00:30:00, in the"
    with pytest.raises(PublishError, match=reason):
        older.publish()
    assert FeatureStore(green.store.uri()).release == release


def test_a_file_of_an_open_date_is_not_read_yet(
    green: Greenhouse, raw: Location, tmp_path: Path
) -> None:
    greenhouse.land(raw)
    tomorrow = LAST + timedelta(days=1)
    s3.put(raw, f"readings/landing_date={tomorrow}/part-0.parquet", body(raw, FILE))
    bad = on_raw(green, raw, tmp_path / "open")
    bad.build()
    assert not bad.publish().is_new


def test_a_file_that_is_replaced_while_a_build_reads_it_stops_the_build(
    green: Greenhouse, raw: Location, tmp_path: Path
) -> None:
    greenhouse.land(raw)
    bad = on_raw(green, raw, tmp_path / "torn")
    uri = raw.uri(FILE)
    copy = f"copy (from read_parquet('{uri}') limit 1) to '{uri}'"
    staged = "models/staging/stg_sensors__readings.sql"
    bad.edit(staged, "{{ milepost.", f'{{{{ config(post_hook="{copy}") }}}}\n\n{{{{ milepost.')
    stops(bad, f"`{uri}` was replaced or removed while a build read it")


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            "models/staging/base_sensors__readings.sql",
            "finite=['moisture'],",
            "",
            "`moisture` of source.greenhouse.sensors.readings may be NaN or infinite",
        ),
        (
            "models/staging/_sensors.yml",
            "data_type: double",
            "data_type: money",
            "column `moisture` of raw table `sensors.readings` is declared `money`",
        ),
        (
            "models/staging/_sensors.yml",
            "- name: readings\n",
            "- name: copies\n        identifier: beds\n      - name: readings\n",
            "`sensors.beds` and `sensors.copies` declare the same raw table `beds`",
        ),
    ],
)
def test_a_declaration_that_lets_bad_input_through_stops_the_build(
    green: Greenhouse, file: str, old: str, new: str, message: str
) -> None:
    green.publish()
    green.edit(file, old, new)
    stops(green, message)


def test_a_column_keeps_its_values_in_a_store_below_a_path_with_an_equals_sign(
    green: Greenhouse,
) -> None:
    store = Location(green.store.bucket, f"{green.store.prefix}/bed_id=prod")
    elsewhere = replace(green, store=store)
    elsewhere.publish()
    (green.folder / "scratch.duckdb").unlink()
    done = elsewhere.dbt("build", MILEPOST_STORE_URI=store.uri())
    assert done.returncode == 0, done.stdout
    assert "Read bed_moisture from release" in done.stdout
    assert not elsewhere.publish().is_new


def test_a_view_is_built_anew_after_a_date_was_reopened_and_its_past_is_refused(
    green: Greenhouse, raw: Location, tmp_path: Path
) -> None:
    greenhouse.land(raw)
    grown = on_raw(green, raw, tmp_path / "grown")
    grown.build()
    day = date(2026, 1, 5)
    landing.reopen(raw, day, reason="moisture in percent", by="test")
    stops(grown, "landing date 2026-01-05 is missing")
    wetter: list[Reading] = [
        (row[0], row[1], 0.99, row[3], row[4]) for row in greenhouse.sound_readings(day, day)
    ]
    greenhouse.land(raw, wetter, first=day, last=day)
    tomorrow = LAST + timedelta(days=1)
    greenhouse.land(raw, first=tomorrow, last=tomorrow)
    grown.build()
    with duckdb.connect(grown.folder / "scratch.duckdb", read_only=True) as con:
        days = con.sql(
            "select distinct cast(available_at as date) from bed_moisture "
            "where moisture_max_1d = 0.99"
        ).fetchall()
    assert days == [(day + timedelta(days=1),)]
    with pytest.raises(PublishError, match="`moisture_max_1d` has another past: at"):
        grown.publish()

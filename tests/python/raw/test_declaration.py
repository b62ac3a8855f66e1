"""What a source declares of a raw table: read whole, and refused where it means nothing."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from milepost.errors import LandingError
from milepost.raw.declaration import raw_table
from milepost.raw.tables import Column, RawTable
from milepost.storage.location import Location

RAW = "s3://our-lake/exports"
COLUMNS: dict[str, dict[str, Any]] = {
    "order_id": {"name": "order_id", "data_type": "varchar"},
    "channel": {
        "name": "channel",
        "data_type": "varchar",
        "config": {"meta": {"added_on": "2026-03-01", "optional": True}},
    },
    "_ingested_at": {
        "name": "_ingested_at",
        "data_type": "timestamp",
        "config": {"meta": {"format": "%d.%m.%Y %H:%M"}},
    },
}
HOURLY: dict[str, Any] = {"layout": "{table}/dt={date}/hour={hour}", "closed_by": "delay"}


ICEBERG = {"table_format": "iceberg"}


def source(columns: dict[str, Any] | None = None, **meta: Any) -> dict[str, Any]:
    return {
        "unique_id": "source.shop.lake.orders",
        "source_name": "lake",
        "name": "orders",
        "identifier": "orders_v2",
        "columns": COLUMNS if columns is None else columns,
        "config": {"meta": {"raw_uri": RAW, "known_at": {"column": "_ingested_at"}} | meta},
    }


def refused(message: str, hint: str, **meta: Any) -> None:
    with pytest.raises(LandingError) as caught:
        raw_table(source(**meta))
    assert caught.value.message == f"raw table `lake.orders` has `{message}`"
    assert hint in caught.value.hint


def test_a_table_with_defaults_is_of_our_own_layout() -> None:
    assert raw_table(source()) == RawTable(
        id="source.shop.lake.orders",
        name="lake.orders",
        identifier="orders_v2",
        raw=Location.parse(RAW),
        columns={
            "order_id": Column("order_id", "varchar"),
            "channel": Column("channel", "varchar", date(2026, 3, 1), is_optional=True),
            "_ingested_at": Column("_ingested_at", "timestamp", text_format="%d.%m.%Y %H:%M"),
        },
        known_column="_ingested_at",
    )


def test_each_key_is_read() -> None:
    table = raw_table(
        source(
            **HOURLY,
            time_zone="Europe/Berlin",
            closing_delay_minutes=20,
            missing_partitions="empty",
            known_at={"after_partition_minutes": 15},
            when_files_change="new_versions",
            rows_within_days=3,
            quiet_dates=["2026-12-25", date(2026, 9, 7)],
            is_snapshot=True,
        )
    )
    assert (table.layout, table.time_zone) == (HOURLY["layout"], "Europe/Berlin")
    assert (table.closed_by, table.closing_delay) == ("delay", timedelta(minutes=20))
    assert (table.missing_partitions, table.when_files_change) == ("empty", "new_versions")
    assert (table.known_by, table.known_delay) == ("partition", timedelta(minutes=15))
    assert table.rows_within_days == 3
    assert table.quiet_dates == {date(2026, 12, 25), date(2026, 9, 7)}
    assert table.is_snapshot


@pytest.mark.parametrize(
    ("meta", "message", "hint"),
    [
        ({"raw_uri": "our-lake"}, "raw_uri: our-lake", "s3://bucket/prefix"),
        ({"closed_by": "success"}, "closed_by: success", "one of marker, success_file, delay"),
        ({"closed_by": "commit"}, "closed_by: commit", "`table_format: iceberg`"),
        ({"closed_by": "delay", "table_format": "iceberg"}, "closed_by: delay", "iceberg"),
        ({"iceberg_table": "a.b.c"}, "iceberg_table: a.b.c", "table_format: iceberg"),
        ({**ICEBERG, "iceberg_table": "loads"}, "iceberg_table: loads", "catalog.namespace"),
        ({**ICEBERG, "layout": "{table}/{date}"}, "layout: {table}/{date}", "the folder alone"),
        ({**ICEBERG, "known_at": "first_seen"}, "known_at: first_seen", "`commit`"),
        ({"layout": "{table}"}, "layout: {table}", "state `closed_by`"),
        ({"time_zone": "Europe/Berlin"}, "layout: {table}/landing_date={date}", "in UTC alone"),
        (HOURLY | {"layout": "{table}/{hour}"}, "layout: {table}/{hour}", "larger parts of a date"),
        (HOURLY | {"layout": "{table}/{dt}"}, "layout: {table}/{dt}", "`{dt}` is no part"),
        (HOURLY | {"time_zone": "Berlin"}, "time_zone: Berlin", "Europe/Berlin"),
        (HOURLY | {"time_zone": "../etc"}, "time_zone: ../etc", "Europe/Berlin"),
        (
            {"layout": "{table}", "closed_by": "success_file"},
            "closed_by: success_file",
            "no folder for each date",
        ),
        (HOURLY | {"closing_delay_minutes": -1}, "closing_delay_minutes: -1", "0 or more"),
        (HOURLY | {"closing_delay_minutes": "5"}, "closing_delay_minutes: 5", "0 or more"),
        (HOURLY | {"known_at": "landed_at"}, "known_at: landed_at", "{column: NAME}"),
        (
            {"known_at": {"column": "ingested_at"}},
            "known_at: {'column': 'ingested_at'}",
            "declare the column `ingested_at`; did you mean `_ingested_at`?",
        ),
        (
            HOURLY | {"closing_delay_minutes": 15, "known_at": {"after_partition_minutes": 15}},
            "known_at: {after_partition_minutes: 15}",
            "a row is known before `closing_delay_minutes` after its partition's end",
        ),
        ({"known_at": "commit"}, "known_at: commit", "iceberg"),
        ({"known_at": "first_seen"}, "known_at: first_seen", "name a column"),
        ({"when_files_change": "new_versions"}, "when_files_change: new_versions", "marker"),
        ({"missing_partitions": "empty"}, "missing_partitions: empty", "marker"),
        ({"missing_partitions": "skip"}, "missing_partitions: skip", "one of error, empty"),
        ({"rows_within_days": 0}, "rows_within_days: 0", "1 or more"),
        ({"rows_within_days": "two"}, "rows_within_days: two", "1 or more"),
        ({"quiet_dates": "2026-12-25"}, "quiet_dates: 2026-12-25", "a list of dates"),
        ({"quiet_dates": ["Christmas"]}, "quiet_dates: Christmas", "a date: 2026-12-25"),
        ({"is_snapshot": "no"}, "is_snapshot: no", "true or false"),
        ({"set_aside_share_max": 5}, "set_aside_share_max: 5", "a share, 0 to 1"),
        ({"set_aside_row_count_min": 1.5}, "set_aside_row_count_min: 1.5", "a number of rows"),
    ],
)  # fmt: skip
def test_what_means_nothing_is_refused_by_name(
    meta: dict[str, Any], message: str, hint: str
) -> None:
    refused(message, hint, **meta)


@pytest.mark.parametrize(
    ("meta", "message", "hint"),
    [
        ({"closed_bye": "delay"}, "it has `meta.closed_bye`", "did you mean `closed_by`?"),
        ({"quiet_days": []}, "it has `meta.quiet_days`", "did you mean `quiet_dates`?"),
    ],
)
def test_a_key_that_is_nearly_one_of_ours_is_refused(
    meta: dict[str, Any], message: str, hint: str
) -> None:
    with pytest.raises(LandingError) as caught:
        raw_table(source(**meta))
    assert caught.value.message.startswith(f"raw table `lake.orders`: {message}")
    assert caught.value.hint == hint


def test_other_keys_are_the_projects_own() -> None:
    assert raw_table(source(owner="ann", pii=False)) == raw_table(source())


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ({"data_type": "widget"}, "of raw table `lake.orders` is declared `widget`"),
        ({"config": {"meta": {"added_on": "March"}}}, "has `channel.added_on: March`"),
        ({"config": {"meta": {"optional": "yes"}}}, "has `channel.optional: yes`"),
        ({"config": {"meta": {"aded_on": "2026-03-01"}}}, "column `channel` has `meta.aded_on`"),
    ],
)  # fmt: skip
def test_a_column_that_is_declared_wrongly_is_refused_by_name(
    column: dict[str, Any], message: str
) -> None:
    changed = {"channel": {"name": "channel", "data_type": "varchar"} | column}
    with pytest.raises(LandingError) as caught:
        raw_table(source(columns=COLUMNS | changed))
    assert message in caught.value.message

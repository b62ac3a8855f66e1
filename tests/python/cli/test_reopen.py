"""`milepost reopen`: other files of a closed partition are taken as the truth."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from milepost import cli
from milepost.errors import LandingError
from milepost.raw import landing
from milepost.storage import s3
from milepost.storage.location import Location
from raw.lake import SEEN_AT, START, Lake, rows_at

WHY = ("--reason", "the loader wrote it twice", "--by", "ada")


@pytest.fixture
def lake(raw: Location, store: Location) -> Lake:
    """A lake of three closed hours, one of which was landed anew since."""
    lake = Lake(raw, store)
    for hour in range(3):
        lake.put(hour, hour)
    lake.check()
    lake.put(1, 5)
    return lake


def source(name: str, raw: Location, **meta: Any) -> dict[str, Any]:
    columns = {
        name: {"name": name, "data_type": "timestamp", "config": {"meta": {}}}
        for name in ("landed_at",)
    }
    return {
        "unique_id": f"source.freight.lake.{name}",
        "resource_type": "source",
        "source_name": "lake",
        "name": name,
        "identifier": name,
        "columns": columns,
        "config": {"meta": {"raw_uri": raw.uri(), **meta}},
    }


@pytest.fixture
def manifest(lake: Lake, tmp_path: Path) -> Path:
    """What dbt wrote of a project with a table of the lake, and one that markers close."""
    sources = [
        source("loads", lake.raw, layout=lake.table.layout, closed_by="delay"),
        source("claims", Location(lake.raw.bucket, f"{lake.raw.prefix}-log")),
    ]
    content = {
        "metadata": {"project_name": "freight", "dbt_version": "1.11.16"},
        "sources": {table["unique_id"]: table for table in sources},
        **{name: {} for name in ("nodes", "macros", "exposures", "unit_tests", "disabled")},
    }
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(content))
    return path


def run(
    lake: Lake, manifest: Path, capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int, str, str]:
    store = ("--store", lake.store.uri(), "--manifest", str(manifest))
    code = cli.main(["reopen", *arguments, *store])
    return code, *capsys.readouterr()


def test_a_partition_of_a_lake_is_read_anew(
    lake: Lake, manifest: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(LandingError, match="has changed since it was read"):
        lake.check(1)
    code, out, err = run(lake, manifest, capsys, "lake.loads", "2026-03-01T01", *WHY)
    assert (code, err) == (0, "")
    assert out == "reopened 2026-03-01T01 of lake.loads: the next build reads what S3 has of it\n"
    closed = lake.check(2)
    assert closed.reopened == 1
    assert rows_at(closed, SEEN_AT) == [0, 2, 5]


def test_a_date_that_markers_close_is_opened(
    lake: Lake, manifest: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw, day = Location(lake.raw.bucket, f"{lake.raw.prefix}-log"), START.date()
    landing.close(raw, {}, first=day, last=day, written_by="a test")
    code, out, _ = run(lake, manifest, capsys, "lake.claims", str(day), *WHY, "--json")
    assert (code, json.loads(out)) == (0, {"table": "lake.claims", "partition": "2026-03-01"})
    (record,) = s3.listing(raw)
    stored = s3.get(raw, record.name)
    assert stored
    assert json.loads(stored.body)["by"] == "ada"


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (
            ("lake.orders", "2026-03-01"),
            "no raw table of the project",
            "`lake.claims`, `lake.loads`",
        ),
        (("lake.loads", "2026-03-07T01"), "is not closed", "2026-03-01 02:00:00 UTC"),
        (("lake.loads", "monday"), "`monday` is no partition", "2026-03-05T13"),
        (("lake.claims", "monday"), "`monday` is no landing date", "2026-03-05"),
        (("lake.claims", str(date.max)), "is not closed", "landed again"),
    ],
)
def test_what_cannot_be_reopened_is_said(
    lake: Lake,
    manifest: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    message: str,
    hint: str,
) -> None:
    code, out, err = run(lake, manifest, capsys, *arguments, *WHY)
    assert (code, out) == (1, "")
    assert message in err.splitlines()[0]
    assert hint in err.splitlines()[1]

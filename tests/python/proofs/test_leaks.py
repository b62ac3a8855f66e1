"""Which proof catches which leak: `tests/fixtures/leaks` has a feature view for each."""

from __future__ import annotations

import shutil
from datetime import date, datetime, time, timedelta

import pyarrow as pa
import pytest

from milepost.errors import PublishError
from milepost.raw import landing
from milepost.release.manifest import Manifest
from milepost.storage import s3
from milepost.storage.location import Location
from proofs import logs
from proofs.proofs import clocks, truncated
from proofs.work import MILEPOST, Work, place

pytestmark = pytest.mark.slow

FIRST, CUT, LAST = date(2026, 1, 1), date(2026, 1, 5), date(2026, 1, 8)
INSTANTS = {
    "truncated on a grid instant": datetime(2026, 1, 5),
    "truncated between": datetime(2026, 1, 5, 12, 34),
    "truncated beside": datetime(2026, 1, 5, 0, 0, 0, 1),
}
TRUNCATED = set(INSTANTS)
CAUGHT_BY = {
    "honest": set[str](),
    "declared": set[str](),
    "keeps_latest": TRUNCATED,
    "joins_todays_snapshot": TRUNCATED,
    "is_closed_at_both_ends": {"truncated on a grid instant"},
    "looks_along_event_at": TRUNCATED,
    "reads_the_clock": TRUNCATED | {"increment", "determinism", "clocks", "gate"},
    "reads_the_year": {"clocks"},
    "forgets_what_it_looks_back_to": {"increment"},
}


def land(raw: Location) -> None:
    """A bed with two readings a day, and one of each that a leak lets through."""
    days = logs.dates(FIRST, LAST + logs.DAY)
    readings = [
        (f"{day} {hour}", 20 + hour, at, at + timedelta(minutes=5))
        for day in days
        for hour in (6, 18)
        for at in [datetime.combine(day, time(hour))]
    ]
    readings += [
        ("at midnight", 31, datetime(2026, 1, 4, 23), datetime(2026, 1, 5)),
        ("late", 32, datetime(2026, 1, 4, 10), datetime(2026, 1, 6, 10)),
        ("corrected", 33, datetime(2026, 1, 3, 10), datetime(2026, 1, 3, 10, 5)),
        ("corrected", 34, datetime(2026, 1, 3, 10), datetime(2026, 1, 6, 9)),
    ]
    # The bed is planted anew.
    beds = [("tomato", datetime(2026, 1, 1)), ("basil", datetime(2026, 1, 6))]
    instant = pa.timestamp("us")
    tables = {
        "readings": pa.table(
            {
                "reading_id": [row[0] for row in readings],
                "bed_id": ["north"] * len(readings),
                "moisture_percent": [row[1] for row in readings],
                "read_at": pa.array([row[2] for row in readings], instant),
                "landed_at": pa.array([row[3] for row in readings], instant),
            }
        ),
        "beds": pa.table(
            {
                "bed_id": ["north"] * len(beds),
                "crop": [row[0] for row in beds],
                "snapshot_at": pa.array([row[1] for row in beds], instant),
                "landed_at": pa.array([row[1] for row in beds], instant),
            }
        ),
    }
    entries = {}
    for name, rows in tables.items():
        dated = rows.append_column("landing_date", rows["landed_at"].cast(pa.date32()))
        entries[name] = landing.land(
            raw, name, dated.sort_by("landing_date"), first=FIRST, last=LAST
        )
    landing.close(raw, entries, first=FIRST, last=LAST, written_by="test")


@pytest.fixture(scope="module")
def full(s3_server: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Work:
    """The whole log, built and tested at once."""
    folder = tmp_path_factory.mktemp("leaks")
    shutil.copytree(MILEPOST / "tests/fixtures/leaks", folder / "full")
    (folder / "full/packages.yml").write_text(f"packages:\n  - local: {MILEPOST}\n")
    raw = place("raw")
    land(raw)
    work = Work.create(folder / "full", raw, place("store"))
    work.dbt("deps")
    work.dbt("build")
    return work


@pytest.fixture(scope="module")
def caught(full: Work) -> dict[str, set[str]]:
    """The views that each proof catches."""
    found = {}
    for name, instant in INSTANTS.items():
        views = truncated(full, name, instant)
        assert all(view.rows for view in views.values())
        found[name] = {view for view, of in views.items() if of.differing}

    whole = full.publish(place("store"))
    grown = full.another("increment", raw=place("raw"))
    for before, is_lost in ((LAST - logs.DAY, False), (LAST, False), (LAST + logs.DAY, True)):
        if is_lost:
            grown.lose_scratch()
        logs.grow(full.raw, grown.raw, before)
        grown.dbt("build")
        try:
            release = grown.publish()
        except PublishError as refused:
            found["gate"] = {view for view in CAUGHT_BY if f"\n  {view}: " in refused.message}
            empty(grown.store)
            release = grown.publish()
    found["increment"] = differing(whole, release)

    full.dbt("build", "--full-refresh")
    found["determinism"] = differing(whole, full.publish(place("store")))

    found["clocks"] = {view for view, calls in clocks(full.catalog).items() if calls}
    return found


def empty(store: Location) -> None:
    """What the gate compares with, taken away."""
    for item in list(s3.listing(store)):
        s3.remove(store, [item.name])


def differing(one: Manifest, other: Manifest) -> set[str]:
    """The views whose files are not the same bytes."""
    files = [
        {view.name: [file.digest for file in view.files] for view in release.views}
        for release in (one, other)
    ]
    return {view for view in files[0] if files[0][view] != files[1][view]}


def test_every_leak_has_its_view(full: Work) -> None:
    assert {view.name for view in full.catalog.feature_views()} == set(CAUGHT_BY)


@pytest.mark.parametrize("view", CAUGHT_BY)
def test_each_leak_is_caught(caught: dict[str, set[str]], view: str) -> None:
    assert {proof for proof, views in caught.items() if view in views} == CAUGHT_BY[view]

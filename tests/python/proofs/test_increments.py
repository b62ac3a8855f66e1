"""Published day by day, a release has the content of one that is built at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from milepost.raw import closed_dates as raw_log
from proofs import logs
from proofs.conftest import LAST, freight, simulate
from proofs.work import place

pytestmark = [pytest.mark.slow, pytest.mark.full_size]

END = LAST + logs.DAY
# How far the log is closed at each build, and whether the DuckDB file is lost before it.
BUILDS = [
    (END - 4 * logs.DAY, False),
    (END - 3 * logs.DAY, False),
    (END - 2 * logs.DAY, True),
    (END, False),  # two days at once
]


def test_day_by_day_gives_the_same_release_where_the_scratch_database_was_lost(
    s3_server: dict[str, str], tmp_path: Path
) -> None:
    # Longer than any view looks back, so that a batch reads a part of the log.
    at_once = freight(tmp_path / "at_once", simulate(scale=0.01, days=640))
    at_once.build()
    expected = at_once.publish(place("store"))
    work = at_once.another("day_by_day", raw=place("raw"), store=place("store"))
    for before, is_lost in BUILDS:
        if is_lost:
            work.lose_scratch()
        logs.grow(at_once.raw, work.raw, before)
        work.build()
        release = work.publish()
    with duckdb.connect(work.database, read_only=True) as scratch:
        assert scratch.execute(
            "select bool_and(first_date > $first) from milepost_checks.slices "
            "where node_id like '%.base_freight__loads'",
            {"first": str(raw_log.closed_dates(work.raw).first)},
        ).fetchall() == [(True,)]
    # Their code names their raw log, their files a publication.
    for view, same in zip(release.views, expected.views, strict=True):
        assert replace(view, files=[], code="") == replace(same, files=[], code="")
    assert release.content == expected.content

"""Raw tables as they were at an instant: what was closed then, and nothing that came later."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from milepost.errors import LandingError
from milepost.raw.earlier import VARIABLE, closed_by, instant
from milepost.raw.tables import ClosedTable, RawFile, Rewrite

DAY = timedelta(days=1)
FIRST = datetime(2026, 1, 1)


def file(starts_at: datetime, length: timedelta = DAY) -> RawFile:
    return RawFile(f"s3://raw/{starts_at}", starts_at, starts_at + length, {}, 1)


def table(*files: RawFile, rewrites: tuple[Rewrite, ...] = ()) -> ClosedTable:
    return ClosedTable(FIRST, FIRST + 10 * DAY, 0, files, rewrites)


def test_partitions_that_end_later_are_open() -> None:
    files = [file(FIRST + n * DAY) for n in range(10)]
    earlier = closed_by({"a": table(*files)}, FIRST + 7 * DAY)["a"]
    assert earlier.before == FIRST + 7 * DAY
    assert list(earlier.files) == files[:7]


def test_a_partition_that_lasts_beyond_the_instant_is_open_as_a_whole() -> None:
    weeks = [file(FIRST, 5 * DAY), file(FIRST + 5 * DAY, 5 * DAY)]
    earlier = closed_by({"a": table(*weeks)}, FIRST + 7 * DAY)["a"]
    assert earlier.before == FIRST + 5 * DAY
    assert list(earlier.files) == weeks[:1]


@pytest.mark.parametrize("text", ["2026-13", "noon", "2026-03-05T13:00Z"])
def test_the_instant_of_the_environment_is_one_without_a_zone(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv(VARIABLE, text)
    with pytest.raises(LandingError, match=f"is `{text}`, which is no instant without a zone"):
        instant()
    monkeypatch.setenv(VARIABLE, "2026-01-01")
    assert instant() == FIRST
    monkeypatch.setenv(VARIABLE, "")
    assert instant() is None


def test_an_instant_after_the_end_changes_nothing() -> None:
    whole = table(file(FIRST))
    assert closed_by({"a": whole}, FIRST + 30 * DAY)["a"] == whole


def test_files_and_rewrites_that_came_later_are_not_there() -> None:
    instant = FIRST + 5 * DAY
    late, in_time = (file(FIRST)._replace(known_from=instant + n * DAY) for n in (0, -1))
    rewrites = tuple(Rewrite((), (), instant + n * DAY) for n in (0, -1))
    earlier = closed_by({"a": table(late, in_time, rewrites=rewrites)}, instant)["a"]
    assert earlier.files == (in_time,)
    assert earlier.rewrites == rewrites[1:]

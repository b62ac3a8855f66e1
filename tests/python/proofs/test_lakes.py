"""A company's lake gives the features of the same marketplace in the raw log of the package."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from lake.laying import Lake
from proofs import lakes
from proofs.conftest import LAST, freight, simulate
from proofs.logs import DAY, midnight
from proofs.proofs import compared
from proofs.work import Work, place

pytestmark = pytest.mark.slow

# Fewer days have no settlement.
SCALE, DAYS = 0.01, 8
HOUR = timedelta(hours=1)
END = midnight(LAST + DAY)
OPENING = END - DAYS * DAY
# In the middle of a day; what is removed from here on is no news of the raw log's.
CUT = END - timedelta(hours=33)
SIMULATED = Lake(SCALE, 1, OPENING, through=OPENING, deletes_from=CUT)


@pytest.fixture(scope="module")
def marked(s3_server: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Work:
    """The freight project on the log that markers close."""
    work = freight(tmp_path_factory.mktemp("marked") / "work", simulate(SCALE, DAYS))
    work.run()
    return work


@pytest.fixture(scope="module")
def whole(s3_server: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Work:
    """The example on the whole lake."""
    work = lakes.example(tmp_path_factory.mktemp("whole") / "work", place("raw"))
    lakes.grow(work, SIMULATED, END)
    work.run()
    return work


@pytest.fixture(scope="module")
def cut(s3_server: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> tuple[Work, Lake]:
    """The example on the lake as it was at an hour."""
    work = lakes.example(tmp_path_factory.mktemp("cut") / "work", place("raw"), grows=True)
    lake = lakes.grow(work, SIMULATED, CUT)
    work.run()
    return work, lake


def test_a_lake_gives_the_features_of_the_raw_log(marked: Work, whole: Work) -> None:
    """In eight layouts at once; until loads are removed, which features then show."""
    views = compared(marked, whole, CUT, END)
    # The lake knows a day's price of diesel five minutes after its end, and so a day later. It
    # serves markets within half an hour, not after 25: a training set has what was served.
    assert {view for view, of in views.items() if of.differing} == {"fuel", "tender_acceptance"}
    assert views["market_balance"].rows > 100
    assert views["market_balance"].differing_later


def test_what_was_not_known_at_an_hour_changes_no_row(whole: Work, cut: tuple[Work, Lake]) -> None:
    # The stream's last hour is over when the next has begun.
    views = compared(whole, cut[0], CUT - DAY, CUT - HOUR)
    assert {view: of for view, of in views.items() if of.differing} == {}
    hourly = ("market_balance", "market_capacity", "national_balance")
    assert [view for view in hourly if views[view].differing_later] == []


@pytest.mark.parametrize(
    "through", [CUT + HOUR, pytest.param(END, marks=pytest.mark.full_size, id="to the end")]
)
def test_building_on_gives_the_same_tables(
    whole: Work, cut: tuple[Work, Lake], through: datetime
) -> None:
    work, lake = cut
    lakes.grow(work, lake, through)
    work.run()
    views = compared(whole, work, through - HOUR, through)
    # Bids close by the day, so that the last hours of what is made from them are not built yet.
    earlier = compared(whole, work, CUT - DAY, through)
    views |= {name: earlier[name] for name in ("load_progress", "tender_acceptance")}
    assert {view: of for view, of in views.items() if of.differing} == {}
    assert views["load_progress"].rows > 100


@pytest.mark.full_size
def test_a_lake_gives_the_same_tables_again(whole: Work) -> None:
    again = whole.another("again", store=place("store"))
    again.run("--full-refresh")
    assert {view for view, of in compared(whole, again, END, END).items() if of.differing} == set()


@pytest.mark.full_size
@pytest.mark.parametrize("layout", lakes.LAYOUTS)
def test_each_layout_gives_the_features_of_the_raw_log(
    marked: Work, tmp_path: Path, layout: str
) -> None:
    work = lakes.in_layout(freight(tmp_path / "work", place("raw"), place("store")), layout)
    lake = Lake(SCALE, 1, OPENING, through=OPENING, deletes_from=datetime.max)  # noqa: DTZ901
    lakes.grow(work, lake, END, lakes.FREIGHT_SOURCES)
    work.run()
    views = compared(marked, work, END - DAY, END)
    assert {view: of for view, of in views.items() if of.differing} == {}

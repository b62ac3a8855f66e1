"""The ledger under builds that race, are killed at any call, or meet a store that errs."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from faults.proxy import FAULTS, Plan, Proxy, numbers, proxy
from faults.publisher import start
from milepost.errors import LandingError, MilepostError
from milepost.raw import ledger_garbage, ledger_parts
from milepost.raw.ledger_parts import CURRENT
from milepost.raw.tables import ClosedTable
from milepost.storage import client as s3_client
from milepost.storage import conditional, s3
from milepost.storage.client import client
from milepost.storage.location import Location
from raw.lake import HOUR, SEEN_AT, Lake, rows_at

BUILDS = 6
VERSIONS = {"when_files_change": "new_versions"}
LATER = SEEN_AT + 100 * HOUR


@pytest.fixture
def lakes(s3_server: dict[str, str]) -> Callable[[], Lake]:
    """Makes lakes of three closed hours, whose files may change, each with a store."""

    def lake() -> Lake:
        place = f"faults-ledger-{os.getpid()}-{next(numbers)}"
        raw, store = (Location(f"milepost-{kind}", place) for kind in ("raw", "store"))
        lake = Lake(raw, store, options=VERSIONS)
        for hour in range(3):
            lake.put(hour, hour)
        return lake

    return lake


def build(lake: Lake, hour: int) -> ClosedTable | MilepostError:
    """What one build may read of a lake."""
    try:
        return lake.check(hour)
    except MilepostError as error:
        return error


def hourly(barrier: Any, lake: Lake, hours: int) -> list[ClosedTable | MilepostError]:
    """Build once for each hour that closes, together with others that write to the same ledger."""
    outcomes = []
    for hour in range(hours):
        lake.put(hour, hour)
        lake.closed_hours = hour + 1
        barrier.wait(120)
        outcomes.append(build(lake, hour))
    return outcomes


def without_condition(barrier: Any, lake: Lake, hours: int) -> list[ClosedTable | MilepostError]:
    """Build with a pointer that anybody may replace."""
    replaced: Any = conditional
    replaced.replace = lambda location, name, body, _etag: s3.put(location, name, body)
    return hourly(barrier, lake, hours)


def impatient(lake: Lake, builds: int) -> list[ClosedTable | MilepostError]:
    """Build several times, and wait for no reply longer than this."""
    s3_client.READ_TIMEOUT = 1.0
    return [build(lake, hour) for hour in range(1, builds + 1)]


def raced(server: dict[str, str], store: Location, work: Callable[..., Any], hours: int) -> None:
    """Builds of several lakes share a ledger; each has all that it was told it wrote."""
    barrier = multiprocessing.get_context("forkserver").Barrier(BUILDS)
    lakes = [Lake(store, store, f"table_{number}") for number in range(BUILDS)]
    racers = [start(server, work, barrier, lake, hours) for lake in lakes]
    for racer in racers:
        read = [rows_at(closed, LATER) for closed in racer.result()]
        assert read == [list(range(hour + 1)) for hour in range(hours)]
    records = ledger_parts.read(store).records.to_pylist()
    names = sorted(record["name"] for record in records if record["event"] == "recorded")
    assert names == sorted(lake.file(hour) for lake in lakes for hour in range(hours))


def test_of_racing_builds_every_record_stands(
    s3_server: dict[str, str], store: Location, full_size: bool
) -> None:
    raced(s3_server, store, hourly, 12 if full_size else 2)


def test_the_check_sees_a_pointer_that_the_last_writer_wins(
    s3_server: dict[str, str], store: Location
) -> None:
    with pytest.raises(AssertionError):
        raced(s3_server, store, without_condition, 3)


def test_two_builds_of_one_lake_see_a_change_once(
    s3_server: dict[str, str], lakes: Callable[[], Lake]
) -> None:
    """Each lists again after it lost: an older listing would undo the change in the ledger."""
    lake = lakes()
    lake.check()
    lake.put(1, 1, 8)
    builds = [start(s3_server, build, lake, 1) for _ in range(4)]
    assert [rows_at(racer.result(), LATER) for racer in builds] == [[0, 1, 2, 8]] * 4
    closed = lake.check(2)
    assert len(closed.rewrites) == 1
    assert rows_at(closed, SEEN_AT) == [0, 1, 2]


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("is_first", [True, False])
def test_a_build_killed_at_any_call_leaves_a_ledger_for_the_next(
    s3_server: dict[str, str],
    lakes: Callable[[], Lake],
    full_size: bool,
    is_first: bool,
    moment: str,
) -> None:
    killed = 0
    with proxy(client().meta.endpoint_url) as between:
        for place in range(1, 100, 1 if full_size else 3):
            lake = lakes()
            if not is_first:
                lake.check()
                lake.put(1, 1, 8)
            if not _is_killed(between, s3_server, place, moment, lake):
                break
            killed += 1
            closed = lake.check(2)
            assert rows_at(closed, LATER) == ([0, 1, 2] if is_first else [0, 1, 2, 8])
            if not is_first:
                assert rows_at(closed, SEEN_AT) == [0, 1, 2]
                assert len(closed.rewrites) == 1
            _check_garbage(lake, closed)
    calls = len(between.calls)
    assert 4 < calls < place
    assert killed == (calls if full_size else (calls + 2) // 3)


def _is_killed(between: Proxy, server: dict[str, str], place: int, moment: str, lake: Lake) -> bool:
    between.calls.clear()
    between.plan = _kill_at(place, moment)
    child = start({**server, "AWS_ENDPOINT_URL": between.endpoint}, build, lake, 1)
    between.kill = lambda: os.kill(child.process.pid or 0, signal.SIGKILL)
    child.result()
    return child.process.exitcode == -signal.SIGKILL


def _kill_at(place: int, moment: str) -> Plan:
    return lambda number, _method, _path: f"kill_{moment}" if number == place else None


def _check_garbage(lake: Lake, closed: ClosedTable) -> None:
    """What no ledger names is removed after a day, and nothing else."""
    store = lake.store
    young = ledger_garbage.collect(store, grace=timedelta(), dry_run=False)
    assert young == []
    now = s3.clock
    try:
        s3.clock = lambda location: now(location) + timedelta(days=1, seconds=5)
        garbage = ledger_garbage.collect(store, grace=timedelta(), dry_run=False)
        assert ledger_garbage.collect(store, grace=timedelta(), dry_run=False) == []
    finally:
        s3.clock = now
    ledger = ledger_parts.read(store)
    named = {record["copy"] for record in ledger.records.to_pylist() if record["copy"]}
    named |= {ledger_parts.part_name(part) for part in ledger.parts} | {CURRENT}
    assert {item.name for item in s3.listing(store)} == named
    assert named.isdisjoint(item.name for item in garbage)
    assert rows_at(lake.check(3), LATER) == rows_at(closed, LATER)


def test_a_build_killed_between_part_and_pointer_leaves_garbage_alone(
    s3_server: dict[str, str], lakes: Callable[[], Lake]
) -> None:
    lake = lakes()
    with proxy(client().meta.endpoint_url) as between:
        moves: list[int] = []

        def plan(number: int, method: str, path: str) -> str | None:
            if method == "PUT" and path.endswith("current.json"):
                moves.append(number)
            return "kill_before" if len(moves) == 2 else None  # the first one makes it, empty

        between.plan = plan
        child = start({**s3_server, "AWS_ENDPOINT_URL": between.endpoint}, build, lake, 1)
        between.kill = lambda: os.kill(child.process.pid or 0, signal.SIGKILL)
        assert child.result() is None
    assert len(ledger_parts.read(lake.store).records) == 0
    assert len(list(s3.listing(lake.store, ledger_parts.PARTS))) == 1
    closed = lake.check(2)
    assert rows_at(closed, LATER) == [0, 1, 2]
    _check_garbage(lake, closed)


def test_garbage_is_not_collected_beside_a_damaged_ledger(lakes: Callable[[], Lake]) -> None:
    lake = lakes()
    lake.check()
    (part,) = ledger_parts.read(lake.store).parts
    names = {item.name for item in s3.listing(lake.store)}
    s3.put(lake.store, ledger_parts.part_name(part), b"PAR1")
    now = s3.clock
    try:
        s3.clock = lambda location: now(location) + timedelta(days=30)
        with pytest.raises(LandingError, match="is damaged"):
            ledger_garbage.collect(lake.store, grace=timedelta(), dry_run=False)
    finally:
        s3.clock = now
    assert {item.name for item in s3.listing(lake.store)} == names


def test_a_store_that_errs_ends_in_the_rows_or_a_clear_refusal(
    s3_server: dict[str, str], lakes: Callable[[], Lake], full_size: bool
) -> None:
    chance = random.Random(1)
    ends: list[str] = []
    for _ in range(20 if full_size else 2):
        lake = lakes()
        with proxy(client().meta.endpoint_url) as between:
            between.plan = lambda *_: chance.choice(FAULTS) if chance.random() < 0.1 else None
            through = {**s3_server, "AWS_ENDPOINT_URL": between.endpoint}
            outcomes = start(through, impatient, lake, 3).result()
        for outcome in outcomes:
            if isinstance(outcome, ClosedTable):
                assert rows_at(outcome, LATER) == [0, 1, 2]
            ends.append(type(outcome).__name__)
        assert rows_at(lake.check(9), LATER) == [0, 1, 2]
    assert "ClosedTable" in ends


@pytest.mark.parametrize("options", [VERSIONS, {}], ids=["versions", "error"])
def test_a_file_replaced_while_it_is_looked_at_is_listed_again(
    s3_server: dict[str, str], lakes: Callable[[], Lake], options: dict[str, Any]
) -> None:
    """Between the listing and the first byte that is read of it."""
    lake = lakes()
    lake.options = options
    with proxy(client().meta.endpoint_url) as between:
        replaced: list[int] = []

        def plan(number: int, method: str, path: str) -> str | None:
            if not replaced and method == "GET" and "hour%3D01" in path.replace("=", "%3D"):
                replaced.append(number)
                lake.put(1, 5)
            return None

        between.plan = plan
        through = {**s3_server, "AWS_ENDPOINT_URL": between.endpoint}
        closed = start(through, build, lake, 1).result()
    assert rows_at(closed, LATER) == [0, 2, 5]
    assert rows_at(lake.check(2), LATER) == [0, 2, 5]
    assert replaced

"""Publishers that race, and a store that errs: one history, nothing lost, everybody told."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import SERVER
from faults.proxy import FAULTS, Proxy, proxy
from faults.publisher import publish, read_whole, start
from milepost.errors import ConflictError, MilepostError, ReleaseError, StorageError
from milepost.release import pointers, releases
from milepost.storage import client as s3_client
from milepost.storage import s3
from milepost.storage.client import client
from milepost.storage.location import Location

PUBLISHERS = 8
# The number published, the release or what went wrong.
Told = tuple[int, str | MilepostError]


def race(barrier: Any, store: Location, who: int, rounds: int) -> list[Told]:
    """Publish once a round; all have read what is current before the first moves the pointer."""
    replaced: Any = releases
    commit = replaced.commit

    def commit_together(*arguments: Any) -> None:
        barrier.wait(120)
        commit(*arguments)

    replaced.commit = commit_together
    return [_attempt(store, 100 * (turn + 1) + who) for turn in range(rounds)]


def several(store: Location, first: int, count: int) -> list[Told]:
    """Publish several times, whatever becomes of each."""
    return [_attempt(store, number) for number in range(first, first + count)]


def impatient(store: Location, first: int, count: int) -> list[Told]:
    """Publish several times at a store that may stall, and wait for no reply longer than this."""
    s3_client.READ_TIMEOUT = 1.0
    return several(store, first, count)


def overtaken(store: Location, number: int) -> list[Told]:
    """Publish, and publish another release when all is written and the pointer has not moved."""
    told: list[Told] = []
    replaced: Any = releases
    commit = replaced.commit

    def commit_second(*arguments: Any) -> None:
        replaced.commit = commit
        told.append(_attempt(store, number + 1))
        commit(*arguments)

    replaced.commit = commit_second
    told.append(_attempt(store, number))
    return told


def _attempt(store: Location, number: int) -> Told:
    try:
        return number, publish(store, number).release
    except MilepostError as error:
        return number, error


def check_one_history(store: Location, told: list[Told]) -> None:
    """Each release that was told is there once, whole; none that a loser was told of."""
    there = releases.history(store)
    numbers = {read_whole(store, one.release)[1]: one.release for one in there}
    assert len(numbers) == len(there)
    pointer = pointers.pointer(store)
    assert pointer
    assert pointer.number == len(there), "a move of the pointer was lost"
    for number, outcome in told:
        if isinstance(outcome, str):
            assert numbers.get(number) == outcome, f"release {number} was told and lost"
        elif isinstance(outcome, ConflictError):
            assert number not in numbers, f"release {number} is there, its publisher told it lost"
            assert "again" in outcome.hint
    assert set(numbers) <= {number for number, _ in told}


def raced(server: dict[str, str], store: Location, rounds: int) -> Counter[str]:
    barrier = multiprocessing.get_context("forkserver").Barrier(PUBLISHERS)
    racers = [start(server, race, barrier, store, who, rounds) for who in range(PUBLISHERS)]
    told = [one for racer in racers for one in racer.result()]
    check_one_history(store, told)
    return Counter("won" if isinstance(end, str) else type(end).__name__ for _, end in told)


def faulted(server: dict[str, str], store: Location, count: int, seed: int) -> Counter[str]:
    """Publish while a fifth of all calls goes wrong; what went wrong, and what was told."""
    chance = random.Random(seed)
    seen: Counter[str] = Counter()

    def plan(n: int, method: str, path: str) -> str | None:
        fault = chance.choice(FAULTS) if chance.random() < 0.2 else None
        seen.update([fault or "none"])
        return fault

    with proxy(client().meta.endpoint_url) as between:
        between.plan = plan
        through = {**server, "AWS_ENDPOINT_URL": between.endpoint}
        writers = [start(through, impatient, store, 1000 * who + 1, count) for who in range(2)]
        told = [one for writer in writers for one in writer.result()]
    check_one_history(store, told)
    return seen + Counter(
        "published" if isinstance(end, str) else type(end).__name__ for _, end in told
    )


def restarted(server: dict[str, str], store: Location, place: int) -> bool:
    """Kill the S3 server at a call of a publication, start it again; whether it was published."""
    state = Path(server["AWS_CONFIG_FILE"]).parents[1]
    publish(store, 1)
    with proxy(client().meta.endpoint_url) as between:

        def plan(n: int, method: str, path: str) -> str | None:
            if n == place:
                os.kill(json.loads((state / "s3/server.json").read_text())["pid"], signal.SIGKILL)
                subprocess.run([*SERVER, "start", "--state", str(state)], check=True)
            return None

        between.plan = plan
        told = start(
            {**server, "AWS_ENDPOINT_URL": between.endpoint}, several, store, 2, 1
        ).result()
    _wait_for_server(store)
    check_one_history(store, [(1, releases.history(store)[-1].release), *told])
    publish(store, 3)
    assert read_whole(store)[1] == 3
    return isinstance(told[0][1], str)


def _wait_for_server(store: Location) -> None:
    """Until what is there can be read: the server answers before it has found all its volumes."""
    until = time.monotonic() + 60
    while True:
        try:
            for item in s3.listing(store):
                s3.get(store, item.name)
        except StorageError:
            assert time.monotonic() < until, "the server does not find its data again"
        else:
            return


def test_of_racing_publishers_none_is_lost_and_the_losers_are_told(
    s3_server: dict[str, str], store: Location, full_size: bool
) -> None:
    ends = raced(s3_server, store, rounds := 25 if full_size else 2)
    print(ends, file=sys.stderr)
    assert ends == {"won": rounds, "ConflictError": rounds * (PUBLISHERS - 1)}


def test_the_check_sees_that_the_last_writer_wins(
    s3_server: dict[str, str], store: Location
) -> None:
    told: list[Told] = [(1, publish(store, 1).release)]
    told += start(s3_server, overtaken, store, 2).result()
    check_one_history(store, told)
    assert [type(outcome) for _, outcome in told] == [str, str, ConflictError]
    told += start({**s3_server, "MILEPOST_WITHOUT": "conditions"}, overtaken, store, 4).result()
    with pytest.raises(AssertionError, match="release 5 was told and lost"):
        check_one_history(store, told)


def test_a_store_that_errs_ends_in_success_or_a_clear_refusal(
    s3_server: dict[str, str], store: Location, full_size: bool
) -> None:
    ends = faulted(s3_server, store, 50 if full_size else 2, seed=1)
    print(ends, file=sys.stderr)
    assert ends["published"]
    assert set(FAULTS) <= set(ends) or not full_size


def test_the_check_sees_a_lost_reply_taken_for_a_lost_race(
    s3_server: dict[str, str], store: Location
) -> None:
    def told_by(server: dict[str, str], number: int) -> list[Told]:
        """What a publisher says where the reply to the move of the pointer is lost."""
        lost: list[int] = []

        def plan(n: int, method: str, path: str) -> str | None:
            if lost or method != "PUT" or not path.endswith("current.json"):
                return None
            lost.append(n)
            return "reset_after"

        with proxy(client().meta.endpoint_url) as between:
            between.plan = plan
            through = {**server, "AWS_ENDPOINT_URL": between.endpoint}
            told: list[Told] = start(through, several, store, number, 1).result()
        assert lost
        return told

    told = told_by(s3_server, 1)
    check_one_history(store, told)
    told += told_by({**s3_server, "MILEPOST_WITHOUT": "reading_back"}, 2)
    with pytest.raises(AssertionError, match="its publisher told it lost"):
        check_one_history(store, told)


def test_the_server_may_be_killed_and_start_again_during_publish(
    s3_server: dict[str, str], stores: Callable[[], Location], full_size: bool
) -> None:
    places = range(1, 21) if full_size else (9,)
    ends = Counter(restarted(s3_server, stores(), place) for place in places)
    print(ends, file=sys.stderr)
    assert sum(ends.values()) == len(places)


def test_the_check_of_a_restart_sees_a_pointer_that_moves_too_early(
    s3_server: dict[str, str], stores: Callable[[], Location]
) -> None:
    """The files follow the pointer, and the server ends between them: nobody has them."""
    server = {**s3_server, "MILEPOST_WITHOUT": "order"}
    store = stores()
    publish(store, 1)
    with proxy(client().meta.endpoint_url) as between:
        moved: list[int] = []
        between.plan = lambda *call: _down_after_the_pointer(between, moved, call[2])
        told = start({**server, "AWS_ENDPOINT_URL": between.endpoint}, several, store, 2, 1)
        told.result()
    with pytest.raises(ReleaseError, match="cannot be read"):
        read_whole(store)


def _down_after_the_pointer(between: Proxy, moved: list[int], path: str) -> str | None:
    if moved:
        return "reset_before"
    if path.endswith("current.json") and any(m == "PUT" and p == path for m, p in between.calls):
        moved.append(1)
    return None

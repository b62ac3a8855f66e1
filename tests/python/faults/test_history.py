"""A random history of several processes on one store, checked against what is allowed."""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from faults.proxy import proxy
from faults.publisher import publish, read_whole, start
from milepost.errors import ConflictError, MilepostError, ReleaseError, StorageError
from milepost.release import garbage, pointers, releases
from milepost.release.verify import verify
from milepost.storage import s3
from milepost.storage.client import client
from milepost.storage.location import Location

PROCESSES = 5
WEIGHTS = {"publish": 30, "read": 30, "pinned": 12, "rollback": 8, "pin": 10, "unpin": 3, "gc": 7}
FAULTS = ("reset_after", "500_after", "reset_before", "503_before", "truncate_after")


@dataclass(frozen=True)
class Operation:
    """What a process did from `began` to `ended`, and what it was told."""

    who: int
    kind: str
    began: float
    ended: float
    asked: Any
    told: Any


def play(store: Location, who: int, count: int, grace: timedelta) -> list[Operation]:
    """Do this many operations of random kinds, and write down what came of each."""
    chance = random.Random(who)
    garbage.LEAST_GRACE = pointers.SETTLE_WITHIN = grace
    pinned: dict[str, str] = {}
    log = []
    for turn in range(count):
        kind = chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        began = time.monotonic()
        asked: Any = None
        try:
            if kind == "publish":
                asked = 1000 * (who + 1) + turn
                told: Any = publish(store, asked, chance.choice((1, 1, 2, 3))).release
            elif kind == "read":
                pointer = pointers.pointer(store)
                assert pointer
                told = (pointer.number, *read_whole(store, pointer.release))
            elif kind == "gc":
                told = len(garbage.collect(store, grace=grace, dry_run=False).removed)
            elif kind == "rollback":
                asked = chance.choice(releases.history(store)).release
                told = releases.rollback(store, asked).release
            elif kind == "pin":
                name = f"model-{who}-{chance.randrange(2)}"
                asked = chance.choice(releases.history(store)).release
                previous = pinned.pop(name, None)
                releases.pin(store, name, asked)
                pinned[name] = asked
                told = previous
            elif not pinned:
                continue
            elif kind == "unpin":
                asked = chance.choice(sorted(pinned))
                del pinned[asked]
                releases.unpin(store, asked)
                told = None
            else:
                asked = pinned[chance.choice(sorted(pinned))]
                told = read_whole(store, asked)
        except MilepostError as error:
            told = error
        log.append(Operation(who, kind, began, time.monotonic(), asked, told))
    return log


def check(store: Location, log: list[Operation], grace: timedelta) -> Counter[str]:
    """Every read is of one committed release, in the order of one history; what was done."""
    moves = {number: release for release, number in _moves(store)}
    assert sorted(moves) == list(range(1, len(moves) + 1)), "a move of the pointer was lost"
    first: dict[str, int] = {}
    for number in sorted(moves):
        first.setdefault(moves[number], number)
    numbers: dict[str, int] = {}
    for one in log:
        is_refused = isinstance(one.told, MilepostError)
        if one.kind == "publish" and not is_refused:
            assert one.told in first, f"{one} was told and is lost"
            numbers[one.told] = one.asked
        if one.kind == "rollback" and not is_refused:
            assert one.told in first
        if one.kind in {"read", "pinned"}:
            if is_refused:
                # Collected while it was being read, by a reader slower than the grace period.
                slow = one.ended - one.began > grace.total_seconds() and one.kind == "read"
                assert isinstance(one.told, StorageError) or slow, f"{one} was not readable"
                continue
            release, number = one.told[-2:]
            assert release in first, f"{one} is of a release that was never committed"
            assert numbers.setdefault(release, number) == number, f"{one} reads another content"
            assert one.kind == "read" or release == one.asked
    lost = {
        one.asked for one in log if one.kind == "publish" and isinstance(one.told, ConflictError)
    }
    assert lost.isdisjoint(numbers.values()), "a release is there whose publisher was told it lost"
    _check_order(log, moves, first)
    current = pointers.current(store)
    for release in {current, *releases.pins(store).values()}:
        assert not verify(store, release).damaged, f"{release} has lost files"
        read_whole(store, release)
    return Counter(
        f"{one.kind} {'refused' if isinstance(one.told, MilepostError) else 'done'}" for one in log
    )


def _moves(store: Location) -> list[tuple[str, int]]:
    """Each move of the pointer: to which release, and its number."""
    kept = [item.name.removeprefix("history/") for item in s3.listing(store, "history/")]
    found = [(name[11:].removesuffix(".json"), int(name[:10])) for name in kept]
    now = pointers.pointer(store)
    assert now
    return list({*found, (now.release, now.number)})


def _check_order(log: list[Operation], moves: dict[int, str], first: dict[str, int]) -> None:
    """What ended before another operation began is seen by it; nothing is seen before it began."""
    events: list[tuple[float, str, int]] = []
    for one in log:
        if isinstance(one.told, MilepostError):
            continue
        if one.kind == "read":
            number = one.told[0]
            assert moves.get(number) == one.told[1], f"{one} is no move of the pointer"
            events += [(one.began, "at least", number), (one.ended, "reached", number)]
        elif one.kind == "publish":
            number = first[one.told]
            events += [(one.began, "after", number), (one.ended, "reached", number)]
    reached = 0
    for _, what, number in sorted(events):
        if what == "reached":
            reached = max(reached, number)
        else:
            assert number >= reached + (what == "after"), f"move {number} comes after {reached}"


def played(
    server: dict[str, str], store: Location, count: int, grace: timedelta, *, errors: float
) -> Counter[str]:
    publish(store, 1)
    begin = Operation(-1, "publish", 0, 0, 1, pointers.current(store))
    chance = random.Random(1)
    with proxy(client().meta.endpoint_url) as between:
        between.plan = lambda *_: chance.choice(FAULTS) if chance.random() < errors else None
        through = {**server, "AWS_ENDPOINT_URL": between.endpoint}
        players = [start(through, play, store, who, count, grace) for who in range(PROCESSES)]
        log = [begin, *(one for player in players for one in player.result())]
    return check(store, log, grace)


def test_every_read_is_of_one_committed_release(
    s3_server: dict[str, str], store: Location, full_size: bool
) -> None:
    grace = timedelta(seconds=6 if full_size else 3)
    done = played(s3_server, store, 150 if full_size else 10, grace, errors=0.03)
    print(done, sum(done.values()), file=sys.stderr)
    assert sum(done.values()) >= (500 if full_size else 30)
    assert not full_size or all(done[f"{kind} done"] for kind in WEIGHTS)


def overtaken(store: Location, number: int) -> list[Operation]:
    """Publish, and collect garbage when all is written and the pointer has not moved yet."""
    log: list[Operation] = []
    replaced: Any = releases
    move_pointer = replaced.move_current

    def collect_first(*arguments: Any) -> None:
        began = time.monotonic()
        removed = garbage.collect(store, grace=garbage.LEAST_GRACE, dry_run=False).removed
        log.append(Operation(0, "gc", began, time.monotonic(), None, len(removed)))
        move_pointer(*arguments)

    replaced.move_current = collect_first
    began = time.monotonic()
    release = publish(store, number).release
    return [*log, Operation(1, "publish", began, time.monotonic(), number, release)]


def test_the_check_sees_garbage_collection_that_keeps_too_little(
    s3_server: dict[str, str], store: Location
) -> None:
    log = [Operation(-1, "publish", 0, 0, 1, publish(store, 1).release)]
    log += start(s3_server, overtaken, store, 2).result()
    check(store, log, garbage.LEAST_GRACE)
    log += start({**s3_server, "MILEPOST_WITHOUT": "keeping"}, overtaken, store, 3).result()
    with pytest.raises(ReleaseError, match="has no release"):
        check(store, log, garbage.LEAST_GRACE)

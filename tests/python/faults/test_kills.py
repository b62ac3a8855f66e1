"""A publisher killed at any call: readers see the old release or the new one, whole."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from faults.proxy import Plan, Proxy, proxy
from faults.publisher import publish, read_whole, start
from milepost.errors import ReleaseError
from milepost.release import garbage, pointers, releases
from milepost.release.manifest import Manifest
from milepost.storage import s3, uploads
from milepost.storage.client import client
from milepost.storage.location import Location


def in_parts(store: Location, number: int, months: int) -> Manifest:
    """Publish, with every file in parts."""
    uploads.PART_BYTES = 1024
    return publish(store, number, months)


def roll_back(store: Location, number: int, months: int) -> Manifest:
    return releases.rollback(store, releases.history(store)[-1].release)


def pin(store: Location, number: int, months: int) -> None:
    releases.pin(store, "model", releases.history(store)[-1].release)


def collect(store: Location, number: int, months: int) -> garbage.Collection:
    now = s3.clock
    s3.clock = lambda location: now(location) + timedelta(days=1)
    return garbage.collect(store, grace=garbage.LEAST_GRACE, dry_run=False)


WORK = (
    # what is done, months that change, releases there before
    (publish, 1, 0),
    (publish, 1, 2),
    (publish, 3, 1),
    (in_parts, 2, 1),
    (roll_back, 1, 3),
    (pin, 1, 2),
    (collect, 1, 3),
)


def kills(
    server: dict[str, str],
    upstream: str,
    work: Callable[..., Any],
    *,
    months: int,
    before: int,
    stores: Callable[[], Location],
    every: int,
) -> int:
    """Kill `work` at each of its calls, before and after the server has acted; how many were."""
    killed = 0
    prepared = stores()
    for number in range(1, before + 1):
        publish(prepared, number)
    old = read_whole(prepared) if before else None
    with proxy(upstream) as between:
        for moment in ("before", "after"):
            for place in range(1, 1000, every):
                store = stores()
                _copy(prepared, store)
                plan = _kill_at(place, moment)
                ended = _is_killed(between, server, plan, work, store, before + 1, months)
                assert ended or len(between.calls) < place
                _check_whole(store, old, before + 1)
                publish(store, before + 2)
                assert read_whole(store)[1] == before + 2
                if not ended:
                    break
                killed += 1
    return killed


def _copy(source: Location, target: Location) -> None:
    def copy(name: str) -> None:
        there = {"Bucket": source.bucket, "Key": source.key(name)}
        client().copy_object(Bucket=target.bucket, Key=target.key(name), CopySource=there)  # type: ignore[arg-type]

    with ThreadPoolExecutor() as pool:
        list(pool.map(copy, [item.name for item in s3.listing(source)]))


def _kill_at(place: int, moment: str) -> Plan:
    return lambda n, *_: f"kill_{moment}" if n == place else None


def _is_killed(
    between: Proxy, server: dict[str, str], plan: Plan, work: Any, *arguments: Any
) -> bool:
    """Run `work` in a process that a plan may kill; whether it did."""
    between.calls.clear()
    between.plan = plan
    child = start({**server, "AWS_ENDPOINT_URL": between.endpoint}, work, *arguments)
    pid = child.process.pid
    assert pid
    between.kill = lambda: os.kill(pid, signal.SIGKILL)
    found = child.result()
    if child.process.exitcode == -signal.SIGKILL:
        return True
    assert child.process.exitcode == 0, f"{work} ended with {child.process.exitcode}"
    assert not isinstance(found, Exception), found
    return False


def _check_whole(store: Location, old: tuple[str, int] | None, new: int) -> None:
    """A reader sees the old release or another that was published, whole; or a new store none."""
    if pointers.pointer(store) is None:
        assert old is None
        return
    release, number = read_whole(store)
    assert number <= new
    for one in releases.pins(store).values():
        read_whole(store, one)
    if number == new:
        assert releases.history(store)[0].release == release


def test_a_release_is_old_or_new_whenever_its_publisher_is_killed(
    s3_server: dict[str, str], stores: Callable[[], Location], full_size: bool
) -> None:
    upstream = client().meta.endpoint_url
    every = 1 if full_size else 9
    total = 0
    for work, months, before in WORK if full_size else WORK[1::4]:
        killed = kills(
            s3_server, upstream, work, months=months, before=before, stores=stores, every=every
        )
        assert killed
        total += killed
        what = f"{work.__name__} of {months} months after {before} releases"
        print(f"{killed} kills of {what}, {total} in all", file=sys.stderr)
    assert total >= (200 if full_size else 6)


def test_the_check_sees_a_pointer_that_moves_before_the_files_are_there(
    s3_server: dict[str, str], store: Location
) -> None:
    def kill_when_the_pointer_has_moved(n: int, method: str, path: str) -> str | None:
        is_move = method == "PUT" and path.endswith("current.json")
        return "kill_after" if is_move else None

    old = publish(store, 1).release, 1
    with proxy(client().meta.endpoint_url) as between:
        plan = kill_when_the_pointer_has_moved
        assert _is_killed(between, s3_server, plan, publish, store, 2)
        _check_whole(store, old, 2)
        without = {**s3_server, "MILEPOST_WITHOUT": "order"}
        assert _is_killed(between, without, plan, publish, store, 3)
    with pytest.raises(ReleaseError, match="cannot be read"):
        _check_whole(store, old, 3)

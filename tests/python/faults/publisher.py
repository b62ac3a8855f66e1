"""What a publisher does once its gate has passed, on two small tables whose content is a number."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import duckdb
import pyarrow.compute as pc

from milepost import FeatureStore, MilepostError
from milepost.building.declared_views import FeatureView
from milepost.building.fingerprint import fingerprint
from milepost.publishing.data_files import Uploads
from milepost.publishing.export import export
from milepost.publishing.publishable import PublishableView
from milepost.release import garbage, pointers, releases
from milepost.release.definition import Field
from milepost.release.entity import Entity, EntityRole
from milepost.release.manifest import Manifest
from milepost.release.manifest_format import FORMAT_VERSION
from milepost.storage import conditional, s3
from milepost.storage.client import client
from milepost.storage.location import Location

# What boto3 knows of S3 is parsed once, where children are forked, and not in each.
botocore.session.create_loader = lru_cache(botocore.session.create_loader)
boto3.client("s3", region_name="us-east-1")

VIEWS = ("carriers", "lanes")
ROWS, MONTHS = 400, 3


def publish(store: Location, number: int, months: int = 1) -> Manifest:
    """Publish two views whose last months, so many of them, hold the number in every row."""
    pointer = pointers.pointer(store)
    current = releases.read(store, pointer.release) if pointer else None
    uploads = Uploads(store, current)
    with duckdb.connect() as con:
        manifest = Manifest(
            format_version=FORMAT_VERSION,
            release="",
            created_at=datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="seconds"),
            code={},
            views=[export(con, _publishable(con, name, number, months), uploads) for name in VIEWS],
            set_aside=[],
            entities=[Entity("carrier", {"carrier_id": "VARCHAR"}, "")],
        ).sealed()
    releases.commit(store, manifest, pointer)
    return manifest


def _publishable(
    con: duckdb.DuckDBPyConnection, name: str, number: int, months: int
) -> PublishableView:
    con.execute("set threads = 1")
    con.execute(
        f"""
        create table {name} as
        select
            'c' || (position % 20) as carrier_id,
            timestamp '2026-01-01' + to_months(month) + to_minutes(position) as available_at,
            cast(if(month >= {MONTHS - months}, {number}, 0) as bigint) as load_count
        from range({ROWS}) as positions (position), range({MONTHS}) as months (month)
        """
    )
    view = FeatureView(
        name=name,
        unique_id=f"model.test.{name}",
        relation=name,
        description="",
        entities=[EntityRole("carrier", "carrier", ["carrier_id"])],
        keys=["carrier_id"],
        grid="hour",
        longest_window_days=1,
        serving_delay_minutes=0,
        owners={"science": "us", "engineering": "us"},
        maturity="production",
        sensitivity="internal",
        fields=[
            Field("carrier_id", "VARCHAR", ""),
            Field("available_at", "TIMESTAMP", ""),
            Field("load_count", "BIGINT", ""),
        ],
    )
    ends = datetime(2026, 1, 1), datetime(2026, 4, 1)
    return PublishableView(
        view, fingerprint(con, name), (), "", ends[1], dict.fromkeys(view.features, ends[0])
    )


def read_whole(store: Location, release: str | None = None) -> tuple[str, int]:
    """The release that a reader gets and its number; an AssertionError where it is not whole."""
    opened = FeatureStore(store.uri(), release)
    numbers = set()
    for name in VIEWS:
        rows = opened.to_arrow(name)
        assert rows.num_rows == ROWS * MONTHS, f"{name} has {rows.num_rows} rows"
        last = rows.slice(ROWS * (MONTHS - 1))["load_count"]
        numbers |= set(pc.unique(last).to_pylist())
        assert set(pc.unique(rows["load_count"]).to_pylist()) <= numbers | {0}
    assert len(numbers) == 1, f"release {opened.release} mixes {numbers}"
    return opened.release, numbers.pop()


@dataclass(frozen=True)
class Child:
    """A process that does one thing to a store, and what it says of it."""

    process: BaseProcess
    outcome: Connection

    def result(self) -> Any:
        """What it returned, the error that it raised on purpose, or None where it was killed."""
        try:
            found = self.outcome.recv()
        except EOFError:
            found = None
        self.process.join()
        return found


def start(environment: dict[str, str], work: Callable[..., Any], *arguments: Any) -> Child:
    """Run `work` in a process of its own, which finds S3 by these variables."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["boto3.s3.transfer", __name__])
    os.environ["PYTHONPATH"] = str(Path(__file__).parents[1])  # where the preload is found
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(theirs, environment, work, *arguments))
    process.start()
    theirs.close()
    return Child(process, ours)


def _run(
    outcome: Connection, environment: dict[str, str], work: Callable[..., Any], *arguments: Any
) -> None:
    os.environ.update(environment)
    client.cache_clear()
    if "MILEPOST_WITHOUT" in environment:
        WITHOUT[environment["MILEPOST_WITHOUT"]]()
    try:
        outcome.send(work(*arguments))
    except MilepostError as error:
        outcome.send(error)


def _without_order() -> None:
    """The pointer moves before the files are there."""
    send, commit = Uploads._upload, releases.commit
    late: list[tuple[Any, ...]] = []
    replaced: Any = (Uploads, releases)

    def commit_first(*arguments: Any) -> None:
        commit(*arguments)
        for upload in late:
            send(*upload)

    replaced[0]._upload = lambda *upload: late.append(upload)
    replaced[1].commit = commit_first
    releases._check_kept = lambda *_: None


def _without_conditions() -> None:
    """Whoever writes last wins."""

    replaced: Any = conditional
    replaced.create = s3.put
    replaced.replace = lambda location, name, body, _: s3.put(location, name, body)


def _without_reading_back() -> None:
    """Whatever error comes first is believed."""
    conditional._is_certain = lambda error: bool(error)


def _without_keeping() -> None:
    """Garbage is all but the current release and the pinned ones, however new it is."""
    find_garbage = garbage._garbage

    def all_of_it(store: Location, grace: timedelta) -> Any:
        return find_garbage(store, timedelta(hours=-1))

    garbage._garbage = all_of_it
    releases._check_kept = lambda *_: None


# The protections, each with what takes it out, to show that the checks see it.
WITHOUT = {
    "order": _without_order,
    "conditions": _without_conditions,
    "reading_back": _without_reading_back,
    "keeping": _without_keeping,
}

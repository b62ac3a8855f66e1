"""Tables follow from the releases alone, whoever writes them, and wherever a writer breaks off."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from faults.proxy import Proxy, before_the_server
from milepost import cli
from milepost.errors import ReleaseError
from milepost.release import releases, table_files
from milepost.release.manifest import File, View
from milepost.release.table_files import TableMetadata
from milepost.storage import conditional, s3
from milepost.storage.location import Location
from milepost.tables.write import write
from small_releases import at, put_view, release, rows_of
from tables.readers import opened

TYPES = {"carrier_id": "VARCHAR", "available_at": "TIMESTAMP", "late": "DOUBLE"}
VIEWS, MONTHS = 14, 36


def view_of(store: Location, name: str, months: int, *, late: float = 0.5) -> View:
    """A view with a row in each of some months, of which the last one has the value `late`."""
    rows = [
        (
            key,
            at(f"{2024 + month // 12}-{month % 12 + 1:02}-02"),
            late if month == months - 1 else 0.1,
        )
        for month in range(months)
        for key in "ab"
    ]
    return put_view(store, name, rows_of(TYPES, *rows))


def grow(store: Location, day: int, *views: str) -> str:
    """Publish a release in which the newest month of each view is another."""
    return release(
        store,
        *(view_of(store, view, 3, late=float(day)) for view in views or ("carriers", "lanes")),
        created_at=f"2026-07-{day:02}T00:00:00",
    )


def stored(store: Location) -> dict[str, TableMetadata]:
    return table_files.newest(store, s3.listing(store, "tables/"))


def hint(store: Location, view: str) -> str:
    found = s3.get(store, f"tables/{view}/metadata/version-hint.text")
    assert found is not None
    return found.body.decode()


def assert_whole(store: Location) -> None:
    """All that the newest metadata and the hints name is there, and as it was written."""
    for view, table in stored(store).items():
        assert table.content is not None
        assert int(hint(store, view)) <= table.version
        names = {
            name
            for item in table.snapshots.values()
            for name in table_files.avro_names(store, item)
        }
        for name in names:
            digest = s3.sha256(store, name)
            assert digest is not None
            assert digest[0] == table_files.avro_digest(name)


def test_the_same_releases_give_the_same_bytes_at_once_or_one_after_the_other(
    store: Location,
) -> None:
    for day in (1, 2, 3):
        grow(store, day)
        write(store)
    grown = stored(store)
    assert [table.version for table in grown.values()] == [3, 3]
    s3.remove(store, [item.name for item in s3.listing(store, "tables/")])
    write(store)
    at_once = stored(store)
    assert [table.version for table in at_once.values()] == [1, 1]
    assert [table.body for table in at_once.values()] == [table.body for table in grown.values()]
    assert_whole(store)


def test_a_second_run_writes_nothing(store: Location) -> None:
    grow(store, 1)
    first = write(store)
    before = [(item, item.modified) for item in s3.listing(store)]
    assert write(store) == first
    assert [(item, item.modified) for item in s3.listing(store)] == before


def test_of_many_at_once_all_end_with_the_same_tables(store: Location) -> None:
    for day in (1, 2):
        grow(store, day)
    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(lambda _: write(store), range(6)))
    assert all(tables == results[0] for tables in results)
    assert [(hint(store, view), table.version) for view, table in stored(store).items()] == [
        ("1", 1),
        ("1", 1),
    ]
    assert_whole(store)


class KilledError(Exception):
    """The process ends here."""


@contextmanager
def ending_at(number: int, *, after: bool) -> Iterator[None]:
    """Let the writer end at the write of that number, before it or right after it."""
    left = iter(range(number))

    def ending(write_object: Callable[..., Any]) -> Callable[..., Any]:
        def attempt(*arguments: Any) -> Any:
            is_last = next(left, None) is None
            if is_last and not after:
                raise KilledError
            result = write_object(*arguments)
            if is_last:
                raise KilledError
            return result

        return attempt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(s3, "put", ending(s3.put))
        patch.setattr(conditional, "create", ending(conditional.create))
        patch.setattr(conditional, "replace", ending(conditional.replace))
        yield


@pytest.mark.parametrize("after", [False, True])
def test_a_writer_that_ends_anywhere_leaves_whole_tables_and_the_next_one_goes_on(
    store: Location, after: bool
) -> None:
    published = [grow(store, 1, "carriers")]
    write(store)
    for number in range(4):  # a manifest, its list, the metadata, the hint
        published.append(grow(store, 2 + number, "carriers"))
        with ending_at(number, after=after), suppress(KilledError):
            write(store)
        assert_whole(store)
    (table,) = write(store)
    assert list(table.snapshots) == published
    assert hint(store, "carriers") == str(stored(store)["carriers"].version)
    assert_whole(store)


def test_a_writer_that_ended_before_another_release_does_not_hide_it(store: Location) -> None:
    grow(store, 1, "carriers")
    write(store)
    grow(store, 2, "carriers")
    with ending_at(3, after=False), pytest.raises(KilledError):  # v2 is there, the hint says 1
        write(store)
    third = grow(store, 3, "carriers")
    (table,) = write(store)
    assert (hint(store, "carriers"), stored(store)["carriers"].version) == ("3", 3)
    current = opened(table).current_snapshot()
    assert current is not None
    assert current.snapshot_id == table.snapshots[third]


def test_a_release_that_appears_meanwhile_is_in_the_tables(
    store: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    grow(store, 1, "carriers")
    create = conditional.create
    published: list[str] = []

    def after_a_release(location: Location, name: str, body: bytes) -> str:
        if name.startswith("tables/") and not published:
            published.append("")
            published[0] = grow(store, 2, "carriers")
        return create(location, name, body)

    monkeypatch.setattr(conditional, "create", after_a_release)
    (table,) = write(store)
    assert published[0] in table.snapshots


def test_an_older_look_never_replaces_a_newer_one(
    store: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer that looked before the second release is overtaken by one that looked after it."""
    grow(store, 1, "carriers")
    write(store)
    grow(store, 2, "carriers")
    create = conditional.create
    overtaking: list[str] = []

    def overtaken(location: Location, name: str, body: bytes) -> str:
        if name.endswith(".metadata.json") and not overtaking:
            overtaking.append(grow(store, 3, "carriers"))
            write(store)
        return create(location, name, body)

    monkeypatch.setattr(conditional, "create", overtaken)
    (table,) = write(store)
    assert overtaking[0] in table.snapshots
    assert (hint(store, "carriers"), stored(store)["carriers"].version) == ("2", 2)


def test_the_hint_never_goes_back(store: Location, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another writer ends between the look of a writer and its hint."""
    grow(store, 1, "carriers")
    write(store)
    history, replace_object = releases.history_and_pins, conditional.replace
    overtaken, hints = [False], []

    def overtaken_after(location: Location) -> Any:
        manifests = history(location)
        if not overtaken[0]:
            overtaken[0] = True
            grow(store, 2, "carriers")
            write(store)
        return manifests

    def recorded(location: Location, name: str, body: bytes, etag: str) -> str:
        if name.endswith("version-hint.text"):
            hints.append(body)
        return replace_object(location, name, body, etag)

    monkeypatch.setattr(releases, "history_and_pins", overtaken_after)
    monkeypatch.setattr(conditional, "replace", recorded)
    write(store)
    assert hints == [b"2"]


def test_a_version_of_somebody_else_is_followed_by_ours(store: Location) -> None:
    grow(store, 1, "carriers")
    write(store)
    foreign = "tables/carriers/metadata/v2.metadata.json"
    s3.put(store, foreign, b'{"format-version": 2}')
    (table,) = write(store)
    assert table.metadata.endswith("/v3.metadata.json")
    assert hint(store, "carriers") == "3"
    assert_whole(store)


def test_a_copy_of_a_store_gets_tables_of_its_own_files(store: Location) -> None:
    grow(store, 1, "carriers")
    write(store)
    copy = Location(store.bucket, f"{store.prefix}-copy")
    for item in s3.listing(store):
        found = s3.get(store, item.name)
        assert found is not None
        s3.put(copy, item.name, found.body)
    (table,) = write(copy)
    tasks = list(opened(table).scan().plan_files())
    assert tasks
    assert all(task.file.file_path.startswith(copy.uri("data/")) for task in tasks)


def test_missing_avro_files_are_written_again(store: Location) -> None:
    grow(store, 1, "carriers")
    (table,) = write(store)
    avro = [item.name for item in s3.listing(store, "tables/") if item.name.endswith(".avro")]
    s3.remove(store, avro)
    assert write(store) == [table]
    assert_whole(store)


def test_pins_and_former_releases_are_snapshots(store: Location) -> None:
    first, second = grow(store, 1), grow(store, 2)
    releases.pin(store, "model", first)
    for item in s3.listing(store, "history/"):
        s3.remove(store, [item.name])
    assert [list(table.snapshots) for table in write(store)] == [[first, second]] * 2


def test_a_file_of_the_first_format_which_does_not_say_the_size_of_its_footer(
    store: Location,
) -> None:
    view = view_of(store, "carriers", 2)
    files = [replace(file, footer_bytes=0, footer_sha256="") for file in view.files]
    release(store, replace(view, files=files))
    (table,) = write(store)
    assert opened(table).scan().to_arrow().num_rows == 4
    assert len(list(opened(table).scan(row_filter="late == 0.5").plan_files())) == 1


def test_a_file_without_statistics_has_no_bounds(
    store: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_table = pq.write_table
    monkeypatch.setattr(
        pq,
        "write_table",
        lambda *rest, **options: write_table(*rest, **options, write_statistics=False),
    )
    release(store, view_of(store, "carriers", 2))
    (table,) = write(store)
    (task, _) = opened(table).scan().plan_files()
    assert (task.file.lower_bounds, task.file.upper_bounds, task.file.null_value_counts) == (
        {},
        {},
        {},
    )
    assert opened(table).scan().to_arrow().num_rows == 4


def test_bounds_are_of_all_row_groups(store: Location, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("milepost.publishing.data_files.ROW_GROUP_ROWS", 2)
    values = [None, None, 1.0, 0.5, 3.0, -2.0, 0.0]
    rows = [(f"{n}", at("2026-01-02"), value) for n, value in enumerate(values)]
    release(store, put_view(store, "carriers", rows_of(TYPES, *rows)))
    (table,) = write(store)
    (task,) = opened(table).scan().plan_files()
    late = opened(table).schema().find_field("late").field_id
    bounds = pa.py_buffer(task.file.lower_bounds[late] + task.file.upper_bounds[late])
    assert pa.Array.from_buffers(pa.float64(), 2, [None, bounds]).to_pylist() == [-2.0, 3.0]
    assert task.file.null_value_counts[late] == 2
    assert len(task.file.split_offsets or []) == 4


def test_a_row_group_of_nan_alone_leaves_the_column_without_bounds(
    store: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Releases of before December 2026 may have NaN, of which Parquet says no bounds."""
    monkeypatch.setattr("milepost.publishing.data_files.ROW_GROUP_ROWS", 2)
    values = [1.0, 2.0, math.nan, math.nan]
    rows = [(f"{n}", at("2026-01-02"), value) for n, value in enumerate(values)]
    release(store, put_view(store, "carriers", rows_of(TYPES, *rows)))
    (table,) = write(store)
    (task,) = opened(table).scan().plan_files()
    late = opened(table).schema().find_field("late").field_id
    assert late not in task.file.lower_bounds
    assert late not in task.file.upper_bounds
    assert late in task.file.null_value_counts


@pytest.mark.parametrize("harm", ["removed", "cut", "flipped"])
def test_a_damaged_footer_is_an_error_that_names_the_file(store: Location, harm: str) -> None:
    view = view_of(store, "carriers", 1)
    release(store, view)
    (file,) = view.files
    found = s3.get(store, file.name)
    assert found is not None
    body = found.body
    if harm == "removed":
        s3.remove(store, [file.name])
    elif harm == "cut":
        s3.put(store, file.name, body[:-9])
    else:
        s3.put(store, file.name, body[:-20] + bytes([body[-20] ^ 1]) + body[-19:])
    with pytest.raises(ReleaseError, match=rf"{file.name}` cannot be read"):
        write(store)
    assert stored(store) == {}


def test_nothing_published_is_no_store(store: Location) -> None:
    with pytest.raises(ReleaseError, match="is not a feature store"):
        write(store)


def of_data(between: Proxy, method: str) -> list[tuple[str, int]]:
    """The data files of some requests, each with how many bytes were asked for, 1 if not said."""
    asked = []
    for (used, path), headers in zip(between.calls, between.headers, strict=True):
        if used == method and "/data/" in path:
            first, _, last = headers.get("Range", "bytes=0-0").removeprefix("bytes=").partition("-")
            asked.append((path, int(last) - int(first) + 1))
    return sorted(asked)


def footers(store: Location, files: Iterable[File]) -> list[tuple[str, int]]:
    return sorted((f"/{store.path(file.name)}", file.footer_bytes) for file in files)


def test_three_years_of_fourteen_views_take_their_footers_and_no_byte_of_data(
    store: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    views = [view_of(store, f"view_{n}", MONTHS) for n in range(VIEWS)]
    release(store, *views, created_at="2026-07-01T00:00:00")
    before = time.process_time()
    tables = write(store)
    # As issue 17 asks, in seconds of a processor: the machine may do other work. 2026-11.
    assert time.process_time() - before < 2

    s3.remove(store, [item.name for item in s3.listing(store, "tables/")])
    with before_the_server(monkeypatch) as between:
        assert write(store) == tables
    files = [file for view in views for file in view.files]
    assert of_data(between, "GET") == footers(store, files)
    assert len(of_data(between, "HEAD")) == len(files)
    # A manifest, a list, metadata and a hint of each table.
    assert sum(method == "PUT" for method, _ in between.calls) == 4 * VIEWS

    # A month of each view changes: its footer alone is read.
    changed = [view_of(store, view.name, MONTHS, late=0.7) for view in views]
    grown = [
        replace(view, files=[*view.files[:-1], new.files[-1]])
        for view, new in zip(views, changed, strict=True)
    ]
    release(store, *grown, created_at="2026-07-02T00:00:00")
    with before_the_server(monkeypatch) as between:
        write(store)
    assert of_data(between, "GET") == footers(store, (view.files[-1] for view in grown))


def run(
    capsys: pytest.CaptureFixture[str], store: Location, *arguments: str
) -> tuple[int, str, str]:
    code = cli.main([*arguments, "--store", store.uri()])
    out, err = capsys.readouterr()
    return code, out, err


def test_the_command_says_where_each_table_is(
    store: Location, capsys: pytest.CaptureFixture[str]
) -> None:
    first = grow(store, 1)
    code, out, _ = run(capsys, store, "tables")
    assert (code, out.splitlines()) == (
        0,
        [
            f"{store.uri(f'tables/{view}/metadata/v1.metadata.json')} (1 releases)"
            for view in ("carriers", "lanes")
        ],
    )
    code, out, _ = run(capsys, store, "tables", "--json")
    (carriers, _) = json.loads(out)
    assert carriers["view"] == "carriers"
    assert list(carriers["snapshots"]) == [first]


def test_without_pyiceberg_the_command_says_what_to_install(
    store: Location, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    grow(store, 1)
    write(store)
    for name in [name for name in sys.modules if name.startswith("milepost.tables")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyiceberg", None)
    monkeypatch.setitem(sys.modules, "pyiceberg.manifest", None)
    for command in (["tables"], ["gc"]):
        code, _, err = run(capsys, store, *command)
        assert (code, "pip install 'milepost[iceberg]'" in err) == (1, True)
    assert run(capsys, store, "verify")[0] == 0

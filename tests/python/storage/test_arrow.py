"""S3 as pyarrow reads it."""

from __future__ import annotations

import os
import threading
from dataclasses import replace

import pytest

from faults.proxy import before_the_server, proxy
from milepost.storage import arrow, s3
from milepost.storage.client import REQUEST_ATTEMPTS, client, endpoint
from milepost.storage.location import Location


@pytest.mark.parametrize(("threads", "asks"), [(1, False), (2, True)])
def test_pyarrow_asks_for_no_checksum_of_a_range_where_the_environment_is_ours(
    raw: Location, threads: int, asks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3.put(raw, "a", b"0123")
    variables = dict(os.environ)
    with proxy(client().meta.endpoint_url) as between:
        host = between.endpoint.removeprefix("http://")
        monkeypatch.setattr(threading, "active_count", lambda: threads)
        monkeypatch.setattr(arrow, "endpoint", lambda: replace(endpoint(), host=host))
        with arrow.filesystem().open_input_file(raw.path("a")) as file:
            assert file.read_at(2, 1) == b"12"
    (range_headers,) = [headers for headers in between.headers if headers["Range"] == "bytes=1-2"]
    assert ("x-amz-checksum-mode" in range_headers) == asks
    assert dict(os.environ) == variables


def test_pyarrow_asks_as_often_as_boto3_does(
    raw: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3.put(raw, "a", b"0123")
    with before_the_server(monkeypatch) as between:
        between.plan = lambda number, *_: "503_before" if number < REQUEST_ATTEMPTS else None
        assert arrow.filesystem().open_input_file(raw.path("a")).read() == b"0123"
    assert [method for method, _ in between.calls] == ["HEAD"] * REQUEST_ATTEMPTS + ["GET"]


@pytest.mark.parametrize("method", ["HEAD", "GET"])
def test_what_s3_refuses_is_its_failure_and_what_it_lacks_is_none(
    raw: Location, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    s3.put(raw, "a", b"0123")
    with before_the_server(monkeypatch) as between:
        between.plan = lambda _, asked, path: (
            "409_before" if asked == method and path.endswith("/a") else None
        )
        files = arrow.filesystem()
        with pytest.raises(OSError, match="AWS Error") as refused:
            files.open_input_file(raw.path("a")).read()
        with pytest.raises(FileNotFoundError) as missing:
            files.open_input_file(raw.path("b"))
    failure = arrow.storage_failure("`a`", refused.value)
    assert str(failure).startswith("reading `a`: ")
    assert failure
    assert "AWS_ENDPOINT_URL" in failure.hint
    assert arrow.storage_failure("`b`", missing.value) is None


def test_a_file_that_goes_or_shrinks_while_it_is_read_is_no_failure_of_s3(raw: Location) -> None:
    s3.put(raw, "a", bytes(10_000))
    file = arrow.filesystem().open_input_file(raw.path("a"))
    s3.put(raw, "a", bytes(10))
    with pytest.raises(OSError, match="AWS Error") as shorter:
        file.read_at(5_000, 5_000)
    s3.remove(raw, ["a"])
    with pytest.raises(OSError, match="AWS Error") as gone:
        file.read()
    assert arrow.storage_failure("`a`", shorter.value) is None
    assert arrow.storage_failure("`a`", gone.value) is None

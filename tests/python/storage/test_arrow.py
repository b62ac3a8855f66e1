"""S3 as pyarrow reads it."""

from __future__ import annotations

import os
import threading
from dataclasses import replace

import pytest

from faults.proxy import proxy
from milepost.storage import arrow, s3
from milepost.storage.client import client, endpoint
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

"""S3 as pyarrow reads it."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from faults.proxy import proxy
from milepost.storage import arrow, s3
from milepost.storage.client import client, endpoint
from milepost.storage.location import Location


def test_pyarrow_asks_for_no_checksum_of_a_range(
    raw: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3.put(raw, "a", b"0123")
    variables = dict(os.environ)
    with proxy(client().meta.endpoint_url) as between:
        host = between.endpoint.removeprefix("http://")
        monkeypatch.setattr(arrow, "endpoint", lambda: replace(endpoint(), host=host))
        with arrow.filesystem().open_input_file(raw.path("a")) as file:
            assert file.read_at(2, 1) == b"12"
    assert "bytes=1-2" in [headers["Range"] for headers in between.headers]
    assert all("x-amz-checksum-mode" not in headers for headers in between.headers)
    assert dict(os.environ) == variables

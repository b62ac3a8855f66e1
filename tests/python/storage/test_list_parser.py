"""Listings are parsed as boto3 parses them."""

from __future__ import annotations

from typing import Any

import pytest

from milepost.storage import s3
from milepost.storage.client import client
from milepost.storage.list_parser import EVENT, parse_contents
from milepost.storage.location import Location


def test_a_page_is_parsed_as_boto3_parses_it(raw: Location) -> None:
    names = ["a b", "a%20b", "a&b", "a+b", "a=b/c.parquet", "a'b", "é"]
    for name in names:
        s3.put(raw, name, name.encode())
    parsed = client().list_objects_v2(Bucket=raw.bucket, Prefix=raw.key(""))["Contents"]
    client().meta.events.unregister(EVENT, parse_contents)
    try:
        by_boto3 = client().list_objects_v2(Bucket=raw.bucket, Prefix=raw.key(""))["Contents"]
    finally:
        client().meta.events.register(EVENT, parse_contents)
    keys = "Key", "Size", "ETag", "LastModified"
    assert [{key: item[key] for key in keys} for item in by_boto3] == parsed  # type: ignore[literal-required]
    assert sorted(item.name for item in s3.listing(raw)) == sorted(names)
    assert list(s3.listing(raw, "nothing")) == []


@pytest.mark.parametrize(
    "body", [b"<ListBucketResult><Contents>", b"<Error><Code>InternalError</Code></Error>"]
)
def test_a_page_that_broke_off_or_is_an_error_is_asked_for_again(
    raw: Location, body: bytes
) -> None:
    s3.put(raw, "a", b"")
    broken = [body]

    def break_off(response_dict: dict[str, Any], **_: object) -> None:
        if broken:
            response_dict["body"] = broken.pop()

    client().meta.events.register_first(EVENT, break_off)
    try:
        assert [item.name for item in s3.listing(raw)] == ["a"]
    finally:
        client().meta.events.unregister(EVENT, break_off)
    assert not broken

"""Large objects: uploaded in parts, streamed while they are made, aborted after an error."""

from __future__ import annotations

import secrets
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from milepost.errors import ConflictError
from milepost.storage.client import call, client, http_status, storage_error
from milepost.storage.location import Location
from milepost.storage.s3 import ObjectMeta, name_start

# A buffer from this size on goes up in parts, side by side.
PART_BYTES = 64 * 2**20
STREAMED_PART_BYTES = 16 << 20
# What S3 copies in one request.
COPY_BYTES_MAX = 5 * 2**30


def upload(location: Location, name: str, body: Any, digest: str) -> None:
    """Write an object from an Arrow buffer, under a name that no other process writes.

    `digest` is its SHA-256 in hex: S3 checks that of an object in one part.
    """
    import pyarrow as pa
    from boto3.s3.transfer import TransferConfig

    target: dict[str, Any] = {"Bucket": location.bucket, "Key": location.key(name)}
    config = TransferConfig(multipart_threshold=PART_BYTES, multipart_chunksize=PART_BYTES // 2)
    checksum = b64encode(bytes.fromhex(digest)).decode()

    def send() -> None:
        content = pa.BufferReader(body)
        if body.size < PART_BYTES:
            client().put_object(**target, Body=content, ChecksumSHA256=checksum)
        else:
            client().upload_fileobj(content, **target, Config=config)

    call(f"writing `{location.uri(name)}`", send)


def copy(source: Location, item: ObjectMeta, target: Location, target_name: str) -> bool:
    """Copy an object within S3, and return whether it still was the one that was listed.

    No byte of it comes here. One that is too large for a request is copied in parts.
    """
    place: dict[str, Any] = {"Bucket": target.bucket, "Key": target.key(target_name)}
    copied: Any = {"Bucket": source.bucket, "Key": source.key(item.name)}
    condition: dict[str, Any] = {"CopySourceIfMatch": f'"{item.etag}"'} if item.etag else {}

    def send() -> bool:
        try:
            if item.bytes > COPY_BYTES_MAX:
                client().copy(copied, **place, ExtraArgs=condition)
            else:
                client().copy_object(**place, CopySource=copied, **condition)
        except ClientError as error:
            if error.response["Error"]["Code"] not in {
                *("NoSuchKey", "PreconditionFailed"),
                *("404", "412"),  # of a HEAD, which has no text
            }:
                raise
            return False
        return True

    return call(f"copying `{source.uri(item.name)}` to `{target.uri(target_name)}`", send)


class UploadStream:
    """A new object at `target`, which appears whole when `complete` is called, and never before.

    It takes bytes as a file does, and sends them in parts. It replaces no object. As a context
    manager it aborts the upload if an error ends the block.
    """

    def __init__(self, target: Location) -> None:
        self._uri = target.uri()
        self._target: dict[str, Any] = {"Bucket": target.bucket, "Key": target.prefix}
        self._writer = {"milepost-writer": secrets.token_hex(16)}
        self._parts: list[Any] = []
        self._waiting = bytearray()
        self.closed = False
        started = call(
            f"writing `{self._uri}`",
            lambda: client().create_multipart_upload(**self._target, Metadata=self._writer),
        )
        self._upload: dict[str, Any] = {**self._target, "UploadId": started["UploadId"]}

    def __enter__(self) -> UploadStream:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None and not self.closed:
            self.closed = True
            # What ended the block is what a person has to know.
            with suppress(ClientError, BotoCoreError):
                client().abort_multipart_upload(**self._upload)

    def write(self, data: Any) -> int:
        """Take bytes and return their number. What a writer adds after the end is dropped."""
        if not self.closed:
            self._waiting += memoryview(data)
        while len(self._waiting) >= STREAMED_PART_BYTES:
            self._send(STREAMED_PART_BYTES)
        return len(memoryview(data))

    def flush(self) -> None:
        """Do nothing: parts are sent when they have their size."""

    def complete(self) -> None:
        """Send the last part and make the object appear; a ConflictError where one is there."""
        self._send(len(self._waiting))
        parts: Any = {"Parts": self._parts}
        try:
            client().complete_multipart_upload(
                **self._upload, MultipartUpload=parts, IfNoneMatch="*"
            )
        except (ClientError, BotoCoreError) as error:
            # Where a reply is lost boto3 asks again, and its own object is in the way.
            if not self._has_appeared():
                if isinstance(error, ClientError) and http_status(error) in {409, 412}:
                    raise ConflictError(
                        f"writing `{self._uri}`: another writer was first",
                        hint="look at what is there now, or name a new file",
                    ) from error
                raise storage_error(error, f"writing `{self._uri}`") from error
        self.closed = True

    def _has_appeared(self) -> bool:
        """Return whether the object is there and is this upload's own."""
        try:
            metadata = client().head_object(**self._target)["Metadata"]
        except (ClientError, BotoCoreError):
            return False
        return self._writer.items() <= metadata.items()

    def _send(self, size: int) -> None:
        number, body = len(self._parts) + 1, bytes(self._waiting[:size])
        sent = call(
            f"writing `{self._uri}`",
            lambda: client().upload_part(**self._upload, PartNumber=number, Body=body),
        )
        self._parts.append({"PartNumber": number, "ETag": sent["ETag"]})
        del self._waiting[:size]


@dataclass(frozen=True)
class UnfinishedUpload:
    """An upload in parts that is not complete: the object's name, the bytes sent, its id."""

    name: str
    bytes: int
    upload_id: str
    modified: datetime = field(compare=False)
    """When it began, by the server's clock, naive UTC."""


def unfinished_uploads(location: Location, below: str = "") -> Iterator[UnfinishedUpload]:
    """Yield each upload in parts that is not complete and whose name starts with `below`.

    They are anybody's who writes below `location`.
    """
    start = name_start(location)
    pages = client().get_paginator("list_multipart_uploads")
    parts = client().get_paginator("list_parts")
    try:
        for page in pages.paginate(Bucket=location.bucket, Prefix=location.key(below)):
            for item in page.get("Uploads", []):
                sent = parts.paginate(
                    Bucket=location.bucket, Key=item["Key"], UploadId=item["UploadId"]
                )
                yield UnfinishedUpload(
                    item["Key"][start:],
                    sum(part["Size"] for sent_page in sent for part in sent_page.get("Parts", [])),
                    item["UploadId"],
                    item["Initiated"].astimezone(UTC).replace(tzinfo=None),
                )
    except (ClientError, BotoCoreError) as error:
        raise storage_error(error, f"listing uploads below `{location.uri(below)}`") from error


def abort_upload(location: Location, unfinished: UnfinishedUpload) -> None:
    """Drop the parts of an upload that is not complete."""
    call(
        f"ending the upload of `{location.uri(unfinished.name)}`",
        lambda: client().abort_multipart_upload(
            Bucket=location.bucket,
            Key=location.key(unfinished.name),
            UploadId=unfinished.upload_id,
        ),
    )

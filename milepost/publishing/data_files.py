"""Data files on their way to S3, named by their content."""

from __future__ import annotations

import hashlib
import secrets

import pyarrow as pa
import pyarrow.parquet as pq

from milepost.errors import PublishError
from milepost.publishing.publishable import PublishableView
from milepost.release.field_ids import field_id
from milepost.release.manifest import File, Manifest, View
from milepost.storage import s3
from milepost.storage.location import Location
from milepost.storage.uploads import upload

# Chosen by measurement, docs/decisions/0016-file-layout.md; a reader takes any. 2026-11.
ROW_GROUP_ROWS = 122_880
DICTIONARY_BYTES = 64 << 10


class Uploads:
    """Puts data files on S3, but for those that the current release has.

    Each file has the token of this publication in its name, so that no other ever writes or needs
    it before a release names it: garbage collection cannot meet a name that comes back.

    While `is_dry_run` is true, files are named as they would be, and none is sent.
    """

    def __init__(
        self, store: Location, current: Manifest | None, *, is_dry_run: bool = False
    ) -> None:
        self.store = store
        self.is_dry_run = is_dry_run
        self.sent: list[File] = []
        self._views = {view.name: view for view in current.views} if current else {}
        self._token = secrets.token_hex(6)

    def unchanged(self, publishable: PublishableView) -> View | None:
        """Return the view of the current release, if it has the same rows in the same order."""
        released = self._views.get(publishable.view.name)
        is_same = (
            released is not None
            and released.fingerprint == publishable.fingerprint
            and released.keys == publishable.view.keys
        )
        return released if is_same else None

    def put(self, view: str, month: str, rows: pa.Table) -> File:
        """Put rows on the store and return their file; in a dry run only return it.

        A file of the current release with the same rows stays, also one without field ids.
        """
        body = _parquet(_with_field_ids(rows))
        digest = hashlib.sha256(body).hexdigest()
        for file in self._views[view].files if view in self._views else ():
            if file.month == month:
                same = digest if file.has_field_ids else hashlib.sha256(_parquet(rows)).hexdigest()
                if file.digest == same:
                    return file
        footer = memoryview(body)[-8 - int.from_bytes(memoryview(body)[-8:-4], "little") :]
        file = File(
            f"data/{view}/{month}/{digest}-{self._token}.parquet",
            rows.num_rows,
            body.size,
            len(footer),
            hashlib.sha256(footer).hexdigest(),
            has_field_ids=True,
        )
        if not self.is_dry_run:
            self._upload(file, body)
            self.sent.append(file)
        return file

    def _upload(self, file: File, body: pa.Buffer) -> None:
        upload(self.store, file.name, body, file.digest)
        if s3.sha256(self.store, file.name) != (file.digest, file.bytes):
            raise PublishError(
                f"`{self.store.uri(file.name)}` came back with other content than was sent",
                hint="the store or the network is damaged; nothing is published",
            )


def _with_field_ids(rows: pa.Table) -> pa.Table:
    """Return rows whose columns say their field ids, as pyarrow writes them into Parquet."""
    columns = [
        column.with_metadata({"PARQUET:field_id": str(field_id(column.name))})
        for column in rows.schema
    ]
    return pa.Table.from_arrays(rows.columns, schema=pa.schema(columns))


def _parquet(rows: pa.Table) -> pa.Buffer:
    """Return rows as a Parquet file."""
    sink = pa.BufferOutputStream()
    pq.write_table(
        rows,
        sink,
        compression="lz4",
        row_group_size=ROW_GROUP_ROWS,
        dictionary_pagesize_limit=DICTIONARY_BYTES,
        write_page_checksum=True,
    )
    return sink.getvalue()

"""What Iceberg says of a data file, taken from the file's footer: counts, sizes and bounds."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import Any

import pyarrow.parquet as pq
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.typedef import Record

from milepost.release.field_ids import field_id
from milepost.release.files import ViewFiles
from milepost.release.manifest import File

# As Iceberg's own writers do.
BOUND_CHARACTERS = 16

_TO_BYTES: Mapping[str, Callable[[Any], bytes]] = {
    "INT64": struct.Struct("<q").pack,
    "DOUBLE": struct.Struct("<d").pack,
    "BOOLEAN": struct.Struct("<?").pack,
}


def describe(files: ViewFiles, file: File) -> DataFile:
    """Return what Iceberg says of a data file; only its size and its footer are asked for.

    Raises a ReleaseError where size, footer or number of rows is not what the release says, a
    StorageError where S3 fails.
    """
    footer = files.open(file).metadata
    groups = [footer.row_group(number) for number in range(footer.num_row_groups)]
    sizes, nulls, lower, upper = {}, {}, {}, {}
    for place in range(footer.num_columns):
        chunks = [group.column(place) for group in groups]
        column = field_id(chunks[0].path_in_schema)
        sizes[column] = sum(chunk.total_compressed_size for chunk in chunks)
        statistics = [chunk.statistics for chunk in chunks]
        if all(part and part.has_null_count for part in statistics):
            nulls[column] = sum(part.null_count for part in statistics)
        # Of a chunk of nulls there are no bounds, and none are needed.
        bounded = [part for part in statistics if part and part.has_min_max]
        is_whole = all(part and (part.has_min_max or not part.num_values) for part in statistics)
        if not bounded or not is_whole:
            continue
        least, greatest = min(part.min_raw for part in bounded), max(p.max_raw for p in bounded)
        if chunks[0].physical_type == "BYTE_ARRAY":
            lower[column] = least.decode()[:BOUND_CHARACTERS].encode()
            bound = _text_above(greatest.decode())
        else:
            to_bytes = _TO_BYTES[chunks[0].physical_type]
            lower[column], bound = to_bytes(least), to_bytes(greatest)
        if bound is not None:
            upper[column] = bound
    year, month = map(int, file.month.split("-"))
    return DataFile.from_args(
        content=DataFileContent.DATA,
        file_path=files.location.uri(file.name),
        file_format=FileFormat.PARQUET,
        partition=Record((year - 1970) * 12 + month - 1),
        record_count=file.rows,
        file_size_in_bytes=file.bytes,
        column_sizes=sizes,
        value_counts=dict.fromkeys(sizes, file.rows),
        null_value_counts=nulls,
        lower_bounds=lower,
        upper_bounds=upper,
        split_offsets=[_offset(group) for group in groups],
    )


def _text_above(text: str) -> bytes | None:
    """Return a text that is not below any that begins as `text` does, None where there is none."""
    if len(text) <= BOUND_CHARACTERS:
        return text.encode()
    for end in range(BOUND_CHARACTERS, 0, -1):
        above = ord(text[end - 1]) + 1
        if above <= 0x10FFFF:
            # Between these there are no characters, only halves of some in UTF-16.
            above = 0xE000 if 0xD800 <= above < 0xE000 else above
            return (text[: end - 1] + chr(above)).encode()
    return None


def _offset(group: pq.RowGroupMetaData) -> int:
    """Return where a row group begins in its file."""
    first = group.column(0)
    offset: int = first.dictionary_page_offset or first.data_page_offset
    return offset

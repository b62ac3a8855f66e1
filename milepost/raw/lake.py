"""The objects of a raw table as they lie on S3, sorted into partitions."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from milepost.errors import LandingError
from milepost.raw.closing import PartitionedListing
from milepost.raw.layout import Layout
from milepost.raw.tables import Partition, RawTable
from milepost.storage.s3 import ObjectMeta

# DuckDB takes these for a pattern of names, or for the end of a name.
_UNREADABLE = re.compile(r"[*?\[\]\\]")
# Names as almost all are: no writer's note, and readable. A lake has a hundred thousand.
_PLAIN = re.compile(r"(?:[^*?\[\]\\]*/)?[^_.*?\[\]\\/][^*?\[\]\\/]*\.parquet")


def partitioned(
    table: RawTable,
    layout: Layout,
    items: Iterable[ObjectMeta],
    *,
    neighbours: Sequence[Layout],
    recorded: Mapping[str, Partition],
) -> PartitionedListing:
    """Sort the objects below a table's prefix into its partitions.

    `neighbours` are the layouts of other tables at its location, which may have objects below it
    too. `recorded` are the partitions of files by their names, where the layout says none: a file
    stays in the partition in which it was first read. Raises a LandingError for objects that are in
    no partition, and for names that no engine reads.
    """
    files: defaultdict[Partition, list[ObjectMeta]] = defaultdict(list)
    successes: set[Partition] = set()
    strays: list[str] = []
    for item in items:
        name = item.name
        partition = recorded.get(name) or layout.partition(name, item.modified)
        if partition and _PLAIN.fullmatch(name):
            files[partition].append(item)
            continue
        if not layout.is_data(name):
            if table.closed_by == "success_file" and name.endswith("/_SUCCESS"):
                complete = layout.partition(name, item.modified)
                if complete:
                    successes.add(complete)
            continue
        if not partition:
            if not any(neighbour.partition(name, item.modified) for neighbour in neighbours):
                strays.append(name)
        elif _UNREADABLE.search(name):
            raise LandingError(
                f"`{table.raw.uri(name)}` has a character in its name that engines take for a "
                "pattern",
                hint="name it without `*`, `?`, `[`, `]` and `\\`",
            )
        else:
            files[partition].append(item)
    if strays:
        raise LandingError(
            f"`{table.raw.uri(strays[0])}` is in no partition of raw table `{table.name}`, whose "
            f"layout is `{table.layout}`" + (f"; {len(strays)} such objects" if strays[1:] else ""),
            hint="correct `layout` in the source's YAML, or move what is not of the table; names "
            "that begin with `_` or `.`, or end in `.crc`, are no data",
        )
    if not files:
        raise LandingError(
            f"raw table `{table.name}` has no file below `{table.raw.uri(layout.prefix)}`",
            hint="correct `raw_uri` and `layout` in the source's YAML, or let its loader run first",
        )
    return PartitionedListing(files, frozenset(successes))

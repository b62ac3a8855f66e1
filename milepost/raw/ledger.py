"""The ledger: what Milepost read of each closed partition, kept beside the store.

Tables whose loaders write markers need none. The format is documented in docs/reference/ledger.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from milepost.raw.listing import Listing
from milepost.raw.tables import Partition, RawFile, RawTable, Rewrite
from milepost.storage.location import Location
from milepost.storage.s3 import ObjectMeta


@dataclass(frozen=True)
class LedgerTable:
    """The files of a raw table that a build reads, and how often a partition was opened again.

    `objects` are the files in the lake among them, as they were listed: see `unchanged`.
    """

    files: tuple[RawFile, ...]
    rewrites: tuple[Rewrite, ...]
    reopened: int
    objects: frozenset[ObjectMeta]


# From the closed partitions that the ledger has of each table, by its id, to what S3 has now. What
# was closed stays closed: a listing's `closed` contains them, also where their files are gone.
ListTables = Callable[[Mapping[str, Sequence[Partition]]], Sequence[Listing]]


def check(store: Location | None, list_tables: ListTables, *, writes: bool) -> dict[str, LedgerTable]:
    """Compare the lake with the ledger, remember what is new, and return each table by its id.

    `list_tables` is called after the ledger was read, and again where another build was first, so
    that a listing is never older than the ledger with which it is compared. With `writes` new
    files, changes and copies are remembered; without, they are found and not written down.

    Raises a LandingError that names a file which changed, vanished, came late or is not whole.
    """
    raise NotImplementedError


def unchanged(tables: Sequence[RawTable], objects: Mapping[str, frozenset[ObjectMeta]]) -> None:
    """Raise a LandingError where a file is not as it was listed, by the id of its table.

    A build ends with it: what it read while a file was replaced may be half old and half new.
    """
    raise NotImplementedError

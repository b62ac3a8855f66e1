"""Objects of the ledger that it does not name: parts that were merged, copies of builds that ended.

What the ledger names is written at most `SETTLE_WITHIN` before it names it, under a name that
nothing had before. So an object that is older and not named when it is looked at, after it was
listed, never will be.
"""

from __future__ import annotations

import re
from datetime import timedelta

import pyarrow.compute as pc

from milepost.raw import ledger_parts
from milepost.storage import s3
from milepost.storage.location import Location
from milepost.storage.s3 import ObjectMeta
from milepost.storage.uploads import UnfinishedUpload, abort_upload, unfinished_uploads

_LEAST_GRACE = 2 * ledger_parts.SETTLE_WITHIN
_OBJECT = re.compile(
    rf"({ledger_parts.PARTS}[0-9a-f]{{64}}|{ledger_parts.KEPT}[0-9a-f]{{32}})\.parquet"
)


def collect(
    store: Location, *, grace: timedelta, dry_run: bool
) -> list[ObjectMeta | UnfinishedUpload]:
    """Remove what is older than `grace` and than a day, and not named; return what was removed.

    A copy that was begun and never completed is not named: a copy is named when it is whole.
    Raises a LandingError where the ledger cannot be read: nothing is removed then.
    """
    oldest_kept = s3.clock(store) - max(grace, _LEAST_GRACE)
    items: list[ObjectMeta | UnfinishedUpload] = [*s3.listing(store, "ledger/")]
    items += unfinished_uploads(store, "ledger/")
    old = [item for item in items if item.modified < oldest_kept and _OBJECT.fullmatch(item.name)]
    if not old:
        return []
    ledger = ledger_parts.read(store)
    named = {ledger_parts.part_name(part) for part in ledger.parts}
    named |= set(pc.unique(ledger.records["copy"]).to_pylist())
    garbage = [item for item in old if isinstance(item, UnfinishedUpload) or item.name not in named]
    if not dry_run:
        s3.remove(store, [item.name for item in garbage if isinstance(item, ObjectMeta)])
        for item in garbage:
            if isinstance(item, UnfinishedUpload):
                abort_upload(store, item)
    return garbage

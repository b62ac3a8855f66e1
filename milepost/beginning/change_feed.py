"""Change feeds: tables whose rows say what was done to a record."""

from __future__ import annotations

import re
from dataclasses import dataclass

from milepost.beginning.sample import Sample, quoted

_FLAG = re.compile(r"(^|_)(is_)?deleted$")
_OPERATION = re.compile(r"(^|_)(op|operation|change_type|action|dml_type|cdc_operation)$")
_DELETES = {"d", "delete", "deleted", "remove", "removed"}
_WORDS = {
    *_DELETES,
    *("c", "r", "u", "i", "insert", "inserted", "update", "updated", "create", "created", "read"),
    "upsert",
}
_SEQUENCE = re.compile(r"(^|_)(lsn|scn|sequence|sequence_number|log_position|binlog_pos\w*)$")


@dataclass(frozen=True)
class ChangeFeed:
    """The column that says what was done, the SQL of a deletion, and what orders changes."""

    column: str
    deleted: str
    sequence: str | None


def change_feed(sample: Sample, names: dict[str, str]) -> ChangeFeed | None:
    """Return how a table says that a row was deleted, or None where no column does."""
    sequence = next(
        (
            name
            for name, column in sample.columns.items()
            if column.data_type == "bigint" and _SEQUENCE.search(names[name])
        ),
        None,
    )
    for name, column in sample.columns.items():
        value = quoted(name)
        if column.data_type == "boolean" and _FLAG.search(names[name]):
            return ChangeFeed(name, f"coalesce({value}, false)", sequence)
        if column.data_type == "varchar" and _OPERATION.search(names[name]):
            words = {str(word).lower() for word in sample.values(value)}
            if words and words <= _WORDS:
                deletes = ", ".join(f"'{word}'" for word in sorted(_DELETES))
                return ChangeFeed(name, f"coalesce(lower({value}) in ({deletes}), false)", sequence)
    return None

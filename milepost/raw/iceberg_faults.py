"""The errors for Iceberg tables whose history is not whole, and for columns with other names."""

from __future__ import annotations

from datetime import datetime

from milepost.errors import LandingError
from milepost.raw.iceberg_metadata import Metadata
from milepost.raw.tables import ClosedTable, RawFile, RawTable

_KEEP = (
    "keep snapshots until a build has read them; with `when_files_change: new_versions` Milepost "
    "keeps copies of the files that it read"
)


def nothing_closed(table: RawTable, first: datetime, before: datetime) -> LandingError:
    """Return the error for a table whose first commit is too young to be read."""
    return LandingError(
        f"no hour of raw table `{table.name}` is closed: its first commit is of {first}, and hours "
        f"are closed up to (not including) {before}",
        hint="build again in the next hour",
    )


def late(table: RawTable, snapshot_id: int, commit: datetime, before: datetime) -> LandingError:
    """Return the error for a commit that appeared after its hour was closed."""
    return LandingError(
        f"snapshot {snapshot_id} of raw table `{table.name}` was committed at {commit} and "
        f"appeared after builds had read all before {before}",
        hint="give a greater `closing_delay_minutes`; with `when_files_change: new_versions` its "
        "rows are known from when it was seen",
    )


def rolled_back(table: RawTable, snapshot_id: str) -> LandingError:
    """Return the error for a table whose history was rewritten."""
    return LandingError(
        f"raw table `{table.name}` was rolled back: its snapshot {snapshot_id} was current once, "
        "and is no ancestor of the current one now",
        hint="make it current again, and undo it by a commit: overwrite the rows. If no build has "
        "read it, expire it. Or read the table as a source with a name of its own",
    )


def expired_snapshots(table: RawTable, snapshot_id: int, file_count: int) -> LandingError:
    """Return the error for snapshots that expired before a build read them."""
    return LandingError(
        f"raw table `{table.name}` has lost its history before snapshot {snapshot_id}: snapshots "
        f"have expired that no build has read, and {file_count} files came or went with them",
        hint="with `when_files_change: new_versions` what they did is known from the commit of "
        f"this snapshot. For the time to come, {_KEEP}",
    )


def expired_file(table: RawTable, uri: str, removed_at: datetime) -> LandingError:
    """Return the error for a file that builds read and that was deleted with its snapshot."""
    return LandingError(
        f"`{uri}` is lost: it was read as a file of raw table `{table.name}` until {removed_at}, "
        "and its snapshot has expired since",
        hint=f"restore the file. For the time to come, {_KEEP}",
    )


def contradiction(table: RawTable, snapshot_id: int) -> LandingError:
    """Return the error for metadata that do not add up."""
    return LandingError(
        f"snapshot {snapshot_id} of raw table `{table.name}` does not have the files that its "
        "parent has, with those that it added and without those that it removed",
        hint="its metadata are damaged, or a file was added twice: repair the table by the engine "
        "that writes it",
    )


def check_names(metadata: Metadata, closed: ClosedTable) -> None:
    """Raise a LandingError where a column's name means another column in some file.

    Iceberg knows columns by their ids, Milepost by their names. A file with a column's former name
    would be read as null.
    """
    table = metadata.table
    ids: dict[str, set[int]] = {}
    names: dict[int, set[str]] = {}
    for schema in metadata.content.schemas:
        for field in schema.fields:
            ids.setdefault(field.name, set()).add(field.field_id)
            names.setdefault(field.field_id, set()).add(field.name)
    for name in table.columns:
        if len(ids.get(name, ())) > 1:
            raise LandingError(
                f"column `{name}` of raw table `{table.name}` was dropped and added again: older "
                "files have another column of this name",
                hint="rename it in the table, and declare the new name",
            )
        former = {
            former
            for column_id in ids.get(name, ())
            for former in names[column_id]
            if former not in table.columns
        }
        for file in _all_files(closed) if former else ():
            renamed = sorted(former & file.columns.keys())
            if name not in file.columns and renamed:
                raise LandingError(
                    f"column `{name}` of raw table `{table.name}` is called `{renamed[0]}` in "
                    f"`{file.uri}`: it was renamed since",
                    hint=f"declare `{renamed[0]}` too, both with `optional: true`, and coalesce "
                    "them in the base model",
                )


def _all_files(closed: ClosedTable) -> list[RawFile]:
    return [
        *closed.files,
        *(file for rewrite in closed.rewrites for file in (*rewrite.before, *rewrite.after)),
    ]

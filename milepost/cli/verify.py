"""`milepost verify`."""

from __future__ import annotations

from dataclasses import asdict

from milepost.cli import arguments
from milepost.cli.answer import OK, REFUSED, Answer
from milepost.cli.command import command
from milepost.storage.location import Location


@command(
    "verify",
    example="verify --json",
    output="A line for each damaged object, then the number of files and bytes.",
    json="`release`, `files`, `bytes`, `damaged`, `table_files`.",
    exits="Something is damaged: stdout names it.",
)
@arguments.release()
def verify(store: Location, release: str | None) -> Answer:
    """Hash a whole release and the tables, and name what is damaged."""
    from milepost.release import verify as verification
    from milepost.release.release_argument import resolve

    result = verification.verify(store, resolve(store, release))
    lines = [f"damaged: {name}" for name in result.damaged]
    of_tables = f"{result.table_files} files of tables, " if result.table_files else ""
    lines.append(
        f"{result.release}: {result.files} files, {result.bytes:,} bytes, {of_tables}"
        f"{len(result.damaged)} damaged"
    )
    return Answer(asdict(result), "\n".join(lines), REFUSED if result.damaged else OK)

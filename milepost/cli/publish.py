"""`milepost publish`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from milepost.cli.answer import OK, REFUSED, Answer
from milepost.cli.command import command
from milepost.cli.dbt_project import of_database, of_manifest
from milepost.storage.location import Location

_UNCHANGED = "nothing to publish, the current release is"


@command(
    "publish",
    example="publish --dry-run",
    output="The release that was published, and what was sent. With `--dry-run` the reasons "
    "to refuse it, and what would change, as `diff` says it.",
    json="`release`, `is_new`, `sent`: `files` and `bytes`, `without_rows`: the views that have "
    "none. With `--dry-run`: `refused`: the reasons; `current`; `difference`: as `diff`, null "
    "where a view cannot be exported.",
    exits="With `--dry-run`, it would be refused: stdout has the reasons.",
)
@click.option("--dry-run", is_flag=True, help="Only say whether, and what would change.")
@of_database()
@of_manifest()
def publish(store: Location, *, dry_run: bool, database: Path, manifest: Path) -> Answer:
    """Publish what dbt built and tested, if the gate allows it.

    It is no error if nothing changed since the current release: then nothing is sent.
    """
    from milepost.publishing import publish as publishing
    from milepost.release import difference

    if dry_run:
        judgement = publishing.judge(database, manifest, store)
        differences, difference_lines = None, []
        if judgement.manifest:
            differences = difference.between(judgement.current, judgement.manifest)
            difference_lines = difference.text(judgement.current, judgement.manifest)
        data = {
            "refused": judgement.refused,
            "current": judgement.current.release if judgement.current else None,
            "difference": None if differences is None else [asdict(item) for item in differences],
        }
        lines = [f"refused: {reason}" for reason in judgement.refused]
        if lines:
            lines += [f"hint: {judgement.remedies}"]
        elif judgement.current and judgement.is_current:
            lines += [f"{_UNCHANGED} {judgement.current.release}"]
        else:
            lines += ["would be published"]
        lines += difference_lines
        views = judgement.manifest.views if judgement.manifest else []
        lines += [f"without a row: {view.name}" for view in views if not view.rows]
        return Answer(data, "\n".join(lines), REFUSED if judgement.refused else OK)
    publication = publishing.publish(database, manifest, store)
    uploaded, release = publication.uploaded, publication.manifest.release
    sent = {"files": len(uploaded), "bytes": sum(file.bytes for file in uploaded)}
    outcome = "published" if publication.is_new else _UNCHANGED
    empty = [view.name for view in publication.manifest.views if not view.rows]
    lines = [f"without a row: {', '.join(empty)}"] if empty else []
    lines += [f"{outcome} {release} ({sent['files']} files, {sent['bytes']:,} bytes sent)"]
    return Answer(
        {"release": release, "is_new": publication.is_new, "sent": sent, "without_rows": empty},
        "\n".join(lines),
    )

"""`milepost publish`."""

from __future__ import annotations

import argparse
import os
from dataclasses import asdict
from pathlib import Path

from milepost.cli.answer import OK, REFUSED, Answer, Command
from milepost.release import difference
from milepost.storage.location import Location


def _publish(options: argparse.Namespace, store: Location) -> Answer:
    """Publish what dbt built and tested, where the gate lets it pass."""
    from milepost.publishing import publish as publishing  # needs DuckDB, as no other command

    if options.dry_run:
        judgement = publishing.judge(options.database, options.manifest, store)
        differences = None
        if judgement.manifest:
            differences = difference.between(judgement.current, judgement.manifest)
        data = {
            "refused": judgement.refused,
            "current": judgement.current.release if judgement.current else None,
            "difference": None if differences is None else [asdict(item) for item in differences],
        }
        lines = [f"refused: {reason}" for reason in judgement.refused] or ["would be published"]
        lines += [f"hint: {judgement.remedies}"] if judgement.refused else []
        lines += [] if differences is None else difference.lines(differences)
        views = judgement.manifest.views if judgement.manifest else []
        lines += [f"without a row: {view.name}" for view in views if not view.rows]
        return Answer(data, lines, REFUSED if judgement.refused else OK)
    publication = publishing.publish(options.database, options.manifest, store)
    uploaded, release = publication.uploaded, publication.manifest.release
    sent = {"files": len(uploaded), "bytes": sum(file.bytes for file in uploaded)}
    outcome = "published" if publication.is_new else "nothing to publish, the current release is"
    empty = [view.name for view in publication.manifest.views if not view.rows]
    lines = [f"{outcome} {release} ({sent['files']} files, {sent['bytes']:,} bytes sent)"]
    lines += [f"without a row: {', '.join(empty)}"] if empty else []
    return Answer(
        {"release": release, "is_new": publication.is_new, "sent": sent, "without_rows": empty},
        lines,
    )


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--dry-run", action="store_true", help="only say whether, and what would change"
    )
    parser.add_argument(
        "--database",
        type=Path,
        default=Path(os.environ.get("MILEPOST_SCRATCH", ".local/milepost.duckdb")),
        help="the scratch database that dbt built (default: MILEPOST_SCRATCH, %(default)s)",
    )
    parser.add_argument(
        "--manifest",
        type=Path,
        default=Path(os.environ.get("DBT_PROJECT_DIR", "")) / "target/manifest.json",
        help="dbt's manifest of that build (default: in DBT_PROJECT_DIR, %(default)s)",
    )


COMMAND = Command("publish", _publish, "publish --dry-run", _add_arguments)

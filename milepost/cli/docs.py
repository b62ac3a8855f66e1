"""`milepost docs`."""

from __future__ import annotations

from pathlib import Path

import click

from milepost.cli.answer import Answer
from milepost.cli.command import command
from milepost.cli.dbt_project import project_folder


@command(
    "docs",
    example="docs",
    output="Where the page is.",
    json="`file`: where the page is.",
    needs_store=False,
)
@click.option(
    "--target",
    type=click.Path(path_type=Path),
    default=lambda: project_folder() / "target",
    metavar="FOLDER",
    help="Where dbt writes (default: target, in DBT_PROJECT_DIR if that is set).",
)
def docs(*, target: Path) -> Answer:
    """Write dbt's docs site as one page, which opens with the shelf.

    Run `dbt docs generate` before. The page is `static_index.html` beside what dbt wrote. It has
    each view's stress certificate, where that is of exactly this code.
    """
    from milepost.building.docs_site import docs_site
    from milepost.building.project import Project
    from milepost.stress.certificate import withstood

    path = target / "static_index.html"
    page = docs_site(target, withstood(Project.read(target / "manifest.json")))
    path.write_text(page, encoding="utf-8")
    return Answer({"file": str(path)}, f"wrote {path}")

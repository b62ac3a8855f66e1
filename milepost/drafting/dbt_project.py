"""dbt commands of a draft: what the project is, and what dbt makes of the draft."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from milepost.building.catalog import Catalog
from milepost.errors import DraftError


def ensure_manifest(manifest: Path) -> None:
    """Have dbt write its manifest, where there is none yet."""
    if not manifest.exists():
        run("parse", folder=manifest.parent.parent)


def compiled(name: str, manifest: Path) -> tuple[str, int]:
    """Return the SQL that dbt compiles a view to, and the view's serving delay in minutes."""
    run("compile", "--select", name, folder=manifest.parent.parent)
    catalog = Catalog.read(manifest)
    (node,) = (
        node
        for node in catalog.nodes.values()
        if node["resource_type"] == "model" and node["name"] == name
    )
    path = manifest.parent / "compiled" / catalog.project / str(node["original_file_path"])
    delay = node["config"]["meta"].get("serving_delay_minutes") or 0
    return path.read_text(encoding="utf-8"), int(delay)


def run(*arguments: str, folder: Path) -> None:
    """Run a dbt command in a project; a DraftError with what dbt says where it fails."""
    command = [sys.executable, "-m", "dbt.cli.main", "--quiet", "--no-use-colors", *arguments]
    done = subprocess.run(  # noqa: S603 - commands of our own
        command, cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise DraftError(
            f"`dbt {' '.join(arguments)}` failed:\n{(done.stdout or done.stderr).strip()}",
            hint="the files are as they were written: correct them, or remove them",
        )

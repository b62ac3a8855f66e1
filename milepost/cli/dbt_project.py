"""Where commands find a dbt project and the database that dbt built."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click


def project_folder() -> Path:
    """Return the folder of the dbt project: `DBT_PROJECT_DIR`, or the one that we are in."""
    return Path(os.environ.get("DBT_PROJECT_DIR", ""))


def of_database() -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Take the database that dbt built as an option."""
    return click.option(
        "--database",
        type=click.Path(path_type=Path),
        default=lambda: Path(os.environ.get("MILEPOST_SCRATCH", ".local/milepost.duckdb")),
        metavar="FILE",
        help="The scratch database that dbt built (default: MILEPOST_SCRATCH, or "
        ".local/milepost.duckdb).",
    )


def of_manifest() -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Take dbt's manifest of the build as an option."""
    return click.option(
        "--manifest",
        type=click.Path(path_type=Path),
        default=lambda: project_folder() / "target/manifest.json",
        metavar="FILE",
        help="dbt's manifest of that build (default: target/manifest.json, in DBT_PROJECT_DIR if "
        "that is set).",
    )

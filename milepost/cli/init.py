"""`milepost init`."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from milepost.cli.answer import Answer
from milepost.cli.command import Argument, command, prints_json
from milepost.errors import PublishError
from milepost.storage.location import Location


def _columns(flag: str, name: str, meaning: str) -> Callable[[Any], Any]:
    """Take the columns that have a meaning, of each table or of those that are named."""
    return click.option(flag, name, multiple=True, metavar="[TABLE:]COLUMN", help=meaning)


@command(
    "init",
    example="init harbor --raw s3://our-lake/harbor --store s3://our-store/harbor",
    output="What it chose for each table, the files that it wrote, and what to run next.",
    json="`folder`, `files`, `tables`.",
)
@click.argument(
    "name",
    cls=Argument,
    metavar="[NAME]",
    required=False,
    help="The project, such as `harbor`.",
)
@click.option(
    "--raw",
    multiple=True,
    metavar="URI",
    help="An S3 prefix: one table, or tables in its folders (several times).",
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Where the project is written (default: NAME).",
)
@click.option(
    "--package",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="The checkout of Milepost (default: where it was installed).",
)
@_columns("--id", "ids", "The columns that name a row, with commas.")
@_columns("--event", "events", "The column that says when a row happened.")
@_columns("--known", "knowns", "The column that says when a row was known.")
@_columns("--entity", "entities", "The column of what features are about.")
def init(
    store: Location,
    name: str | None,
    *,
    raw: tuple[str, ...],
    folder: Path | None,
    package: Path | None,
    **columns: tuple[str, ...],
) -> Answer:
    """Begin a dbt project on Parquet that lies on S3.

    It looks into the files, says what it chose, and writes what builds. On a terminal it asks for
    what is left out.
    """
    from milepost.beginning import inspection, project, report, wishes  # needs DuckDB

    asks = sys.stdin.isatty() and not prints_json()
    name = project.project_name(name or _asked(asks, "NAME", "Name of the project"))
    uris = raw or _asked(asks, "--raw", "S3 prefixes of tables").split()
    folder = folder or Path(name)
    new_project = project.NewProject(name, folder, store, _package(package))
    new_project.check_folder()
    wished = wishes.Wishes(**columns, ask=_ask_columns if asks else None)
    tables = inspection.inspect(uris, wished)
    paths = new_project.write(tables)
    _install(folder)
    lines = [
        *report.summary(tables),
        "",
        f"{len(paths)} files written in {folder}, and Milepost installed in dbt_packages.",
        f"Next: cd {folder} && dbt build && milepost publish --store {store.uri()}",
    ]
    data = {
        "folder": str(folder),
        "files": [path.relative_to(folder).as_posix() for path in paths],
        "tables": [table.name for table in tables],
    }
    return Answer(data, "\n".join(lines))


def _asked(asks: bool, flag: str, question: str) -> str:
    """Return a person's answer, or refuse where there is nobody to ask."""
    if not asks:
        raise PublishError(
            f"`milepost init` needs `{flag}`",
            hint="milepost init harbor --raw s3://bucket/prefix --store s3://bucket/features",
        )
    print(f"\r\x1b[K{question}: ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()


def _ask_columns(question: str, columns: Sequence[str]) -> Sequence[str]:
    print(f"\r\x1b[K{question}\n  {', '.join(columns)}", file=sys.stderr)
    return _asked(True, "", "Column, or columns with commas").split(",")


def _package(folder: Path | None) -> Path:
    """Return Milepost's checkout, which is the dbt package."""
    from milepost.beginning.project import is_package, package_folder

    package = folder or package_folder()
    if package is None or not is_package(package):
        raise PublishError(
            "the checkout of Milepost, which is its dbt package, is not "
            + (f"`{folder}`" if folder else "where the Python package was installed from"),
            hint="say where it is: --package ../milepost",
        )
    return package


def _install(folder: Path) -> None:
    """Install the dbt package, and DuckDB's extension for S3, as the profile has them."""
    if importlib.util.find_spec("dbt") is None:
        raise PublishError(
            f"the project is written in `{folder}`, and dbt is not installed",
            hint='pip install "../milepost[dbt]", then `dbt deps` in the folder',
        )
    extensions = "dbt_packages/milepost/scripts/install_extensions.py"
    for arguments in (
        ["-m", "dbt.cli.main", "--quiet", "deps"],
        [extensions, ".local/duckdb_extensions"],
    ):
        (folder / ".local/duckdb_extensions").mkdir(parents=True, exist_ok=True)
        done = subprocess.run(  # noqa: S603 - commands of our own
            [sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise PublishError(
                f"the project is written in `{folder}`, and `{' '.join(arguments)}` failed:\n"
                f"{(done.stderr or done.stdout).strip()}",
                hint="correct that, then run `dbt deps` and `dbt build` in the folder",
            )

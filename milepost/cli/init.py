"""`milepost init`."""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from milepost.cli.answer import Answer, Command
from milepost.errors import PublishError
from milepost.storage.location import Location


def _init(options: argparse.Namespace, store: Location) -> Answer:
    """Begin a dbt project on Parquet that lies on S3: look into it, and write what builds."""
    from milepost.beginning import inspection, project, report, wishes  # needs DuckDB

    asks = sys.stdin.isatty() and not options.json
    name = project.project_name(options.name or _asked(asks, "NAME", "Name of the project"))
    uris = options.raw or _asked(asks, "--raw", "S3 prefixes of tables").split()
    folder = Path(options.folder or name)
    new_project = project.NewProject(name, folder, store, _package(options.package))
    new_project.check_folder()
    tables = inspection.inspect(
        uris,
        wishes.Wishes(
            ids=options.id,
            events=options.event,
            knowns=options.known,
            entities=options.entity,
            ask=_ask_columns if asks else None,
        ),
    )
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
    return Answer(data, lines)


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
    httpfs = "dbt_packages/milepost/scripts/install_httpfs.py"
    for command in (
        ["-m", "dbt.cli.main", "--quiet", "deps"],
        [httpfs, ".local/duckdb_extensions"],
    ):
        (folder / ".local/duckdb_extensions").mkdir(parents=True, exist_ok=True)
        done = subprocess.run(  # noqa: S603 - commands of our own
            [sys.executable, *command], cwd=folder, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise PublishError(
                f"the project is written in `{folder}`, and `{' '.join(command)}` failed:\n"
                f"{(done.stderr or done.stdout).strip()}",
                hint="correct that, then run `dbt deps` and `dbt build` in the folder",
            )


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", nargs="?", help="the project, such as `harbor`")
    parser.add_argument(
        "--raw",
        action="append",
        metavar="URI",
        help="an S3 prefix: one table, or tables in its folders (several times)",
    )
    parser.add_argument("--folder", help="where the project is written (default: NAME)")
    parser.add_argument(
        "--package", type=Path, help="the checkout of Milepost (default: where it was installed)"
    )
    for flag, meaning in (
        ("--id", "the columns that name a row, with commas"),
        ("--event", "the column that says when a row happened"),
        ("--known", "the column that says when a row was known"),
        ("--entity", "the column of what features are about"),
    ):
        parser.add_argument(
            flag, action="append", default=[], metavar="[TABLE:]COLUMN", help=meaning
        )


COMMAND = Command(
    "init",
    _init,
    "init harbor --raw s3://our-lake/harbor --store s3://our-store/harbor",
    _add_arguments,
)

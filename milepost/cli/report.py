"""`milepost report` and `milepost owners`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from milepost.cli.answer import OK, REFUSED, Answer
from milepost.cli.arguments import RELEASE, complete_releases
from milepost.cli.command import command
from milepost.cli.dbt_project import of_database, of_manifest, project_folder
from milepost.storage.location import Location


@command(
    "report",
    example="report --against current",
    output="Markdown for a pull request: of each view that differs its code, rung, past, "
    "statistics, checks, services and owners; what the gate refuses; what the build cost.",
    json="`against`: the release; `current`: the current one; `views`: of each `view`, `change` "
    "(`new`, `new version`, `removed`, `other code`, `other checks`, `other description`, "
    "`unchanged`), `compared_with`, `is_built`, `rung_before`, `rung_after`, `missing_for_rung`, "
    "`is_code_of_release`, `changed_parts`, `built_to`, `past_changes` (`before`, `row_count`, "
    "`features`), `difference` as `diff` has it, `distribution_changes`, `checks_new`, "
    "`checks_lost`, `checks_changed`, `services`, `training_sets`, `owners`, `is_sensitive`; "
    "`service_differences`; `services`; `refused`; `remedies`; `cost`: `tables`, `test_count`, "
    "`test_seconds`. With `--to-build` a list of dbt's selectors.",
    exits="The gate would refuse what was built, after the release that it is compared with.",
)
@click.option(
    "--against",
    metavar="RELEASE",
    default="current",
    shell_complete=complete_releases,
    help=f"{RELEASE} (default: the current one).",
)
@click.option(
    "--state",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="The folder target of a checkout of the base branch, where `dbt parse` ran: the report "
    "then names the parts of the code that changed.",
)
@click.option(
    "--to-build",
    is_flag=True,
    help="Print instead what `dbt build --select` has to build first: the views whose code or "
    "checks differ from the base branch. Needs --state.",
)
@of_database()
@of_manifest()
def report(
    store: Location,
    *,
    against: str,
    state: Path | None,
    to_build: bool,
    database: Path,
    manifest: Path,
) -> Answer:
    """Say what a change does to features, as last built.

    It compares the last build with a release. A view that was not built counts as the release has
    it, if its code did not change.
    """
    from milepost.review import markdown  # needs DuckDB
    from milepost.review import report as reporting

    if to_build:
        if state is None:
            raise click.UsageError(
                "`--to-build` compares with the base branch\nhint: name its folder with --state"
            )
        selectors = reporting.to_build(manifest, state)
        return Answer(selectors, "\n".join(selectors))
    result = reporting.report(database, manifest, store, against, state)
    return Answer(asdict(result), markdown.text(result), REFUSED if result.refused else OK)


@command(
    "owners",
    example="owners --organisation my-company",
    output="The file that was written, or with `--check` whether it is as it would be written.",
    json="`path`, `is_current`: whether it was so before.",
    exits="With `--check`, the file is not as it would be written.",
    needs_store=False,
)
@click.option(
    "--organisation",
    envvar="GITHUB_REPOSITORY_OWNER",
    required=True,
    metavar="NAME",
    help="The organisation on GitHub whose teams the owners are (default: "
    "GITHUB_REPOSITORY_OWNER, which a workflow has).",
)
@click.option("--check", is_flag=True, help="Write nothing, and say whether the file is current.")
def owners(*, organisation: str, check: bool) -> Answer:
    """Write CODEOWNERS, so that both roles approve a change.

    The owners are those of the feature views. Other lines of the file stay as they are, above.
    """
    from milepost.review import owners as ownership
    from milepost.standards import dbt

    folder = project_folder()
    path = ownership.repository_root(folder) / ".github/CODEOWNERS"
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    text = ownership.with_code_owners(before, dbt.read_project(folder), organisation)
    data = {"path": str(path), "is_current": text == before}
    if check and text != before:
        return Answer(data, f"{path} is not current: run `milepost owners`", REFUSED)
    if not check:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode())
    return Answer(data, f"{path} is current" if text == before else f"written: {path}")

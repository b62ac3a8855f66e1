"""Who has to approve a change of a feature view, as GitHub's CODEOWNERS takes it.

Several owners on a line of CODEOWNERS are alternatives: any of them is enough. So each of the two
roles has files of its own. The evidence of a view is engineering's; the SQL, the YAML and the
stress certificate are science's. A change of what a view in production computes makes both the
evidence and the certificate anew, wherever in the project it is made, and so needs both roles.

Of the lines of CODEOWNERS that fit a file only the last counts: those of Milepost are at its end.
Who may change CODEOWNERS or a workflow may end all of this: both have an owner, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from milepost.building.model_files import sql_file, yaml_file
from milepost.building.project import Project
from milepost.errors import PublishError
from milepost.stress import certificate

BEGIN, END = "# milepost owners: begin", "# milepost owners: end"
_BLOCK = re.compile(rf"^{BEGIN}$.*?^{END}$\n?", re.MULTILINE | re.DOTALL)
_NOTE = "# Written by `milepost owners`: docs/guides/review-a-change.md says what it enforces."
# What holds the rules of approval and the checks, from the root of the repository.
_GUARDED = ("/.github/CODEOWNERS", "/.github/workflows/")
# The name of a team in the address of its page on GitHub.
_TEAM = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?")
_ACCOUNT = re.compile(r"@[A-Za-z0-9-]+(?:/[A-Za-z0-9_-]+)?")


def with_code_owners(text: str, project: Project, organisation: str) -> str:
    """Return the text of a CODEOWNERS file that ends in the lines for the project's feature views.

    All else in the file stays as it is. An owner is a team of the organisation, or an account of
    GitHub if the name begins with `@`. Paths are relative to the root of the repository. Raises a
    PublishError for a name that GitHub would not take: it would skip the line.
    """
    if project.folder is None:
        raise PublishError(
            "the folder of the project is not here", hint="run the command in the project's folder"
        )
    other_lines = _BLOCK.sub("", text)
    if BEGIN in other_lines:
        raise PublishError(
            f"CODEOWNERS has `{BEGIN}` without `{END}`", hint="put the line back, or remove both"
        )
    root = _path_in_repository(project.folder)
    owners: dict[str, dict[str, None]] = {}
    guards: dict[str, None] = {}
    for path, role, name in _owned_files(project):
        account = _account(name, organisation)
        owners.setdefault(root + path, {})[account] = None
        if role == "engineering":
            guards[account] = None
    if guards:
        owners |= {path: guards for path in _GUARDED if not _has_owner(path, other_lines)}
    width = max(map(len, owners), default=0)
    lines = [f"{path.ljust(width)} {' '.join(accounts)}" for path, accounts in owners.items()]
    block = "\n".join([BEGIN, _NOTE, *lines, END]) + "\n"
    return f"{other_lines.rstrip()}\n\n{block}" if other_lines.strip() else block


def _has_owner(path: str, text: str) -> bool:
    """Return whether a line of CODEOWNERS gives a path below `.github`, or all of it, an owner."""
    lines = (line.partition("#")[0].split() for line in text.splitlines())
    fitting = [
        names
        for pattern, *names in filter(None, lines)
        if pattern.removesuffix("**").strip("/") in (".github", path.strip("/"))
    ]
    return bool(fitting and fitting[-1])


def _owned_files(project: Project) -> Iterator[tuple[str, str, str]]:
    """Yield each file of the project's feature views with role and name of an owner of it."""
    catalog = project.catalog
    for view in catalog.feature_views():
        node = catalog.nodes[view.unique_id]
        if node["package_name"] != catalog.project:
            continue
        beside = Path(sql_file(node)).parent
        for path, role in (
            (sql_file(node), "science"),
            (yaml_file(node), "science"),
            (certificate.path(catalog, view), "science"),
            ((beside / f"{view.name}.evidence.json").as_posix(), "engineering"),
        ):
            if role in view.owners:
                yield path, role, view.owners[role]


def _account(name: str, organisation: str) -> str:
    account = name if name.startswith("@") else f"@{organisation}/{name}"
    is_team = name.startswith("@") or _TEAM.fullmatch(name)
    if not is_team or not _ACCOUNT.fullmatch(account):
        raise PublishError(
            f"owner `{name}` of a feature view is no team that GitHub can have",
            hint="write the team as in the address of its page, such as `pricing-science`, or an "
            "account as `@name`",
        )
    return account


def repository_root(folder: Path) -> Path:
    """Return the root of the repository that a folder is in; the folder itself without one."""
    folder = folder.absolute().resolve()
    roots = (root for root in (folder, *folder.parents) if (root / ".git").exists())
    return next(roots, folder)


def _path_in_repository(folder: Path) -> str:
    """Return the path of a folder from the root of its repository, between slashes."""
    path = folder.absolute().resolve().relative_to(repository_root(folder)).as_posix()
    return "/" if path == "." else f"/{path}/"

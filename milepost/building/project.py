"""A dbt project as the publisher finds it: its manifest, and the files that dbt read for it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from milepost.building.catalog import Catalog
from milepost.errors import PublishError


@dataclass(frozen=True)
class Project:
    """A dbt manifest, and the folder of its project; None where only artifacts are kept."""

    catalog: Catalog
    folder: Path | None

    @classmethod
    def read(cls, manifest: Path) -> Project:
        """Read a manifest; its project is the folder above `target/`, or the one we are in."""
        catalog = Catalog.read(manifest)
        for folder in (manifest.absolute().parent.parent, Path.cwd()):
            is_there = (folder / "dbt_project.yml").exists()
            if is_there and project_file(folder).get("name") == catalog.project:
                return cls(catalog, folder)
        return cls(catalog, None)

    @property
    def variables(self) -> dict[str, Any]:
        """The variables that the project declares, by scope; none without its folder."""
        return declared_variables(self.folder) if self.folder else {}

    def edited_files(self, node_ids: Iterable[str]) -> Iterator[str]:
        """Yield the files of nodes and of their macros that differ from the manifest."""
        if self.folder is None:
            return
        macros: set[str] = set()
        for node_id in sorted(node_ids):
            macros |= self.catalog.macros_of(node_id)
            node = self.catalog.nodes[node_id]
            # What has a file of its own: what YAML states has a checksum of another kind, or none.
            checksum = node.get("checksum")
            if not isinstance(checksum, Mapping) or checksum["name"] != "sha256":
                continue
            text = self._text(node) if self._is_own(node) else None
            if (
                text is not None
                and hashlib.sha256(text.encode()).hexdigest() != checksum["checksum"]
            ):
                yield str(node["original_file_path"])
        for macro_id in sorted(macros):
            macro = self.catalog.macros[macro_id]
            if self._is_own(macro) and macro["macro_sql"] not in self._text(macro):
                yield str(macro["original_file_path"])

    def _is_own(self, node: Mapping[str, Any]) -> bool:
        return bool(node.get("package_name") == self.catalog.project)

    def _text(self, node: Mapping[str, Any]) -> str:
        """A file as dbt reads it; empty where it is gone."""
        assert self.folder is not None  # noqa: S101 - the caller has looked
        path = self.folder / node["original_file_path"]
        try:
            # Not `read_text`, which would turn the line ends of Windows into others.
            text: str = path.read_bytes().decode("utf-8")
            return text.strip()
        except FileNotFoundError:
            return ""
        except (OSError, UnicodeDecodeError) as error:
            raise PublishError(f"`{path}` cannot be read: {error}", hint="restore it") from error


def project_file(folder: Path) -> dict[str, Any]:
    """Return what the `dbt_project.yml` of a folder says."""
    import yaml  # comes with dbt; a lookup does not need it

    path = folder / "dbt_project.yml"
    try:
        return dict(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise PublishError(
            f"`{path}` cannot be read: {error}", hint="`dbt debug` checks it"
        ) from error


def packages_folder(folder: Path) -> Path:
    """Return where `dbt deps` installs the packages of a project."""
    return folder / str(project_file(folder).get("packages-install-path", "dbt_packages"))


def declared_variables(folder: Path) -> dict[str, Any]:
    """Return what `dbt_project.yml` and those of the project's packages declare as `vars`.

    By scope: `<project>/<variable>`, and `<project>/<package>/<variable>` for those of a package.
    """
    root = project_file(folder)
    packages = packages_folder(folder)
    declared: dict[str, Any] = {}
    for project in [
        root,
        *(project_file(path.parent) for path in sorted(packages.glob("*/dbt_project.yml"))),
    ]:
        for name, value in (project.get("vars") or {}).items():
            declared[f"{project['name']}/{name}"] = value
            for inner, scoped in value.items() if isinstance(value, dict) else ():
                declared[f"{project['name']}/{name}/{inner}"] = scoped
    return declared

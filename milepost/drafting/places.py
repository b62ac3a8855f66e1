"""Where a draft is made: the project, dbt's manifest of it, and the scratch database."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Places:
    """The files of a project that a draft is made from. `database` is the scratch database."""

    manifest: Path
    database: Path

    @property
    def project(self) -> Path:
        """The folder of the dbt project."""
        return self.manifest.absolute().parent.parent

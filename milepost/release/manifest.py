"""The release manifest: everything that a reader needs to know, written once, as JSON.

`manifest_format` reads it. The format is documented in docs/reference/release-format.md.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from milepost.errors import UnknownFeatureError
from milepost.release.definition import ViewDefinition, stated
from milepost.release.entity import Entity
from milepost.release.near_names import suggest, table_name
from milepost.release.service import Service, TrainingSetModel
from milepost.release.stressed_feature import StressedFeature
from milepost.release.term import Term

CURRENT = "current.json"
RELEASE_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{12}")
DATA_FILE = re.compile(
    r"data/([a-z][a-z0-9_]{0,62})/\d{4}-\d\d/[0-9a-f]{64}(-[0-9a-f]{12})?\.parquet"
)


def minute(instant: datetime) -> str:
    """Return an instant of the grid, plus a delay of whole minutes, as a person reads it."""
    return f"{instant:%Y-%m-%d %H:%M}"


@dataclass(frozen=True)
class File:
    """A Parquet file of a view: its name below the store, its rows and bytes.

    It is named by its SHA-256 and by the publication that sent it. It holds the rows of one month
    of `available_at`, sorted by keys and `available_at`. Its last `footer_bytes`, Parquet's own
    description of it, have no checksum in Parquet and so have one here. `has_field_ids` says
    whether its columns have their ids: those of a file that was written before format 9 do not.
    """

    name: str
    rows: int
    bytes: int
    footer_bytes: int = 0
    footer_sha256: str = ""
    has_field_ids: bool = False

    @property
    def month(self) -> str:
        """The month of `available_at` that it holds, as `2026-01`."""
        return self.name.split("/")[2]

    @property
    def digest(self) -> str:
        """The SHA-256 of the file's bytes, in hex."""
        return self.name.split("/")[3][:64]


@dataclass(frozen=True, kw_only=True)
class View(ViewDefinition):
    """A feature view in a release: its definition, its files, and what builds and tests showed."""

    rows: int = field(metadata=stated(is_compared=False))
    built_through: str = field(
        metadata=stated(label="until", to_fact=lambda text: minute(datetime.fromisoformat(text)))
    )
    checks: list[str] = field(
        metadata=stated(label="checks passed", to_fact=len, is_compared=False)
    )
    dropped_checks: dict[str, str] = field(default_factory=dict, metadata=stated(is_shown=False))
    estimated_known_at: dict[str, str] = field(default_factory=dict)
    """By raw table, how it was estimated when a row was known, where no column of it says so."""

    certificate: list[StressedFeature] | None = field(
        default=None, metadata=stated(is_shown=False, is_compared=False)
    )
    """What each feature withstood; None without a stress certificate of this code."""

    rung_evidence: str | None = field(default=None, metadata=stated(is_shown=False))
    """The digest of the evidence for the view's rung; None without evidence of this code."""

    files: list[File] = field(metadata=stated(is_shown=False, is_compared=False))
    statistics: dict[str, dict[str, Any]] = field(
        metadata=stated(is_shown=False, is_compared=False)
    )
    sql: str | None = field(default=None, metadata=stated(is_shown=False, is_compared=False))
    """The code of the dbt model as it was written; None before format 6."""

    code: str = field(metadata=stated(is_shown=False, is_compared=False))
    fingerprint: str = field(metadata=stated(is_shown=False, is_compared=False))

    @cached_property
    def complete_from(self) -> dict[str, datetime]:
        """By feature, the instant from which its windows are full, naive UTC."""
        return {
            column.name: datetime.fromisoformat(column.complete_from)
            for column in self.fields
            if column.complete_from
        }

    @property
    def built_through_at(self) -> datetime:
        """`built_through` as an instant, naive UTC: the first at which no feature is built."""
        return datetime.fromisoformat(self.built_through)

    @property
    def built_to(self) -> datetime:
        """The first grid instant that is not built, naive UTC."""
        return self.built_through_at - timedelta(minutes=self.serving_delay_minutes)


@dataclass(frozen=True)
class SetAside:
    """Rows of a raw table that no feature counts, for one reason."""

    table: str
    reason: str
    rows: int
    of_rows: int


@dataclass(frozen=True)
class Manifest:
    """One release: all feature views as they were published together."""

    format_version: int
    release: str
    created_at: str
    code: dict[str, str | None]
    views: list[View]
    set_aside: list[SetAside]
    services: list[Service] = field(default_factory=list)
    entities: list[Entity] = field(default_factory=list)
    """The entities of the views; none before format 4, where views had only their names."""

    glossary: list[Term] = field(default_factory=list)
    """The terms by which a search finds more; none before format 6."""

    training_sets: list[TrainingSetModel] = field(default_factory=list)
    """The lookups of the project's training sets; none before format 6."""

    def to_bytes(self) -> bytes:
        """The manifest as it stands on S3; `manifest_format.parse` reads it."""
        return (json.dumps(asdict(self), indent=1) + "\n").encode()

    @property
    def name(self) -> str:
        """Where it stands below the store."""
        return f"releases/{self.release}/manifest.json"

    @property
    def files(self) -> list[File]:
        """The data files of all views."""
        return [file for view in self.views for file in view.files]

    @cached_property
    def by_name(self) -> dict[str, View]:
        """Each view by its name, and the latest version of one by its model's name too."""
        names = {view.name: view for view in self.views}
        return names | {view.model: view for view in self.views if view.is_latest}

    def view(self, name: str, *, purpose: str = "") -> View:
        """Return the view that a name refers to, `view`, `view_v1` or `view@v1`.

        Raises an UnknownFeatureError that suggests near names. `purpose` says in it what the view
        was needed for.
        """
        view = self.by_name.get(table_name(name))
        if view is None:
            raise UnknownFeatureError(
                f"release {self.release} has no feature view `{name}`{purpose}",
                hint=suggest(name, self.by_name),
            )
        return view

    def predecessor(self, name: str, version: str | None) -> View | None:
        """Return the view that the next release continues under this name, or None.

        Version 1 of a view continues the view that had no version yet.
        """
        views = {view.name: view for view in self.views}
        unversioned = views.get(name.removesuffix("_v1")) if version == "1" else None
        return views.get(name) or (unversioned if unversioned and not unversioned.version else None)

    def sealed(self) -> Manifest:
        """Return the manifest with its id, which is made of its instant and of its content."""
        unnamed = replace(self, release="")
        return replace(self, release=release_id(self.created_at, unnamed.to_bytes()))

    @property
    def content(self) -> str:
        """The hash of what was released, without when, where and by which code."""
        views = [
            asdict(view)
            | {"code": None, "sql": None, "files": [(f.month, f.digest) for f in view.files]}
            for view in self.views
        ]
        manifest = asdict(self)
        names = ("set_aside", "services", "entities", "glossary", "training_sets")
        parts = [views, *(manifest[name] for name in names)]
        content = json.dumps(parts, sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:12]


def release_id(created_at: str, unnamed: bytes) -> str:
    """Return the id of a release: its instant, and a hash of its manifest without the id."""
    stamp = created_at.replace("-", "").replace(":", "")
    return f"{stamp}Z-{hashlib.sha256(unnamed).hexdigest()[:12]}"

"""The release manifest: everything that a reader needs to know, written once, as JSON.

The format is documented in docs/reference/release-format.md. Readers keep reading old versions.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from milepost.building.catalog import GRIDS
from milepost.errors import ReleaseError, UnknownFeatureError
from milepost.release.derived import Derived, is_plain
from milepost.release.names import AVAILABLE_AT, NAME, TYPES
from milepost.release.near_names import suggest, table_name
from milepost.release.service import Service

FORMAT_VERSION = 3
READABLE = (1, 2, 3)
CURRENT = "current.json"
RELEASE_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{12}")
DATA_FILE = re.compile(
    r"data/([a-z][a-z0-9_]{0,62})/\d{4}-\d\d/[0-9a-f]{64}(-[0-9a-f]{12})?\.parquet"
)


@dataclass(frozen=True)
class Field:
    """A column of a view: type is one of BIGINT, DOUBLE, BOOLEAN, VARCHAR, TIMESTAMP (UTC).

    `complete_from` is when a feature's windows are first full, naive UTC in ISO form; None of keys
    and `available_at`, which have none.
    """

    name: str
    type: str
    description: str
    complete_from: str | None = None


@dataclass(frozen=True)
class File:
    """A Parquet file of a view: its name below the store, its rows and bytes.

    It is named by its SHA-256 and by the publication that sent it. It holds the rows of one month
    of `available_at`, sorted by keys and `available_at`. Its last `footer_bytes`, Parquet's own
    description of it, have no checksum in Parquet and so have one here.
    """

    name: str
    rows: int
    bytes: int
    footer_bytes: int = 0
    footer_sha256: str = ""

    @property
    def month(self) -> str:
        """The month of `available_at` that it holds, as `2026-01`."""
        return self.name.split("/")[2]

    @property
    def digest(self) -> str:
        """The SHA-256 of the file's bytes, in hex."""
        return self.name.split("/")[3][:64]


@dataclass(frozen=True)
class View:
    """A feature view in a release. Instants are naive UTC in ISO form."""

    name: str
    description: str
    entities: list[str]
    keys: list[str]
    grid: str
    serving_delay_minutes: int
    owners: dict[str, str]
    maturity: str
    sensitivity: str
    fields: list[Field]
    files: list[File]
    rows: int
    built_through: str
    statistics: dict[str, dict[str, Any]]
    checks: list[str]
    code: str
    fingerprint: str
    version: str | None = None
    is_latest: bool = True
    deprecated_at: str | None = None
    is_dense: bool = False
    fresh_within_hours: int | None = None
    dropped_checks: dict[str, str] = field(default_factory=dict)
    derived: list[Derived] = field(default_factory=list)

    @property
    def model(self) -> str:
        """The name of the dbt model, of which this may be a version."""
        return self.name.removesuffix(f"_v{self.version}") if self.version else self.name

    @property
    def features(self) -> list[str]:
        """The columns but for keys and `available_at`, in their order."""
        return [f.name for f in self.fields if f.name not in (*self.keys, AVAILABLE_AT)]

    @cached_property
    def complete_from(self) -> dict[str, datetime]:
        """By feature, the instant from which its windows are full, naive UTC."""
        stated = ((one.name, one.complete_from) for one in self.fields)
        return {name: datetime.fromisoformat(instant) for name, instant in stated if instant}

    def instant(self, name: str) -> datetime:
        """`built_through` as naive UTC."""
        return datetime.fromisoformat(getattr(self, name))

    @property
    def built_to(self) -> datetime:
        """The first grid instant that is not built, naive UTC."""
        return self.instant("built_through") - timedelta(minutes=self.serving_delay_minutes)


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

    def to_bytes(self) -> bytes:
        """The manifest as it stands on S3; `parse` reads it."""
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

    def view(self, name: str, *, purpose: str = "", other_names: Iterable[str] = ()) -> View:
        """Return the view that a name refers to, `view`, `view_v1` or `view@v1`.

        Raises an UnknownFeatureError that suggests near names, of views and of `other_names` that
        would have been understood. `purpose` says in it what the view was needed for.
        """
        view = self.by_name.get(table_name(name))
        if view is None:
            raise UnknownFeatureError(
                f"release {self.release} has no feature view `{name}`{purpose}",
                hint=suggest(name, {*self.by_name, *other_names}),
            )
        return view

    def predecessor(self, name: str, version: str | None) -> View | None:
        """The view that one of that name and version goes on from.

        Version 1 goes on from a view that had no version yet.
        """
        views = {view.name: view for view in self.views}
        unversioned = views.get(name.removesuffix("_v1")) if version == "1" else None
        return views.get(name) or (unversioned if unversioned and not unversioned.version else None)

    def sealed(self) -> Manifest:
        """The same with its id, which is made of the instant and of all that it says."""
        unnamed = replace(self, release="")
        return replace(self, release=_release_id(self.created_at, unnamed.to_bytes()))

    @property
    def content(self) -> str:
        """A hash of what was released, whenever, to wherever and by whatever code."""
        views = [
            {**asdict(view), "code": None, "files": [(f.month, f.digest) for f in view.files]}
            for view in self.views
        ]
        said = asdict(self)
        content = json.dumps([views, said["set_aside"], said["services"]], sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:12]


def parse(body: bytes, where: str) -> Manifest:
    """Read a manifest, and refuse what is damaged, newer, or names anything but its own files."""
    try:
        raw = json.loads(body)
        version = raw["format_version"]
        if version not in READABLE:
            raise ReleaseError(
                f"`{where}` has format version {version}, this Milepost reads "
                f"{', '.join(map(str, READABLE))}",
                hint="upgrade Milepost",
            )
        manifest = Manifest(
            **{
                **raw,
                "views": [_view(view) for view in raw["views"]],
                "set_aside": [SetAside(**rows) for rows in raw["set_aside"]],
                "services": [Service(**service) for service in raw.get("services", [])],
            }
        )
        _check(manifest)
        # The id has a hash of all but itself. That of format 1 is random, and its files lack what
        # came later.
        if version == 1:
            sealed = all(len(file) == 3 for view in raw["views"] for file in view["files"])
        else:
            rest = body.replace(manifest.release.encode(), b"", 1)
            sealed = manifest.release == _release_id(manifest.created_at, rest)
        if not sealed:
            raise ValueError("its content is not what its release id says")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, ReleaseError):
            raise
        raise ReleaseError(
            f"`{where}` is damaged: {error}",
            hint="pin another release, or restore the object from a backup",
        ) from error
    return manifest


def _release_id(created_at: str, unnamed: bytes) -> str:
    stamp = created_at.replace("-", "").replace(":", "")
    return f"{stamp}Z-{hashlib.sha256(unnamed).hexdigest()[:12]}"


def _view(raw: Mapping[str, Any]) -> View:
    raw = dict(raw)
    fields = [Field(**field) for field in raw["fields"]]
    # Before format 3 it was of the view: that of the longest window.
    if "complete_from" in raw:
        complete_from = raw.pop("complete_from")
        names = (*raw["keys"], AVAILABLE_AT)
        fields = [
            one if one.name in names else replace(one, complete_from=complete_from)
            for one in fields
        ]
    files = [File(**file) for file in raw["files"]]
    derived = [Derived(**one) for one in raw.get("derived", [])]
    return View(**{**raw, "fields": fields, "files": files, "derived": derived})


def _check(manifest: Manifest) -> None:
    if not RELEASE_ID.fullmatch(manifest.release):
        raise ValueError(f"release id `{manifest.release}`")
    if len({service.name for service in manifest.services}) < len(manifest.services):
        raise ValueError("two services of one name")
    if len({view.name for view in manifest.views}) < len(manifest.views):
        raise ValueError("two views of one name")
    latest = [view.model for view in manifest.views if view.is_latest]
    if len(set(latest)) < len(latest):
        raise ValueError("two latest versions of one view")
    for view in manifest.views:
        if view.version and not view.name.endswith(f"_v{view.version}"):
            raise ValueError(f"version `{view.version}` of `{view.name}`")
        if view.deprecated_at and datetime.fromisoformat(view.deprecated_at).tzinfo:
            raise ValueError(f"date of deprecation of `{view.name}`, which is not naive")
        names = [field.name for field in view.fields]
        names += [one.name for one in view.derived]
        if len(set(names)) < len(names):
            raise ValueError(f"two columns of one name in `{view.name}`")
        for name in (view.name, *names):
            if not NAME.fullmatch(name):
                raise ValueError(f"name `{name}`")
        if not {*view.keys, AVAILABLE_AT} <= set(names) or view.grid not in GRIDS:
            raise ValueError(f"keys or grid of `{view.name}`")
        if any(field.type not in TYPES for field in view.fields):
            raise ValueError(f"types of `{view.name}`")
        if not all(is_plain(one) for one in view.derived):
            raise ValueError(f"derived features of `{view.name}`")
        if list(view.complete_from) != view.features:
            raise ValueError(f"since when features of `{view.name}` are complete")
        if any(one.tzinfo for one in (view.instant("built_through"), *view.complete_from.values())):
            raise ValueError(f"instants of `{view.name}`, which are not naive")
        for file in view.files:
            found = DATA_FILE.fullmatch(file.name)
            if not found or found[1] != view.name:
                raise ValueError(f"file `{file.name}`")
        if sum(file.rows for file in view.files) != view.rows:
            raise ValueError(f"rows of `{view.name}`")

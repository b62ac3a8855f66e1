"""The releases of a store, and the views, services and instants of a release, as tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from milepost.catalogue.describe import complete_from
from milepost.catalogue.search import summary
from milepost.display import DisplayTable
from milepost.errors import UnknownFeatureError
from milepost.release import coverage, pointers, releases
from milepost.release.coverage import Range
from milepost.release.manifest import Manifest, View, minute
from milepost.release.near_names import suggest, table_name
from milepost.release.request import FeatureRequest
from milepost.release.service import Service
from milepost.storage.location import Location


@dataclass(frozen=True)
class Coverage:
    """When each of some features is whole, and when all of them together are."""

    features: DisplayTable[Range]
    together: Range
    left_out: list[str]
    """The derived features of whole views, which are looked up only where they are named."""

    @property
    def complete_from(self) -> datetime | None:
        """The first instant at which all windows are full, naive UTC; None without windows."""
        return self.together.complete_from

    @property
    def built_through(self) -> datetime:
        """The first instant at which some feature is not built, naive UTC."""
        return self.together.built_through

    def __repr__(self) -> str:
        return "\n".join([repr(self._table()), *self._notes()])

    def _repr_html_(self) -> str:
        return self._table()._repr_html_() + "".join(f"<p>{note}</p>" for note in self._notes())

    def _notes(self) -> list[str]:
        names = ", ".join(self.left_out)
        return [f"only where it is named, because it is derived: {names}"] if names else []

    def _table(self) -> DisplayTable[Range]:
        rows = self.features if len(self.features) == 1 else [*self.features, self.together]
        return _ranges(rows)


@dataclass(frozen=True)
class ReleaseSummary:
    """One release of a store, and what keeps it."""

    release: str
    views: int
    rows: int
    bytes: int
    commit: str | None
    is_current: bool
    is_previous: bool
    pins: list[str]


def views(manifest: Manifest) -> DisplayTable[View]:
    """Return every feature view, by name."""

    def first(view: View) -> datetime | None:
        return min(view.complete_from.values(), default=None)

    def last(view: View) -> datetime | None:
        return max(view.complete_from.values(), default=None)

    return DisplayTable(
        sorted(manifest.views, key=lambda view: view.name),
        {
            "view": lambda view: view.name,
            "features": lambda view: len(view.features) + len(view.derived),
            "rows": lambda view: view.rows,
            "from": lambda view: complete_from(first(view), view),
            "all from": lambda view: complete_from(last(view), view),
            "until": lambda view: minute(view.built_through_at),
            "keys": lambda view: view.keys,
            "owners": lambda view: view.owners.values(),
            "description": lambda view: view.description,
        },
    )


def services(manifest: Manifest) -> DisplayTable[Service]:
    """Return every feature service, by name."""
    return DisplayTable(
        sorted(manifest.services, key=lambda service: service.name),
        {
            "service": lambda service: service.name,
            "features": lambda service: len(service.features),
            "owner": lambda service: service.owner.get("name"),
            "description": lambda service: summary(service, manifest.glossary),
        },
    )


def service(manifest: Manifest, name: str) -> Service:
    """Return a feature service, or raise an UnknownFeatureError that suggests near names."""
    known = {service.name: service for service in manifest.services}
    if str(name) not in known:
        raise UnknownFeatureError(
            f"release {manifest.release} has no feature service `{name}`",
            hint=suggest(name, known)
            if known
            else "a service is a dbt exposure with `meta.training_set`",
        )
    return known[str(name)]


def release_summaries(store: Location) -> DisplayTable[ReleaseSummary]:
    """Return every release of a store, the newest first."""
    current = pointers.current(store)
    pins: dict[str, list[str]] = defaultdict(list)
    for name, release in sorted(releases.pins(store).items()):
        pins[release].append(name)
    manifests = list(releases.history(store))
    previous = next((item.release for item in manifests if item.release != current), None)
    return DisplayTable(
        (
            ReleaseSummary(
                manifest.release,
                len(manifest.views),
                sum(view.rows for view in manifest.views),
                sum(file.bytes for file in manifest.files),
                manifest.code.get("commit"),
                manifest.release == current,
                manifest.release == previous,
                pins[manifest.release],
            )
            for manifest in manifests
        ),
        {
            "release": lambda summary: summary.release,
            "views": lambda summary: summary.views,
            "rows": lambda summary: summary.rows,
            "bytes": lambda summary: summary.bytes,
            "known as": lambda summary: [
                *(["current"] if summary.is_current else []),
                *(["previous"] if summary.is_previous else []),
                *summary.pins,
            ],
        },
    )


def covers(request: FeatureRequest, features: Iterable[str]) -> Coverage:
    """Return when the requested features are whole; `features` are their names as asked for."""
    ranges = coverage.ranges(request)
    named = {whole.feature for whole in ranges}
    left_out = [
        f"{requested.name}:{derived.name}"
        for requested in request.views
        for derived in requested.view.derived
        if requested.name in map(table_name, features)
    ]
    return Coverage(
        _ranges(ranges), coverage.together(ranges), [name for name in left_out if name not in named]
    )


def _ranges(ranges: Iterable[Range]) -> DisplayTable[Range]:
    return DisplayTable(
        ranges,
        {
            "feature": lambda whole: whole.feature,
            "complete from": lambda whole: whole.complete_from,
            "built through": lambda whole: whole.built_through,
            "": lambda whole: "at no instant yet" if whole.is_empty else "",
        },
    )

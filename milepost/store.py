"""The client: feature views off the shelf, from one release of a store on S3."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from milepost import lookup, releases, s3
from milepost.catalog import AVAILABLE_AT
from milepost.datafile import filesystem, open_data_file, unreadable
from milepost.errors import LookupInputError, UnknownFeatureError
from milepost.manifest import File, Manifest, View
from milepost.s3 import Location

ARROW_TYPES = {
    "BIGINT": pa.int64(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "VARCHAR": pa.string(),
    "TIMESTAMP": pa.timestamp("us"),
}


class FeatureStore:
    """One release of the store at `uri`: the current one, or the one that is named.

    The release is read once, so that everything asked of this object comes from one consistent
    state, whatever is published meanwhile. Credentials come from the standard AWS chain; the right
    to get and list the store is enough.
    """

    def __init__(self, uri: str, release: str | None = None) -> None:
        self.location = Location.parse(uri)
        wanted = releases.current(self.location) if release is None else release
        self._manifest = releases.read(self.location, wanted)
        self._views = {view.name: view for view in self._manifest.views}
        self._views |= {view.model: view for view in self._manifest.views if view.is_latest}

    def __repr__(self) -> str:
        return f"FeatureStore({self.location.uri()!r}, release={self.release!r})"

    @property
    def release(self) -> str:
        """The id of the release that is read."""
        return self._manifest.release

    @property
    def manifest(self) -> Manifest:
        """All that the release says of itself."""
        return self._manifest

    def feature_views(self) -> list[View]:
        """Every feature view of the release, by name."""
        return sorted(self._manifest.views, key=lambda view: view.name)

    def to_arrow(self, view: str) -> pa.Table:
        """All rows of a view, by month and then sorted by keys and `available_at`."""
        found = self._view(view)
        _warn_if_deprecated(found)
        return self._read(found, [field.name for field in found.fields])

    def get_historical_features(
        self,
        entity_df: Any,
        features: Iterable[str],
        *,
        full_feature_names: bool = False,
        allow_incomplete: bool = False,
    ) -> pa.Table:
        """Join to each entity row the features as a model in production could have had them.

        `entity_df` is anything with `__arrow_c_stream__` (pandas, polars, pyarrow, DuckDB): the
        join keys of the views asked for and `event_timestamp`, UTC where it has no time zone.
        `features` are `"view:feature"` or a whole `"view"`. Of a view with versions, `"view"` is
        the latest and `"view@v1"` version 1, which warns (FutureWarning) once it is deprecated.

        Returns the entity rows, all of them, in their order, with a column per feature in the order
        asked for (`view__feature` with `full_feature_names`). A feature is the value of the newest
        row with equal keys and `available_at <= event_timestamp`; null where there is none, or a
        key is null.

        Raises a LookupInputError for input that does not fit, and for instants for which the view
        is not built or its longest window not full (unless `allow_incomplete`); an
        UnknownFeatureError for a view or feature that the release does not have.
        """
        if isinstance(features, str):
            raise LookupInputError(
                f"`features` is the text `{features}`", hint=f'write features=["{features}"]'
            )
        entities = lookup.entity_table(entity_df)
        asked = [self._feature(reference) for reference in features]
        for view in {view.name: view for _, view, _ in asked}.values():
            _warn_if_deprecated(view)
        wanted = [(called, view, name) for called, view, names in asked for name in names]
        if not wanted:
            raise LookupInputError(
                "no feature was asked for", hint='name some, as in features=["carrier_reliability"]'
            )
        names = [f"{called}__{name}" if full_feature_names else name for called, _, name in wanted]
        lookup.check_names(entities, names)
        instants = lookup.event_instants(entities)
        latest = lookup.latest(instants)
        columns: dict[tuple[str, str], pa.ChunkedArray] = {}
        for view in {view.name: view for _, view, _ in wanted}.values():
            own = list(dict.fromkeys(name for _, v, name in wanted if v is view))
            if not allow_incomplete:
                lookup.check_complete(view, instants)
            keys = lookup.entity_keys(entities, view, ARROW_TYPES)
            rows = self._read(view, [*view.keys, AVAILABLE_AT, *own], until=latest)
            joined = lookup.point_in_time_join(keys, instants, rows, view.keys, own)
            columns.update({(view.name, name): joined[name] for name in own})
        for name, (_, view, feature) in zip(names, wanted, strict=True):
            entities = entities.append_column(name, columns[view.name, feature])
        return entities

    def _view(self, name: str) -> View:
        if _table(name) not in self._views:
            raise UnknownFeatureError(
                f"release {self.release} has no feature view `{name}`",
                hint=_suggest(name, self._views),
            )
        return self._views[_table(name)]

    def _feature(self, reference: str) -> tuple[str, View, list[str]]:
        """What the view is called in full feature names, the view, and its features asked for."""
        view_name, _, feature = reference.partition(":")
        view = self._view(view_name)
        called = _table(view_name)
        if not feature:
            return called, view, view.features
        if feature not in view.features:
            raise UnknownFeatureError(
                f"feature view `{view_name}` has no feature `{feature}`",
                hint=_suggest(feature, view.features),
            )
        return called, view, [feature]

    def _read(self, view: View, columns: list[str], until: datetime | None = None) -> pa.Table:
        schema = pa.schema([(field.name, ARROW_TYPES[field.type]) for field in view.fields])
        months = "9999-99" if until is None else until.strftime("%Y-%m")
        wanted = [file for file in view.files if file.month <= months]
        if not wanted:
            return schema.empty_table().select(columns)
        files = filesystem()

        def read(file: File) -> pa.Table:
            opened = open_data_file(files, self.location, file)
            try:
                return opened.read(columns=columns).select(columns)
            except (OSError, pa.ArrowInvalid, KeyError) as error:
                raise unreadable(self.location.uri(file.name), error) from error

        with ThreadPoolExecutor(s3.PARALLEL_REQUESTS) as pool:
            tables = list(pool.map(read, wanted))
        return pa.concat_tables([*tables, schema.empty_table().select(columns)])


def _table(reference: str) -> str:
    """`view@v1`, as Feast writes a version, is the table `view_v1`, as dbt names it."""
    return reference.replace("@v", "_v")


def _warn_if_deprecated(view: View) -> None:
    now = datetime.now(UTC).replace(tzinfo=None)
    if view.deprecated_at and datetime.fromisoformat(view.deprecated_at) <= now:
        warnings.warn(
            f"feature view `{view.name}` is deprecated since {view.deprecated_at}; a coming "
            f"release may not have it: move to the latest version, `{view.model}`",
            FutureWarning,
            stacklevel=3,
        )


def _suggest(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, known, n=3) or sorted(known)
    return f"there is {', '.join(f'`{one}`' for one in near)}"

"""The client: feature views off the shelf, from one release of a store on S3."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, overload

from milepost.reading.glance import Glance
from milepost.reading.view_promises import MICROSECOND, check_fresh, warn_if_deprecated
from milepost.release import coverage
from milepost.release.request import FeatureRequest
from milepost.release.service import Aliases, Service, expand

if TYPE_CHECKING:
    import pyarrow as pa  # where it is used: longer than all else that `import milepost` needs
    from duckdb import DuckDBPyConnection

    from milepost.reading.lookup import Lookup
    from milepost.reading.recipe import LookupOptions
    from milepost.reading.training_set import TrainingSet


class FeatureStore(Glance):
    """One release of the store at `uri`: the current one, or the one that is named.

    `release` is an id, the beginning of one, the name of a pin, `"current"` or `"previous"`.
    Without a `uri` it is the store that the environment names, MILEPOST_STORE_URI.

    The release is read once, so that everything asked of this object comes from one consistent
    state, whatever is published meanwhile. Credentials come from the standard AWS chain; the right
    to get and list the store is enough.
    """

    def files(self, view: str) -> list[str]:
        """Return the URIs of a view's Parquet files, for any engine that reads them."""
        return [self.location.uri(file.name) for file in self._manifest.view(view).files]

    def to_arrow(self, view: str) -> pa.Table:
        """Return all rows of a view, by month and then sorted by keys and `available_at`."""
        from milepost.release.files import ViewFiles

        feature_view = self._manifest.view(view)
        warn_if_deprecated([feature_view])
        columns = [field.name for field in feature_view.fields]
        return ViewFiles(self.location, feature_view).read(columns)

    def attach(self, con: DuckDBPyConnection) -> None:
        """Give a DuckDB connection a view of each feature view, by its name, of this release.

        They are read when they are queried: only the columns named, and each page's checksum is
        verified. DuckDB needs no extension and no secret for it.
        """
        from milepost.reading.lookup import datasets
        from milepost.release.files import attach

        for name, dataset in datasets(self.location, self._manifest).items():
            attach(con, name, dataset)

    @overload
    def get_historical_features(
        self,
        entity_df: Any,
        features: str | Iterable[str] | Service,
        *,
        full_feature_names: bool = ...,
        aliases: Aliases | None = ...,
        ttl: timedelta | None = ...,
        allow_early: bool = ...,
        allow_late: bool = ...,
        to: None = ...,
    ) -> TrainingSet: ...

    @overload
    def get_historical_features(
        self,
        entity_df: Any,
        features: str | Iterable[str] | Service,
        *,
        full_feature_names: bool = ...,
        aliases: Aliases | None = ...,
        ttl: timedelta | None = ...,
        allow_early: bool = ...,
        allow_late: bool = ...,
        to: str,
    ) -> int: ...

    def get_historical_features(
        self,
        entity_df: Any,
        features: str | Iterable[str] | Service,
        *,
        full_feature_names: bool = False,
        aliases: Aliases | None = None,
        ttl: timedelta | None = None,
        allow_early: bool = False,
        allow_late: bool = False,
        to: str | None = None,
    ) -> TrainingSet | int:
        """Join to each entity row the features as a model in production could have had them.

        `entity_df`, the entity rows, has the join keys of the views asked for and
        `event_timestamp`, UTC where it has no time zone. It is anything with `__arrow_c_stream__`
        (pandas, polars, pyarrow, DuckDB), a list of dicts, a dict of lists, `"s3://..."`, a Parquet
        file, or one `select` in DuckDB's SQL, which may name feature views.

        `features` are `"view:feature"`, a whole `"view"`, which is all but its derived features, or
        the name of a feature service alone, or `store.service(name)`. A derived feature takes the
        columns of its request from the entity rows, by their names. Of a view with versions,
        `"view"` is the latest and `"view@v1"` version 1, which warns (FutureWarning) once it is
        deprecated. Where most values of a key are in no row of a view, it warns (UserWarning).
        `aliases` name a view anew, for one that is looked up twice or whose keys the entity rows
        name otherwise: `{"origin": {"view": "market", "keys": {"market_id": "origin_id"}}}`.

        Returns the entity rows, all of them, in their order, with a column per feature in the order
        asked for (`view__feature` with `full_feature_names`). A feature is the value of the newest
        row with equal keys and `available_at <= event_timestamp`; null where there is none, or a
        key is null, or, for dense views only, that row is older than `ttl`.

        >>> store = FeatureStore("s3://milepost-store/example")
        >>> loads = {"carrier_id": ["c1", "c2"], "event_timestamp": [datetime(2026, 2, 1, 12)] * 2}
        >>> training_set = store.get_historical_features(loads, "late_delivery")
        >>> training_set.to_arrow()["late_delivery_rate_28d"].to_pylist()
        [0.25, None]
        >>> training_set.to_arrow()["days_since_last_load"].to_pylist()
        [2.5, None]

        With `to="s3://..."` the training set is streamed to a new Parquet file there, for more rows
        than memory holds, and the number of its rows is returned.

        Raises a LookupInputError for input that does not fit; for instants before the windows of
        a feature asked for are full, unless `allow_early`; for instants at which it is not built,
        unless `allow_late`; see `covers`. Raises an UnknownFeatureError for a view or feature that
        the release does not have.
        """
        options = self._options(
            features,
            aliases,
            full_feature_names=full_feature_names,
            ttl=ttl,
            allow_early=allow_early,
            allow_late=allow_late,
        )
        request = options.request(self._manifest)
        warn_if_deprecated(requested.view for requested in request.views)
        return self._lookup(request, options.to_json()).run(entity_df, to)

    def get_latest_features(
        self,
        entity_rows: Any,
        features: str | Iterable[str] | Service,
        *,
        full_feature_names: bool = False,
        aliases: Aliases | None = None,
        allow_early: bool = False,
        allow_stale: bool = False,
    ) -> TrainingSet:
        """Join to each entity row the newest features that all views asked for have, for scoring.

        They are as of one instant, `as_of` of the result: the last one before the smallest
        `built_through` of the views asked for. At that instant `get_historical_features` gives the
        same. `entity_rows` are as `entity_df` there, without `event_timestamp`.

        >>> store = FeatureStore("s3://milepost-store/example")
        >>> rows = [{"carrier_id": "c1"}]
        >>> training_set = store.get_latest_features(rows, ["carrier_reliability"])
        >>> training_set.to_arrow().to_pylist()
        [{'carrier_id': 'c1', 'late_delivery_rate_28d': 0.25}]

        Raises a LookupInputError where that instant is longer ago than a view's
        `fresh_within_hours` promises (unless `allow_stale`), or before the windows of a feature
        are full (unless `allow_early`), and as `get_historical_features` does.
        """
        options = self._options(
            features, aliases, full_feature_names=full_feature_names, allow_early=allow_early
        )
        request = options.request(self._manifest)
        views = [requested.view for requested in request.views]
        warn_if_deprecated(views)
        as_of = min(view.built_through_at for view in views) - MICROSECOND
        if not allow_stale:
            check_fresh(views, as_of)
        coverage.check_latest(request, as_of)
        lookup = self._lookup(request, replace(options, as_of=as_of).to_json(), as_of=as_of)
        training_set = lookup.run(entity_rows)
        assert not isinstance(training_set, int)  # noqa: S101 - nothing was written
        return training_set

    @overload
    def reproduce(self, path: str, *, to: None = ...) -> TrainingSet: ...

    @overload
    def reproduce(self, path: str, *, to: str) -> int: ...

    def reproduce(self, path: str, *, to: str | None = None) -> TrainingSet | int:
        """Make the training set at `path` on S3 again, from its entity rows and its recipe.

        It is read from the release that the recipe names, whichever this object reads. With `to`
        the new file has the same bytes as one that `get_historical_features(..., to=path)` wrote.

        Raises a LookupInputError where the file has no recipe, its entity rows are not those it was
        made from, or other code than the recipe's is installed.
        """
        from milepost.reading.recipe import LookupOptions, entity_rows_of, open_training_set
        from milepost.storage.arrow import filesystem

        recipe, file = open_training_set(path, filesystem())
        options = LookupOptions.from_json(recipe.options)
        store = FeatureStore(self.location.uri(), release=recipe.release)
        request = options.request(store.manifest)
        lookup = store._lookup(
            request, recipe.options, as_of=options.as_of, expected_hash=recipe.entities
        )
        features = [column.name for column in request.columns]
        return lookup.run(entity_rows_of(file, features), to)

    def _options(
        self, features: str | Iterable[str] | Service, aliases: Aliases | None, **options: Any
    ) -> LookupOptions:
        from milepost.reading.recipe import LookupOptions

        features, aliases = expand(features, aliases, self._manifest.services)
        return LookupOptions(features=features, aliases=aliases, **options)

    def _lookup(self, request: FeatureRequest, options: dict[str, Any], **more: Any) -> Lookup:
        from milepost.reading.lookup import Lookup

        return Lookup(self.location, self._manifest, request, options, **more)

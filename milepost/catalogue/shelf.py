"""The shelf: what one release of a store has, to be listed, searched and described."""

from __future__ import annotations

import os
from collections.abc import Iterable

from milepost.catalogue import tables
from milepost.catalogue.describe import describe
from milepost.catalogue.description import Description
from milepost.catalogue.search import SearchResults, search
from milepost.catalogue.tables import Coverage, ReleaseSummary
from milepost.display import DisplayTable
from milepost.errors import ReleaseError
from milepost.release import releases
from milepost.release.manifest import Manifest, View
from milepost.release.release_argument import resolve
from milepost.release.request import parse_request
from milepost.release.service import Aliases, Service, expand
from milepost.storage.location import Location


class Shelf:
    """What `milepost.FeatureStore` can tell of a release without reading a data file."""

    def __init__(self, uri: str | None = None, release: str | None = None) -> None:
        uri = os.environ.get("MILEPOST_STORE_URI") if uri is None else uri
        if uri is None:
            raise ReleaseError(
                "no store is named",
                hint='write FeatureStore("s3://bucket/prefix"), or set MILEPOST_STORE_URI',
            )
        self.location = Location.parse(str(uri))
        self._manifest = releases.read(self.location, resolve(self.location, release))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.location.uri()!r}, release={self.release!r})"

    @property
    def release(self) -> str:
        """The id of the release that is read."""
        return self._manifest.release

    @property
    def manifest(self) -> Manifest:
        """All that the release says of itself."""
        return self._manifest

    def feature_views(self) -> DisplayTable[View]:
        """Return every feature view of the release, by name.

        >>> [view.name for view in FeatureStore("s3://milepost-store/example").feature_views()]
        ['carrier_activity', 'carrier_reliability']
        """
        return tables.views(self._manifest)

    def search(self, text: str) -> SearchResults:
        """Find views, features and services that have every word of a text, the best first.

        Words are looked for in names, descriptions, tags and owners, with other endings and as
        their synonyms in the project's glossary.

        >>> store = FeatureStore("s3://milepost-store/example")
        >>> store.search("how late are deliveries")
        reference                                   kind     description
        late_delivery                               service  Predicts whether a carrier is late.
        carrier_reliability:late_delivery_rate_28d  DOUBLE   Share of deliveries that were late.

        If nothing has every word, there is no result, and what comes nearest is shown.

        >>> store.search("reliabilty")
        nothing matches `reliabilty`; nearest:
        reference                                   kind    description
        carrier_reliability                         view
        carrier_reliability:late_delivery_rate_28d  DOUBLE  Share of deliveries that were late.
        >>> len(store.search("reliabilty")), len(store.search("reliabilty").nearest)
        (0, 2)
        """
        return search(self._manifest, text)

    def describe(self, reference: str) -> Description:
        """Describe a view, by `"view"`, a feature, by `"view:feature"`, or a service, by its name.

        >>> store = FeatureStore("s3://milepost-store/example")
        >>> store.describe("carrier_activity:days_since_last_load").facts["sql"]
        'elapsed_days(last_load_at, event_timestamp)'

        Raises an UnknownFeatureError for what the release does not have.
        """
        return describe(self._manifest, reference, store_uri=self.location.uri())

    def services(self) -> DisplayTable[Service]:
        """Return every feature service of the release, by name: what a model asks for.

        >>> [service.name for service in FeatureStore("s3://milepost-store/example").services()]
        ['late_delivery']
        """
        return tables.services(self._manifest)

    def service(self, name: str) -> Service:
        """Return a feature service, to be given to a lookup as its `features`.

        >>> FeatureStore("s3://milepost-store/example").service("late_delivery").features
        ['carrier_reliability:late_delivery_rate_28d', 'carrier_activity:days_since_last_load']

        Raises an UnknownFeatureError for one that the release does not have.
        """
        return tables.service(self._manifest, name)

    def covers(
        self, features: str | Iterable[str] | Service, *, aliases: Aliases | None = None
    ) -> Coverage:
        """Return from when until when features are whole: each, and all of them together.

        `features` and `aliases` are those of `get_historical_features`, which refuses instants
        outside: before `complete_from` a window is not full, and from `built_through` on rows are
        not built yet.

        >>> store = FeatureStore("s3://milepost-store/example")
        >>> coverage = store.covers("late_delivery")
        >>> coverage
        feature                                     complete from        built through
        carrier_reliability:late_delivery_rate_28d  2026-01-29 02:00:00  2026-07-01 00:00:00
        carrier_activity:days_since_last_load       2026-01-08 02:00:00  2026-07-01 00:00:00
        all                                         2026-01-29 02:00:00  2026-07-01 00:00:00
        >>> coverage.complete_from
        datetime.datetime(2026, 1, 29, 2, 0)
        """
        features, aliases = expand(features, aliases, self._manifest.services)
        request = parse_request(self._manifest, features, full_feature_names=True, aliases=aliases)
        return tables.covers(request, features)

    def releases(self) -> DisplayTable[ReleaseSummary]:
        """Return every release of the store, the newest first, and what keeps it.

        >>> store = FeatureStore("s3://milepost-store/example")
        >>> [(summary.views, summary.is_current) for summary in store.releases()]
        [(2, True)]
        """
        return tables.release_summaries(self.location)

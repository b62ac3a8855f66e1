"""What a person looks at in a release: some rows of a view, and one entity's features."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from milepost.catalogue.shelf import Shelf
from milepost.reading.view_promises import warn_if_deprecated
from milepost.release.service import Service, expand

if TYPE_CHECKING:
    from milepost.reading.entity_features import EntityFeatures
    from milepost.reading.head import ViewRows


class Glance(Shelf):
    """What `milepost.FeatureStore` shows of the values of a release."""

    def head(self, view: str, n: int = 5) -> ViewRows:
        """Return the first rows of a view's newest month, and of older ones where it has fewer.

        >>> store = FeatureStore("s3://milepost-store/example")
        >>> store.head("carrier_reliability", n=1).to_arrow()["late_delivery_rate_28d"].to_pylist()
        [0.25]

        Raises an UnknownFeatureError for a view that the release does not have.
        """
        from milepost.reading.head import head

        feature_view = self._manifest.view(view)
        warn_if_deprecated([feature_view])
        return head(self.location, feature_view, n)

    def lookup(
        self,
        features: str | Iterable[str] | Service,
        keys: Mapping[str, Any],
        at: datetime | str | None = None,
    ) -> EntityFeatures:
        """Return the features of one entity at an instant, UTC, to be read by a person.

        `features` are those of `get_historical_features`, or the name of a view, feature or service
        alone. `keys` has the entity's keys and what derived features take. Without `at` it is the
        last instant, up to now, at which all features are built. A feature that is not whole at the
        instant has no value, and a note that says when it is.

        >>> store = FeatureStore("s3://milepost-store/example")
        >>> store.lookup("carrier_reliability", {"carrier_id": "c1"}, "2026-02-01T12:00")
        carrier_id c1 at 2026-02-01 12:00:00 UTC
        <BLANKLINE>
        feature                                     value
        carrier_reliability:late_delivery_rate_28d  0.25

        Raises a LookupInputError for keys or an instant that do not fit, an UnknownFeatureError for
        what the release does not have.
        """
        from milepost.reading.entity_features import look_up
        from milepost.reading.recipe import LookupOptions

        listed, aliases = expand(features, None, self._manifest.services)
        options = LookupOptions(
            features=listed,
            full_feature_names=True,
            aliases=aliases,
            allow_early=True,
            allow_late=True,
        )
        warn_if_deprecated(item.view for item in options.request(self._manifest).views)
        return look_up(self.location, self._manifest, options, keys, at)

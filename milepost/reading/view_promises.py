"""What a view promises its readers: how fresh it is, and how long it stays."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from milepost.errors import LookupInputError
from milepost.release.manifest import View

# Between the last instant at which features are built and the first at which they are not.
MICROSECOND = timedelta(microseconds=1)


def check_fresh(views: Iterable[View], as_of: datetime) -> None:
    """Raise a LookupInputError where features of an instant are older than a view promises."""
    now = datetime.now(UTC).replace(tzinfo=None)
    for view in views:
        promise = view.fresh_within_hours
        if promise is not None and now - as_of > timedelta(hours=promise):
            raise LookupInputError(
                f"the newest features are as of {as_of.isoformat()}, and feature view "
                f"`{view.name}` promises them within {promise} hours",
                hint="see why the last publication did not come, or pass allow_stale=True",
            )


def warn_if_deprecated(views: Iterable[View]) -> None:
    """Warn, at the line that called the client, of each view whose deprecation date is past."""
    now = datetime.now(UTC).replace(tzinfo=None)
    for view in views:
        if view.deprecated_at and datetime.fromisoformat(view.deprecated_at) <= now:
            warnings.warn(
                f"feature view `{view.name}` is deprecated since {view.deprecated_at}; a coming "
                f"release may not have it: move to the latest version, `{view.model}`",
                FutureWarning,
                stacklevel=3,
            )

"""Milepost: a feature store for freight, defined in SQL."""

from typing import TYPE_CHECKING, Any

from milepost.errors import MilepostError
from milepost.notebook import load_ipython_extension

__all__ = ["FeatureStore", "MilepostError", "load_ipython_extension"]

if TYPE_CHECKING:
    from milepost.reading.store import FeatureStore
else:

    def __getattr__(name: str) -> Any:
        """Import the client when it is asked for: the help of the command line does without it."""
        if name != "FeatureStore":
            raise AttributeError(f"module `{__name__}` has no attribute `{name}`")
        from milepost.reading.store import FeatureStore

        return FeatureStore

    def __dir__() -> list[str]:
        return [*globals(), "FeatureStore"]

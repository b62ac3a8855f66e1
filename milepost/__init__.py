"""Milepost: a feature store for freight, defined in SQL."""

from milepost.errors import MilepostError
from milepost.notebook import load_ipython_extension
from milepost.reading.store import FeatureStore

__all__ = ["FeatureStore", "MilepostError", "load_ipython_extension"]

"""Stores in any number, and whether there is time for all of it."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from faults.proxy import numbers
from milepost.storage.location import Location


@pytest.fixture
def stores(s3_server: dict[str, str]) -> Callable[[], Location]:
    """Makes an empty place for a feature store."""
    return lambda: Location.parse(f"s3://milepost-store/faults-{os.getpid()}-{next(numbers)}")


@pytest.fixture
def full_size(request: pytest.FixtureRequest) -> bool:
    """Whether this is `make faults`."""
    return bool(request.config.getoption("--full-size"))

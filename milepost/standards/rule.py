"""A coding standard: what it asks, an example of each side, why, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Rule:
    """A standard that a check enforces.

    The check finds a fault in the example `bad` and none in `good`; a test runs both. `says` is a
    sentence about the code that passes.
    """

    name: str
    language: Literal["sql", "python", "yaml"]
    says: str
    bad: str
    good: str
    reason: str
    remedy: str

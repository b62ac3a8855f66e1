"""What names and types may be, wherever they come from; names that mean the same everywhere."""

from __future__ import annotations

import re

NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
AVAILABLE_AT = "available_at"
EVENT_TIMESTAMP = "event_timestamp"
# The types that every consumer reads alike.
TYPES = ("BIGINT", "DOUBLE", "BOOLEAN", "VARCHAR", "TIMESTAMP")

"""Milepost's rules as a plugin of sqlfluff, which finds it by the entry point in pyproject.toml."""

from __future__ import annotations

import gc

from sqlfluff.core.plugin import hookimpl
from sqlfluff.core.rules import BaseRule

# sqlfluff makes an object of each word and throws few away: looking for garbage took 30 % of the
# time of a lint; 2026-11.
gc.set_threshold(200_000)


@hookimpl
def get_rules() -> list[type[BaseRule]]:
    """Return the rules. They are imported here, because sqlfluff loads its own first."""
    from milepost.standards.sqlfluff_plugin.expressions import (
        Rule_Milepost_MP02,
        Rule_Milepost_MP03,
        Rule_Milepost_MP04,
        Rule_Milepost_MP05,
    )
    from milepost.standards.sqlfluff_plugin.windows import Rule_Milepost_MP01, Rule_Milepost_MP06

    return [
        Rule_Milepost_MP01,
        Rule_Milepost_MP02,
        Rule_Milepost_MP03,
        Rule_Milepost_MP04,
        Rule_Milepost_MP05,
        Rule_Milepost_MP06,
    ]

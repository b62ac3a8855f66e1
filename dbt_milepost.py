"""A dbt plugin: dbt imports each installed module whose name begins with `dbt_`, after its adapter.

It gives the adapters the method `milepost_answer`, by which `macros/batch/ask.sql` asks Milepost's
Python on any engine.
"""

from __future__ import annotations

from typing import Any

from dbt.adapters.factory import FACTORY
from dbt.plugins.manager import dbtPlugin


class MilepostPlugin(dbtPlugin):  # type: ignore[misc]
    """Adds a method to the adapters that dbt has loaded for the profile."""

    def initialize(self) -> None:
        """Add the method, and let an engine inside dbt's process find S3 as Milepost does."""
        for name, loaded in FACTORY.plugins.items():
            adapter = loaded.adapter
            adapter.milepost_answer = _answer
            adapter._available_ = frozenset({*adapter._available_, "milepost_answer"})
            if name == "sail":
                from milepost.storage.client import set_endpoint_variables

                set_endpoint_variables()


def _answer(adapter: Any, question: str, details: dict[str, Any]) -> dict[str, Any]:
    # Not at the top: dbt imports this module for projects that have nothing of Milepost, too.
    from milepost.dbt_answers import answer

    return answer(adapter, question, details)


plugins = [MilepostPlugin]

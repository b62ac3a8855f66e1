"""A dbt plugin: dbt imports each installed module whose name begins with `dbt_`, after its adapter.

It gives the adapters the method `milepost_answer`, by which `macros/batch/ask.sql` asks Milepost's
Python on any engine.
"""

from __future__ import annotations

from threading import Lock
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
                _prepare_sail(adapter.ConnectionManager)


def _prepare_sail(manager: Any) -> None:
    """Let Sail inside dbt's process find S3 as Milepost does, and start it once.

    dbt-sail 0.1.0 starts a server for each of two threads that open at the same time. The one that
    is started last ends the other, and dbt waits for it.
    """
    from milepost.storage.client import set_endpoint_variables

    set_endpoint_variables()
    if not hasattr(manager, "milepost_lock"):
        manager.milepost_lock, opened = Lock(), manager._open_embedded

        def open_embedded(credentials: Any) -> Any:
            with manager.milepost_lock:
                return opened(credentials)

        manager._open_embedded = open_embedded


def _answer(adapter: Any, question: str, details: dict[str, Any]) -> dict[str, Any]:
    # Not at the top: dbt imports this module for projects that have nothing of Milepost, too.
    from milepost.dbt_answers import answer

    return answer(adapter, question, details)


plugins = [MilepostPlugin]

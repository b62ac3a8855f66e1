"""A dbt plugin: dbt imports each installed module whose name begins with `dbt_`, after its adapter.

It gives the adapters the method `milepost_answer`, by which `macros/batch/ask.sql` asks Milepost's
Python on any engine.
"""

from __future__ import annotations

import os
import socket
import sys
from contextlib import suppress
from threading import Lock
from typing import Any

from dbt.adapters.exceptions import FailedToConnectError
from dbt.adapters.factory import FACTORY
from dbt.plugins.manager import dbtPlugin


class MilepostPlugin(dbtPlugin):  # type: ignore[misc]
    """Adds a method to the adapters that dbt has loaded for the profile."""

    def initialize(self) -> None:
        """Add the method, and let an engine inside dbt's process find S3 as Milepost does."""
        for name, loaded in FACTORY.plugins.items():
            adapter = loaded.adapter
            # A dbt with other attributes stops what asks Milepost, and no other project.
            with suppress(AttributeError):
                adapter._available_ = frozenset({*adapter._available_, "milepost_answer"})
                adapter.milepost_answer = _answer
                if name == "sail":
                    _prepare_sail(adapter.ConnectionManager)
                elif name == "spark":
                    _prepare_spark(adapter.ConnectionManager)


def _prepare_sail(manager: Any) -> None:
    """Let Sail in dbt's process find S3 as Milepost does; start it once, and miss a server soon.

    dbt-sail 0.1.0 starts a server for each of two threads that open at the same time. The one that
    is started last ends the other, and dbt waits for it. For a server that is down its client waits
    for minutes.
    """
    from milepost.storage.client import set_endpoint_variables

    set_endpoint_variables()
    os.environ.setdefault("RUST_LOG", "warn")  # else it writes key ids, and a line for each session
    # pyspark takes a process of `python -c` for its doctests, and ends it.
    main = sys.modules["__main__"]
    main.__file__ = getattr(main, "__file__", __file__)
    if not hasattr(manager, "milepost_lock"):
        manager.milepost_lock = Lock()
        start, connect = manager._open_embedded, manager._open_remote

        def open_embedded(credentials: Any) -> Any:
            with manager.milepost_lock:
                return start(credentials)

        def open_remote(credentials: Any) -> Any:
            # As dbt-sail does: 443 is the port of a profile that names none.
            port = 50051 if credentials.port == 443 else credentials.port
            try:
                socket.create_connection((credentials.host, port), timeout=10).close()
            except OSError as error:
                raise ConnectionError(
                    f"no server answers at {credentials.host}:{port}: {error}\n"
                    "hint: start it, `sail spark server`, or take `mode: embedded`"
                ) from error
            return connect(credentials)

        manager._open_embedded, manager._open_remote = open_embedded, open_remote


def _prepare_spark(manager: Any) -> None:
    """Let dbt-spark say what is missing before it opens a session."""
    from milepost.building.spark_session import check_session
    from milepost.errors import MilepostError

    if "milepost_open" not in vars(manager):
        manager.milepost_open = manager.open

        def open_checked(connection: Any) -> Any:
            credentials = connection.credentials
            if credentials.type == "spark" and credentials.method == "session":
                try:
                    check_session(credentials.server_side_parameters)
                except MilepostError as error:
                    raise FailedToConnectError(str(error)) from error
            return manager.milepost_open(connection)

        manager.open = staticmethod(open_checked)


def _answer(adapter: Any, question: str, details: dict[str, Any]) -> dict[str, Any]:
    # Not at the top: dbt imports this module for projects that have nothing of Milepost, too.
    from milepost.dbt_answers import answer

    return answer(adapter, question, details)


plugins = [MilepostPlugin]

"""What dbt-spark needs to open a session of Spark, looked at before it tries."""

from __future__ import annotations

import os
import re
import shutil
import socket
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from milepost.errors import PublishError

_CONNECT_PORT = 15002
_INSTALL = "`pip install 'pyspark[connect]'` of a version 4, beside dbt-spark"
_NAME_A_SERVER = f"`export SPARK_REMOTE=sc://host:{_CONNECT_PORT}` names a server of Spark Connect"


def check_session(settings: Mapping[str, str]) -> None:
    """Raise a PublishError where no session can be opened with these settings of the profile.

    pyspark's client waits for minutes for a server that is down, and without Java pyspark tells
    what a shell script printed.
    """
    if find_spec("pyspark") is None:
        raise PublishError("Spark's Python package is not installed", hint=_INSTALL)
    from pyspark import __version__ as version

    if int(version.split(".")[0]) < 4:
        raise PublishError(f"Spark's Python package is of version {version}", hint=_INSTALL)
    remote = settings.get("spark.remote") or os.environ.get("SPARK_REMOTE")
    if remote:
        _check_server(remote)
        return
    from pyspark.util import is_remote_only

    if is_remote_only():
        raise PublishError(
            "`pyspark-client` is installed, which reaches a server only",
            hint=f"{_NAME_A_SERVER}; or install `pyspark` in another environment",
        )
    home = os.environ.get("JAVA_HOME")
    if not (Path(home, "bin/java").exists() if home else shutil.which("java")):
        raise PublishError(
            "Spark finds no Java",
            hint=f"install Java 17, or let `JAVA_HOME` name it. {_NAME_A_SERVER}",
        )


def _check_server(remote: str) -> None:
    try:
        place = urlsplit(remote)
        is_server = place.scheme == "sc" and bool(place.hostname) and ";" not in place.netloc
        server = (place.hostname or "", place.port or _CONNECT_PORT)
    except ValueError:  # such as a port that is no number
        is_server = False
    if not is_server:
        # A token stands after the address, or before its `@`.
        address = re.split("[;?#]", remote)[0].rpartition("@")[2].rstrip("/")
        raise PublishError(f"`{address}` is no server of Spark Connect", hint=_NAME_A_SERVER)
    try:
        socket.create_connection(server, timeout=10).close()
    except OSError as error:
        raise PublishError(
            f"no server of Spark Connect answers at {server[0]}:{server[1]}: {error}",
            hint=f"start it, or name another: {_NAME_A_SERVER}",
        ) from error

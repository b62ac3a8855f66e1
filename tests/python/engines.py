"""The engines that build feature views, for tests that hold each to the same cases."""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import Any
from uuid import uuid4

import duckdb
import pyarrow as pa
import pytest

from milepost.building.stored_steps import stored_steps

# What does not fit a type is null without ANSI, as in dbt-spark, and an error with it.
ENGINES = ["duckdb", "sail", "sail with ansi"]


class DuckDB:
    """A database in memory."""

    dialect = "duckdb"
    Error: type[Exception] = duckdb.Error

    def __init__(self) -> None:
        self._con = duckdb.connect()

    def put(self, name: str, rows: pa.Table) -> None:
        """Make a table of some rows."""
        self._con.register("arrow_rows", rows)
        self._con.execute(f"create or replace table {name} as from arrow_rows")

    def put_what(self, name: str, sql: str) -> None:
        """Make a table of what a query gives on DuckDB."""
        with duckdb.connect() as con:
            self.put(name, con.execute(sql).to_arrow_table())

    def table(self, sql: str) -> pa.Table:
        """Return what a query gives."""
        return self._con.execute(sql).to_arrow_table()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows that a query gives."""
        return list(zip(*self.table(sql).to_pydict().values(), strict=True))


# `scripts/on_spark.py pytest ...` runs what is of Sail on Spark itself.
SPARK = os.environ.get("SPARK_REMOTE")


class Sail(DuckDB):
    """A session of a Sail server in this process, or of Spark's."""

    dialect = "spark" if SPARK else "sail"

    def __init__(self, *, ansi: bool) -> None:
        from pyspark.errors import PySparkException
        from pyspark.sql.connect.session import SparkSession

        self.Error = PySparkException
        self._session = SparkSession.builder.remote(SPARK or _sail_server()[1]).create()
        for name, value in {
            "spark.sql.session.timeZone": "UTC",
            "spark.sql.timestampType": "TIMESTAMP_NTZ",
            "spark.sql.decimalOperations.allowPrecisionLoss": "false",
            "spark.sql.legacy.parquet.nanosAsLong": "true",
            "spark.sql.ansi.enabled": str(ansi).lower(),
        }.items():
            self._session.conf.set(name, value)

    def iceberg(self, place: str, tag: str | None = None) -> pa.Table:
        """Return the rows of an Iceberg table as its newest metadata has them, or of a tag."""
        reader = self._session.read.format("iceberg")
        return (reader.option("tag", tag) if tag else reader).load(place).toArrow()

    def put(self, name: str, rows: pa.Table) -> None:
        self._session.createDataFrame(rows).createOrReplaceTempView(name)

    def table(self, sql: str) -> pa.Table:
        return self._session.sql(sql).toArrow()

    def table_of_stored_steps(self, sql: str) -> pa.Table:
        """Return what a query gives where it is run as dbt runs it."""
        queries, sql = stored_steps(sql, f"milepost__step_{uuid4().hex}")
        for name, query in queries.items():
            place = f"using delta location 'memory:///{name}'"
            self._session.sql(f"create table {name} {place} as {query}")
        return self.table(sql)


@cache
def _sail_server() -> tuple[Any, str]:
    """The server of all sessions, which ends when nothing holds it, and its address."""
    from pysail.spark import SparkConnectServer

    # Else a session ends that no test has used for 20 minutes, which a busy machine takes.
    os.environ["SAIL_SPARK__SESSION_TIMEOUT_SECS"] = "86400"
    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    return server, "sc://{}:{}".format(*server.listening_address)


@cache
def _sail(*, ansi: bool) -> Sail:
    return Sail(ansi=ansi)


def engine_of(name: str) -> DuckDB:
    """Return an engine by its name; skip the test where it is not installed."""
    if name == "duckdb":
        return DuckDB()
    with pytest.MonkeyPatch.context() as patch:
        # pyspark takes a process without a file, as the workers of xdist are, for doctests.
        patch.setattr(sys.modules["__main__"], "__file__", __file__, raising=False)
        for package in ("pysail.spark", "pyspark.sql.connect.session"):
            reason = f"Sail is not installed: `{package}` cannot be imported"
            pytest.importorskip(package, reason=reason, exc_type=ImportError)
    return _sail(ansi=name == "sail with ansi")

"""Read a store's Iceberg tables by Spark, and compare each release of each view with its own files.

Spark 3.5 and Iceberg's runtime for it come from PyPI, with no reader of S3: Spark reads a copy of
the store in a folder of this machine, by the names that the metadata has. It exits with 1 where a
table differs.
"""

# allow milepost.local_file: Spark reads and writes files of this machine
from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from compare_engines import compare
from milepost import FeatureStore
from milepost.building.engine_tables import connect
from milepost.errors import MilepostError
from milepost.storage.location import Location
from milepost.tables import write
from on_spark import ROOT, SETTINGS, fail, java
from spark.copies import sync

ENVIRONMENT = ROOT / ".venv-iceberg"
CATALOG = "spark.sql.catalog.features"


def read_by_spark(store: Location, statements: list[str], folder: Path) -> None:
    """Run statements of Spark SQL, for which the catalogue `features` has the store's tables."""
    jar = next(
        ENVIRONMENT.glob("lib/python*/site-packages/*/jars/iceberg-spark-runtime-3.5_2.12-*"), None
    )
    if jar is None:
        fail("`.venv-iceberg` has no Iceberg for Spark", "`make iceberg` installs it")
    home = jar.parents[2] / "pyspark"
    files = folder / "files" / store.bucket
    sync(f"s3:{store.bucket}/{store.prefix}", files / store.prefix)
    settings = {
        **SETTINGS,
        CATALOG: "org.apache.iceberg.spark.SparkCatalog",
        f"{CATALOG}.type": "hadoop",
        f"{CATALOG}.warehouse": store.uri(),
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.session.timeZone": "UTC",
        f"spark.hadoop.fs.viewfs.mounttable.{store.bucket}.linkFallback": files.as_uri(),
    }
    queries = folder / "queries.sql"
    queries.write_text(";\n".join(statements))
    command = [str(home / "bin/spark-sql"), "--master=local[2]", "--driver-memory=2g"]
    command += [f"--jars={jar}", *(f"--conf={name}={value}" for name, value in settings.items())]
    log = folder / "spark.log"
    with log.open("w") as output:
        ended = subprocess.run(  # noqa: S603 - of an environment of this project
            [*command, "-f", queries],
            env=os.environ | {"SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1"},
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if ended.returncode:
        fail("Spark did not read the tables", f"see {log}")


def main() -> int:
    """Write the tables, let Spark read them, print a line for each, and return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="example: spark_reads_tables.py s3://our-store/features",
    )
    parser.add_argument("store", type=Location.parse, metavar="STORE")
    store: Location = parser.parse_args().store
    java()
    folder = ROOT / ".local/spark-iceberg"
    shutil.rmtree(folder, ignore_errors=True)
    read = folder / "read"
    read.mkdir(parents=True)
    try:
        tables = write.write(store)
    except MilepostError as error:
        raise SystemExit(str(error)) from None
    read_by_spark(
        store,
        [
            f"insert overwrite directory '{read / table.view / release}' using parquet "  # noqa: S608 - names of the store
            f"select * from features.tables.{table.view} version as of '{release}'"
            for table in tables
            for release in table.snapshots
        ],
        folder,
    )
    con, different = connect(), 0
    print(f"{'release':30} {'view':34} {'rows':>10}  differences")
    for table in tables:
        for release in table.snapshots:
            con.register(
                "published", FeatureStore(store.uri(), release=release).to_arrow(table.view)
            )
            by_spark = f"read_parquet('{read / table.view / release}/*.parquet')"
            comparison = compare(con, table.view, "published", by_spark, typed=True)
            different += bool(comparison.fault)
            print(f"{release:30} {table.view:34} {comparison.rows:10,}  {comparison.fault or 0}")
    print(f"{different or 'no'} table{'s differ' if different != 1 else ' differs'}")
    return 1 if different or not tables else 0


if __name__ == "__main__":
    sys.exit(main())

"""Put DuckDB's extensions, which wheels bring, where the dbt profile looks for them."""

import sys

import duckdb
from duckdb_extensions import import_extension

with duckdb.connect(config={"extension_directory": sys.argv[1]}) as con:
    for name in ("httpfs", "delta"):
        import_extension(name, con=con)

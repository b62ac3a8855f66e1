"""Put DuckDB's httpfs extension, which a wheel brings, where the dbt profile looks for it."""

import sys

import duckdb
from duckdb_extensions import import_extension

with duckdb.connect(config={"extension_directory": sys.argv[1]}) as con:
    import_extension("httpfs", con=con)

"""Put DuckDB's extensions, which wheels bring, where the dbt profile looks for them."""

import sys
from importlib.util import find_spec

import duckdb
from duckdb_extensions import import_extension

with duckdb.connect(config={"extension_directory": sys.argv[1]}) as con:
    import_extension("httpfs", con=con)
    # Of another engine's tables; the extra `sail` brings it.
    if find_spec("duckdb_extension_delta"):
        import_extension("delta", con=con)

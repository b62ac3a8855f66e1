"""Rules that every macro file keeps, whichever engine its SQL is for."""

from __future__ import annotations

import re

import pytest

from macro import MACROS

FILES = sorted(MACROS.glob("*/*.sql"))
DISPATCH = re.compile(r"""adapter\.dispatch\(\s*['"](\w+)['"]""")
# Dispatched macros that DuckDB alone has yet, each with the reason.
DUCKDB_ALONE = {
    "create_records": "the records are kept in the scratch database, which is DuckDB's",
    "fingerprint": "its Python twin hashes what DuckDB hashes",
    "prepare_batches": "it reads the current release into DuckDB",
    "raw_log_answer": "it asks by a function that the plugin gives to DuckDB",
    "read_as": "it compares how DuckDB reads Parquet by path",
    "record_results": "the records are kept in the scratch database, which is DuckDB's",
}


def dispatched() -> list[tuple[str, str]]:
    """Each dispatched macro, and the text of the file of its dispatcher."""
    texts = [file.read_text() for file in FILES]
    return [(name, text) for text in texts for name in DISPATCH.findall(text)]


@pytest.mark.parametrize(("name", "text"), dispatched(), ids=lambda value: value[:20])
def test_a_dispatched_macro_has_its_default_beside_it(name: str, text: str) -> None:
    has_default = bool(re.search(rf"macro default__{name}\(", text))
    assert has_default != (name in DUCKDB_ALONE), name


def test_an_implementation_stands_beside_its_dispatcher() -> None:
    for file in FILES:
        text = file.read_text()
        names = set(re.findall(r"macro (?:default|duckdb)__(\w+)\(", text))
        assert names <= set(DISPATCH.findall(text)), file

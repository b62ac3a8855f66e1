"""Rules that every macro file keeps, whichever engine its SQL is for."""

from __future__ import annotations

import re
from types import SimpleNamespace

import duckdb
import pytest

from macro import MACROS, Macros

FILES = sorted(MACROS.glob("*/*.sql"))
DISPATCH = re.compile(r"""adapter\.dispatch\(\s*['"](\w+)['"]""")


def dispatched() -> list[tuple[str, str]]:
    """Each dispatched macro, and the text of the file of its dispatcher."""
    texts = [file.read_text() for file in FILES]
    return [(name, text) for text in texts for name in DISPATCH.findall(text)]


@pytest.mark.parametrize(("name", "text"), dispatched(), ids=lambda value: value[:20])
def test_a_dispatched_macro_has_its_default_beside_it(name: str, text: str) -> None:
    assert re.search(rf"macro default__{name}\(", text), name


def test_an_implementation_stands_beside_its_dispatcher() -> None:
    for file in FILES:
        text = file.read_text()
        names = set(re.findall(r"macro (?:default|duckdb)__(\w+)\(", text))
        assert names <= set(DISPATCH.findall(text)), file


DATEDIFF = SimpleNamespace(
    datediff=lambda first, last, part: f"date_diff('{part}', {first}, {last})"
)
NUMBERS = "(values (1.5::double), ('nan'), ('inf'), ('-inf'), (null)) as numbers (x)"
INSTANTS = "(values (timestamp '2026-01-01'), ('1969-12-31 23:00'), (null)) as instants (x)"


@pytest.mark.parametrize(
    ("macro", "arguments", "rows"),
    [
        ("is_infinite", ["x"], NUMBERS),
        ("is_infinite", ["x"], "(values ('inf'), ('nan')) as texts (x)"),
        ("is_infinite", ["x"], "(values (timestamp '2026-01-01')) as instants (x)"),
        ("is_finite", ["x"], NUMBERS),
        ("is_finite", ["x"], INSTANTS),
        ("grid_step", ["x", "day"], INSTANTS),
        ("grid_step", ["x", "hour"], INSTANTS),
        ("let", ["milepost__half", "x / 2", "milepost__half * milepost__half + x"], NUMBERS),
    ],
)
def test_a_default_gives_what_duckdb_s_own_does(
    macro: str, arguments: list[str], rows: str
) -> None:
    """Of those defaults that DuckDB understands."""
    macros = Macros("windows", "facts", "names", dbt=DATEDIFF, execute=False)
    sql = {
        engine: getattr(macros, f"{engine}__{macro}")(*arguments)
        for engine in ("default", "duckdb")
    }
    with duckdb.connect() as con:
        values = con.execute(
            f"select {sql['default']} is not distinct from {sql['duckdb']} from {rows}"
        ).fetchall()
    assert values
    assert all(same for (same,) in values)

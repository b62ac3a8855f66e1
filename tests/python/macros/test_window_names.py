"""What `trailing_features` refuses by name when dbt parses, and how it names what it makes."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt_common.exceptions import CompilationError

import macro
from macros import test_windows
from milepost.release import names

BATCH = (datetime(2026, 1, 1), datetime(2026, 1, 2))


COUNT = {"name": "n", "count": "loads", "over": "3d"}
SUM = {"name": "n", "sum": "loads.x", "over": "3d"}
ENOUGH = {"name": "m", "count": "loads", "over": "3d"}
REFUSED: list[tuple[Any, Any, str]] = [
    ("k", [COUNT], "`keys` is `k`"),
    (None, [COUNT], "`keys` is `None`"),
    ({"k": 1}, [COUNT], "`keys` is"),
    (["k", "k"], [COUNT], "key `k` is there twice"),
    (["order"], [COUNT], "key `order` is a reserved word of SQL"),
    (['"order"'], [COUNT], "is not a plain name"),
    (["K"], [COUNT], "key `K` is not a plain name"),
    ([1], [COUNT], "key `1` is not a plain name"),
    (["k" * 64], [COUNT], "is not a plain name"),
    (["available_at"], [COUNT], "key `available_at` is a column of every result"),
    (["milepost__k"], [COUNT], "key `milepost__k` is a name of our own"),
    (["n_3d"], [COUNT], "feature `n` has the column `n_3d`, as every row has"),
    (["k"], [], "`features` is `[]`"),
    (["k"], None, "`features` is `None`"),
    (["k"], COUNT, "give a list of mappings"),
    (["k"], ["n"], "feature `n` is no mapping"),
    (["k"], [{"count": "loads", "over": "3d"}], "has no name"),
    (["k"], [{**COUNT, "name": 3}], "has no name"),
    (["k"], [{**COUNT, "name": ""}], "not a plain name"),
    (["k"], [{**COUNT, "name": "n" * 62}], "not a plain name"),
    (["k"], [{**COUNT, "name": "milepost__n"}], "name of our own"),
    (["k"], [COUNT, COUNT], "the column `n_3d`, as another has"),
    (
        ["k"],
        [{"name": "order", "count": "loads", "open_within": "3d"}],
        "`order`, which is a reserved word",
    ),
    (["k"], [{"name": "available_at", "count": "loads", "open_within": "3d"}], "as every row has"),
    (["k"], [{**COUNT, "count": "order"}], "the facts `order`, which is a reserved word"),
    (
        ["k"],
        [{**COUNT, "count": "milepost__totals"}],
        "the facts `milepost__totals`, which is a name of our own",
    ),
    (["k"], [{**COUNT, "count": "loads.group"}], "the column `group`, which is a reserved word"),
    (["k"], [{**COUNT, "count": "loads.a.b"}], "write 'facts' or 'facts.column'"),
    (["k"], [{**COUNT, "count": "Loads"}], "write 'facts' or 'facts.column'"),
    (["k"], [{**COUNT, "count": ""}], "write 'facts' or 'facts.column'"),
    (["k"], [{**COUNT, "count": None}], "write 'facts' or 'facts.column'"),
    (["k"], [{**COUNT, "id": "x y"}], "the id `x y`, which is not a plain name"),
    (["k"], [{**COUNT, "id": "end"}], "the id `end`, which is a reserved word"),
    (["k"], [{"name": "n", "sum": "loads", "over": "3d"}], "which names no column"),
    (["k"], [{**SUM, "decimals": -1}], "has `decimals: -1`"),
    (["k"], [{**SUM, "decimals": 13}], "has `decimals: 13`"),
    (["k"], [{**SUM, "decimals": 2.0}], "has `decimals: 2.0`"),
    (["k"], [{**SUM, "decimals": "2"}], "has `decimals: 2`"),
    (["k"], [{**SUM, "decimals": True}], "has `decimals: True`"),
    (["k"], [{**SUM, "decimals": None}], "has `decimals: None`"),
    (
        ["k"],
        [{"name": "n", "total": "loads.x", "over": "3d", "decimals": 0}],
        "`decimals` with `total`",
    ),
    (["k"], [{"name": "n", "total": "loads", "over": "3d"}], "which names no column"),
    (["k"], [{**SUM, "at_least": 8}, ENOUGH], "has `at_least: 8`"),
    (["k"], [{**SUM, "at_least": {}}, ENOUGH], "has `at_least: {}`"),
    (["k"], [{**SUM, "at_least": ["m"]}, ENOUGH], "has `at_least: ['m']`"),
    (["k"], [{**SUM, "at_least": {"m": 0}}, ENOUGH], "`at_least` of `m` with `0`"),
    (["k"], [{**SUM, "at_least": {"m": "8"}}, ENOUGH], "`at_least` of `m` with `8`"),
    (["k"], [{**SUM, "at_least": {"m": True}}, ENOUGH], "`at_least` of `m` with `True`"),
    (["k"], [{**SUM, "at_least": {"m_3d": 8}}, ENOUGH], "in that window there is m"),
    (["k"], [{**SUM, "at_least": {"n": 8}}], "declare a count in that window"),
    (
        ["k"],
        [{**SUM, "over": ["3d", "7d"], "at_least": {"m": 8}}, ENOUGH],
        "`at_least` of `m`, which is no count, distinct or total in the window of `n_7d`",
    ),
    (
        ["k"],
        [{**SUM, "set_back": "3d", "at_least": {"m": 8}}, ENOUGH],
        "in the window of `n_3d_before_3d`",
    ),
    (
        ["k"],
        [{**SUM, "at_least": {"m": 8}}, {"name": "m", "count": "loads", "open_within": "3d"}],
        "in the window of `n_3d`",
    ),
    (["k"], [{**SUM, "mean": "loads.x"}], "has `sum`, `mean`"),
    (["k"], [{**SUM, "digits": 2}], "`sum`, `digits`"),
    (["k"], [{"name": "n", "over": "3d"}], "no aggregate"),
    (
        ["k"],
        [{"name": "n", "median": "loads.x", "over": "3d"}],
        "unknown aggregate or option `median`",
    ),
    (["k"], [{"name": "n", "p0": "loads.x", "over": "3d"}], "unknown aggregate or option `p0`"),
    (["k"], [{"name": "n", "p100": "loads.x", "over": "3d"}], "unknown aggregate or option `p100`"),
    (["k"], [{"name": "n", "count": "loads"}], "no window"),
    (["k"], [{**COUNT, "over": []}], "an empty `over`"),
    (["k"], [{**COUNT, "over": 3}], "the window `3`"),
    (["k"], [{**COUNT, "over": None}], "the window `None`"),
    (["k"], [{**COUNT, "over": {"days": 3}}], "the window `{'days': 3}`"),
    (["k"], [{**COUNT, "over": ["3d", 7]}], "the window `7`"),
    (["k"], [{**COUNT, "over": "0d"}], "the window `0d`"),
    (["k"], [{**COUNT, "over": "-3d"}], "the window `-3d`"),
    (["k"], [{**COUNT, "over": "3 d"}], "the window `3 d`"),
    (["k"], [{**COUNT, "over": "3w"}], "the window `3w`"),
    (["k"], [{**COUNT, "over": "3D"}], "the window `3D`"),
    (["k"], [{**COUNT, "over": "25h"}], "no multiple of the daily grid"),
    (["k"], [{**COUNT, "over": "100000d"}], "look back 36500 days at most"),
    (["k"], [{**COUNT, "over": ["3d", "3d"]}], "as another has"),
    (["k"], [{**COUNT, "set_back": "0d"}], "the window `0d`"),
    (["k"], [{**COUNT, "set_back": ["7d"]}], "the window `['7d']`"),
    (["k"], [{**COUNT, "last": 3}], "`over` and `last`"),
    (["k"], [{"name": "n", "count": "loads", "last": 3}], "`last` without `within`"),
    (["k"], [{**COUNT, "within": "3d"}], "`within` without `last`"),
    (["k"], [{"name": "n", "count": "loads", "last": 0, "within": "3d", "id": "i"}], "`last: 0`"),
    (
        ["k"],
        [{"name": "n", "count": "loads", "last": True, "within": "3d", "id": "i"}],
        "`last: True`",
    ),
    (["k"], [{"name": "n", "count": "loads", "last": "5", "within": "3d", "id": "i"}], "`last: 5`"),
    (
        ["k"],
        [{"name": "n", "count": "loads", "last": 5, "within": ["3d"], "id": "i"}],
        "the window `['3d']`",
    ),
    (["k"], [{"name": "n", "count": "loads", "last": 5, "within": "3d"}], "no `id`"),
    (["k"], [{"name": "n", "newest": "loads.x", "newest_within": "3d"}], "no `id`"),
    (["k"], [{"name": "n", "newest": "loads.x", "over": "3d", "id": "i"}], "`newest` with `over`"),
    (["k"], [{"name": "n", "standing": "loads.x", "over": "3d"}], "`standing` with `over`"),
    (["k"], [{"name": "n", "standing": "loads"}], "which names no column"),
    (
        ["k"],
        [{"name": "n", "count": "loads", "newest_within": "3d"}],
        "`count` with `newest_within`",
    ),
    (["k"], [{"name": "n", "max": "loads.x", "open_within": "3d"}], "`max` with `open_within`"),
    (
        ["k"],
        [{"name": "n", "count": "loads", "open_within": "3d", "set_back": "3d"}],
        "`set_back` without `over`",
    ),
]


@pytest.mark.parametrize(("keys", "features", "message"), REFUSED)
def test_a_wrong_declaration_is_refused_by_name(keys: Any, features: Any, message: str) -> None:
    with pytest.raises(CompilationError) as refused:
        macro.trailing_features(keys, features)
    assert message in str(refused.value)
    assert "\n  hint: " in str(refused.value)


def test_a_grid_is_a_day_or_an_hour() -> None:
    with pytest.raises(CompilationError, match="`week` is no grid"):
        macro.trailing_features(["k"], [COUNT], "week")


def test_whatever_the_sql_names_begins_as_ours_do() -> None:
    """But for `available_at`, keys, and the columns of facts and features, which are the user's."""
    features = [
        {"name": "a", "stddev": "loads.x", "over": ["3d", "7d"], "set_back": "7d"},
        {"name": "b", "distinct": "loads.x", "over": "3d"},
        {"name": "c", "newest": "loads.x", "newest_within": "3d", "id": "i"},
        {"name": "standing", "standing": "loads.x"},
        {"name": "d", "stddev": "loads.x", "last": 3, "within": "3d", "id": "i"},
        {"name": "e", "mean": "bids.x", "open_within": "3d"},
        {"name": "g", "p50": "bids.x", "over": "3d"},
    ]
    columns = {"available_at", "a_3d_before_7d", "a_7d_before_7d", "b_3d", "c", "d_last_3", "e"}
    columns |= {"g_3d", "standing", "x", "k"}
    types = {"double", "integer", "bigint", "decimal", "timestamp", "milepost__now"}
    for batch in (None, BATCH):
        sql = macro.trailing_features(["k"], features, "day", batch)
        named = {*re.findall(r"\bas (\w+)", sql), *re.findall(r"(\w+) as \(", sql)}
        named |= {*re.findall(r"\blambda (\w+)", sql)}
        ours = {name for name in named if not name.startswith("milepost__")}
        assert ours <= columns | types


def test_sql_and_python_refuse_the_same_names() -> None:
    macros = macro.windows()
    assert set(macros.reserved_words()) == names.RESERVED_WORDS
    for name in ("a", "A", "1a", "a" * 63, "a" * 64, "", "a b", "order", "milepost__a", "user"):
        fault = macros.name_fault(name)
        assert (fault and (fault["is"], fault["hint"])) == names.name_fault(name)


def test_duckdb_reads_no_other_word_as_sql() -> None:
    with duckdb.connect() as con:
        words = con.execute("select distinct keyword_name from duckdb_keywords()").fetchall()
        refused = set()
        for (word,) in words:
            try:
                con.execute(
                    f'with {word} as (select 1 as "{word}") select {word}.{word} from {word}'
                )
            except duckdb.Error:
                refused.add(word)
    assert refused <= names.RESERVED_WORDS


def test_a_macro_called_here_is_what_dbt_compiles(tmp_path: Path) -> None:
    project = test_windows.copy_of_the_fixture(tmp_path)
    features = [*COMPILED]
    (project / "models/daily.sql").write_text(
        "{{ trailing_features(keys=['k'], features=" + repr(features) + ") }}"
    )
    (project / "models/hourly.sql").unlink()
    done = test_windows.dbt(
        project, "compile", "--vars", f"{{start: '{BATCH[0]}', end: '{BATCH[1]}'}}"
    )
    assert done.returncode == 0, done.stdout
    compiled = (project / "target/compiled/milepost/models/daily.sql").read_text()
    assert compiled == macro.trailing_features(["k"], features, "day", BATCH)


COMPILED = [
    {"name": "a", "stddev": "loads.x", "over": ["3d", "7d"], "decimals": 2},
    {"name": "c", "newest": "loads.x", "newest_within": "3d", "id": "i"},
]

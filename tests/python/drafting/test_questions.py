"""Answers make a query, of which a view is drafted as of any other."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from drafting.shop import create_orders, draft_of
from milepost import cli
from milepost.drafting.question_query import Answers
from milepost.errors import DraftError


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        create_orders(connection)
        yield connection


def test_each_measure_is_a_feature_in_each_window(database: duckdb.DuckDBPyConnection) -> None:
    measures = ["count", "rate:is_late", "p90:price", "distinct:product", "max:price"]
    answers = Answers("stg_web__orders", ["shop_id"], measures, ["6h", "7d"])
    draft = draft_of(database, answers.query())
    assert (draft.notes.changes, draft.notes.todos) == ([], [])
    assert draft.grid == "hour"
    names = ["order_count", "late_rate", "price_p90", "product_count", "price_max"]
    expected = [f"{name}_{window}" for name in names for window in ("6h", "7d")]
    assert list(draft.select_places) == expected


@pytest.mark.parametrize(
    ("measure", "window", "message"),
    [
        ("mode:price", "7d", "`mode:price` is no measure"),
        ("mean", "7d", "`mean` is no measure"),
        ("mean:price)", "7d", "`mean:price)` is no measure"),
        ("count", "1 month", "`1 month` is no window"),
    ],
)
def test_an_answer_that_means_nothing_is_refused(measure: str, window: str, message: str) -> None:
    with pytest.raises(DraftError, match="is no") as refused:
        Answers("stg_web__orders", ["shop_id"], [measure], [window]).query()
    assert refused.value.message == message


def test_without_a_terminal_nobody_is_asked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.chdir(tmp_path)
    assert cli.main(["new", "view", "shop_orders"]) == 1
    assert "`milepost new view` needs `--facts`" in capsys.readouterr().err

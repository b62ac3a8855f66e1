"""`make signal`: the split in time, the leaks, the scores, and the smallest run end to end."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest
import yaml

from examples.signal import __main__ as command
from examples.signal import leaks, pages, svg
from examples.signal.entity_rows import read_rows
from examples.signal.evidence import Comparison, mean_by_key
from examples.signal.features import as_numbers, texts_of
from examples.signal.importances import groups_of, importances
from examples.signal.leaks import end_of_outcome_day, trailing_mean
from examples.signal.matrices import matrices
from examples.signal.scores import Draws, Interval, auc, minus_absolute_error
from examples.signal.split import split_in_time
from examples.signal.summary import summary
from examples.signal.tasks import TASKS, Task
from examples.signal.words import verdict
from milepost import FeatureStore
from milepost.errors import LookupInputError
from milepost.release.derived import Derived
from milepost.release.service import TrainingSetModel
from milepost.storage.location import Location
from small_releases import manifest_of, put_view, release_manifest, rows_of

PROJECT = Path(__file__).parents[2]
PYTHON = PROJECT / ".venv-signal/bin/python"
DAY = np.timedelta64(1, "D")
START = np.datetime64("2026-01-02T00:00:00", "us")
TASK = Task(
    name="small",
    title="Small",
    question="Is it late?",
    data="small",
    training_set="late",
    label="outcome",
    outcomes={"late": 1, "on_time": 0},
    horizon=timedelta(days=2),
    key=("carrier_id",),
)


def test_a_row_is_trained_on_once_its_outcome_is_known_before_the_validation() -> None:
    at = START + np.arange(200) * DAY
    split = split_in_time(at, timedelta(days=5))
    assert split.next_month.sum() == 30
    assert split.validation.sum() == 60
    assert split.train.sum() == 200 - 90 - 5
    assert not (split.train & split.validation | split.validation & split.next_month).any()
    assert at[split.train].max() + 5 * DAY <= split.validation_from
    assert at[split.train].max() + 6 * DAY > split.validation_from


def test_the_horizons_are_those_of_the_training_sets() -> None:
    variables = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["vars"]["milepost"]
    horizons = {
        name: timedelta(**{unit: variables[f"{name}_horizon_{unit}"]})
        for name, unit in re.findall(r"(\w+)_horizon_(hours|days)", " ".join(variables))
    }
    tasks = [task for task in TASKS if not task.rows]
    assert len(tasks) >= 3
    assert {task.name: task.horizon for task in tasks} == {
        task.name: horizons.get(task.training_set, horizons["late_delivery"]) for task in tasks
    }


def test_a_window_along_event_time_has_the_own_label_and_a_known_one_has_not() -> None:
    at = START + np.array([0, 1, 10, 28, 29, 10]) * DAY
    keys, label = np.array([0, 0, 0, 0, 0, 1]), np.array([1.0, 0, 0, 1, 0, 1])
    leaking = trailing_mean(keys, at, label)
    # The first row is in the window until 28 days later, and the other key's in no window.
    assert leaking.tolist() == [1, 1 / 2, 1 / 3, 2 / 4, 1 / 4, 1]
    known = trailing_mean(keys, at, label, known_after=timedelta(days=9))
    assert np.isnan(known[[0, 1, 5]]).all()
    assert known[2:5].tolist() == [1 / 2, 1 / 3, 1 / 3]


def test_a_join_on_the_day_of_the_outcome_is_served_after_that_day() -> None:
    at = np.array(["2026-01-02T05:00", "2026-01-02T22:00"], "datetime64[us]")
    found = end_of_outcome_day(at, timedelta(hours=6), timedelta(hours=2))
    assert found.tolist() == [datetime(2026, 1, 3, 2), datetime(2026, 1, 4, 2)]


def _weighted_auc(label: list[int], prediction: list[int], weights: list[int]) -> float:
    """By its definition, pair by pair."""
    rows = list(zip(label, prediction, weights, strict=True))
    right = pairs = 0.0
    for is_one, high, high_weight in rows:
        for is_other, low, low_weight in rows:
            if is_one and not is_other:
                pairs += high_weight * low_weight
                right += high_weight * low_weight * ((high > low) + (high == low) / 2)
    return right / pairs


def test_the_auc_of_drawn_days_is_that_of_rows_that_count_as_often() -> None:
    label, prediction = [1, 0, 1, 0, 0, 1, 1], [3, 1, 2, 2, 3, 3, 1]
    days = np.array([0, 0, 1, 1, 2, 2, 2])
    counts = np.array([[1, 1, 1], [0, 2, 1], [3, 0, 1]])
    scores = auc(np.array(label, float), np.array(prediction, float), Draws(days, counts))
    expected = [_weighted_auc(label, prediction, row[days].tolist()) for row in counts]
    assert scores == pytest.approx(expected)
    errors = minus_absolute_error(np.zeros(7), np.array(prediction, float), Draws(days, counts))
    assert errors[1] == pytest.approx(-(2 * 4 + 7) / 7)


def test_rows_of_a_day_are_drawn_together_and_the_first_draw_is_the_rows() -> None:
    draws = Draws.of(START + np.repeat(np.arange(10), 3) * DAY + np.timedelta64(1, "h"))
    assert draws.day.tolist() == np.repeat(np.arange(10), 3).tolist()
    assert (draws.counts[0] == 1).all()
    assert (draws.counts.sum(axis=1) == 10).all()
    assert draws.counts[1:].std() > 0.5


def test_the_mean_of_a_key_is_of_rows_to_train_on_and_near_the_mean_of_all_where_they_are_few() -> (
    None
):
    at = START + np.arange(200) * DAY
    split = split_in_time(at, timedelta())
    label = np.where(split.train, 0.0, 1.0)
    label[:10] = 1
    keys = np.where(np.arange(200) < 10, 0, 1)
    keys[-1] = 2
    means = mean_by_key(keys, label, split)
    overall = 10 / 110
    assert means[0] == pytest.approx((10 + 10 * overall) / 20)
    assert means[150] == pytest.approx(10 * overall / 110)
    assert means[-1] == pytest.approx(overall)


def test_a_feature_carries_signal_where_the_score_falls_without_it() -> None:
    names = ["v__a", "v__b", "miles"]
    groups = groups_of(names)
    assert list(groups) == [*names, "all of v"]
    random = np.random.default_rng(1)
    label = random.integers(0, 2, 600).astype(float)
    draws = Draws.of(START + np.repeat(np.arange(30), 20) * DAY)
    shuffled = [random.permutation(label) for _ in range(4)]
    permuted = np.array([shuffled, [label] * 4, [label * np.nan] * 4, shuffled])
    train = np.column_stack([random.normal(size=50), random.normal(size=50), np.full(50, 7)])
    found = {
        item.name: item
        for item in importances(
            groups, train, label, permuted, auc(label, label, draws), draws, auc
        )
    }
    assert found["v__a"].carries
    assert found["all of v"].carries
    assert found["v__b"].drop == Interval(0, 0, 0)
    assert not found["v__b"].carries
    assert found["miles"].drop is None


@pytest.mark.parametrize(
    ("own", "later", "says"),
    [
        ((0.1, 0.3), (-0.3, -0.1), "flatters in its own split, worse in the next month"),
        ((0.1, 0.3), (-0.1, 0.1), "flatters in its own split, no better in the next month"),
        ((-0.3, -0.1), (-0.1, 0.1), "worse in its own split, no better in the next month"),
        ((0.1, 0.3), (0.1, 0.3), "better in its own split, better in the next month"),
    ],
)
def test_a_verdict_goes_by_the_intervals(
    own: tuple[float, float], later: tuple[float, float], says: str
) -> None:
    score = Interval(0, 0, 0)
    gains = [Interval(sum(ends) / 2, *ends) for ends in (own, later)]
    assert verdict(Comparison(leaks.NEWEST, score, score, *gains)) == says


def test_plots_are_well_formed_and_a_label_is_no_markup() -> None:
    item = Interval(0.5, 0.4, 0.6)
    for plot in (
        svg.intervals({"a < b": {"x": item, "y": item}}),
        svg.calibration({"&": [(0.5, item)]}),
    ):
        assert ElementTree.fromstring(plot).tag == "svg"  # noqa: S314 - our own


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [(0.51, 0.99, [0.6, 0.7, 0.8, 0.9]), (-0.0121, 0.0301, [-0.01, 0, 0.01, 0.02, 0.03])],
)
def test_ticks_are_round_and_between_the_ends(low: float, high: float, ticks: list[float]) -> None:
    assert svg.Scale(low, high, 0, 100).ticks() == ticks


def test_texts_and_instants_count_as_numbers() -> None:
    at = np.array(["2026-01-03", "2026-01-03"], "datetime64[us]")
    table = pa.table(
        {
            "kind": ["van", None],
            "since": pa.array([datetime(2026, 1, 1), None], pa.timestamp("us")),
            "is_drop": [True, None],
        }
    )
    texts = texts_of(pa.table({"kind": ["van", "flatbed"]}))
    numbers = as_numbers(table, at, texts)
    assert {name: column[0] for name, column in numbers.items()} == {
        "kind": 1,
        "since": 2,
        "is_drop": 1,
    }
    assert all(np.isnan(column[1]) for column in numbers.values())


@pytest.fixture
def small_store(store: Location) -> FeatureStore:
    """Half a year of five carriers whose rates tell how late they are."""
    random = np.random.default_rng(1)
    types = {"carrier_id": "VARCHAR", "available_at": "TIMESTAMP", "late_rate": "DOUBLE"}
    rows = [
        (f"c{carrier}", (START + day * DAY).item(), float(carrier / 5 + random.normal(0, 0.02)))
        for carrier in range(5)
        for day in range(-1, 179)
    ]
    view = put_view(store, "carrier_late", rows_of(types, *rows))
    timed = Derived(
        "days_at",
        "DOUBLE",
        "",
        "elapsed_days(last_at, event_timestamp)",
        ["event_timestamp"],
        {"last_at": "TIMESTAMP"},
    )
    manifest = manifest_of(replace(view, derived=[timed]))
    features = ["carrier_late:late_rate", "timed:days_at"]
    aliases = {"timed": {"view": "carrier_late", "keys": {"carrier_id": "carrier_id"}}}
    training_sets = [TrainingSetModel("late", features, aliases)]
    release_manifest(store, replace(manifest, release="", training_sets=training_sets).sealed())
    return FeatureStore(store.uri())


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    path = tmp_path / "small.duckdb"
    random = np.random.default_rng(2)
    count = 170 * 20
    carriers = random.integers(0, 5, count)
    outcomes = np.where(random.random(count) < carriers / 5, "late", "on_time").astype("U8")
    outcomes[::50] = "fell_off"
    at = START + np.sort(random.integers(0, 170 * 24, count)) * np.timedelta64(1, "h")
    rows = pa.table(
        {
            "load_id": [f"l{number}" for number in range(count)],
            "carrier_id": [f"c{carrier}" for carrier in carriers],
            "last_at": at - DAY,
            "event_timestamp": at,
            "outcome": outcomes.tolist(),
            "carrier_late__late_rate": np.zeros(count),
        }
    )
    with duckdb.connect(str(path)) as con:
        con.register("rows", rows)
        con.execute("create schema main_training_sets")
        con.execute("create table main_training_sets.late as from rows")
    return path


def test_a_leak_looks_up_what_came_later_and_the_next_month_is_as_known(
    small_store: FeatureStore, scratch: Path
) -> None:
    rows = read_rows(TASK, small_store, scratch)
    assert rows.left_out == {"fell_off": 68}
    assert not [name for name in rows.table.column_names if "__" in name]
    split = split_in_time(rows.at, TASK.horizon)
    found = matrices(small_store, TASK, rows, split)
    values = (
        small_store.to_arrow("carrier_late").to_pandas().set_index(["carrier_id", "available_at"])
    )
    carrier = rows.table["carrier_id"].to_numpy(zero_copy_only=False)

    def expected(at: np.ndarray) -> list[float]:
        days = at.astype("datetime64[D]").astype("datetime64[us]")
        return [values.late_rate[key] for key in zip(carrier, days.tolist(), strict=True)]

    own = np.array(expected(rows.at))
    known = found[leaks.KNOWN]
    assert known.names == ["carrier_late__late_rate", "timed__days_at"]
    assert known.train[:, 0].tolist() == own[split.train].tolist()
    newest = found[leaks.NEWEST]
    at_end = np.array(expected(np.full(len(rows.at), split.next_from)))
    assert newest.validation[:, 0].tolist() == at_end[split.validation].tolist()
    by_outcome = np.array(expected(rows.at + np.timedelta64(TASK.horizon) + DAY))
    assert found[leaks.OUTCOME_DATE].train[:, 0].tolist() == by_outcome[split.train].tolist()
    window = found[leaks.EVENT_WINDOW]
    assert window.names[-1] == "mean_outcome_28d"
    for matrix in found.values():
        # What is of the request's instant is of the row's own, and the next month is as known then.
        assert (matrix.train[:, 1] == 1).all()
        assert matrix.next_month[:, 0].tolist() == own[split.next_month].tolist()


def test_a_training_set_that_the_release_lacks_is_an_error_that_names_those_it_has(
    small_store: FeatureStore, scratch: Path
) -> None:
    with pytest.raises(LookupInputError, match="has no training set `early`") as caught:
        read_rows(replace(TASK, training_set="early", rows=_query(scratch)), small_store, scratch)
    assert caught.value.hint == "it has late"


def _query(scratch: Path) -> Path:
    file = scratch.with_name("rows.sql")
    file.write_text("select * from main_training_sets.late")
    return file


def test_rows_before_full_windows_are_left_out_and_all_of_them_are_an_error(
    small_store: FeatureStore, tmp_path: Path
) -> None:
    path = tmp_path / "early.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute("create schema main_training_sets")
        con.execute(
            "create table main_training_sets.late as select 'c1' as carrier_id, "
            "timestamp '2025-12-31' as event_timestamp, 'late' as outcome"
        )
    with pytest.raises(LookupInputError, match="no row of `small` has full windows"):
        read_rows(TASK, small_store, path)


def test_the_smallest_run_shows_the_signal_and_the_leak(
    small_store: FeatureStore, scratch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    if not PYTHON.exists():
        pytest.skip("`.venv-signal` is not there: `make .venv-signal/ready` installs scikit-learn")
    shown = command.run(TASK, small_store, scratch, str(PYTHON))
    known, *_ = shown.comparisons
    assert known.next_month.low > 0.6
    leaking = {item.variant: item for item in shown.comparisons}[leaks.EVENT_WINDOW]
    assert leaking.own.value >= known.own.value
    carrying = {item.name for item in shown.importances if item.carries}
    assert carrying == {"carrier_late__late_rate"}
    index = pages.write(tmp_path, [shown], [TASKS[0]])
    assert "its data are not there" in index.read_text()
    page = (tmp_path / "small.html").read_text()
    assert page.count("<svg") == 3
    text = summary([shown], [TASKS[0]])
    assert (
        "**Carry signal**, by how much the score falls without: `carrier_late__late_rate`" in text
    )
    assert "Left out, because its data were not there." in text

"""Versions of a feature view: v1 and v2 side by side, from dbt to the lookup. Real dbt, real S3."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import duckdb
import pyarrow as pa
import pytest

import greenhouse
from greenhouse import LAST, Greenhouse
from milepost import FeatureStore
from milepost.cli import main
from milepost.errors import PublishError, UnknownFeatureError
from milepost.publishing.publish import Publication
from milepost.release import difference
from milepost.storage import s3
from milepost.storage.location import Location

pytestmark = pytest.mark.slow

SQL, YAML = "models/features/bed_moisture.sql", "models/features/bed_moisture.yml"
VERSIONS = """    latest_version: 2
    versions:
      - v: 1
        deprecation_date: 2026-01-01
        columns: [{include: all, exclude: [moisture_mean_1d]}]
      - v: 2
        columns: [{include: all, exclude: [moisture_max_1d]}]
"""
MEAN = """      - name: moisture_mean_1d
        description: Mean share of water. Null without a reading.
        data_type: double
      - name: reading_count_1d
"""
TRAINING_SET = """{{ milepost.point_in_time_join(
    ref('asked'), ['bed_moisture@v1', 'bed_moisture@v2'], full_feature_names=true
) }}
"""
INSTANT = datetime(2026, 1, 5, 12)


@pytest.fixture(scope="module")
def versioned(
    built_greenhouse: Greenhouse, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Greenhouse, Publication, Publication]:
    """The view without versions, published; then as versions 1 and 2, landed a day further."""
    place = "versions"
    raw, store = (
        Location.parse(f"{one.uri().rsplit('/', 1)[0]}/{place}-{one.uri().rsplit('/', 1)[1]}")
        for one in (built_greenhouse.raw, built_greenhouse.store)
    )
    greenhouse.land(raw)
    green = built_greenhouse.copy(tmp_path_factory.mktemp("versions") / "p", raw=raw, store=store)
    green.build()
    first = green.publish()
    sql = (green.folder / SQL).read_text()
    (green.folder / SQL).unlink()
    (green.folder / "models/features/bed_moisture_v1.sql").write_text(sql)
    mean = sql.replace("moisture_max", "moisture_mean").replace("'max'", "'mean'")
    (green.folder / "models/features/bed_moisture_v2.sql").write_text(mean)
    green.edit(
        YAML, "    columns:\n      - name: bed_id", VERSIONS + "    columns:\n      - name: bed_id"
    )
    green.edit(YAML, "      - name: reading_count_1d\n", MEAN)
    green.edit(
        YAML, "    model: bed_moisture\n", "    model: bed_moisture\n    versions: {include: [1]}\n"
    )
    training_sets = green.folder / "models/training_sets"
    training_sets.mkdir()
    (training_sets / "asked.sql").write_text(
        f"select 'north' as bed_id, timestamp '{INSTANT}' as event_timestamp"
    )
    (training_sets / "both.sql").write_text(TRAINING_SET)
    green.build()
    return green, first, green.publish()


@pytest.fixture
def store(versioned: tuple[Greenhouse, Publication, Publication]) -> FeatureStore:
    return FeatureStore(versioned[0].store.uri())


ENTITIES = pa.table(
    {"bed_id": ["north"], "event_timestamp": pa.array([INSTANT], pa.timestamp("us"))}
)


def test_both_versions_are_in_the_release(store: FeatureStore) -> None:
    assert [
        (v.name, v.model, v.version, v.is_latest, v.deprecated_at) for v in store.feature_views()
    ] == [
        ("bed_moisture_v1", "bed_moisture", "1", False, "2026-01-01T00:00:00"),
        ("bed_moisture_v2", "bed_moisture", "2", True, None),
    ]
    assert [v.features[0] for v in store.feature_views()] == ["moisture_max_1d", "moisture_mean_1d"]
    assert "bed_moisture_is_a_share" in store.feature_views()[0].checks


def test_a_view_without_version_is_the_latest(store: FeatureStore) -> None:
    latest = store.get_historical_features(ENTITIES, ["bed_moisture"]).to_arrow()
    assert latest.column_names[2:] == ["moisture_mean_1d", "reading_count_1d"]
    assert latest["moisture_mean_1d"].to_pylist() == [pytest.approx(0.37)]
    assert store.to_arrow("bed_moisture").equals(store.to_arrow("bed_moisture@v2"))
    full = store.get_historical_features(
        ENTITIES, ["bed_moisture"], full_feature_names=True
    ).to_arrow()
    assert full.column_names[2] == "bed_moisture__moisture_mean_1d"


def test_a_deprecated_version_warns_at_lookup(store: FeatureStore) -> None:
    told = r"`bed_moisture_v1` is deprecated since 2026-01-01T00:00:00; .* latest version, `bed_moi"
    with pytest.warns(FutureWarning, match=told) as warned:
        both = store.get_historical_features(
            ENTITIES, ["bed_moisture@v1:moisture_max_1d", "bed_moisture@v2:moisture_mean_1d"]
        ).to_arrow()
    assert [warning.filename for warning in warned] == [__file__]
    assert both["moisture_max_1d"].to_pylist() == [0.43]
    with pytest.warns(FutureWarning, match=told):
        store.to_arrow("bed_moisture@v1")


def test_a_version_that_is_not_there_is_refused(store: FeatureStore) -> None:
    with pytest.raises(
        UnknownFeatureError, match=r"no feature view `bed_moisture@v3`\nhint: there"
    ):
        store.get_historical_features(ENTITIES, ["bed_moisture@v3"])


def test_a_training_set_as_a_model_has_both_versions(
    versioned: tuple[Greenhouse, Publication, Publication], store: FeatureStore
) -> None:
    with duckdb.connect(versioned[0].folder / "scratch.duckdb", read_only=True) as con:
        built = con.sql("from main.both").to_arrow_table()
    with pytest.warns(FutureWarning):
        found = store.get_historical_features(
            ENTITIES, ["bed_moisture@v1", "bed_moisture@v2"], full_feature_names=True
        ).to_arrow()
    assert built.column_names == found.column_names
    assert built.column_names[2] == "bed_moisture_v1__moisture_max_1d"
    assert built.to_pylist() == found.to_pylist()


def test_batches_go_on_from_each_version(
    versioned: tuple[Greenhouse, Publication, Publication],
) -> None:
    green, first, second = versioned
    assert first.manifest.views[0].name == "bed_moisture"
    tomorrow = LAST + timedelta(days=1)
    greenhouse.land(green.raw, first=tomorrow, last=tomorrow)
    (green.folder / "scratch.duckdb").unlink()
    done = green.dbt("build", MILEPOST_STORE_URI=green.store.uri())
    assert done.returncode == 0, done.stdout
    for name in ("bed_moisture_v1", "bed_moisture_v2"):
        assert f"Read {name} from release {second.manifest.release}" in done.stdout
    third = green.publish()
    assert [view.rows for view in third.manifest.views] == [22, 22]


def test_a_diff_says_that_version_1_goes_on_from_the_view_without_one(
    versioned: tuple[Greenhouse, Publication, Publication],
) -> None:
    _, first, second = versioned
    told = list(difference.lines(difference.between(first.manifest, second.manifest)))
    assert any(
        line.startswith("bed_moisture_v1: goes on from bed_moisture, rows 2") for line in told
    )
    assert any(line.startswith("bed_moisture_v2: added, ") for line in told)
    assert not any("removed" in line for line in told)


def test_a_past_that_changes_is_refused_and_tried_without_writing(
    versioned: tuple[Greenhouse, Publication, Publication], capsys: pytest.CaptureFixture[str]
) -> None:
    """Run last: it breaks the project."""
    green = versioned[0]
    green.edit(
        "models/features/bed_moisture_v1.sql",
        "    moisture_max_1d,",
        "    0.5 * moisture_max_1d as moisture_max_1d,",
    )
    green.edit(YAML, "moisture_max_1d: 0.5", "moisture_max_1d: 0.25")
    green.build()
    current = FeatureStore(green.store.uri()).release
    before = sorted(item.name for item in s3.listing(green.store))
    command = ["publish", "--dry-run", "--store", green.store.uri()]
    command += ["--database", str(green.folder / "scratch.duckdb")]
    command += ["--manifest", str(green.folder / "target/manifest.json")]
    assert main(command) == 1
    told = capsys.readouterr().out
    reason = "bed_moisture_v1: `moisture_max_1d` has another past: at 2 instants before 2026-01-1"
    assert f"refused: {reason}" in told
    assert "hint: undo the change, or raise the view's version" in told
    assert re.search(
        r"bed_moisture_v1: changed, rows .* \(\+0\)\n  partitions changed: 2026-01", told
    )
    assert sorted(item.name for item in s3.listing(green.store)) == before
    with pytest.raises(PublishError, match=reason):
        green.publish()
    assert FeatureStore(green.store.uri()).release == current

"""From a tested table to a release that a bare reader finds whole."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import boto3
import duckdb
import pytest
from botocore.exceptions import ClientError

from greenhouse import PROJECT, Greenhouse
from milepost import FeatureStore, MilepostError
from milepost.errors import PublishError, ReleaseError
from milepost.publishing.publish import Publication, judge
from milepost.storage import s3
from milepost.storage.client import endpoint

pytestmark = pytest.mark.slow


def rows_in_scratch(green: Greenhouse) -> list[tuple[object, ...]]:
    with duckdb.connect(green.folder / "scratch.duckdb", read_only=True) as con:
        return con.execute("from main.bed_moisture order by bed_id, available_at").fetchall()


def test_a_bare_duckdb_counts_the_published_rows(green: Greenhouse) -> None:
    (view,) = green.publish().manifest.views
    options = endpoint()
    with duckdb.connect(
        config={"extension_directory": str(PROJECT / ".local/duckdb_extensions")}
    ) as con:
        con.load_extension("httpfs")
        con.execute(
            f"create secret (type s3, key_id '{options.key}', secret '{options.secret}', "
            f"endpoint '{options.host}', url_style path, use_ssl false)"
        )
        files = [green.store.uri(file.name) for file in view.files]
        counted = con.execute("select count(*) from read_parquet(?)", [files]).fetchone()
    assert counted == (len(rows_in_scratch(green)),) == (view.rows,)


def test_every_value_is_read_back(green: Greenhouse) -> None:
    green.publish()
    read = FeatureStore(green.store.uri()).to_arrow("bed_moisture")
    assert sorted(tuple(row.values()) for row in read.to_pylist()) == rows_in_scratch(green)


def test_files_are_named_by_their_content(green: Greenhouse) -> None:
    (view,) = green.publish().manifest.views
    for file in view.files:
        found = s3.get(green.store, file.name)
        assert found is not None
        assert hashlib.sha256(found[0]).hexdigest() in file.name
        assert len(found[0]) == file.bytes


def test_publishing_the_same_again_changes_and_uploads_nothing(green: Greenhouse) -> None:
    first = green.publish()
    before = list(s3.listing(green.store))
    green.build()
    again = green.publish()
    assert (again.is_new, again.uploaded) == (False, [])
    assert again.manifest.release == first.manifest.release
    assert list(s3.listing(green.store)) == before


def test_words_that_a_project_explains_find_its_features_without_a_build(green: Greenhouse) -> None:
    first = green.publish().manifest
    assert first.glossary == []  # and none of freight, whose package has no view in it
    assert list(FeatureStore(green.store.uri()).search("dampness")) == []
    (green.folder / "models/words.md").write_text(
        "{% docs moisture %}\nWater in the soil.\n\nSynonyms: dampness, wetness.\n{% enddocs %}\n"
    )
    assert green.dbt("parse").returncode == 0
    second = green.publish()
    assert (second.is_new, second.uploaded) == (True, [])
    assert [term.synonyms for term in second.manifest.glossary] == [["dampness", "wetness"]]
    results = FeatureStore(green.store.uri()).search("dampness")
    assert results[0].reference == "bed_moisture"
    assert list(FeatureStore(green.store.uri(), release=first.release).search("dampness")) == []


def test_a_release_names_the_commit_of_its_project(green: Greenhouse) -> None:
    def git(*arguments: str) -> str:
        named = ("-c", "user.name=a", "-c", "user.email=a@example.com")
        command = ["git", *named, *arguments]
        return subprocess.check_output(command, cwd=green.folder, text=True).strip()

    def commit() -> str | None:
        built = (green.folder / "scratch.duckdb", green.folder / "target/manifest.json")
        manifest = judge(*built, green.store).manifest
        assert manifest is not None
        return manifest.code["commit"]

    (green.folder / ".gitignore").write_text("*\n!*.sql\n!*/\ntarget/\n")
    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "--message", "the greenhouse")
    assert commit() == git("rev-parse", "HEAD")
    (green.folder / "models/notes.txt").touch()
    assert commit() == git("rev-parse", "HEAD")
    (green.folder / "models/more.sql").write_text("select 1 as one")
    assert commit() == git("rev-parse", "HEAD") + "+"


def test_a_pinned_release_outlives_the_next(green: Greenhouse) -> None:
    first = green.publish().manifest.release
    before = FeatureStore(green.store.uri()).to_arrow("bed_moisture")
    green.edit("models/features/bed_moisture.yml", "How moist", "How wet")
    assert green.dbt("parse").returncode == 0
    second = green.publish()
    assert second.is_new
    assert second.manifest.release != first
    assert FeatureStore(green.store.uri()).release == second.manifest.release
    assert FeatureStore(green.store.uri(), release=first).to_arrow("bed_moisture").equals(before)


def test_of_racing_publishers_one_wins_and_the_others_are_told(green: Greenhouse) -> None:
    def attempt(_: int) -> Publication | MilepostError:
        try:
            return green.publish()
        except MilepostError as error:
            return error

    with ThreadPoolExecutor(4) as pool:
        ended = list(pool.map(attempt, range(4)))
    assert [one for one in ended if isinstance(one, Publication) and one.is_new]
    for one in ended:
        assert isinstance(one, Publication) or "another writer was first" in str(one)
    assert FeatureStore(green.store.uri()).to_arrow("bed_moisture").num_rows == 20


@pytest.mark.parametrize("pointer", [b"{", b"{}", b'{"release": "../../x"}'])
def test_a_damaged_pointer_is_refused_and_stays(green: Greenhouse, pointer: bytes) -> None:
    s3.put(green.store, "current.json", pointer)
    with pytest.raises(ReleaseError, match=r"damaged|is not the id of a release"):
        green.publish()
    assert [item.name for item in s3.listing(green.store)] == ["current.json"]


def test_a_publisher_killed_before_the_swap_leaves_the_old_release(green: Greenhouse) -> None:
    first = green.publish().manifest.release
    green.edit("models/features/bed_moisture.yml", "How moist", "How wet")
    assert green.dbt("parse").returncode == 0
    killed = subprocess.run(
        [
            sys.executable,
            "-c",
            "import os, signal, sys\n"
            "from pathlib import Path\n"
            "from milepost.publishing import publish\n"
            "from milepost.storage import conditional\n"
            "from milepost.storage.location import Location\n"
            "write = conditional.replace\n"
            "def replace(location, name, *rest):\n"
            "    if name == 'current.json': os.kill(os.getpid(), signal.SIGKILL)\n"
            "    return write(location, name, *rest)\n"
            "conditional.replace = replace\n"
            "publish.publish(Path('scratch.duckdb'), Path('target/manifest.json'),"
            " Location.parse(sys.argv[1]))\n",
            green.store.uri(),
        ],
        cwd=green.folder,
        check=False,
    )
    assert killed.returncode == -9
    assert FeatureStore(green.store.uri()).release == first
    assert green.publish().is_new


def test_the_reader_may_read_the_store_and_write_nothing(green: Greenhouse) -> None:
    green.publish()
    reader = boto3.Session(profile_name="milepost-reader").client("s3")
    bucket, key = green.store.bucket, green.store.key("current.json")
    assert "release" in json.loads(reader.get_object(Bucket=bucket, Key=key)["Body"].read())
    for refused in (
        lambda: reader.put_object(Bucket=bucket, Key=key, Body=b"{}"),
        lambda: reader.delete_object(Bucket=bucket, Key=key),
        lambda: reader.list_objects_v2(Bucket="milepost-raw"),
    ):
        with pytest.raises(ClientError) as error:
            refused()
        assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_a_type_that_not_every_consumer_reads_is_refused(green: Greenhouse) -> None:
    green.edit(
        "models/features/bed_moisture.sql",
        "    reading_count_1d\nfrom",
        "    cast(reading_count_1d as integer) as reading_count_1d\nfrom",
    )
    green.edit("models/features/bed_moisture.yml", "data_type: bigint", "data_type: integer")
    green.build()
    with pytest.raises(PublishError, match=r"`bed_moisture\.reading_count_1d` is `INTEGER`"):
        green.publish()


SERVICE = """
exposures:
  - name: watering
    type: ml
    owner: {name: plants, email: plants@example.com}
    depends_on: [DEPENDS]
    config:
      meta:
        features: [bed_moisture:reading_count_1d, bed_moisture:FEATURE]
"""


def test_a_new_derived_feature_rebuilds_and_uploads_nothing(green: Greenhouse) -> None:
    (before,) = green.publish().manifest.views
    stated = "          - name: hours_since_watering"
    dryness = (
        "          - {name: dryness, type: double, description: Share of no water., "
        "sql: 1 - moisture_max_1d, inputs: [moisture_max_1d]}\n"
    )
    green.edit("models/features/bed_moisture.yml", stated, dryness + stated)
    green.build()
    published = green.publish()
    (after,) = published.manifest.views
    assert (published.is_new, published.uploaded) == (True, [])
    assert after.code == before.code
    assert [one.name for one in after.derived][1] == "dryness"
    assert len(after.derived) == len(before.derived) + 1 == 3


TRAINED_SERVICE = """
exposures:
  - name: watering
    type: ml
    owner: {name: plants, email: plants@example.com}
    depends_on: [ref('waterings')]
    config: {meta: {training_set: waterings}}
"""
WATERINGS = """
with

waterings as (select 'north' as dry_bed_id, timestamp '2026-01-05' as event_timestamp),

training_set as ({{ milepost.point_in_time_join('waterings', FEATURES, aliases=ALIASES) }})

select * from training_set
"""


def test_a_service_follows_its_training_set(green: Greenhouse) -> None:
    (green.folder / "models/exposures.yml").write_text(TRAINED_SERVICE)
    model = green.folder / "models/waterings.sql"
    aliases = {"bed": {"view": "bed_moisture", "keys": {"bed_id": "dry_bed_id"}}}
    text = WATERINGS.replace("ALIASES", str(aliases))
    model.write_text(text.replace("FEATURES", "['bed:wetness']"))
    # The training set need not be built, so that the publisher is who sees it.
    assert green.dbt("parse").returncode == 0
    with pytest.raises(PublishError, match=r"service `watering` asks for .* no feature `wetness`"):
        green.publish()
    for features in (["bed:reading_count_1d"], ["bed:moisture_max_1d", "bed:reading_count_1d"]):
        model.write_text(text.replace("FEATURES", str(features)))
        green.build("--select", "waterings")
        green.publish()
        service = FeatureStore(green.store.uri()).service("watering")
        assert (service.features, service.aliases) == (features, aliases)
        with duckdb.connect(green.folder / "scratch.duckdb", read_only=True) as con:
            described = con.execute("describe waterings").fetchall()
        assert [f"bed:{column[0]}" for column in described[2:]] == features


def test_a_service_is_checked_and_then_published(green: Greenhouse) -> None:
    service = green.folder / "models/exposures.yml"
    ref = "ref('bed_moisture')"
    service.write_text(SERVICE.replace("DEPENDS", ref).replace("FEATURE", "wetness"))
    assert green.dbt("parse").returncode == 0
    with pytest.raises(PublishError, match=r"service `watering` asks for .* no feature `wetness`"):
        green.publish()
    right = SERVICE.replace("FEATURE", "hours_since_watering")
    service.write_text(right.replace("DEPENDS", "ref('stg_sensors__beds')"))
    assert green.dbt("parse").returncode == 0
    with pytest.raises(PublishError, match="does not say that it depends on `bed_moisture`"):
        green.publish()
    named = right.replace("DEPENDS", ref)
    service.write_text(named.replace("name: watering", "name: bed_moisture"))
    assert green.dbt("parse").returncode == 0
    with pytest.raises(PublishError, match="service `bed_moisture` has the name of a feature view"):
        green.publish()
    assert list(s3.listing(green.store)) == []
    service.write_text(named)
    assert green.dbt("parse").returncode == 0
    green.publish()
    store = FeatureStore(green.store.uri())
    assert [one.name for one in store.services()] == ["watering"]
    wanted = ["bed_moisture:reading_count_1d", "bed_moisture:hours_since_watering"]
    assert store.service("watering").features == wanted
    assert store.service("watering").owner == {"name": "plants", "email": "plants@example.com"}

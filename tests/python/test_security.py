"""Each right that a policy withholds is refused, no secret is written, no data path is local."""

from __future__ import annotations

import configparser
import json
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from greenhouse import PROJECT, Greenhouse
from milepost import FeatureStore, MilepostError
from milepost.building import engine_lock
from milepost.building.engine_lock import EngineLock
from milepost.errors import ConflictError
from milepost.release import garbage, releases
from milepost.storage import s3
from milepost.storage.client import client
from milepost.storage.location import Location
from milepost.tables import write as tables
from small_releases import at, put_view, release, rows_of

POLICIES = PROJECT / "docs/reference/policies"
ROLES = sorted(path.stem for path in POLICIES.glob("*.json"))
RAW, STORE = "milepost-raw", "milepost-store"
ADMIN = "milepost-writer"
TYPES = {"carrier_id": "VARCHAR", "available_at": "TIMESTAMP", "late": "DOUBLE"}


@pytest.fixture(scope="module")
def profiles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A server of its own, on which the policies hold as they stand in docs/reference/policies."""
    state = tmp_path_factory.mktemp("policies")
    (state / "s3").mkdir()
    identities = [
        {
            "name": name,
            "credentials": [
                {"accessKey": secrets.token_hex(10), "secretKey": secrets.token_hex(20)}
            ],
            "actions": ["Admin"] if name == ADMIN else [],
        }
        for name in (ADMIN, *ROLES)
    ]
    (state / "s3/identities.json").write_text(json.dumps({"identities": identities}))
    server = [sys.executable, str(PROJECT / "scripts/s3.py")]
    subprocess.run([*server, "start", "--state", str(state)], check=True)
    files = {
        "AWS_CONFIG_FILE": str(state / "aws/config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(state / "aws/credentials"),
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in files.items():
            patch.setenv(name, value)
        admin = boto3.Session(profile_name=ADMIN).client("s3")
        for bucket in (RAW, STORE):
            admin.put_bucket_policy(Bucket=bucket, Policy=json.dumps(bucket_policy(bucket)))
    yield files
    subprocess.run([*server, "stop", "--state", str(state)], check=True)


def bucket_policy(bucket: str) -> dict[str, Any]:
    """The statements of all roles that are about the bucket, as a policy of the bucket."""
    statements = []
    for role in ROLES:
        text = (POLICIES / f"{role}.json").read_text().replace("our-freight-", "milepost-")
        for statement in json.loads(text)["Statement"]:
            here = [
                one
                for one in statement["Resource"]
                if re.split("[:/]+", one, maxsplit=4)[3] == bucket
            ]
            if here:
                whose = {"AWS": [f"arn:aws:iam::000000000000:user/{role}"]}
                sid = role + statement["Sid"]
                statements.append({**statement, "Sid": sid, "Principal": whose, "Resource": here})
    return {"Version": "2012-10-17", "Statement": statements}


@pytest.fixture
def acting_as(
    profiles: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], None]]:
    """Makes this process one of the roles."""
    for name, value in profiles.items():
        monkeypatch.setenv(name, value)

    def act(role: str) -> None:
        monkeypatch.setenv("AWS_PROFILE", role)
        client.cache_clear()

    yield act
    monkeypatch.undo()
    client.cache_clear()


REQUESTS: dict[str, Callable[[Any, str], Any]] = {
    "list": lambda to, bucket: to.list_objects_v2(Bucket=bucket),
    "get": lambda to, bucket: to.get_object(Bucket=bucket, Key="x"),
    "put": lambda to, bucket: to.put_object(Bucket=bucket, Key="x", Body=b""),
    "put below ci/": lambda to, bucket: to.put_object(Bucket=bucket, Key="ci/x", Body=b""),
    "put below engine/": lambda to, bucket: to.put_object(Bucket=bucket, Key="engine/x", Body=b""),
    "delete a step": lambda to, bucket: to.delete_object(
        Bucket=bucket, Key="engine/milepost__steps/y"
    ),
    "delete": lambda to, bucket: to.delete_object(Bucket=bucket, Key="y"),
    "list uploads": lambda to, bucket: to.list_multipart_uploads(Bucket=bucket),
    "change the policy": lambda to, bucket: to.put_bucket_policy(Bucket=bucket, Policy="{}"),
    "create a bucket": lambda to, bucket: to.create_bucket(Bucket=f"{bucket}-more"),
    "remove the bucket": lambda to, bucket: to.delete_bucket(Bucket=bucket),
}
READS, WRITES = {"list", "get"}, {"put", "put below ci/", "put below engine/"}
GRANTED = {
    ("reader", STORE): READS,
    ("writer", RAW): READS,
    ("writer", STORE): READS | WRITES,
    ("engine", RAW): READS,
    ("engine", STORE): READS | {"put below engine/", "delete a step"},
    ("ci", RAW): READS,
    ("ci", STORE): READS | {"put below ci/"},
    ("keeper", STORE): READS | WRITES | {"delete", "delete a step", "list uploads"},
}


def status(request: Callable[[Any, str], Any], bucket: str) -> int:
    try:
        request(client(), bucket)
    except ClientError as error:
        return int(error.response["ResponseMetadata"]["HTTPStatusCode"])
    return 200


@pytest.mark.parametrize("bucket", [RAW, STORE])
@pytest.mark.parametrize("role", ROLES)
def test_a_role_can_do_what_it_is_granted_and_nothing_else(
    acting_as: Callable[[str], None], role: str, bucket: str
) -> None:
    acting_as(ADMIN)
    client().put_object(Bucket=bucket, Key="x", Body=b"")
    acting_as(role)
    answers = {name: status(request, bucket) for name, request in REQUESTS.items()}
    assert set(answers.values()) <= {200, 403}
    allowed = {name for name, answer in answers.items() if answer == 200}
    assert allowed == GRANTED.get((role, bucket), set())


def test_the_rights_are_enough_for_the_work(acting_as: Callable[[str], None]) -> None:
    store = Location(STORE, "work")
    rows = rows_of(TYPES, ("a", at("2026-01-02"), 0.5))
    acting_as("writer")
    first = release(store, put_view(store, "carriers", rows))
    second = release(store, put_view(store, "carriers", rows), created_at="2026-07-02T00:00:00")
    releases.pin(store, "model", second)
    (table,) = tables.write(store)
    acting_as("reader")
    assert tables.write(store) == [table]  # it is up to date, so nothing is written
    assert FeatureStore(store.uri(), release=first).to_arrow("carriers").num_rows == 1
    for refused in (
        lambda: releases.pin(store, "mine", first),
        lambda: releases.rollback(store, first),
        lambda: releases.unpin(store, "model"),
        lambda: garbage.collect(store, grace=timedelta(days=1), dry_run=False),
    ):
        with pytest.raises(MilepostError, match=r"refused \(AccessDenied\)") as error:
            refused()
        assert "take another AWS_PROFILE" in error.value.hint
        assert "docs/reference/security.md" in error.value.hint
    acting_as("writer")
    with pytest.raises(MilepostError, match="refused"):
        releases.unpin(store, "model")
    acting_as("ci")
    with pytest.raises(MilepostError, match="refused"):
        release(store, put_view(store, "carriers", rows))
    trial = Location(STORE, "ci/42")
    assert FeatureStore(trial.uri(), release(trial, put_view(trial, "carriers", rows)))
    acting_as("writer")
    third = release(store, put_view(store, "carriers", rows), created_at="2026-07-03T00:00:00")
    acting_as("reader")
    with pytest.raises(MilepostError, match=r"refused \(AccessDenied\)"):
        tables.write(store)
    acting_as("keeper")
    releases.unpin(store, "model")
    found = garbage.collect(
        store,
        grace=timedelta(days=1),
        dry_run=False,
        tables_writer=lambda: tables.write,
    )
    assert third in tables.write(store)[0].snapshots
    assert found.removed == []


def test_the_rights_of_an_engine_are_enough_for_its_lock(
    acting_as: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    acting_as("engine")
    lock = EngineLock(Location(STORE, "engine"))
    lock.take()
    lock.release()
    monkeypatch.setattr(engine_lock, "OWNER", "another")
    lock.take()
    monkeypatch.setattr(engine_lock, "OWNER", "one after it was killed")
    with pytest.raises(ConflictError, match="another dbt command writes to"):
        EngineLock(Location(STORE, "engine")).take()
    monkeypatch.setattr(engine_lock, "EXPIRES_AFTER", timedelta(seconds=-1))
    next_lock = EngineLock(Location(STORE, "engine"))
    next_lock.take()
    for taken in (next_lock, lock):
        taken.release()


def found_in(needles: dict[str, str], places: dict[str, bytes]) -> list[str]:
    return [
        f"{what} in {where}"
        for where, content in places.items()
        for what, needle in needles.items()
        if needle.encode() in content
    ]


@pytest.mark.slow
def test_no_secret_is_written_anywhere(
    green: Greenhouse, s3_server: dict[str, str], tmp_path: Path
) -> None:
    credentials = configparser.ConfigParser()
    credentials.read(s3_server["AWS_SHARED_CREDENTIALS_FILE"])
    own = credentials["milepost-writer"]
    keys = {
        "AWS_ACCESS_KEY_ID": own["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": own["aws_secret_access_key"],
        "DBT_ENV_SECRET_CANARY": f"canary-{secrets.token_hex(12)}",
    }
    wrong = {**keys, "AWS_SECRET_ACCESS_KEY": f"canary-{secrets.token_hex(12)}"}
    publish = [str(Path(sys.executable).with_name("milepost")), "publish"]
    publish += ["--database", "scratch.duckdb", "--store", green.store.uri()]
    outputs = {}
    for name, command, secret, code in (
        ("build", "dbt --debug --log-level-file debug build --full-refresh", keys, 0),
        ("refused build", "dbt --debug --log-level-file debug build", wrong, 2),
        ("refused publication", "", wrong, 1),
        ("publication", "", keys, 0),
    ):
        if command:
            done = green.dbt(*command.split()[1:], **secret)
        else:
            done = subprocess.run(
                publish,
                cwd=green.folder,
                env={**os.environ, **secret},
                capture_output=True,
                text=True,
                check=False,
            )
        assert (done.returncode == 0) == (code == 0), (name, done.stdout, done.stderr)
        outputs[name] = (done.stdout + done.stderr).encode()
    assert b"SignatureDoesNotMatch" in outputs["refused publication"]
    places = dict(outputs)
    for path in green.folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            places[str(path.relative_to(green.folder))] = path.read_bytes()
    for item in s3.listing(green.store):
        found = s3.get(green.store, item.name)
        assert found is not None
        places[item.name] = found[0]
    assert {"logs/dbt.log", "target/manifest.json", "scratch.duckdb", "current.json"} <= set(places)
    needles = {**keys, "wrong secret": wrong["AWS_SECRET_ACCESS_KEY"]}
    del needles["AWS_ACCESS_KEY_ID"]  # a name, as S3 says it in its own refusals
    assert found_in(needles, places) == []
    assert found_in(needles, {"planted": needles["wrong secret"].encode()})


# What reads or writes files, and where that is no data path: the sources' URIs, a release's files.
LOCAL = re.compile(
    r"""read_(?:parquet|csv|json|blob|ndjson)\w*\s*\((?!\s*'\{raw_uri\}/|\['\{\{\ view\.files)
    | \b(?:from|join|attach|copy|glob)\b\s*\(?\s*'[^'\s,]*[./][^'\s]*'
    | \bto\s+'[^'\n]*\.(?:parquet|csv|json)
    | file://
    | \b(?:to|write)_(?:parquet|csv|feather)\b | \bread_(?:table|feather)\b | LocalFileSystem
    """,
    re.VERBOSE | re.IGNORECASE,
)
# The generators' own reference tables: seeds of the project, and files of a package.
REFERENCE = re.compile(
    r"read_csv\(\s*(?:getvariable\('seeds'\)|file[,:]|pa\.BufferReader|folder|MARKETS)"
)


NAMED_ON_PURPOSE = {
    # It reads what Python lists of the sources' locations, which are on S3 alone.
    "macros/landing/read_files.sql": ["read_parquet(", "join('/'"],
    # Spark's own name of a folder that stands in for S3 in `make engines`.
    "scripts/on_spark.py": ["LocalFileSystem"],
    # What Spark wrote there, of what it read as `make iceberg` shows.
    "scripts/spark_reads_tables.py": ["read_parquet("],
    # What the rules refuse, as they name it or as a bad example.
    "milepost/standards/python_calls.py": [
        *("read_feather", "read_table", "to_csv", "to_parquet"),
        *("to_feather", "write_csv", "write_parquet"),
    ],
    "milepost/standards/python_rules.py": ["read_csv(", "read_parquet("],
    "milepost/standards/sql_rules.py": ["read_parquet("],
    "scripts/compare_engines.py": ["attach '{chosen.database}'"],
    # Scratch databases of proofs and of stress, in a folder that goes with them.
    "milepost/standards/proof.py": ["attach '{builds.database(name)}'"],
    "milepost/stress/rebuild.py": [
        "attach '{build.database}'",
        "attach '{build.raw_database}'",
    ],
}


def local_paths(text: str) -> list[str]:
    return [found[0] for found in LOCAL.finditer(REFERENCE.sub("", text))]


def test_no_model_macro_or_script_names_a_local_data_path() -> None:
    folders = ("models", "macros", "tests/dbt", "scripts", "milepost")
    files = [path for folder in folders for path in (PROJECT / folder).rglob("*.*")]
    files = [path for path in files if path.suffix in {".sql", ".yml", ".py"}]
    assert len(files) > 150
    named = {str(path.relative_to(PROJECT)): local_paths(path.read_text()) for path in files}
    assert {path: found for path, found in named.items() if found} == NAMED_ON_PURPOSE


@pytest.mark.parametrize(
    "text",
    [
        "select * from read_parquet('/data/loads/*.parquet')",
        "select * from read_csv_auto('seeds/markets.csv')",
        "select * from 'loads.parquet'",
        "{{ 'read_json(' ~ var('path') ~ ')' }}",
        "copy loads to 'out/loads.parquet'",
        "attach './other.duckdb' as other",
        "external_location: file:///data/loads",
        "rows.to_parquet(path)",
    ],
)
def test_a_local_data_path_is_found(text: str) -> None:
    assert local_paths(text)

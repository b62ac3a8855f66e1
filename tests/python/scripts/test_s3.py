"""The local S3 server as people use it: the script in processes of its own, a real server."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

SCRIPT = Path(__file__).parents[3] / "scripts" / "s3.py"
STORE, RAW = "milepost-store", "milepost-raw"


class Place:
    """A state folder and an empty home, and the script run with them."""

    def __init__(self, folder: Path) -> None:
        self.state = folder / "state"
        self.home = folder / "home"
        self.home.mkdir()

    def begin(self, command: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(SCRIPT), command, "--state", str(self.state)],
            env={**os.environ, "HOME": str(self.home), "AWS_PROFILE": "somebody-elses"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, command: str) -> tuple[int, str, str]:
        process = self.begin(command)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    def server(self) -> dict[str, Any]:
        recorded: dict[str, Any] = json.loads((self.state / "s3/server.json").read_text())
        return recorded

    def client(self, profile: str, monkeypatch: pytest.MonkeyPatch) -> Any:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("AWS_CONFIG_FILE", str(self.state / "aws/config"))
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(self.state / "aws/credentials"))
        return boto3.Session(profile_name=profile).client("s3")


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A server started by two `start`s at once, stopped at the end."""
    place = Place(tmp_path_factory.mktemp("s3"))
    try:
        both = [place.begin("start"), place.begin("start")]
        said = sorted(process.communicate(timeout=60)[1] for process in both)
        assert [process.returncode for process in both] == [0, 0], said
        assert "found" in said[0]
        assert "started" in said[1]
        yield place
    finally:
        place.run("stop")


@pytest.fixture
def writer(up: Place, monkeypatch: pytest.MonkeyPatch) -> Any:
    return up.client("milepost-writer", monkeypatch)


@pytest.fixture
def reader(up: Place, monkeypatch: pytest.MonkeyPatch) -> Any:
    return up.client("milepost-reader", monkeypatch)


def refused(request: Any, **arguments: str | bytes) -> bool:
    with pytest.raises(ClientError) as caught:
        request(**arguments)
    return bool(caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403)


def test_started_once_is_found_again(up: Place) -> None:
    before = up.server()
    code, out, err = up.run("start")
    assert (code, out) == (0, "")
    assert "found" in err
    assert up.server() == before


def test_status_names_endpoint_and_process(up: Place) -> None:
    code, out, _ = up.run("status")
    assert code == 0
    assert f"http://127.0.0.1:{up.server()['ports']['s3']}" in out
    assert str(up.server()["pid"]) in out


def test_env_leads_the_standard_chain_to_the_writer(up: Place) -> None:
    _, lines, _ = up.run("env")
    program = "import boto3; print(boto3.client('s3').list_buckets()['Buckets'][0]['Name'])"
    shell = f'{lines}\n"{sys.executable}" -c "{program}"'
    overridden = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": "other",
        "AWS_SECRET_ACCESS_KEY": "other",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    }
    done = subprocess.run(
        ["sh", "-c", shell], env=overridden, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == RAW, done.stderr


def test_both_buckets_exist(writer: Any) -> None:
    assert {bucket["Name"] for bucket in writer.list_buckets()["Buckets"]} == {RAW, STORE}


def test_no_bucket_is_made_by_a_misspelt_name(writer: Any) -> None:
    with pytest.raises(ClientError, match="NoSuchBucket"):
        writer.put_object(Bucket="milepost-stroe", Key="a", Body=b"a")


def test_reader_gets_and_lists_the_store(writer: Any, reader: Any) -> None:
    writer.put_object(Bucket=STORE, Key="folder/read", Body=b"read")
    assert reader.get_object(Bucket=STORE, Key="folder/read")["Body"].read() == b"read"
    listed = reader.list_objects_v2(Bucket=STORE, Prefix="folder/")["Contents"]
    assert [item["Key"] for item in listed] == ["folder/read"]


def test_reader_is_refused_everything_else(writer: Any, reader: Any) -> None:
    for bucket in (RAW, STORE):
        writer.put_object(Bucket=bucket, Key="kept", Body=b"kept")
        assert refused(reader.put_object, Bucket=bucket, Key="kept", Body=b"changed")
        assert refused(reader.delete_object, Bucket=bucket, Key="kept")
        assert writer.get_object(Bucket=bucket, Key="kept")["Body"].read() == b"kept"
    assert refused(reader.get_object, Bucket=RAW, Key="kept")
    assert refused(reader.list_objects_v2, Bucket=RAW)


def test_secrets_are_private(up: Place) -> None:
    for name in ("aws/config", "aws/credentials", "s3/identities.json"):
        path = up.state / name
        assert path.stat().st_mode & 0o777 == 0o600, name
        assert path.parent.stat().st_mode & 0o777 == 0o700, name


def test_nothing_is_written_to_home(up: Place) -> None:
    assert list(up.home.iterdir()) == []


def test_data_and_keys_survive_a_stop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place(tmp_path)
    try:
        assert place.run("start")[0] == 0
        writer = place.client("milepost-writer", monkeypatch)
        writer.put_object(Bucket=STORE, Key="kept", Body=b"kept" * 1000)
        keys = (place.state / "aws/credentials").read_text()
        port = place.server()["ports"]["s3"]

        assert place.run("stop")[0] == 0
        assert place.run("status")[0] == 3
        assert place.run("stop")[0] == 0

        # Whoever has taken the port meanwhile answers nobody; the server moves to another.
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind(("127.0.0.1", port))
            taken.listen()
            assert place.run("start")[0] == 0
        assert place.server()["ports"]["s3"] != port
        assert (place.state / "aws/credentials").read_text() == keys
        again = place.client("milepost-writer", monkeypatch)
        assert again.get_object(Bucket=STORE, Key="kept")["Body"].read() == b"kept" * 1000
    finally:
        place.run("stop")


def test_a_foreign_process_with_the_recorded_number_is_left_alone(tmp_path: Path) -> None:
    place = Place(tmp_path)
    (place.state / "s3").mkdir(parents=True)
    foreign = subprocess.Popen(["sleep", "60"])
    try:
        record = {"pid": foreign.pid, "ports": {"s3": 1}}
        (place.state / "s3/server.json").write_text(json.dumps(record))
        assert place.run("status")[0] == 3
        code, _, err = place.run("stop")
        assert code == 0
        assert "not running" in err
        assert foreign.poll() is None
    finally:
        foreign.kill()
        foreign.wait()


def test_env_without_a_server_says_what_to_run(tmp_path: Path) -> None:
    place = Place(tmp_path)
    code, out, err = place.run("env")
    assert (code, out) == (1, "")
    assert "\nhint: " in err
    assert "make s3-start" in err
    assert not place.state.exists()

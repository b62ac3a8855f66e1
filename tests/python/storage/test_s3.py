"""S3: names that are safe in SQL, conditional writes, and errors that say what to do."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
import pytest
from botocore.exceptions import EndpointConnectionError

from faults.proxy import before_the_server
from milepost.errors import ConflictError, StorageError
from milepost.storage import arrow, conditional, s3, uploads
from milepost.storage.client import (
    PARALLEL_REQUESTS,
    Endpoint,
    client,
    endpoint,
    set_endpoint_variables,
)
from milepost.storage.location import Location
from milepost.storage.uploads import upload

WRITERS = 8
KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
PRIVATE = "bucket.vpce-1.s3.us-east-1.vpce.amazonaws.com"


@pytest.fixture
def settings(
    s3_server: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., None]]:
    """Sets environment variables and has the client made anew, until the test ends.

    With `alone`, no other AWS variable and no file of settings counts.
    """
    nothing = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}

    def use(*, alone: bool = False, **variables: str) -> None:
        if alone:
            for name in [name for name in os.environ if name.startswith("AWS_")]:
                monkeypatch.delenv(name)
        for name, text in {**(nothing if alone else s3_server), **variables}.items():
            monkeypatch.setenv(name, text)
        client.cache_clear()

    yield use
    client.cache_clear()


def race(attempt: Callable[[int], str]) -> list[str | ConflictError]:
    """What came of so many writers that begin together."""
    barrier = Barrier(WRITERS)

    def enter(number: int) -> str | ConflictError:
        barrier.wait()
        try:
            return attempt(number)
        except ConflictError as error:
            return error

    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(enter, range(WRITERS)))


@pytest.mark.parametrize(
    ("uri", "bucket", "prefix"),
    [
        ("s3://milepost-raw", "milepost-raw", ""),
        ("s3://milepost-raw/", "milepost-raw", ""),
        ("s3://milepost-raw/simulated", "milepost-raw", "simulated"),
        ("s3://milepost-raw/a/b=1/c.d_e-F/", "milepost-raw", "a/b=1/c.d_e-F"),
        ("s3://milepost.raw.2/..a/b..", "milepost.raw.2", "..a/b.."),
    ],
)
def test_a_plain_uri_is_read(uri: str, bucket: str, prefix: str) -> None:
    assert Location.parse(uri) == Location(bucket, prefix)


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "milepost-raw/simulated",
        "/data/simulated",
        "file:///data/simulated",
        "https://milepost-raw/simulated",
        "S3://milepost-raw/simulated",
        "s3:/milepost-raw/simulated",
        "s3:///simulated",
        "s3://ab/simulated",
        "s3://Milepost/simulated",
        "s3://mile_post/simulated",
        "s3://user@milepost/simulated",
        "s3://milepost:80/simulated",
        f"s3://{'a' * 64}/simulated",
        "s3://milepost-raw/..",
        "s3://milepost-raw/a/../b",
        "s3://milepost-raw/./a",
        "s3://milepost-raw//a",
        "s3://milepost-raw/a//b",
        "s3://milepost-raw/a\\b",
        "s3://milepost-raw/it's",
        's3://milepost-raw/"quoted"',
        "s3://milepost-raw/a'); drop table loads; --",
        "s3://milepost-raw/*/x.parquet",
        "s3://milepost-raw/{a,b}",
        "s3://milepost-raw/a?versionId=1",
        "s3://milepost-raw/a#b",
        "s3://milepost-raw/a%2e%2e",
        "s3://milepost-raw/a b",
        "s3://milepost-raw/a\n",
        "s3://milepost-raw\n/a",
        "s3://milepost-raw/a\0b",
        "s3://milepost-raw/größe",
    ],
)
def test_a_uri_that_is_not_safe_in_a_path_or_in_sql_is_refused(uri: str) -> None:
    with pytest.raises(StorageError, match="is not an S3 location\nhint: write s3://bucket/prefix"):
        Location.parse(uri)


def test_a_location_names_its_objects() -> None:
    below, root = Location("milepost-raw", "a/b"), Location("milepost-raw", "")
    assert (below.key("c"), below.uri("c"), below.uri()) == (
        "a/b/c",
        "s3://milepost-raw/a/b/c",
        "s3://milepost-raw/a/b",
    )
    assert (root.key("c"), root.uri("c"), root.uri()) == (
        "c",
        "s3://milepost-raw/c",
        "s3://milepost-raw",
    )


def test_what_was_put_is_got_back_with_the_same_etag(raw: Location) -> None:
    etag = s3.put(raw, "folder/one", b"\0 bytes \xff")
    found = s3.get(raw, "folder/one")
    assert found is not None
    assert found[0] == b"\0 bytes \xff"
    assert found[1].strip('"') == etag
    assert list(s3.listing(raw)) == [s3.ObjectMeta("folder/one", 9, etag, s3.clock(raw))]


def test_an_object_that_is_not_there_is_none(raw: Location) -> None:
    assert s3.get(raw, "nothing") is None
    assert list(s3.listing(raw)) == []


def test_a_listing_stays_below_its_location_and_prefix(raw: Location) -> None:
    neighbour = Location(raw.bucket, f"{raw.prefix}-neighbour")
    for place, name in [(raw, "a/1"), (raw, "ab/2"), (raw, "b/3"), (neighbour, "a/4")]:
        s3.put(place, name, b"x")
    assert [item.name for item in s3.listing(raw)] == ["a/1", "ab/2", "b/3"]
    assert [item.name for item in s3.listing(raw, "a/")] == ["a/1"]
    in_bucket = {item.name for item in s3.listing(Location(raw.bucket, ""), raw.prefix)}
    assert {f"{raw.prefix}/a/1", f"{neighbour.prefix}/a/4"} <= in_bucket


def test_a_listing_goes_on_after_its_first_page(raw: Location) -> None:
    with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
        list(pool.map(lambda n: s3.put(raw, f"{n:04}", b""), range(1_003)))
    assert [item.name for item in s3.listing(raw)] == [f"{n:04}" for n in range(1_003)]


def test_a_new_object_is_not_replaced(raw: Location) -> None:
    conditional.create(raw, "one", b"first")
    with pytest.raises(ConflictError, match=r"/one`: another writer was first\nhint: look at"):
        conditional.create(raw, "one", b"second")
    found = s3.get(raw, "one")
    assert found is not None
    assert found[0] == b"first"


def test_of_writers_of_one_new_object_exactly_one_wins(raw: Location) -> None:
    outcomes = race(lambda n: conditional.create(raw, "one", f"{n}".encode()))
    (winner,) = [n for n, outcome in enumerate(outcomes) if isinstance(outcome, str)]
    found = s3.get(raw, "one")
    assert found is not None
    assert found[0] == f"{winner}".encode()


def test_of_writers_that_replace_one_version_exactly_one_wins(raw: Location) -> None:
    before = s3.put(raw, "pointer", b"before")
    outcomes = race(lambda n: conditional.replace(raw, "pointer", f"{n}".encode(), before))
    (winner,) = [n for n, outcome in enumerate(outcomes) if isinstance(outcome, str)]
    found = s3.get(raw, "pointer")
    assert found is not None
    assert found[0] == f"{winner}".encode()


def test_an_etag_matches_as_put_and_as_get_return_it(raw: Location) -> None:
    etag = s3.put(raw, "pointer", b"1")
    conditional.replace(raw, "pointer", b"2", etag)
    found = s3.get(raw, "pointer")
    assert found is not None
    conditional.replace(raw, "pointer", b"3", found[1])
    with pytest.raises(ConflictError):
        conditional.replace(raw, "pointer", b"4", etag)


def test_a_condition_has_the_etag_in_quotes(raw: Location) -> None:
    """As HTTP wants it; the server of these tests takes it without them, too."""
    sent: list[str] = []

    def note(request: Any, **_: Any) -> None:
        sent.append(request.headers["If-Match"].decode())

    etag = s3.put(raw, "pointer", b"1")
    events = client().meta.events
    operations = ("PutObject", "DeleteObject")
    for operation in operations:
        events.register(f"before-send.s3.{operation}", note)
    try:
        conditional.rewrite(raw, "pointer", b"1", etag)
        newer = conditional.replace(raw, "pointer", b"2", etag)
        conditional.remove_version(raw, "pointer", newer)
    finally:
        for operation in operations:
            events.unregister(f"before-send.s3.{operation}", note)
    assert sent == [f'"{etag}"', f'"{etag}"', f'"{newer}"']


def test_replacing_what_somebody_removed_is_a_lost_race(raw: Location) -> None:
    etag = s3.put(raw, "pointer", b"1")
    client().delete_object(Bucket=raw.bucket, Key=raw.key("pointer"))
    with pytest.raises(ConflictError):
        conditional.replace(raw, "pointer", b"2", etag)
    assert s3.get(raw, "pointer") is None


@pytest.mark.parametrize("refusal", [None, "404-NoSuchKey_before", "412-PreconditionFailed_before"])
def test_a_condition_on_an_object_that_is_gone_is_a_lost_race(
    raw: Location, monkeypatch: pytest.MonkeyPatch, refusal: str | None
) -> None:
    """AWS answers 404, other servers 412."""
    etag = s3.put(raw, "pointer", b"1")
    s3.remove(raw, ["pointer"])
    with before_the_server(monkeypatch) as between:
        between.plan = lambda _, method, __: refusal if method in {"PUT", "DELETE"} else None
        for write in (
            lambda: conditional.replace(raw, "pointer", b"2", etag),
            lambda: conditional.rewrite(raw, "pointer", b"1", etag),
            lambda: conditional.remove_version(raw, "pointer", etag),
        ):
            with pytest.raises(ConflictError, match="another writer was first"):
                write()
    assert s3.get(raw, "pointer") is None


def test_an_unreachable_endpoint_is_named(settings: Callable[..., None]) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{unused.getsockname()[1]}"
        settings(AWS_ENDPOINT_URL=endpoint)
        with pytest.raises(StorageError) as caught:
            s3.get(Location.parse("s3://milepost-raw/a"), "b")
    assert caught.value.message == (
        f"reading `s3://milepost-raw/a/b`: S3 cannot be reached at {endpoint}"
    )
    assert "make s3-start" in caught.value.hint


def test_a_wrong_secret_is_refused(settings: Callable[..., None]) -> None:
    key = str(endpoint().key)
    url = client().meta.endpoint_url
    settings(
        alone=True,
        AWS_ENDPOINT_URL=url,
        AWS_DEFAULT_REGION="us-east-1",
        AWS_ACCESS_KEY_ID=key,
        AWS_SECRET_ACCESS_KEY="wrong",
    )
    for use in (
        lambda: s3.get(Location.parse("s3://milepost-raw/a"), "b"),
        lambda: s3.put(Location.parse("s3://milepost-raw/a"), "b", b""),
        lambda: list(s3.listing(Location.parse("s3://milepost-raw/a"))),
    ):
        with pytest.raises(StorageError, match=r"s3://milepost-raw/a.*: refused \(") as caught:
            use()
        assert "AWS_ACCESS_KEY_ID" in caught.value.hint
        assert "wrong\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "code", "message", "hint"),
    [
        *(
            (
                400,
                code,
                "the credentials are not valid any more",
                "sign in again.*AWS_SESSION_TOKEN",
            )
            for code in ("ExpiredToken", "ExpiredTokenException", "InvalidToken", "RequestExpired")
        ),
        (301, "PermanentRedirect", "the bucket is in another region", "set AWS_DEFAULT_REGION"),
        (400, "AuthorizationHeaderMalformed", "in another region", "set AWS_DEFAULT_REGION"),
        (400, "IllegalLocationConstraintException", "another region", "set AWS_DEFAULT_REGION"),
        (403, "RequestTimeTooSkewed", "this machine's clock differs", "set the clock"),
    ],
)
def test_what_a_person_can_mend_has_a_hint_of_its_own(
    raw: Location, monkeypatch: pytest.MonkeyPatch, status: int, code: str, message: str, hint: str
) -> None:
    with before_the_server(monkeypatch) as between:
        between.plan = lambda _, method, __: f"{status}-{code}_before" if method == "GET" else None
        for use in (lambda: s3.get(raw, "a"), lambda: list(s3.listing(raw))):
            with pytest.raises(StorageError, match=rf"{message}.* \({code}\)\nhint: {hint}"):
                use()


def test_the_region_that_a_hint_has_set_is_taken(settings: Callable[..., None]) -> None:
    """boto3 does not read AWS_REGION."""
    settings(alone=True, AWS_DEFAULT_REGION="eu-west-1", AWS_REGION="us-west-2", **KEYS)
    assert endpoint().region == "eu-west-1"


def test_without_credentials_the_hint_says_how_to_get_them(settings: Callable[..., None]) -> None:
    url = client().meta.endpoint_url
    settings(
        alone=True,
        AWS_EC2_METADATA_DISABLED="true",
        AWS_ENDPOINT_URL=url,
        AWS_DEFAULT_REGION="us-east-1",
    )
    with pytest.raises(StorageError, match=r"no S3 credentials\nhint: .*make -s env"):
        s3.get(Location.parse("s3://milepost-raw/a"), "b")
    with pytest.raises(StorageError, match="no S3 credentials"):
        endpoint()


def test_credentials_that_cannot_be_had_are_an_error_with_a_hint(
    settings: Callable[..., None], tmp_path: Path
) -> None:
    config = tmp_path / "config"
    config.write_text(
        "[profile lacking]\ncredential_process = /no/such/program\n"
        "[profile expired]\nsso_start_url = https://sign.in\nsso_region = us-east-1\n"
        "sso_account_id = 1\nsso_role_name = reader\n"
    )
    url = client().meta.endpoint_url
    there = {"AWS_ENDPOINT_URL": url, "AWS_DEFAULT_REGION": "us-east-1", "HOME": str(tmp_path)}
    for profile, message, hint in (
        ("lacking", "the settings for S3 do not work: .*/no/such/program", "AWS_PROFILE"),
        ("expired", "no S3 credentials: .*Token", "aws sso login"),
    ):
        settings(alone=True, **there, AWS_CONFIG_FILE=str(config), AWS_PROFILE=profile)
        for use in (
            endpoint,
            lambda: s3.get(Location.parse("s3://milepost-raw/a"), "b"),
        ):
            with pytest.raises(StorageError, match=message) as caught:
                use()
            assert hint in caught.value.hint


def test_credentials_are_asked_for_once_by_all_readers_until_the_client_is_made_anew(
    settings: Callable[..., None], tmp_path: Path, raw: Location
) -> None:
    """A profile may run a slow program for them, or have a person type a code."""
    local, url = endpoint(), client().meta.endpoint_url
    reply = {"Version": 1, "AccessKeyId": local.key, "SecretAccessKey": local.secret}
    (tmp_path / "reply").write_text(json.dumps(reply))
    config, runs = tmp_path / "config", tmp_path / "runs"
    program = f"sh -c 'echo >> {runs}; cat {tmp_path}/reply'"
    config.write_text(f"[profile asking]\ncredential_process = {program}\n")
    settings(
        alone=True,
        AWS_ENDPOINT_URL=url,
        AWS_DEFAULT_REGION="us-east-1",
        AWS_CONFIG_FILE=str(config),
        AWS_PROFILE="asking",
    )
    s3.put(raw, "a", b"0123")
    for _ in range(3):
        assert arrow.filesystem().open_input_file(raw.path("a")).read() == b"0123"
        assert endpoint().key == local.key
    assert runs.read_text() == "\n"
    client.cache_clear()
    assert endpoint().key == local.key
    assert runs.read_text() == "\n\n"


@pytest.mark.parametrize(
    ("variable", "text"),
    [("AWS_PROFILE", "nobody"), ("AWS_ENDPOINT_URL", "localhost:8333")],
)
def test_settings_that_do_not_work_are_named(
    settings: Callable[..., None], variable: str, text: str
) -> None:
    settings(**{variable: text})
    for use in (
        lambda: s3.get(Location.parse("s3://milepost-raw/a"), "b"),
        lambda: list(s3.listing(Location.parse("s3://milepost-raw/a"))),
        endpoint,
    ):
        with pytest.raises(StorageError, match=f"{text}.*\nhint: correct .*{variable}"):
            use()


def test_a_missing_bucket_is_named(s3_server: dict[str, str]) -> None:
    nowhere = Location.parse("s3://milepost-nowhere/a")
    for use in (
        lambda: s3.get(nowhere, "b"),
        lambda: s3.put(nowhere, "b", b""),
        lambda: list(s3.listing(nowhere)),
    ):
        with pytest.raises(StorageError, match=r"milepost-nowhere.*the bucket does not exist"):
            use()


def test_other_readers_are_told_endpoint_and_keys(settings: Callable[..., None]) -> None:
    local = endpoint()
    assert local.scheme == "http"
    assert str(local.host).startswith("127.0.0.1:")
    assert local.key
    assert local.secret
    assert local.secret not in repr(local)
    settings(
        alone=True,
        AWS_ACCESS_KEY_ID="key",
        AWS_SECRET_ACCESS_KEY="secret",
        AWS_SESSION_TOKEN="token",
        AWS_DEFAULT_REGION="eu-west-1",
    )
    assert endpoint() == Endpoint(
        key="key", secret="secret", token="token", region="eu-west-1", host=None, scheme="https"
    )


@pytest.mark.parametrize(
    ("region", "variables", "host"),
    [
        ("us-east-1", {}, None),
        ("eu-west-1", {}, None),
        ("us-east-1", {"AWS_ENDPOINT_URL": f"https://{PRIVATE}"}, PRIVATE),
        ("us-east-1", {"AWS_ENDPOINT_URL_S3": f"https://{PRIVATE}/"}, PRIVATE),
        ("us-east-1", {"AWS_USE_FIPS_ENDPOINT": "true"}, "s3-fips.us-east-1.amazonaws.com"),
        ("us-west-2", {"AWS_USE_FIPS_ENDPOINT": "true"}, "s3-fips.us-west-2.amazonaws.com"),
        (
            "eu-west-1",
            {"AWS_USE_DUALSTACK_ENDPOINT": "true"},
            "s3.dualstack.eu-west-1.amazonaws.com",
        ),
        # DuckDB and Sail would leave out the `.cn`.
        ("cn-north-1", {}, "s3.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_other_readers_look_where_boto3_does(
    settings: Callable[..., None], region: str, variables: dict[str, str], host: str | None
) -> None:
    hosts: list[str] = []

    def note(request: Any, **_: Any) -> None:
        hosts.append(urlsplit(request.url).netloc)
        raise InterruptedError

    settings(alone=True, AWS_DEFAULT_REGION=region, **KEYS, **variables)
    client().meta.events.register("before-send.s3.HeadObject", note)
    with pytest.raises(InterruptedError):
        client().head_object(Bucket="with.dots", Key="a")
    assert endpoint().host == host
    usual = "s3.amazonaws.com" if region == "us-east-1" else f"s3.{region}.amazonaws.com"
    assert hosts == [host or usual]
    assert ("url_style 'path'" in endpoint().duckdb_secret()) == bool(host)


def test_an_endpoint_of_the_file_of_settings_is_told_too(
    settings: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    config.write_text(
        f"[default]\nservices = ours\n[services ours]\ns3 =\n  endpoint_url = https://{PRIVATE}\n"
    )
    settings(alone=True, AWS_DEFAULT_REGION="us-east-1", AWS_CONFIG_FILE=str(config), **KEYS)
    assert endpoint().host == PRIVATE
    monkeypatch.setattr(os, "environ", dict(os.environ))
    set_endpoint_variables()
    assert os.environ["AWS_ENDPOINT_URL_S3"] == f"https://{PRIVATE}"
    assert "AWS_ENDPOINT_URL" not in os.environ  # where credentials would be renewed


def test_an_endpoint_with_a_path_is_refused(settings: Callable[..., None]) -> None:
    url = "https://x.example/storage/v1/s3"
    settings(alone=True, AWS_ENDPOINT_URL=url, AWS_DEFAULT_REGION="us-east-1", **KEYS)
    for use in (endpoint, lambda: s3.get(Location.parse("s3://milepost-raw/a"), "b")):
        with pytest.raises(StorageError, match=f"`{url}` has a path.*\nhint: set AWS_ENDPOINT_URL"):
            use()


def test_threads_that_begin_together_find_s3(raw: Location) -> None:
    """In a process of its own, so that no client is there yet."""
    program = f"""
from concurrent.futures import ThreadPoolExecutor
from milepost.storage import s3
from milepost.storage.location import Location
place = Location.parse({raw.uri()!r})
with ThreadPoolExecutor(4) as pool:
    list(pool.map(lambda n: s3.put(place, str(n), b"x"), range(8)))
print(len(list(s3.listing(place))))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, stdout=subprocess.PIPE, text=True
    )
    assert done.stdout == "8\n"


def test_a_file_that_is_not_what_its_digest_says_is_refused_by_the_server(store: Location) -> None:
    right = hashlib.sha256(b"abc").hexdigest()
    with pytest.raises(StorageError, match=r"writing `s3://.*/file`: S3 answered BadDigest"):
        upload(store, "file", pa.py_buffer(b"abd"), right)
    assert list(s3.listing(store)) == []
    upload(store, "file", pa.py_buffer(b"abc"), right)
    assert s3.sha256(store, "file") == (right, 3)


def test_a_large_file_goes_up_in_parts(store: Location, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "PART_BYTES", 10 * 2**20)
    body = pa.py_buffer(bytes(11 * 2**20))
    upload(store, "file", body, hashlib.sha256(body).hexdigest())
    (there,) = s3.listing(store)
    assert (there.bytes, there.etag.partition("-")[2]) == (11 * 2**20, "3")


def test_a_write_that_fails_waits_between_its_attempts_alone(
    raw: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    class FailingClient:
        def put_object(self, **_: object) -> None:
            calls.append("write")
            raise EndpointConnectionError(endpoint_url="http://gone")

    monkeypatch.setattr(conditional, "client", FailingClient)
    monkeypatch.setattr(s3, "wait_before_retry", lambda attempt: calls.append(f"wait {attempt}"))
    with pytest.raises(StorageError, match="cannot be reached"):
        conditional.create(raw, "one", b"1")
    waits = [call for n in range(s3.ATTEMPTS - 1) for call in (f"wait {n}", "write")]
    assert calls == ["write", *waits]


def test_boto3_sends_a_request_five_times(settings: Callable[..., None]) -> None:
    settings(AWS_ACCESS_KEY_ID="a", AWS_SECRET_ACCESS_KEY="b")
    assert vars(client().meta.config)["retries"]["total_max_attempts"] == 5


@pytest.mark.parametrize("in_parts", [False, True])
def test_a_copy_is_of_the_object_that_was_listed(
    raw: Location, store: Location, in_parts: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3.put(raw, "a", b"before")
    (item,) = s3.listing(raw)
    if in_parts:
        monkeypatch.setattr(uploads, "COPY_BYTES_MAX", 1)
    assert uploads.copy(raw, item, store, "kept")
    copied = s3.get(store, "kept")
    assert copied
    assert copied.body == b"before"
    s3.put(raw, "a", b"after!")
    assert not uploads.copy(raw, item, store, "kept again")
    s3.remove(raw, ["a"])
    assert not uploads.copy(raw, item, store, "kept again")
    assert s3.get(store, "kept again") is None


def test_the_end_of_an_object_is_read_alone(raw: Location) -> None:
    s3.put(raw, "a", b"0123456789")
    for size, body in ((3, b"789"), (10, b"0123456789"), (100, b"0123456789")):
        stored = s3.tail(raw, "a", 10, size)
        assert stored
        assert stored.body == body
    assert s3.tail(raw, "a", 100, 10) is None  # it is shorter than it was
    assert s3.tail(raw, "b", 10, 10) is None

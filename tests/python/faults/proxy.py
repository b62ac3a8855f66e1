"""A proxy before the S3 server that loses requests and replies, at the call that a plan chooses."""

from __future__ import annotations

import http.client
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from urllib.parse import urlsplit

import pytest

from milepost.storage.client import client

# What can become of a call. `..._after`: the server has acted when it happens.
FAULTS = (
    *("reset_before", "reset_after", "500_before", "500_after", "503_before", "503_after"),
    *("409_before", "stall_before", "stall_after", "truncate_after"),
)
# Also a status and a code that the server of these tests has not: `404-NoSuchKey_before`.
# By the number of the call, its method and its path.
Plan = Callable[[int, str, str], str | None]


class Proxy(ThreadingHTTPServer):
    """Passes calls on; `plan` says for each what goes wrong with it, and `kill` ends the caller."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, upstream: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = urlsplit(upstream).netloc
        self.plan: Plan = lambda *_: None
        self.kill: Callable[[], None] = lambda: None
        self.calls: list[tuple[str, str]] = []
        self.headers: list[Message] = []
        self.released = threading.Event()
        self.lock = threading.Lock()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller that was killed is no error."""


@contextmanager
def proxy(upstream: str) -> Iterator[Proxy]:
    server = Proxy(upstream)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def before_the_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """Pass the requests of this process through a proxy."""
    with proxy(client().meta.endpoint_url) as between, monkeypatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", between.endpoint)
        client.cache_clear()
        try:
            yield between
        finally:
            patch.undo()
            client.cache_clear()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Proxy

    def _pass_on(self) -> None:
        body = self._body()
        with self.server.lock:
            self.server.calls.append((self.command, self.path))
            self.server.headers.append(self.headers)
            fault = self.server.plan(len(self.server.calls), self.command, self.path)
        if fault == "kill_before":
            self.server.kill()
        if fault and fault.endswith("_before"):
            self._fail(fault)
            return
        try:
            status, headers, reply = self._forward(body)
        except (OSError, http.client.HTTPException):  # the server is down
            self._fail("reset")
            return
        if fault == "kill_after":
            self.server.kill()
        if fault == "truncate_after" and self.command == "GET" and len(reply) > 1:
            self._reply(status, headers, reply[: len(reply) // 2])
            self._fail("reset")
        elif fault and fault != "truncate_after":
            self._fail(fault)
        else:
            self._reply(status, headers, reply)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _pass_on  # noqa: N815 - http.server's names

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def _forward(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        upstream = http.client.HTTPConnection(self.server.upstream, timeout=30)
        hop = {"connection", "expect", "transfer-encoding", "content-length"}
        try:
            # The Host header as it was signed.
            upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, text in self.headers.items():
                if name.lower() not in hop:
                    upstream.putheader(name, text)
            upstream.putheader("Content-Length", str(len(body)))
            upstream.endheaders(body)
            reply = upstream.getresponse()
            return reply.status, reply.getheaders(), reply.read()
        finally:
            upstream.close()

    def _reply(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        for name, text in headers:
            if name.lower() not in {"connection", "transfer-encoding"}:
                self.send_header(name, text)
        if not any(name.lower() == "content-length" for name, _ in headers):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _fail(self, fault: str) -> None:
        kind, _, code = fault.split("_")[0].partition("-")
        if kind.isdigit():
            codes = {"500": "InternalError", "503": "SlowDown", "409": "ConditionalRequestConflict"}
            code = code or codes[kind]
            body = f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()
            self._reply(int(kind), [("Content-Type", "application/xml")], body)
            return
        if kind == "stall":  # until the caller has given up
            self.connection.settimeout(20)
            with suppress(OSError):
                self.connection.recv(1)
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


numbers = count(1)

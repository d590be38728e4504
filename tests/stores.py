"""Which object store do the tests have? A server of S3, and a proxy that makes trouble."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from typing import Any

import pytest

ACCESS = {
    "AWS_ACCESS_KEY_ID": "nobody",
    "AWS_SECRET_ACCESS_KEY": "nothing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""What the environment tells clients of any such server."""

_NOT_PASSED_ON = {
    "connection",
    "transfer-encoding",
    "content-length",
    "expect",
    "server",
    "date",
}
"""Headers that are of one connection."""


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The address of a server of S3 on this machine."""
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with open(os.devnull, "wb") as nowhere:
        program = subprocess.Popen(command, stdout=nowhere, stderr=nowhere)
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"{address}/moto-api/", timeout=5).close()
                break
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.1)
        yield address
    finally:
        program.kill()
        program.wait()


@pytest.fixture
def s3(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An empty server with one bucket, `bucket`, that the environment leads to; its client."""
    urllib.request.urlopen(
        urllib.request.Request(f"{s3_server}/moto-api/reset", method="POST"), timeout=10
    ).close()
    for name, value in (ACCESS | {"AWS_ENDPOINT_URL": s3_server}).items():
        monkeypatch.setenv(name, value)
    client = import_module("boto3").client("s3")
    client.create_bucket(Bucket="bucket")
    return client


def stored(s3: Any, prefix: str = "out/") -> dict[str, bytes]:
    """The objects whose keys begin so, by the rest of their keys."""
    listed = s3.list_objects_v2(Bucket="bucket", Prefix=prefix).get("Contents", [])
    keys = [each["Key"] for each in listed]
    return {
        key.removeprefix(prefix): s3.get_object(Bucket="bucket", Key=key)["Body"].read()
        for key in keys
    }


class Proxy(ThreadingHTTPServer):
    """A server that asks another one, but for what `trouble` has of the requests, by their numbers
    from 1: one of `TROUBLES`, or none.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, server: str) -> None:
        super().__init__(("127.0.0.1", 0), _Passing)
        self.behind = server.removeprefix("http://")
        self.trouble: Callable[[int], str | None] = lambda number: None
        self.n_requests = 0
        self._n_under_way = 0
        self._lock = threading.Lock()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """While a request is answered."""
        with self._lock:
            self._n_under_way += 1
        try:
            yield
        finally:
            with self._lock:
                self._n_under_way -= 1

    def wait(self) -> None:
        """Wait until nothing is under way, also of those who have died meanwhile."""
        while self._n_under_way:
            time.sleep(0.01)

    def next_trouble(self) -> str | None:
        with self._lock:
            self.n_requests += 1
            return self.trouble(self.n_requests)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of who went away."""


TROUBLES = {
    "500": "answers 500",
    "503": "answers 503",
    "dropped": "closes the connection without an answer",
    "unheard": "closes the connection when it has done what was asked",
    "cut": "ends its answer in the middle",
    "slow": "answers after 2 s",
}
"""What a store does to a request."""


class _Passing(BaseHTTPRequestHandler):
    server: Proxy
    protocol_version = "HTTP/1.1"

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        n_bytes = int(self.headers.get("Content-Length", 0))
        sent = self.rfile.read(n_bytes)
        if len(sent) < n_bytes:  # who asked has died meanwhile; a store takes no half object
            self.close_connection = True
            return
        with self.server.under_way():
            self._pass_on(sent)

    def _pass_on(self, sent: bytes) -> None:
        trouble = self.server.next_trouble()
        if trouble == "dropped":
            self.close_connection = True
            return
        if trouble in {"500", "503"}:
            self._answer(int(trouble), {}, b"")
            return
        if trouble == "slow":
            time.sleep(2)
        status, headers, body = self._asked(sent)
        if trouble == "unheard":
            self.close_connection = True
            return
        self._answer(status, headers, body, n_sent=len(body) // 2 if trouble == "cut" else None)

    def _asked(self, sent: bytes) -> tuple[int, dict[str, str], bytes]:
        with closing(http.client.HTTPConnection(self.server.behind, timeout=60)) as behind:
            headers = {
                name: value
                for name, value in self.headers.items()
                if name.lower() not in _NOT_PASSED_ON
            }
            behind.request(self.command, self.path, body=sent or None, headers=headers)
            answer = behind.getresponse()
            body = answer.read()
            if self.command == "HEAD":
                headers = {"Content-Length": answer.headers.get("Content-Length", "0")}
            else:
                headers = {"Content-Length": str(len(body))}
            passed = {k: v for k, v in answer.getheaders() if k.lower() not in _NOT_PASSED_ON}
            return answer.status, passed | headers, body

    def _answer(
        self, status: int, headers: dict[str, str], body: bytes, n_sent: int | None = None
    ) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": "0"} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[:n_sent])
        self.close_connection |= n_sent is not None

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        """Say nothing."""


@contextmanager
def proxy_before(server: str) -> Iterator[Proxy]:
    with Proxy(server) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        yield proxy
        proxy.shutdown()

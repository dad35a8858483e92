"""The client of the public doors asks for what it was told to."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from kith_cli.client import Kith


class Echo(BaseHTTPRequestHandler):
    """Answers with the address it was asked for."""

    def do_GET(self) -> None:
        body = f'"{self.path}"'.encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing of it is of interest."""


@pytest.fixture
def kith() -> Iterator[Kith]:
    with HTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        with Kith(f"http://127.0.0.1:{server.server_port}", "127.0.0.1:1") as kith:
            yield kith
        server.shutdown()
        thread.join()


def test_a_query_stands_in_the_path_or_is_given(kith: Kith) -> None:
    assert kith.get("/v1/audit?pageSize=7") == "/v1/audit?pageSize=7"
    assert kith.get("/v1/audit", pageSize=7, pageToken=None) == "/v1/audit?pageSize=7"
    assert kith.get("/v1/audit", pageToken=None) == "/v1/audit"

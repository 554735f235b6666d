"""A proxy in front of a plane that counts what a client asks of it, and can step in."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

BEFORE, AFTER = "before", "after"
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


@dataclass
class Counted:
    """Calls and bytes, both ways, since the last ``restart``. Thread-safe.

    ``on_call`` is told of each call, where it has a name, before it is forwarded and
    before its answer is given back; False ends it there.
    """

    endpoint: str = ""
    on_call: Callable[[str, str], bool] = lambda action, moment: True
    calls: int = 0
    sent_and_received: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def restart(self) -> None:
        """Begin to count anew."""
        with self._lock:
            self.calls = self.sent_and_received = 0

    def add(self, size: int) -> None:
        """Count one call."""
        with self._lock:
            self.calls += 1
            self.sent_and_received += size


@contextmanager
def counting(endpoint: str) -> Iterator[Counted]:
    """Give a second endpoint to the plane at ``endpoint``, whose calls are counted."""
    counted = Counted()
    target = urlsplit(endpoint).netloc
    # The signature covers the host, so the request keeps the one that it was sent to.
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(target, counted))
    counted.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield counted
    finally:
        server.shutdown()
        server.server_close()


def _action(target: str, body: bytes) -> str:
    """Return the call's name, of the JSON protocols or of the query protocol."""
    if target:
        return target.rpartition(".")[2]
    return parse_qs(body.decode(errors="replace")).get("Action", [""])[0]


def _handler(target: str, counted: Counted) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            action = _action(self.headers.get("X-Amz-Target", ""), body)
            if not counted.on_call(action, BEFORE):
                self.close_connection = True
                return
            upstream = http.client.HTTPConnection(target, timeout=60)
            try:
                upstream.request(self.command, self.path, body, dict(self.headers))
                answer = upstream.getresponse()
                content = answer.read()
            finally:
                upstream.close()
            counted.add(len(body) + len(content))
            if not counted.on_call(action, AFTER):
                self.close_connection = True
                return
            # A client that a signal ended waits for no answer.
            with suppress(ConnectionError):
                self._answer(answer, content)

        def _answer(self, answer: http.client.HTTPResponse, content: bytes) -> None:
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in _HOP_BY_HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _forward

        def log_message(self, format: str, *args: object) -> None:
            """Keep the terminal clean."""

    return Handler

"""Send signed HTTP requests at a steady rate, as ``ports.Traffic``.

Requests leave when they are due, whether those before were answered or not, as users'
requests do: a version that has become slow is not spared. Connections are kept, so that
the machine's time goes to the requests.
"""

from __future__ import annotations

import http.client
import itertools
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from delivery.aws.clients import Clients
from delivery.aws.errors import told_in_our_words
from delivery.model import RequestKind, TrafficPlan, TrafficReport

# Requests under way at once; beyond it the machine, or the API, does not keep up, and
# what is due is left out and counted as not sent.
_MOST_UNDER_WAY = 160
# API Gateway gives an integration 29 s.
_TIMEOUT_SECONDS = 35.0


@dataclass(frozen=True, slots=True)
class SignedTraffic:
    """Traffic signed with the clients' credentials, sent to their endpoint if any."""

    clients: Clients

    def start(self, plan: TrafficPlan) -> Sender:
        with told_in_our_words("read the API's key", local=self.clients.local):
            key = self._api_key(plan.api_key_id)
        sender = Sender(plan, _Signer(self.clients, plan.api_url, key))
        sender.begin()
        return sender

    def _api_key(self, key_id: str) -> str:
        if not key_id:
            return ""
        gateway = self.clients.get("apigateway")
        return str(gateway.get_api_key(apiKey=key_id, includeValue=True)["value"])


class _Signer:
    """Signs a request for ``execute-api``, and knows where to send it."""

    def __init__(self, clients: Clients, api_url: str, api_key: str) -> None:
        from botocore.auth import SigV4Auth

        credentials = clients.session().get_credentials().get_frozen_credentials()
        self._auth = SigV4Auth(credentials, "execute-api", clients.region)
        self._api_url = api_url.rstrip("/")
        self._host = urlsplit(api_url).netloc
        self._key = api_key
        self.address = urlsplit(clients.sent_to or api_url)

    def headers(self, kind: RequestKind, body: bytes) -> dict[str, str]:
        """Return the headers of one request."""
        from botocore.awsrequest import AWSRequest

        request = AWSRequest(
            method=kind.method, url=f"{self._api_url}{kind.path}", data=body
        )
        request.headers["Host"] = self._host
        if body:
            request.headers["Content-Type"] = "application/json"
        if self._key:
            request.headers["x-api-key"] = self._key
        self._auth.add_auth(request)
        return dict(request.headers.items())

    def path(self, kind: RequestKind) -> str:
        """Return the path and query to ask for."""
        parts = urlsplit(f"{self._api_url}{kind.path}")
        return parts.path + (f"?{parts.query}" if parts.query else "")

    def connect(self) -> http.client.HTTPConnection:
        """Return a new connection."""
        secure = self.address.scheme == "https"
        make = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        return make(self.address.netloc, timeout=_TIMEOUT_SECONDS)


@dataclass
class Sender:
    """Traffic that is being sent, as ``ports.RunningTraffic``."""

    plan: TrafficPlan
    signer: Any
    _stopping: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _local: threading.local = field(default_factory=threading.local)
    _by_status: Counter[int] = field(default_factory=Counter)
    _by_kind: Counter[str] = field(default_factory=Counter)
    _failed: Counter[str] = field(default_factory=Counter)
    _asked: int = 0
    _under_way: int = 0
    _slowest: float = 0.0
    _ended: float | None = None

    def begin(self) -> None:
        """Begin to send."""
        self._began = time.monotonic()
        self._pool = ThreadPoolExecutor(_MOST_UNDER_WAY, thread_name_prefix="traffic")
        self._thread = threading.Thread(target=self._send_all, daemon=True)
        self._thread.start()

    def so_far(self) -> TrafficReport:
        with self._lock:
            return TrafficReport(
                asked=self._asked,
                rate=self.plan.rate,
                seconds=(self._ended or time.monotonic()) - self._began,
                by_status=dict(self._by_status),
                by_kind=dict(self._by_kind),
                failed_by_kind=dict(self._failed),
                slowest_seconds=self._slowest,
            )

    def stop(self) -> TrafficReport:
        self._stopping.set()
        self._thread.join()
        self._ended = self._ended or time.monotonic()
        self._pool.shutdown(wait=True)
        return self.so_far()

    def _send_all(self) -> None:
        """Hand out each request when it is due."""
        for number, (kind, body) in enumerate(requests_of(self.plan.mix)):
            due = self._began + number / self.plan.rate
            if self._stopping.wait(max(0.0, due - time.monotonic())):
                return
            with self._lock:
                self._asked += 1
                if self._under_way >= _MOST_UNDER_WAY:
                    continue
                self._under_way += 1
            self._pool.submit(self._send, kind, body)

    def _send(self, kind: RequestKind, body: bytes) -> None:
        began = time.monotonic()
        status = self._answered(kind, body)
        with self._lock:
            self._under_way -= 1
            self._by_status[status] += 1
            self._by_kind[kind.name] += 1
            self._failed[kind.name] += not 200 <= status < 300
            self._slowest = max(self._slowest, time.monotonic() - began)

    def _answered(self, kind: RequestKind, body: bytes) -> int:
        """Return the status of the answer; 0 when there was none.

        A kept connection that the other side has closed meanwhile is no failure of the
        request, which is sent once more by a new one.
        """
        for connection, kept in self._connections():
            try:
                connection.request(
                    kind.method,
                    self.signer.path(kind),
                    body or None,
                    self.signer.headers(kind, body),
                )
                answer = connection.getresponse()
                answer.read()
                return answer.status
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                self._local.connection = None
                if not kept or isinstance(error, TimeoutError):
                    return 0
        return 0

    def _connections(self) -> Iterator[tuple[http.client.HTTPConnection, bool]]:
        kept = getattr(self._local, "connection", None)
        if kept is not None:
            yield kept, True
        self._local.connection = self.signer.connect()
        yield self._local.connection, False


def send_once(
    clients: Clients, url: str, *, method: str, path: str, body: bytes, api_key: str
) -> int:
    """Send one signed request and return the status of its answer; 0 without one."""
    kind = RequestKind("once", method, path, 1.0)
    signer = _Signer(clients, url, api_key)
    connection = signer.connect()
    try:
        connection.request(
            method, signer.path(kind), body or None, signer.headers(kind, body)
        )
        answer = connection.getresponse()
        answer.read()
        return answer.status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def requests_of(mix: tuple[RequestKind, ...]) -> Iterator[tuple[RequestKind, bytes]]:
    """Yield requests without end, each kind by its share, evenly mixed.

    The kind that is furthest behind its share comes next.
    """
    total = sum(kind.share for kind in mix)
    bodies = {kind.name: itertools.cycle(kind.bodies) for kind in mix}
    sent: Counter[str] = Counter()
    for number in itertools.count(1):
        kind = max(mix, key=lambda k: number * k.share / total - sent[k.name])
        sent[kind.name] += 1
        yield kind, next(bodies[kind.name])

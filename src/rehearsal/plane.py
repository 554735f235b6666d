"""What every service of the plane shares: where it is, its clock, its clients, its faults."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rehearsal.asking import Place
from rehearsal.clock import Clock
from rehearsal.events import EventBus
from rehearsal.faults import Faults
from rehearsal.identity import INSIDE, SessionKeys
from rehearsal.limits import Limits
from rehearsal.metrics import Metrics
from rehearsal.permissions import Permissions
from rehearsal.trail import Trail

ACCOUNT = "123456789012"
REGION = "us-east-1"


@dataclass(frozen=True, slots=True)
class NotRehearsed:
    """Something a template asks for and the plane did not make."""

    resource: str
    type: str
    reason: str


class Shared:
    """What all places of the plane have in common, beside clock and faults.

    Attributes:
        permissions: IAM is one for all regions; roles say which account they are of.
        pushed: who hears of a push to a branch, and gives the executions it started.
    """

    def __init__(self) -> None:
        self.permissions = Permissions()
        self.pushed: list[Callable[[str], list[str]]] = []
        self._lock = threading.Lock()
        self._not_rehearsed: dict[tuple[str, str], NotRehearsed] = {}
        self._making = threading.Lock()
        self._session: Any = None

    def note(self, found: NotRehearsed) -> None:
        """Record what was not made; the last word on a resource and type counts."""
        with self._lock:
            self._not_rehearsed[found.resource, found.type] = found

    def noted(self) -> list[NotRehearsed]:
        """Return what was asked for and not made, in order of first mention."""
        with self._lock:
            return list(self._not_rehearsed.values())

    def regions(self) -> list[str]:
        """Return the names of AWS's regions."""
        with self._making:
            found: list[str] = self._boto3().get_available_regions("cloudformation")
        return found

    def make_client(self, service: str, **settings: Any) -> Any:
        """Return a new boto3 client."""
        # One session for all: each has service models of its own, 5 to 10 MB a client.
        with self._making:
            return self._boto3().client(service, **settings)

    def _boto3(self) -> Any:
        import boto3

        if self._session is None:
            self._session = boto3.session.Session()
        return self._session


@dataclass
class Plane:
    """The context that the services of one place are built with.

    Attributes:
        home: the context of the plane's first place, which this one ends with; None there.
    """

    endpoint_url: str
    state_dir: Path
    clock: Clock
    faults: Faults = field(default_factory=Faults)
    account: str = ACCOUNT
    region: str = REGION
    home: Plane | None = None

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, str | None], Any] = {}
        self._work = ThreadPoolExecutor(max_workers=64, thread_name_prefix="plane")
        self._closers: list[Callable[[], None]] = []
        self.events = EventBus(self)
        self.metrics = Metrics()
        self.limits = Limits()
        self.trail = Trail()
        self.shared: Shared = self.home.shared if self.home else Shared()
        self.permissions = self.shared.permissions

    def elsewhere(self, place: Place) -> Plane:
        """Return a context for another place, which ends with this one."""
        other = Plane(
            self.endpoint_url,
            self.state_dir,
            self.clock,
            self.faults,
            account=place.account,
            region=place.region,
            home=self,
        )
        self.on_close(other.close)
        return other

    def directory(self, *names: str) -> Path:
        """Return a folder of this place's state on disk, made if needed."""
        own = ("places", self.account, self.region) if self.home else ()
        path = self.state_dir.joinpath(*own, *names)
        path.mkdir(parents=True, exist_ok=True)
        return path

    def on_close(self, closer: Callable[[], None]) -> None:
        """Call ``closer`` when the plane stops: to end processes that a service started."""
        self._closers.append(closer)

    def close(self) -> None:
        """End what the services started."""
        for closer in reversed(self._closers):
            _logged(closer)
        self._work.shutdown(wait=False, cancel_futures=True)

    def spawn(self, work: Callable[..., None], *args: Any) -> None:
        """Run ``work`` in the background; what it raises is logged, never lost."""
        self._work.submit(_logged, work, *args)

    @property
    def own_keys(self) -> SessionKeys:
        """Return the keys of the plane itself, which may do all in its account."""
        return SessionKeys(self.account, "plane", "")

    def session_keys(self, role_arn: str, session_name: str) -> SessionKeys:
        """Assume ``role_arn`` by STS and return the session's keys."""
        answer = self.client("sts").assume_role(
            RoleArn=role_arn, RoleSessionName=session_name[:64]
        )
        keys = answer["Credentials"]
        return SessionKeys(
            keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]
        )

    def client(self, service: str, role_arn: str | None = None) -> Any:
        """Return a boto3 client to this plane, acting as ``role_arn`` (or as the plane)."""
        with self._lock:
            cached = self._clients.get((service, role_arn))
        if cached is not None:
            return cached
        client = self._make_client(service, role_arn)
        with self._lock:
            return self._clients.setdefault((service, role_arn), client)

    def not_rehearsed(self, resource: str, type_name: str, reason: str) -> None:
        """Record that ``resource`` was asked for and not made."""
        self.shared.note(NotRehearsed(resource, type_name, reason))

    def client_with(self, service: str, keys: SessionKeys, *, retries: int = 1) -> Any:
        """Return a new boto3 client to this plane that acts with ``keys``."""
        from botocore.config import Config

        config = Config(
            retries={"max_attempts": retries, "mode": "standard"},
            max_pool_connections=32,
            read_timeout=900,
            user_agent_extra=INSIDE,
        )
        return self.shared.make_client(
            service,
            region_name=self.region,
            endpoint_url=self.endpoint_url,
            aws_access_key_id=keys.access_key,
            aws_secret_access_key=keys.secret_key,
            aws_session_token=keys.session_token or None,
            config=config,
        )

    def _make_client(self, service: str, role_arn: str | None) -> Any:
        keys = self.own_keys
        if role_arn is not None:
            keys = self.session_keys(role_arn, f"plane-{service}")
        return self.client_with(service, keys)


def _logged(work: Callable[..., None], *args: Any) -> None:
    import logging

    try:
        work(*args)
    except Exception:
        logging.getLogger("rehearsal").exception("background work broke")

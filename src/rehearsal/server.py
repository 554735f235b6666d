"""Serve the plane on 127.0.0.1 until it is stopped."""

from __future__ import annotations

import json
import logging
import os
import signal
import threading
import warnings
from functools import partial
from pathlib import Path
from typing import Any

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import BaseWSGIServer, ThreadedWSGIServer

from rehearsal import __version__
from rehearsal.buckets import respect_conditions
from rehearsal.clock import Clock
from rehearsal.deliveries import keep_from_publishers
from rehearsal.frontdoor import FrontDoor
from rehearsal.plane import REGION, Plane
from rehearsal.secrets import read_by_label
from rehearsal.services import Sites

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
# So often the server looks whether it shall end.
LOOK_SECONDS = 0.05


class _Handler(MotoRequestHandler):  # type: ignore[misc]
    # HTTP/1.1 keeps connections and answers `Expect: 100-continue`, without which S3 uploads
    # wait a second each. Nagle's algorithm would hold back the body behind the headers.
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_request(self, *args: Any, **kwargs: Any) -> None:
        """Keep the log for what goes wrong: a line a request would bury it."""


class _Server(ThreadedWSGIServer):
    request_queue_size = 512
    daemon_threads = True


def serve(*, port: int, state_dir: Path, speed: float) -> None:
    """Run the plane in this process; returns when it was asked to stop.

    Raises:
        OSError: when the port is taken.
    """
    state_dir.mkdir(parents=True, exist_ok=True)
    # moto reads these when its modules load: no real keys, no delays.
    os.environ.setdefault("AWS_ACCESS_KEY_ID", "PLANE")
    os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "plane")
    os.environ.setdefault("AWS_DEFAULT_REGION", REGION)
    # Roles attach AWS's own policies, which moto knows when asked to.
    os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
    # Codes that every service has, like Throttling, are in no service's model.
    warnings.filterwarnings("ignore", message=".*does not match an error shape")
    plane = Plane(
        endpoint_url=f"http://{HOST}:{port}",
        state_dir=state_dir.resolve(),
        clock=Clock(speed),
    )
    _tell_moto_the_time(plane.clock)
    respect_conditions()
    read_by_label()
    keep_from_publishers()
    stopping = threading.Event()
    door = FrontDoor(Sites(plane, stopping.set))
    server = _Server(HOST, port, door, handler=_Handler)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopping.set())
    serving = partial(server.serve_forever, poll_interval=LOOK_SECONDS)
    threading.Thread(target=serving, daemon=True).start()
    announcement = _announce(plane)
    try:
        stopping.wait()
    finally:
        announcement.unlink(missing_ok=True)
        _close(server, plane)


def _tell_moto_the_time(clock: Clock) -> None:
    """Let moto's records carry plane time; it refuses log lines hours ahead of its own.

    Its services import ``utcnow`` by name when they are first used, which is after this.
    """
    import moto.core.utils

    moto.core.utils.utcnow = lambda: clock.now().replace(tzinfo=None)


def _announce(plane: Plane) -> Path:
    """Write plane.json, whole or not at all: its presence means that the plane is ready."""
    path = plane.state_dir / "plane.json"
    facts = {
        "pid": os.getpid(),
        "endpoint_url": plane.endpoint_url,
        "version": __version__,
    }
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(facts), encoding="utf-8")
    draft.replace(path)
    return path


def _close(server: BaseWSGIServer, plane: Plane) -> None:
    plane.close()
    server.shutdown()
    server.server_close()

"""A running application without AWS: handlers over storage in memory."""

from __future__ import annotations

import io

import pytest
from medical_records import telemetry, wiring
from running_application import Application


@pytest.fixture
def application(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Application:
    """Return the application on storage in memory."""
    log = io.StringIO()
    telemetry.logger.setLevel("INFO")
    monkeypatch.setattr(telemetry.logger.registered_handler, "stream", log)
    running = Application(capsys, log)
    monkeypatch.setattr(wiring, "records", lambda: running.records)
    monkeypatch.setattr(wiring, "dead_letters", lambda: running.dead_letters)
    return running

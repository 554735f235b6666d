"""Silence of the vulnerability service is neither a hole nor safety."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from delivery.cli.main import cli
from delivery.errors import BadInput
from delivery.model import Outcome
from delivery.supply.audit import Accepted, judge, read_accepted

# Each asks with pip-audit itself, a second of a processor.
pytestmark = pytest.mark.thorough

HASH = "0" * 64
LOCK = f"sound==1.0 --hash=sha256:{HASH}\nholed==2.0 --hash=sha256:{HASH}\n"
HOLE = {
    "id": "GHSA-aaaa-bbbb-cccc",
    "aliases": ["CVE-2026-1"],
    "summary": "It gives everything away.",
    "affected": [
        {
            "package": {"name": "holed", "ecosystem": "PyPI"},
            "ranges": [
                {
                    "type": "ECOSYSTEM",
                    "events": [{"introduced": "0"}, {"fixed": "2.1"}],
                }
            ],
        }
    ],
}


class Service(ThreadingHTTPServer):
    """OSV's query API, which knows the holes it is given; ``status`` is how it answers."""

    holes: dict[str, list[dict[str, Any]]]
    status = 200


class _Answer(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        known = self.server.holes.get(query["package"]["name"])
        body = json.dumps({"vulns": known} if known else {}).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def service() -> Iterator[Service]:
    server = Service(("127.0.0.1", 0), _Answer)
    server.holes = {}
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def _a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DEPENDENCY_AUDIT_WHEN_UNREACHABLE", raising=False)
    (tmp_path / "a.lock").write_text(LOCK, encoding="utf-8")


def _ask(
    service: Service, *more: str, variables: dict[str, str] | None = None
) -> Result:
    url = f"http://127.0.0.1:{service.server_port}/v1/query"
    arguments = ["dependencies", "--requirements", "a.lock", "--service", url, *more]
    return CliRunner().invoke(cli, arguments, env=variables)


def _outcome() -> str:
    return Path("out/audit.txt").read_text(encoding="utf-8").strip()


def test_packages_without_a_known_hole_pass(service: Service) -> None:
    result = _ask(service, "--outcome-to", "out/audit.txt")

    assert (result.exit_code, _outcome()) == (0, "passed")
    assert "PASSED: No known hole in 2 packages." in result.output


def test_a_known_hole_fails_and_is_named_with_its_fix(service: Service) -> None:
    service.holes["holed"] = [HOLE]

    result = _ask(service, "--outcome-to", "out/audit.txt")

    assert (result.exit_code, _outcome()) == (1, "failed")
    assert "holed 2.0: CVE-2026-1, fixed in 2.1" in result.output


def test_a_hole_fails_where_silence_would_not(service: Service) -> None:
    service.holes["holed"] = [HOLE]

    result = _ask(service, "--when-unreachable", "not-rehearsed")

    assert result.exit_code == 1


def test_a_service_that_does_not_answer_is_inconclusive(service: Service) -> None:
    service.shutdown()
    service.server_close()

    result = _ask(service, "--outcome-to", "out/audit.txt")

    assert (result.exit_code, _outcome()) == (5, "inconclusive")
    assert "INCONCLUSIVE" in result.output and "ConnectionError" in result.output


def test_a_service_that_fails_is_inconclusive(service: Service) -> None:
    service.status = 503

    result = _ask(service, "--output", "json")

    assert result.exit_code == 5
    assert json.loads(result.output)["outcome"] == "inconclusive"


def test_silence_is_not_rehearsed_only_where_one_switch_says_so(
    service: Service,
) -> None:
    service.status = 503
    switch = {"DEPENDENCY_AUDIT_WHEN_UNREACHABLE": "not-rehearsed"}

    result = _ask(service, "--outcome-to", "out/audit.txt", variables=switch)

    assert (result.exit_code, _outcome()) == (0, "not_rehearsed")
    assert "NOT REHEARSED" in result.output
    assert "passed" not in result.output.lower()


def test_a_lock_that_pip_audit_cannot_read_is_inconclusive_everywhere(
    service: Service,
) -> None:
    Path("a.lock").write_text("holed>=2\n", encoding="utf-8")

    result = _ask(service, "--when-unreachable", "not-rehearsed")

    assert result.exit_code == 5
    assert "pip-audit gave no answer" in result.output


def test_a_lock_that_is_missing_is_bad_input(service: Service) -> None:
    Path("a.lock").unlink()

    result = _ask(service)

    assert result.exit_code == 2
    assert "There is no lock a.lock" in result.output


def test_a_package_that_was_not_looked_at_is_inconclusive() -> None:
    skipped = {"name": "holed", "skip_reason": "not on the index"}
    sound = {"name": "sound", "version": "1.0", "vulns": []}

    audited = judge({"dependencies": [sound, skipped]}, {})

    assert audited.outcome is Outcome.INCONCLUSIVE
    assert "holed (not on the index)" in audited.why


def test_an_accepted_hole_is_told_and_does_not_fail() -> None:
    hole = {"id": "CVE-2026-1", "aliases": ["GHSA-a"], "fix_versions": []}
    package = {"name": "holed", "version": "2.0", "vulns": [hole]}
    accepted = Accepted("GHSA-a", date(2027, 1, 31), "not reached from our code")

    audited = judge({"dependencies": [package]}, {"GHSA-a": accepted})

    assert audited.outcome is Outcome.PASSED
    assert audited.holes[0].accepted == "until 2027-01-31: not reached from our code"
    assert judge({"dependencies": [package]}, {}).outcome is Outcome.FAILED


def test_acceptance_ends_with_its_day(tmp_path: Path) -> None:
    file = tmp_path / "accepted.yaml"
    file.write_text(
        "- {id: CVE-2026-1, until: 2027-01-31, reason: not reached}\n", encoding="utf-8"
    )

    assert set(read_accepted(file, date(2027, 1, 31))) == {"CVE-2026-1"}
    assert read_accepted(file, date(2027, 2, 1)) == {}


@pytest.mark.parametrize(
    "text",
    [
        "- {id: CVE-2026-1, until: 2027-01-31}",
        "- {id: CVE-2026-1, until: soon, reason: x}",
        "- {id: CVE-2026-1, until: 2027-01-31, reason: ''}",
        "CVE-2026-1",
    ],
)
def test_acceptance_without_a_day_or_a_reason_is_bad_input(
    tmp_path: Path, text: str
) -> None:
    file = tmp_path / "accepted.yaml"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(BadInput, match="which holes are accepted"):
        read_accepted(file, date(2026, 1, 1))

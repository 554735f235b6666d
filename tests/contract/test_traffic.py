"""Traffic over real sockets, the plane's controls, and the history of alarms."""

from __future__ import annotations

import json
import os
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from delivery import __version__
from delivery.aws.alarms import CloudWatchAlarms
from delivery.aws.clients import Clients
from delivery.aws.controls import PlaneControls
from delivery.aws.plane import LocalPlane
from delivery.aws.traffic import SignedTraffic
from delivery.errors import PlaneUnavailable
from delivery.model import FiredAlarm, Injection, TrafficPlan, VersionCalls
from delivery.operate.mix import mix_of

API = "https://abc.execute-api.us-east-1.amazonaws.com/v1"
NOW = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)


class Handler(BaseHTTPRequestHandler):
    """Answers by ``server.answer``, and remembers what it was asked."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer()

    do_POST = do_DELETE = do_GET

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        with self.server.lock:
            self.server.asked.append((self.command, self.path, self.headers, body))
            self.server.clients.add(self.client_address)
        status, data = self.server.answer(self.command, self.path)
        text = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *args) -> None:
        """Say nothing."""


@pytest.fixture
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.lock, server.asked, server.clients = threading.Lock(), [], set()
    server.answer = lambda method, path: (200, {})
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def endpoint(server) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}"


def sent(server, *, rate: float = 100.0, mix: str = "list", seconds: float = 0.3):
    traffic = SignedTraffic(Clients("us-east-1", endpoint_url=endpoint(server)))
    running = traffic.start(TrafficPlan(API, "", rate, mix_of(mix)))
    time.sleep(seconds)
    return running.stop()


def test_requests_are_signed_for_the_apis_host_and_sent_to_the_endpoint(server) -> None:
    report = sent(server, mix="submit")
    method, path, headers, body = server.asked[0]
    assert (method, path) == ("POST", "/v1/analyses")
    assert headers["Host"] == "abc.execute-api.us-east-1.amazonaws.com"
    assert "/us-east-1/execute-api/aws4_request" in headers["Authorization"]
    assert json.loads(body)["resourceType"] == "Bundle"
    assert report.sent == report.asked == len(server.asked) and report.failed == 0


# It measures this machine's time, which a build on a busy machine does not have.
@pytest.mark.thorough
def test_the_rate_is_kept_over_few_connections(server) -> None:
    report = sent(server, rate=100.0, seconds=0.5)
    assert 45 <= report.sent <= 60
    assert report.kept_up
    assert len(server.clients) < report.sent / 2


@pytest.mark.thorough
def test_a_slow_answer_does_not_hold_up_the_next_request(server) -> None:
    def answer(method, path):
        time.sleep(0.4)
        return 200, {}

    server.answer = answer
    report = sent(server, rate=50.0, seconds=0.5)
    # One after the other, the second would not have begun within the half second.
    assert report.sent > 2
    assert report.slowest_seconds >= 0.4


def test_anything_but_success_has_failed(server) -> None:
    answers = iter([200, 201, 502, 403] * 100)
    server.answer = lambda method, path: (next(answers), {})
    report = sent(server)
    assert set(report.by_status) == {200, 201, 502, 403}
    assert report.failed == report.by_status[502] + report.by_status[403]


def test_no_answer_at_all_is_status_0(server) -> None:
    server.shutdown()
    server.server_close()
    report = sent(server, rate=20.0)
    assert set(report.by_status) == {0}
    assert report.failed == report.sent > 0


@pytest.mark.thorough
def test_more_than_the_machine_sends_is_told(server, monkeypatch) -> None:
    monkeypatch.setattr("delivery.aws.traffic._MOST_UNDER_WAY", 2)

    def answer(method, path):
        time.sleep(0.2)
        return 200, {}

    server.answer = answer
    report = sent(server, rate=100.0, seconds=0.4)
    assert not report.kept_up
    assert report.sent < report.asked


@pytest.fixture
def controls(server, tmp_path):
    pages = {
        "/_rehearsal/health": {"version": __version__},
        "/_rehearsal/clock": {"time": NOW.isoformat(), "speed": 600.0},
        "/_rehearsal/traffic": {
            "calls": {"f": {"1": {"invocations": 3}, "2": {"errors": 1}}}
        },
        "/_rehearsal/faults": {
            "faults": [
                {
                    "kind": "errors",
                    "target": "production",
                    "settings": {"rate": 0.3, "version": "new"},
                    "met": 5,
                }
            ]
        },
    }
    server.answer = lambda method, path: (200, pages[path])
    facts = {
        "pid": os.getpid(),
        "endpoint_url": endpoint(server),
        "version": __version__,
    }
    (tmp_path / "plane.json").write_text(json.dumps(facts))
    return PlaneControls(LocalPlane(code=tmp_path, state_dir=tmp_path))


def test_a_fault_of_functions_is_for_new_versions(controls, server) -> None:
    controls.inject(Injection("production", "errors", {"rate": 0.3}))
    method, path, _, body = server.asked[-1]
    assert (method, path) == ("POST", "/_rehearsal/faults")
    assert json.loads(body) == {
        "kind": "errors",
        "target": "production",
        "settings": {"rate": 0.3, "version": "new"},
    }
    controls.inject(Injection("production", "hook", {"name": "pre"}))
    assert json.loads(server.asked[-1][3])["settings"] == {"name": "pre"}


def test_what_is_in_force_is_read_and_ended(controls, server) -> None:
    (found,) = controls.in_force()
    assert found.met == 5
    assert found.injection == Injection("production", "errors", {"rate": 0.3})
    controls.clear()
    assert server.asked[-1][0] == "DELETE"


def test_the_clock_and_the_calls_are_read_and_the_speed_set(controls, server) -> None:
    assert controls.time().now == NOW and controls.time().speed == 600.0
    assert controls.calls() == [
        VersionCalls("f", "1", invocations=3),
        VersionCalls("f", "2", errors=1),
    ]
    controls.set_speed(8.0)
    assert json.loads(server.asked[-1][3]) == {"speed": 8.0}


def test_what_the_plane_refuses_is_told_in_its_words(controls, server) -> None:
    def refuse(method, path):
        if method == "POST":
            return 400, {"error": "no fault fire"}
        return 200, {"version": __version__}

    server.answer = refuse
    with pytest.raises(PlaneUnavailable) as caught:
        controls.inject(Injection("production", "fire"))
    assert caught.value.why == "no fault fire"


def test_alarms_that_fired_are_read_from_their_history(clients) -> None:
    def item(name, state, at):
        data = {"newState": {"stateValue": state, "stateReason": f"{name} says so"}}
        return {
            "AlarmName": name,
            "Timestamp": at,
            "HistoryItemType": "StateUpdate",
            "HistoryData": json.dumps(data),
        }

    later = NOW.replace(minute=9)
    clients.stub("cloudwatch").add_response(
        "describe_alarm_history",
        {
            "AlarmHistoryItems": [
                item("second", "ALARM", later),
                item("second", "OK", later),
                item("first", "ALARM", NOW),
                {"AlarmName": "odd", "Timestamp": NOW, "HistoryData": "no json"},
            ]
        },
        {"HistoryItemType": "StateUpdate", "StartDate": NOW},
    )
    assert CloudWatchAlarms(clients).fired(NOW) == [
        FiredAlarm("first", NOW, "first says so"),
        FiredAlarm("second", later, "second says so"),
    ]


def test_alarms_are_listed_by_name(clients) -> None:
    clients.stub("cloudwatch").add_response(
        "describe_alarms", {"MetricAlarms": [{"AlarmName": "one"}]}, {}
    )
    assert CloudWatchAlarms(clients).names() == ["one"]


def test_the_apis_key_is_read_by_its_id(clients, server) -> None:
    clients.stub("apigateway").add_response(
        "get_api_key", {"value": "the-key"}, {"apiKey": "id", "includeValue": True}
    )
    clients.endpoint_url = endpoint(server)
    running = SignedTraffic(clients).start(
        TrafficPlan(API, "id", 50.0, mix_of("health"))
    )
    time.sleep(0.1)
    running.stop()
    assert server.asked[0][2]["x-api-key"] == "the-key"

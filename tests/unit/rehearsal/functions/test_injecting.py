"""What faults do to calls of a function."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from rehearsal.faults import Fault, Faults
from rehearsal.functions.injecting import Injected, Injector
from rehearsal.functions.model import Code, Version
from rehearsal.functions.worker import Job, Outcome

NOW = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
JOB = Job("request-1", b"{}", "arn", timeout_seconds=3.0)
GOOD = Outcome(b'{"statusCode": 200}')


@dataclass(frozen=True)
class Call:
    version: Version


def call(number: str = "2", *, published: datetime = NOW) -> Call:
    code = Code("hash", 1, Path("code"))
    settings = {"Environment": {"Variables": {"ENVIRONMENT": "production"}}}
    return Call(Version("arn:x:mra-production-demo", number, settings, code, published))


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def injector(faults: Faults) -> Injector:
    return Injector(SimpleNamespace(faults=faults), random.Random(1))


@pytest.mark.parametrize("target", ["production", "mra-production-demo", "demo", "*"])
def test_an_environment_a_function_or_a_part_of_its_name_is_met(
    faults: Faults, injector: Injector, target: str
) -> None:
    faults.add(Fault("errors", target))
    assert injector.for_call(call()) == Injected(fails=True)


def test_another_environment_is_left_alone(faults: Faults, injector: Injector) -> None:
    faults.add(Fault("errors", "staging"))
    assert injector.for_call(call()) == Injected()


def test_the_old_version_is_left_alone(faults: Faults, injector: Injector) -> None:
    faults.add(Fault("errors", "production", {"version": "new"}, made=NOW))
    before = NOW - timedelta(minutes=1)
    assert injector.for_call(call("1", published=before)) == Injected()
    assert injector.for_call(call("2")) == Injected(fails=True)


def test_the_rate_is_the_share_of_calls(faults: Faults, injector: Injector) -> None:
    faults.add(Fault("errors", "production", {"rate": 0.3}))
    failed = sum(injector.for_call(call()).fails for _ in range(10_000))
    assert 2_860 < failed < 3_140
    assert faults.as_data()[0]["met"] == failed


def test_throttling_is_drawn_apart(faults: Faults, injector: Injector) -> None:
    faults.add(Fault("throttling", "production"))
    assert injector.throttles(call())
    assert injector.for_call(call()) == Injected()


def test_lost_metrics_are_named(faults: Faults, injector: Injector) -> None:
    faults.add(Fault("metric", "production", {"name": "Errors"}))
    faults.add(Fault("metric", "production", {"name": "Duration"}))
    assert injector.lost_metrics(call()) == {"Errors", "Duration"}


def test_an_error_is_reported_as_lambda_reports_one_nobody_caught() -> None:
    outcome = Injected(fails=True).changed(GOOD, JOB)
    assert outcome.error == "Unhandled"
    assert json.loads(outcome.payload)["errorType"] == "InjectedError"
    assert outcome.alive


def test_the_codes_own_error_stays_its_own() -> None:
    own = Outcome(b'{"errorType": "KeyError"}', error="Unhandled")
    assert Injected(fails=True).changed(own, JOB) == own


def test_running_out_of_memory_ends_the_process() -> None:
    outcome = Injected(out_of_memory=True).changed(GOOD, JOB)
    assert not outcome.alive
    assert b"signal: killed" in outcome.payload


def test_waiting_beyond_the_timeout_is_a_timeout() -> None:
    ended = Injected(wait_seconds=3.0).ends(JOB)
    assert ended is not None and b"Task timed out after 3.00 seconds" in ended.payload
    assert Injected(wait_seconds=2.9).ends(JOB) is None

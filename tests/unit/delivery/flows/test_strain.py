"""A second release is put to the test: traffic while it is deployed, a clock to fit."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from delivery_fakes import make_execution, make_stack, make_stage, make_state
from traffic_fakes import START, FakeAlarms, FakeControls, FakeTraffic

from delivery.errors import BadInput
from delivery.flows.strain import Strain, refuse_unknown_alarms
from delivery.flows.traffic import Loader, choose_pace
from delivery.model import FiredAlarm, Injection, Outcome, VersionCalls
from delivery.operate.mix import mix_of
from delivery.operate.status import status_of
from delivery.strategy import Evidence
from delivery.strategy.model import ErrorAlarm

STACK = "medical-record-analysis-lambda-production"
ALIAS = "arn:aws:lambda:us-east-1:123456789012:function:mra-production-records:live"
ERRORS = Injection("production", "errors", {"rate": 0.3}, "production:errors=30%")
MIX = mix_of("list")
NEEDS = Evidence(
    "Records", ErrorAlarm("RecordsErrors", 60, 1, 1, 3), 0.1, 0.3, 1.0, 5.0
)


class Rig:
    """A strain, and all that it meets."""

    def __init__(self, clock, stacks, screen, *injections: Injection) -> None:
        self.clock, self.screen = clock, screen
        self.controls, self.traffic = FakeControls(), FakeTraffic()
        self.alarms, self.stacks = FakeAlarms(), stacks
        outputs = {"ApiUrl": "https://api/v1", "ApiKeyId": "key", "OneAlias": ALIAS}
        self.status_of_stack("UPDATE_COMPLETE", outputs)
        self.strain = Strain(
            controls=self.controls,
            stacks=stacks,
            clock=clock,
            screen=screen,
            environment="production",
            injections=injections,
            choose=lambda speed: choose_pace(
                rate=40.0,
                mix=MIX,
                speed=speed,
                injections=injections,
                evidence=lambda share: NEEDS,
            ),
            loader=self.loader,
        )

    def status_of_stack(self, status: str, outputs=None) -> None:
        kept = outputs or self.stacks.stacks[STACK].outputs
        self.stacks.stacks[STACK] = make_stack(STACK, status, outputs=kept)

    def loader(self, pace) -> Loader:
        return Loader(
            traffic=self.traffic,
            controls=self.controls,
            alarms=self.alarms,
            stacks=self.stacks,
            clock=self.clock,
            environment="production",
            pace=pace,
        )

    def look(self, status: str, *, shifting: bool = False) -> None:
        state = make_state(make_stage("DeployProduction", status))
        found = status_of(state, make_execution(), {})
        self.strain.watch(found, shifting=shifting)


@pytest.fixture
def rig(clock, stacks, screen):
    return lambda *injections: Rig(clock, stacks, screen, *injections)


def test_traffic_is_sent_while_the_environment_is_deployed_to(rig) -> None:
    good = rig()
    good.strain.prepare()
    good.look("NotStarted")
    assert not good.traffic.plans
    good.look("InProgress")
    good.look("InProgress")
    assert good.traffic.running and len(good.traffic.plans) == 1
    assert good.traffic.plans[0].api_key_id == "key"
    good.look("Succeeded")
    assert not good.traffic.running
    assert good.controls.speeds == []


def test_the_clock_slows_down_for_the_alarm_and_is_set_back(rig) -> None:
    bad = rig(ERRORS)
    bad.strain.prepare()
    bad.look("InProgress")
    assert bad.controls.speed == pytest.approx(8.0)
    bad.look("Failed")
    assert bad.controls.speed == 600.0
    assert bad.controls.injected == [ERRORS]
    assert "Injected into versions from now on: production:errors=30%." in (
        bad.screen.lines
    )
    assert "99% need" in bad.screen.text


def test_a_clock_that_is_slow_enough_is_not_made_faster(rig) -> None:
    bad = rig(ERRORS)
    bad.controls.speed = 2.0
    bad.strain.prepare()
    bad.look("InProgress")
    assert bad.controls.speed == 2.0


def test_an_alarm_that_does_not_come_lets_the_clock_run_on(rig, clock) -> None:
    bad = rig(ERRORS)
    bad.strain.prepare()
    bad.look("InProgress")
    clock.seconds += 100
    bad.look("InProgress", shifting=True)
    assert bad.controls.speed == pytest.approx(8.0)
    clock.seconds += 46
    bad.look("InProgress", shifting=True)
    assert bad.controls.speed == 600.0
    assert "the clock runs on" in bad.screen.text
    bad.look("InProgress", shifting=True)
    assert bad.controls.speeds == [pytest.approx(8.0), 600.0]


def strained(rig, *injections: Injection, status: str = "UPDATE_ROLLBACK_COMPLETE"):
    made = rig(*injections)
    fired = START + timedelta(minutes=30)
    name = f"{STACK}-RecordsErrors-ABC"
    made.alarms.history = [FiredAlarm(name, fired, "Threshold Crossed")]
    made.strain.prepare()
    made.look("InProgress")
    made.status_of_stack(status)
    return made.strain.finish()


def test_a_fault_that_was_noticed_still_fails_and_says_why(rig) -> None:
    found = strained(rig, ERRORS)
    assert found.outcome(Outcome.FAILED) is Outcome.FAILED
    assert found.verdict(Outcome.FAILED) == (
        "The fault did what it should: with production:errors=30% in its new versions the "
        f"release failed when RecordsErrors fired, {STACK} is in "
        "UPDATE_ROLLBACK_COMPLETE, and 3 of 100 requests failed."
    )
    data = found.as_data(Outcome.FAILED)
    assert (data["requests"]["sent"], data["requests"]["failed"]) == (100, 3)
    assert data["alarms"][0]["reason"] == "Threshold Crossed"
    assert data["stack"]["status"] == "UPDATE_ROLLBACK_COMPLETE"


def test_a_fault_that_nobody_noticed_fails_too(rig) -> None:
    found = strained(rig, ERRORS, status="UPDATE_COMPLETE")
    assert found.outcome(Outcome.PASSED) is Outcome.FAILED
    assert "no alarm stopped it" in found.verdict(Outcome.PASSED)


def test_a_fault_that_met_nothing_is_told(rig) -> None:
    found = strained(rig, ERRORS)
    assert found.measured is not None
    none_met = tuple(replace(each, met=0) for each in found.measured.faults)
    found = replace(found, measured=replace(found.measured, faults=none_met))
    assert "met nothing" in found.verdict(Outcome.FAILED)


def test_a_release_that_failed_on_its_way_shows_nothing_of_the_fault(rig) -> None:
    made = rig(ERRORS)
    made.strain.prepare()
    made.look("NotStarted")
    made.status_of_stack("CREATE_COMPLETE")
    verdict = made.strain.finish().verdict(Outcome.FAILED)
    assert "met nothing, and nothing is shown of it" in verdict
    assert "did what it should" not in verdict


def test_a_good_release_fails_when_one_request_does(rig) -> None:
    assert strained(rig).outcome(Outcome.PASSED) is Outcome.FAILED


def test_calls_are_those_since_the_start_of_the_environments_functions(rig) -> None:
    made = rig()
    made.controls.counts = [VersionCalls("mra-production-records", "1", 10, 1)]
    loader = made.loader(made.strain.choose(600.0))
    loader.start()
    made.controls.counts = [
        VersionCalls("mra-production-records", "1", 25, 1),
        VersionCalls("mra-production-records", "2", 4, 2),
        VersionCalls("mra-staging-records", "2", 9),
    ]
    measured = loader.stop()
    assert measured is not None
    assert measured.calls == (
        VersionCalls("mra-production-records", "1", 15, 0),
        VersionCalls("mra-production-records", "2", 4, 2),
    )
    assert measured.plane_seconds == 60.0


def test_an_environment_without_an_api_gets_no_traffic(rig) -> None:
    made = rig()
    del made.stacks.stacks[STACK]
    with pytest.raises(BadInput, match="no API"):
        made.loader(made.strain.choose(600.0)).start()


def test_an_alarm_that_is_not_there_is_refused_with_those_that_are() -> None:
    alarms = FakeAlarms([f"{STACK}-RecordsErrors-ABC", "app-staging-Other-DEF"])
    good = Injection("production", "alarm", {"name": "RecordsErrors"})
    refuse_unknown_alarms([good, ERRORS], alarms)
    for name in ("Nope", "Other"):
        bad = Injection("production", "alarm", {"name": name})
        with pytest.raises(BadInput, match="no alarm") as caught:
            refuse_unknown_alarms([bad], alarms)
        assert "RecordsErrors-ABC" in caught.value.why

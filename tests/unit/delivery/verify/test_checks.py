"""Each check of a verification: what passes, what fails, what cannot be decided."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest
from delivery_fakes import FakeClock, FakeFunctions, FakeScreen
from release_fakes import FakeDeployedStacks, make_contents, make_route

from delivery.errors import BadInput, NotPermitted
from delivery.flows.verify import Verifier
from delivery.model import (
    Answered,
    Call,
    Expected,
    ExpectedAlias,
    LoggedErrors,
    Outcome,
    StackResource,
    VersionFacts,
)
from delivery.verify.calls import EndpointCheck, InvocationCheck
from delivery.verify.case import make_case
from delivery.verify.declared import declared_proofs
from delivery.verify.records import ApiCheck, TrailCheck
from delivery.verify.report import verdict_text
from delivery.verify.serving import AliasCheck, CodeCheck
from delivery.verify.signals import AlarmCheck, LogCheck, MetricCheck

SINCE = datetime(2026, 11, 23, 14, tzinfo=UTC)
STACK = "medical-record-analysis-lambda-production"
EXPECTED = Expected(
    "production", STACK, {"mra-analyze": ExpectedAlias("live", "7", "code-7")}, SINCE
)
TEMPLATE = """
Resources:
  AnalyzeFunction:
    Type: AWS::Serverless::Function
    Metadata:
      Verification:
        request: {method: GET, path: /health}
        statuses: [200]
"""
PASSED, FAILED, UNCLEAR = Outcome.PASSED, Outcome.FAILED, Outcome.INCONCLUSIVE


@dataclass
class World:
    """Everything a check reads, well unless a test says otherwise."""

    answer: Answered = Answered("7", 200)
    sha: str = "code-7"
    logged: LoggedErrors = LoggedErrors(0)
    alarm_states: list[dict[str, str]] = field(default_factory=lambda: [{"a": "OK"}])
    counted: int | None = 0
    moves: list[Call] = field(default_factory=list)
    deployed: str = "d1"
    http: int = 200
    denied: bool = False
    sent: list[object] = field(default_factory=list)

    def invoke(self, function, qualifier, event):
        if self.denied:
            raise NotPermitted("The tool could not invoke it.", why="AccessDenied")
        self.sent.append((function, qualifier, event["path"]))
        return self.answer

    def facts(self, function, version):
        return VersionFacts(self.sha, f"/aws/lambda/{function}")

    def errors(self, group, version, since):
        return self.logged

    def states(self, names):
        states = self.alarm_states
        return states.pop(0) if len(states) > 1 else states[0]

    def newest_errors(self, function, alias, since):
        return self.counted

    def alias_moves(self, since):
        return self.moves

    def deployment(self, api, stage):
        return self.deployed

    def status(self, url, request, *, api_key_id=""):
        return self.http


def contents(template: str = TEMPLATE):
    made = make_contents(template=template)
    more = (
        StackResource("A", "AWS::CloudWatch::Alarm", "a"),
        StackResource("Api", "AWS::ApiGateway::RestApi", "api1"),
        StackResource("Stage", "AWS::ApiGateway::Stage", "v1"),
    )
    stack = replace(made.stack, outputs={"ApiUrl": "https://api"})
    return replace(made, stack=stack, resources=made.resources + more)


def run(check, expected: Expected = EXPECTED, template: str = TEMPLATE):
    return check.run(make_case(expected, contents(template)))


def functions(route):
    return FakeFunctions({"mra-analyze:live": [route]})


@pytest.mark.parametrize(
    ("route", "outcome"),
    [
        (make_route(), PASSED),
        (make_route(version="8"), FAILED),
        (make_route(v8=0.1), FAILED),
    ],
)
def test_an_alias_serves_the_expected_version_alone(route, outcome) -> None:
    assert run(AliasCheck(functions(route))).outcome is outcome


def test_other_code_under_the_same_number_fails() -> None:
    assert run(CodeCheck(World())).outcome is PASSED
    assert run(CodeCheck(World(sha="other"))).outcome is FAILED


def test_code_of_which_no_hash_is_recorded_is_inconclusive() -> None:
    pinned = replace(EXPECTED, aliases={"mra-analyze": ExpectedAlias("live", "7", "")})
    assert run(CodeCheck(World()), pinned).outcome is UNCLEAR


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answered("7", 200), PASSED),
        (Answered("7", 500), FAILED),
        (Answered("7", None), FAILED),
        (Answered("6", 200), FAILED),
        (Answered("7", None, "RuntimeError"), FAILED),
    ],
)
def test_a_function_answers_from_the_expected_version(answer, outcome) -> None:
    assert run(InvocationCheck(World(answer))).outcome is outcome


def test_a_function_without_a_declared_check_is_inconclusive_and_not_called() -> None:
    world = World()
    result = run(InvocationCheck(world), template="Resources: {}")
    assert result.outcome is UNCLEAR
    assert "nothing is declared" in result.detail.lower()
    assert world.sent == []


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(200, PASSED), (403, UNCLEAR), (429, UNCLEAR), (502, FAILED), (0, FAILED)],
)
def test_the_apis_door_is_told_apart_from_its_functions(status, outcome) -> None:
    assert run(EndpointCheck(World(http=status))).outcome is outcome


def test_a_stage_that_serves_another_deployment_fails() -> None:
    assert run(ApiCheck(World())).outcome is PASSED
    assert run(ApiCheck(World(deployed="d0"))).outcome is FAILED


def test_logged_errors_are_told_by_count_and_id_only() -> None:
    world = World(logged=LoggedErrors(2, ("id-1", "id-2")))
    result = run(LogCheck(world, world))
    assert result.outcome is FAILED
    assert "2 errors" in result.detail and "id-1" in result.detail
    assert run(LogCheck(World(), World())).outcome is PASSED


@pytest.mark.parametrize(
    ("counted", "moved", "outcome"),
    [
        (0, False, PASSED),
        (None, False, UNCLEAR),
        (3, False, FAILED),
        (3, True, UNCLEAR),
    ],
)
def test_errors_in_the_newest_minute(counted, moved, outcome) -> None:
    expected = replace(EXPECTED, moved=moved)
    assert run(MetricCheck(World(counted=counted)), expected).outcome is outcome


@pytest.mark.parametrize(
    ("state", "outcome"),
    [("OK", PASSED), ("ALARM", FAILED), ("INSUFFICIENT_DATA", UNCLEAR), ("", UNCLEAR)],
)
def test_alarms_are_ok_and_one_without_data_decides_nothing(state, outcome) -> None:
    states = [{"a": state}] if state else [{}]
    assert run(AlarmCheck(World(alarm_states=states))).outcome is outcome


def test_cloudtrail_that_is_late_is_inconclusive() -> None:
    moved = replace(EXPECTED, moved=True)
    call = Call("UpdateAlias20150331", ("mra-analyze",), SINCE)
    assert run(TrailCheck(World()), moved).outcome is UNCLEAR
    assert run(TrailCheck(World(moves=[call])), moved).outcome is PASSED
    assert run(TrailCheck(World())).outcome is PASSED


def verifier(world: World, route=None, **more) -> Verifier:
    checks = (
        AliasCheck(functions(route or make_route())),
        InvocationCheck(world),
        AlarmCheck(world),
    )
    stacks = FakeDeployedStacks({STACK: contents()})
    return Verifier(stacks, checks, FakeClock(), FakeScreen(), **more)


def test_an_alarm_that_calms_down_is_waited_for() -> None:
    world = World(alarm_states=[{"a": "ALARM"}, {"a": "ALARM"}, {"a": "OK"}])
    assert verifier(world).verify(EXPECTED).outcome is PASSED


def test_an_alarm_that_goes_on_firing_fails_when_patience_ends() -> None:
    made = verifier(World(alarm_states=[{"a": "ALARM"}]))
    assert made.verify(EXPECTED).outcome is FAILED
    assert made.clock.monotonic() >= made.patience_seconds


def test_a_metric_is_waited_for_with_calls_that_make_it() -> None:
    class Counting(World):
        def newest_errors(self, function, alias, since):
            return 0 if len(self.sent) >= 3 else 4

    world = Counting()
    made = verifier(world)
    made = replace(made, checks=(*made.checks, MetricCheck(world)))
    assert made.verify(replace(EXPECTED, moved=True)).outcome is PASSED
    assert len(world.sent) == 3


def test_nothing_is_waited_for_when_something_failed_for_good() -> None:
    world = World(alarm_states=[{"a": "ALARM"}])
    made = verifier(world, make_route(version="6"))
    assert made.verify(EXPECTED).outcome is FAILED
    assert made.clock.monotonic() == 0


def test_a_missing_permission_is_inconclusive_and_named() -> None:
    verdict = verifier(World(denied=True)).verify(EXPECTED)
    assert verdict.outcome is UNCLEAR
    assert "AccessDenied" in verdict_text(verdict)
    assert "production: inconclusive" in verdict_text(verdict)


def test_a_stack_that_is_not_there_cannot_be_verified() -> None:
    with pytest.raises(BadInput, match="no stack"):
        verifier(World()).verify(replace(EXPECTED, stack="other"))


@pytest.mark.parametrize(
    "declared",
    [
        "{statuses: [200]}",
        "{request: {method: GET}}",
        "{event: {}, request: {method: GET, path: /}}",
        "{event: {}, statuses: 200}",
        "{event: {}, status: [200]}",
    ],
)
def test_a_declaration_that_cannot_be_understood_is_bad_input(declared) -> None:
    text = f"Resources:\n  F:\n    Metadata:\n      Verification: {declared}\n"
    with pytest.raises(BadInput, match="F: Metadata.Verification"):
        declared_proofs(text)

"""The recorder: facts from AWS, in order, once."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
from delivery_fakes import (
    FakeAccount,
    FakeFunctions,
    make_action,
    make_execution,
)
from release_fakes import (
    SCOPE,
    FakeDeployedStacks,
    FakeReleaseStore,
    LedgerBuilder,
    alias_arn,
    make_contents,
    make_route,
)

from delivery.errors import BadInput, NotVerified, Refused
from delivery.flows.record import Occasion, Recorder
from delivery.ledger.book import Book
from delivery.ledger.events import Deployed, Deployment, Failed, Kind, Verified
from delivery.model import Override, override_variables

TEMPLATE = "Resources: {}\n"
STACK = "medical-record-analysis-lambda-production"
IN_ORDER = [Kind.DEPLOYED, Kind.TRAFFIC_COMPLETE, Kind.VERIFIED]


class World:
    """A deployed production stack, its pipeline, and an empty ledger."""

    def __init__(self, clock, pipelines) -> None:
        self.store = FakeReleaseStore()
        self.stacks = FakeDeployedStacks({STACK: make_contents()})
        self.functions = FakeFunctions({alias_arn("mra-analyze"): [make_route()]})
        self.pipelines = pipelines
        self.clock = clock
        self.pipelines.runs = [make_execution()]
        self.pipelines.history["execution-1"] = {
            "Source": (
                make_action(
                    "GitHub",
                    category="Source",
                    outputs={"CommitId": "abc", "AuthorDate": "2026-11-23T10:00:00Z"},
                ),
            ),
            "ApproveProduction": (
                make_action(
                    "Approve",
                    category="Approval",
                    updated_by="arn:aws:iam::123456789012:user/dana",
                    summary="Go",
                ),
            ),
            "DeployProduction": (
                make_action("ExecuteChangeSet", provider="CloudFormation"),
                make_action(
                    "PostDeployTests", provider="CodeBuild", external_id="Verify:9"
                ),
                make_action("Record", "InProgress", provider="CodeBuild"),
            ),
        }

    def record(self, outcome: str = "verified", **more):
        occasion = {
            "environment": "production",
            "execution": "execution-1",
            "outcome": Kind(outcome),
            "template": TEMPLATE.encode(),
            "build_id": "Build:1",
            **more,
        }
        recorder = Recorder(
            account=FakeAccount(),
            region="us-east-1",
            stacks=self.stacks,
            functions=self.functions,
            pipelines=self.pipelines,
            store=self.store,
            clock=self.clock,
            pipeline="MedicalRecordAnalysisPipeline",
        )
        return recorder.record(Occasion(**occasion))

    @property
    def events(self):
        return Book(self.store, SCOPE).view(releases=99).events

    @property
    def kinds(self) -> list[Kind]:
        return [each.kind for each in self.events]

    def deploy(self, execution: str, version: str, template: str = TEMPLATE) -> None:
        """Let another execution bring the stack to another version."""
        self.pipelines.runs.insert(0, make_execution(execution, commit=execution))
        self.stacks.found[STACK] = make_contents(
            versions={"mra-analyze": version}, template=template
        )
        self.functions.routes[alias_arn("mra-analyze")] = [make_route(version=version)]


@pytest.fixture
def world(clock, pipelines) -> World:
    return World(clock, pipelines)


def test_a_verified_release_is_recorded_in_three_events_in_order(world) -> None:
    recorded = world.record()
    assert world.kinds == IN_ORDER
    assert recorded.release.good
    assert [each.kind for each in recorded.written] == IN_ORDER


def measured(recorded) -> dict[str, float]:
    return {each.metric.name: each.value for each in recorded.measures}


def test_a_verified_release_tells_its_measures_once(world) -> None:
    asked = world.clock.now()
    stages = world.pipelines.history["execution-1"]
    (approve,) = stages["ApproveProduction"]
    given = asked + timedelta(minutes=90)
    stages["ApproveProduction"] = (
        replace(approve, started_at=asked, changed_at=given),
    )
    # Committed at 10:00, and it is 14:02.
    lead = 4 * 3600.0 + 2 * 60
    assert measured(world.record()) == {
        "Deployments": 1.0,
        "ApprovalWaitSeconds": 5400.0,
        "LeadTimeSeconds": lead,
    }
    assert measured(world.record()) == {}


def test_a_release_that_is_not_verified_yet_or_failed_tells_no_measures(world) -> None:
    for outcome in ("traffic_complete", "failed"):
        assert measured(world.record(outcome)) == {}


def test_a_retry_that_passes_tells_the_lead_time_of_its_change(world) -> None:
    world.record("failed")
    assert "LeadTimeSeconds" in measured(world.record())


def test_the_same_commit_again_and_a_rollback_tell_no_lead_time(world) -> None:
    world.record()
    world.pipelines.history["execution-2"] = world.pipelines.history["execution-1"]
    world.pipelines.runs.insert(0, make_execution("execution-2"))
    assert measured(world.record(execution="execution-2")) == {"Deployments": 1.0}
    world.pipelines.history["execution-3"] = {
        **world.pipelines.history["execution-1"],
        "Source": (
            make_action(
                "GitHub",
                category="Source",
                outputs={"CommitId": "older", "AuthorDate": "2026-11-20T10:00:00Z"},
            ),
        ),
    }
    world.pipelines.runs.insert(
        0, make_execution("execution-3", trigger="ManualRollback")
    )
    assert measured(world.record(execution="execution-3")) == {"Deployments": 1.0}


def test_recording_the_same_twice_changes_nothing(world) -> None:
    world.record()
    before = dict(world.store.objects)
    assert world.record().written == ()
    assert world.store.objects == before


def test_a_recorder_killed_after_any_event_is_finished_by_the_next_run(world) -> None:
    world.record()
    whole = {key: list(value) for key, value in world.store.objects.items()}
    for kept in range(3):
        for sequence in range(kept + 1, 4):
            del world.store.objects[SCOPE.key(sequence)]
        world.record()
        book = Book(world.store, SCOPE)
        assert world.kinds == IN_ORDER
        assert book.problems(book.links()) == []
    assert sorted(whole) == sorted(world.store.objects)


def test_who_approved_what_and_when_is_recorded(world) -> None:
    world.record()
    deployed = world.events[0].fact
    assert deployed.approval.by == "arn:aws:iam::123456789012:user/dana"
    assert deployed.approval.comment == "Go"
    assert deployed.commit.id == "abc"
    assert deployed.commit.time is not None
    assert deployed.build_id == "Build:1"


def test_the_verdict_names_the_build_that_verified_it(world) -> None:
    world.record()
    assert world.events[2].fact == Verified("PostDeployTests Verify:9")


def test_the_template_is_kept_under_the_hash_of_its_content(world) -> None:
    world.record()
    template = world.events[0].fact.template
    digest = sha256(TEMPLATE.encode()).hexdigest()
    assert template.key == f"releases/{digest}/packaged.yaml"
    assert template.sha256 == digest
    assert world.store.objects[template.key] == [TEMPLATE.encode()]


def test_a_template_that_was_kept_before_is_not_stored_again(world) -> None:
    world.record()
    world.deploy("execution-2", "8")
    world.record(execution="execution-2")
    first, second = (e.fact for e in world.events if isinstance(e.fact, Deployed))
    assert first.template == second.template


def test_the_first_release_is_told_from_updates_and_from_no_change(world) -> None:
    world.record()
    world.deploy("execution-2", "8")
    world.record(execution="execution-2")
    world.deploy("execution-3", "8")
    world.record(execution="execution-3")
    kinds = [e.fact.kind for e in world.events if isinstance(e.fact, Deployed)]
    assert kinds == [Deployment.FIRST, Deployment.UPDATE, Deployment.UNCHANGED]


def test_an_execution_that_rolls_back_is_recorded_as_a_rollback(world) -> None:
    world.record()
    world.pipelines.runs.insert(
        0, make_execution("execution-2", trigger="ManualRollback")
    )
    world.record(execution="execution-2")
    deployed = [e.fact for e in world.events if isinstance(e.fact, Deployed)]
    assert deployed[-1].kind is Deployment.ROLLBACK


def test_a_failed_verification_is_recorded_with_the_release_and_its_reason(
    world,
) -> None:
    recorded = world.record("failed", reason="Failed: test_health.")
    assert world.kinds == [Kind.DEPLOYED, Kind.TRAFFIC_COMPLETE, Kind.FAILED]
    assert world.events[2].fact == Failed(
        "PostDeployTests Verify:9", "Failed: test_health."
    )
    assert not recorded.release.good


def test_a_retried_verification_that_passes_is_recorded_after_the_failure(
    world,
) -> None:
    world.record("failed")
    recorded = world.record("verified")
    assert [each.kind for each in recorded.written] == [Kind.VERIFIED]
    assert recorded.release.good


@pytest.mark.parametrize("status", ["Failed", "InProgress", "Abandoned"])
def test_a_release_whose_verification_did_not_pass_is_not_called_verified(
    world, status: str
) -> None:
    builds = world.pipelines.history["execution-1"]["DeployProduction"]
    failed = make_action("PostDeployTests", status, provider="CodeBuild")
    world.pipelines.history["execution-1"]["DeployProduction"] = (
        builds[0],
        failed,
        builds[2],
    )
    with pytest.raises(Refused, match="was not verified"):
        world.record("verified")
    assert world.kinds == []


def test_only_the_deployment_is_recorded_when_only_that_is_asked(world) -> None:
    world.record("deployed")
    assert world.kinds == [Kind.DEPLOYED]


def test_complete_traffic_is_recorded_without_a_verdict(world) -> None:
    world.record("traffic_complete")
    assert world.kinds == IN_ORDER[:2]


@pytest.mark.parametrize(
    "route", [make_route(version="6"), make_route(version="6", v7=0.1)]
)
def test_a_release_that_does_not_serve_is_not_called_verified(world, route) -> None:
    world.functions.routes[alias_arn("mra-analyze")] = [route]
    with pytest.raises(NotVerified, match="does not serve all traffic") as error:
        world.record()
    assert "mra-analyze:live serves 6" in error.value.why
    assert world.kinds == [Kind.DEPLOYED]


def test_a_failure_is_recorded_though_the_release_does_not_serve(world) -> None:
    world.functions.routes[alias_arn("mra-analyze")] = [make_route(version="6")]
    world.record("failed")
    assert world.kinds == [Kind.DEPLOYED, Kind.FAILED]


def test_masked_values_are_nowhere_in_the_ledger(world) -> None:
    world.stacks.found[STACK] = make_contents(
        parameters={"Environment": "production", "ApiKey": "****"}
    )
    world.record()
    deployed = json.loads(world.store.objects[SCOPE.key(1)][-1])["details"]
    assert deployed["hidden_parameters"] == ["ApiKey"]
    assert deployed["parameters"] == {"Environment": "production"}


def test_an_older_execution_is_not_recorded_over_a_newer_one(world) -> None:
    world.record()
    world.deploy("execution-2", "8")
    world.record(execution="execution-2")
    with pytest.raises(Refused, match="not what production holds any more"):
        world.record(execution="execution-1")


def test_the_same_execution_deployed_again_with_other_versions_is_a_new_release(
    world,
) -> None:
    world.record("deployed")
    world.stacks.found[STACK] = make_contents(versions={"mra-analyze": "8"})
    world.functions.routes[alias_arn("mra-analyze")] = [make_route(version="8")]
    assert world.record().release.number == 2


def test_a_stack_that_was_rolled_back_is_not_recorded(world) -> None:
    world.stacks.found[STACK] = make_contents(status="UPDATE_ROLLBACK_COMPLETE")
    with pytest.raises(Refused, match="holds no new release"):
        world.record()
    assert world.kinds == []


def test_a_stack_of_another_template_is_not_recorded(world) -> None:
    with pytest.raises(Refused, match="does not hold the template"):
        world.record(template=b"Resources: {Other: {Type: 'AWS::S3::Bucket'}}")


def test_a_template_that_cloudformation_hands_back_in_another_layout_is_the_same(
    world,
) -> None:
    world.stacks.found[STACK] = make_contents(template='{"Resources": {}}')
    world.record()
    assert world.kinds == IN_ORDER


def test_a_stack_whose_template_cannot_be_read_is_not_recorded(world) -> None:
    world.stacks.found[STACK] = make_contents(template="[")
    with pytest.raises(Refused, match="does not hold the template"):
        world.record()


def test_a_missing_stack_is_refused(world) -> None:
    world.stacks.found.clear()
    with pytest.raises(Refused, match="There is no stack"):
        world.record()


def test_an_unknown_execution_is_bad_input(world) -> None:
    with pytest.raises(BadInput, match="has no execution nonesuch"):
        world.record(execution="nonesuch")


def test_a_template_deleted_under_the_recorders_hands_is_refused(
    world, monkeypatch
) -> None:
    monkeypatch.setattr(FakeReleaseStore, "put_new", lambda *_: None)
    with pytest.raises(Refused, match="was there and is gone again"):
        world.record()


def test_two_recorders_at_once_record_each_event_once(world) -> None:
    other = LedgerBuilder()
    world.record()
    first = world.events[0]
    content = world.store.objects[first.key][-1]
    for sequence in (1, 2, 3):
        del world.store.objects[SCOPE.key(sequence)]
    assert other.store.objects == {}
    world.store.rivals.append((first.key, content))
    recorded = world.record()
    assert world.kinds == IN_ORDER
    assert [each.kind for each in recorded.written] == IN_ORDER[1:]


def test_a_stage_without_tests_records_no_verifier(world) -> None:
    del world.pipelines.history["execution-1"]["DeployProduction"]
    world.record()
    assert world.events[2].fact == Verified("")


def _passed_alarms(world, **parameters: str) -> None:
    contents = make_contents(parameters=parameters)
    world.stacks.found[STACK] = contents
    world.pipelines.runs = [
        make_execution(
            variables=override_variables("mends it"),
            started_by="arn:aws:iam::1:user/dana",
        )
    ]


def test_a_release_that_passed_alarms_says_why_and_by_whom(world) -> None:
    _passed_alarms(world, ShiftAlarms="ignored")
    release = world.record().release
    assert release.deployed.override == Override("mends it", "arn:aws:iam::1:user/dana")


def test_a_stack_that_was_deployed_watching_has_no_override(world) -> None:
    _passed_alarms(world, ShiftAlarms="watched")
    assert world.record().release.deployed.override is None

"""Parts of a review are read each by itself; what one may not read is never fine."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from delivery_fakes import (
    FakeBuilds,
    FakeConnections,
    FakePipelines,
    FakeSecrets,
    FakeStacks,
    FakeSubscriptions,
    make_action,
    make_execution,
    make_stage,
    make_stack,
    make_state,
    waiting_stage,
)
from maintenance_fakes import Delivery, FakeGuards, FakeRoles, role
from release_fakes import FakeDeployedStacks, make_contents
from report_fakes import PERIOD, START, FakePast, execution, run

from delivery.errors import DeliveryError, NotPermitted, Refused, Unreachable
from delivery.flows.maintenance import Maintainer
from delivery.flows.meant import meant_by
from delivery.flows.status import StatusReader
from delivery.model import (
    FOUNDATION_STACK,
    BucketGuards,
    HeldRole,
    Outcome,
    StackResource,
    StoredSecret,
)

TEMPLATE = """
Parameters: {Wide: {Type: String, Default: "no"}}
Conditions: {IsWide: !Equals [!Ref Wide, "yes"]}
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement:
          - Sid: Trust
            Effect: Allow
            Principal: {Service: a.amazonaws.com}
            Action: sts:AssumeRole
      ManagedPolicyArns: [!Sub "arn:${AWS::Partition}:iam::aws:policy/ReadOnlyAccess"]
      Policies:
        - PolicyName: own
          PolicyDocument:
            Statement:
              - {Sid: Own, Effect: Allow, Action: s3:GetObject, Resource: !Sub "arn:${Wide}"}
              - !If
                - IsWide
                - {Sid: More, Effect: Allow, Action: "s3:PutObject", Resource: "*"}
                - !Ref AWS::NoValue
  Guard:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      Roles: [!Ref Role]
      PolicyDocument:
        Statement: {Sid: Guard, Effect: Deny, Action: s3:DeleteObject, Resource: "*"}
"""
HELD = HeldRole(
    "role-1",
    (
        {
            "Statement": [
                {
                    "Sid": "Own",
                    "Effect": "Allow",
                    "Action": "s3:GetObject",
                    "Resource": "arn:no",
                }
            ]
        },
        {
            "Statement": [
                {
                    "Sid": "Guard",
                    "Effect": "Deny",
                    "Action": ["s3:DeleteObject"],
                    "Resource": "*",
                }
            ]
        },
    ),
    ("arn:aws:iam::aws:policy/ReadOnlyAccess",),
    {
        "Statement": [
            {
                "Sid": "Trust",
                "Effect": "Allow",
                "Principal": {"Service": "a.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ]
    },
)
FOUNDATION = tuple(
    StackResource(name, f"AWS::{kind}", physical)
    for name, kind, physical in [
        ("Role", "IAM::Role", "role-1"),
        ("Key", "KMS::Key", "key-1"),
        ("Bucket", "S3::Bucket", "bucket-1"),
        ("Topic", "SNS::Topic", "arn:topic"),
    ]
)


def foundation(*, parameters=None, **outputs: str):
    stack = make_stack(FOUNDATION_STACK, outputs=outputs, parameters=parameters or {})
    return replace(make_contents(template=TEMPLATE), stack=stack, resources=FOUNDATION)


def maintainer(contents=None, **more) -> Maintainer:
    pipelines = FakePipelines()
    parts = {
        "pipelines": pipelines,
        "past": FakePast(),
        "status": StatusReader(pipelines, FakeBuilds(), FakeStacks(), "pipeline"),
        "deployed": FakeDeployedStacks(
            {FOUNDATION_STACK: contents} if contents else {}
        ),
        "roles": FakeRoles({"role-1": HELD}),
        "guards": FakeGuards(),
        "secrets": FakeSecrets(),
        "connections": FakeConnections(),
        "subscriptions": FakeSubscriptions(),
        **more,
    }
    return Maintainer(**parts, pipeline="pipeline", region="us-east-1")


def outcomes(section) -> list[str]:
    return [each.outcome.value for each in section.checks]


def denied(*words, **named):
    raise NotPermitted("The tool could not look.", why="AccessDenied")


def test_executions_are_counted_and_failures_told_with_their_cause() -> None:
    action = make_action("Build", "Failed", summary="Tests failed.")
    pipelines = FakePipelines(
        [make_state(make_stage("Build", "Failed", action))],
        [make_execution("execution-two", "Failed")],
        {"execution-two": {"Build": (action,)}},
    )
    past = FakePast(
        [execution("two", 5, "Failed"), execution("one", 1)],
        [run("one", 2, stage="ApproveStaging", category="Approval", lasts=3)],
    )
    found = maintainer(
        past=past,
        status=StatusReader(pipelines, FakeBuilds(), FakeStacks(), "pipeline"),
    )
    found.status.pipelines.executions = lambda *words, **named: pipelines.runs
    section = found.pipeline_past(PERIOD)
    assert section.facts["executions"]["failed"] == 1
    assert section.facts["median_approval_wait_seconds"] == 3 * 3600
    assert outcomes(section) == ["failed", "passed"]
    assert section.facts["failed"][0]["cause"] == "Build/Build: Tests failed."


def test_a_failure_that_was_followed_by_a_success_needs_nobody() -> None:
    past = FakePast(
        [
            execution("c", 9, "Superseded"),
            execution("b", 5),
            execution("a", 1, "Failed"),
        ]
    )
    assert outcomes(maintainer(past=past).pipeline_past(PERIOD))[0] == "passed"


def test_a_cause_that_cannot_be_read_is_said_and_no_more() -> None:
    past = FakePast([execution("a", 1, "Failed")])
    section = maintainer(past=past).pipeline_past(PERIOD)
    assert section.facts["failed"][0]["cause"].startswith("not known: ")


def test_what_waits_is_told_of_every_execution() -> None:
    found = maintainer()
    found.pipelines.states = [make_state(waiting_stage())]
    section = found.waiting(START)
    assert outcomes(section) == ["failed"]
    assert section.checks[0].next_step.startswith("./deploy_pipeline.py approve")
    assert outcomes(maintainer().waiting(START)) == ["passed"]


def test_what_may_not_be_read_is_not_run_and_the_rest_goes_on() -> None:
    found = maintainer()
    found.past.executions_since = denied
    section = found.pipeline_past(PERIOD)
    assert outcomes(section) == ["not_run"]
    assert "AccessDenied" in section.checks[0].detail
    assert outcomes(found.waiting(START)) == ["passed"]
    found.insist_on_an_answer()


def test_who_may_read_nothing_at_all_is_told_so() -> None:
    found = maintainer()
    found.past.executions_since = found.pipelines.state = denied
    found.pipeline_past(PERIOD)
    found.waiting(START)
    with pytest.raises(NotPermitted):
        found.insist_on_an_answer()


@pytest.mark.parametrize(
    ("error", "rehearsed", "outcome"),
    [
        (Unreachable("No answer."), False, "inconclusive"),
        (Unreachable("No answer."), True, "inconclusive"),
        (DeliveryError("Unknown operation."), False, "inconclusive"),
        (DeliveryError("Unknown operation."), True, "not_rehearsed"),
        (NotPermitted("Denied."), True, "not_run"),
    ],
)
def test_what_went_wrong_in_one_setting_is_said_of_that_one(
    error, rehearsed, outcome
) -> None:
    def broken(name: str) -> BucketGuards:
        raise error

    found = maintainer(foundation(TrailArn="arn:trail"), rehearsed=rehearsed)
    found.guards.bucket = broken
    assert outcomes(found.security()) == ["passed", outcome, "passed", "passed"]


def test_without_a_trail_nobody_records() -> None:
    assert outcomes(maintainer(foundation()).security())[2] == "failed"
    assert outcomes(maintainer().security()) == ["failed"]


def test_roles_are_compared_with_the_template_under_the_stacks_own_parameters() -> None:
    assert outcomes(maintainer(foundation()).held_roles(START)) == ["passed"]
    wide = foundation(parameters={"Wide": "yes"})
    section = maintainer(wide).held_roles(START)
    assert "It lacks s3:PutObject on everything (More)." == section.checks[0].detail


def test_a_template_that_cannot_be_read_is_inconclusive() -> None:
    broken = replace(foundation(), template="Resources: [")
    with pytest.raises(DeliveryError, match="cannot be read"):
        meant_by(broken, "us-east-1")
    assert outcomes(maintainer(broken).held_roles(START)) == ["inconclusive"]


@pytest.mark.thorough
def test_a_role_of_sam_is_what_sam_makes_of_it() -> None:
    template = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Work:
    Type: AWS::Serverless::Function
    Properties: {Runtime: python3.11, Handler: a.b, InlineCode: "", Tracing: Active}
"""
    found = meant_by(make_contents(template=template), "us-east-1")
    assert any("AWSXrayWriteOnlyAccess" in str(each) for each in found["WorkRole"])


def test_the_tokens_age_is_that_of_its_current_version() -> None:
    secret = StoredSecret("v1", None, START)
    found = maintainer(
        foundation(SourceTokenSecretArn="arn:secret"),
        secrets=FakeSecrets({"arn:secret": secret}),
    )
    assert outcomes(found.token(START + timedelta(days=89))) == ["passed"]
    assert outcomes(found.token(START + timedelta(days=99))) == ["failed"]
    found.rehearsed = True
    assert outcomes(found.token(START + timedelta(days=99))) == ["not_rehearsed"]


def test_a_connection_has_no_age_but_has_to_work() -> None:
    contents = foundation(SourceConnectionArn="arn:connection")
    found = maintainer(contents, connections=FakeConnections(["PENDING"]))
    assert outcomes(found.token(START)) == ["failed"]
    assert outcomes(maintainer(contents).token(START)) == ["passed"]
    assert outcomes(maintainer().token(START)) == ["inconclusive"]


def test_what_is_left_over_is_named_with_the_command_that_deletes_it() -> None:
    delivery = Delivery()
    later = START + timedelta(days=365)
    section = maintainer().leftovers(delivery.cleaner, later)
    assert outcomes(section) == ["not_run"]  # it has a stack and no release
    for version in range(1, 5):
        delivery.release(str(version))
    section = maintainer().leftovers(delivery.cleaner, later)
    assert outcomes(section) == ["failed"]
    assert section.checks[0].next_step == "./deploy_pipeline.py maintenance clean-up"
    assert section.facts["kept_versions"] == 2
    delivery.cleaner().clean(delivery.plan())
    assert outcomes(maintainer().leftovers(delivery.cleaner, later)) == ["passed"]


def test_a_plan_that_is_refused_says_why() -> None:
    def busy():
        raise Refused("Nothing is cleaned up now.", why="Execution 1 is running.")

    section = maintainer().leftovers(busy, START)
    assert section.checks[0].outcome is not Outcome.PASSED
    assert "Execution 1 is running." in section.checks[0].detail


def test_two_builds_of_a_period_make_no_trend() -> None:
    assert outcomes(maintainer().build_times(PERIOD)) == ["passed"]


def test_a_role_that_iam_lost_needs_a_person() -> None:
    found = maintainer(foundation(), roles=FakeRoles({"other": role("other")}))
    assert outcomes(found.held_roles(START)) == ["failed"]

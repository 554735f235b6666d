"""CloudFormation: what is asked, and how answers are read."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from botocore.stub import ANY

from delivery.aws.stacks import CloudFormationStacks
from delivery.errors import NotPermitted, Refused, Unreachable
from delivery.flows.stack import StackDeployer
from delivery.model import ChangeSet, StackRequest

ID = "arn:aws:cloudformation:us-east-1:123456789012:stack/app/1"
CHANGE_SET = ChangeSet(
    "arn:aws:cloudformation:us-east-1:123456789012:changeSet/deploy/1", ID, "FAILED"
)
NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def stacks(clients):
    clients.stub("cloudformation")
    return CloudFormationStacks(clients)


@pytest.fixture
def api(clients, stacks):
    return clients.stub("cloudformation")


def _event(number: int, **more):
    return {
        "StackId": ID,
        "EventId": f"event-{number}",
        "StackName": "app",
        "Timestamp": NOW,
        "LogicalResourceId": "Topic",
        **more,
    }


def test_a_stack_is_read_with_outputs_and_parameters(stacks, api) -> None:
    api.add_response(
        "describe_stacks",
        {
            "Stacks": [
                {
                    "StackName": "app",
                    "StackId": ID,
                    "CreationTime": NOW,
                    "StackStatus": "UPDATE_COMPLETE",
                    "Outputs": [{"OutputKey": "Url", "OutputValue": "https://x"}],
                    "Parameters": [{"ParameterKey": "Stage", "ParameterValue": "a"}],
                }
            ]
        },
        {"StackName": "app"},
    )
    stack = stacks.find("app")
    assert stack.status == "UPDATE_COMPLETE"
    assert stack.outputs == {"Url": "https://x"}
    assert stack.parameters == {"Stage": "a"}
    assert stack.changed_at == NOW


def test_only_does_not_exist_means_absent(stacks, api) -> None:
    api.add_client_error(
        "describe_stacks", "ValidationError", "Stack with id app does not exist"
    )
    assert stacks.find("app") is None


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("AccessDenied", NotPermitted),
        ("ExpiredToken", NotPermitted),
        ("Throttling", Unreachable),
    ],
)
def test_a_refusal_is_never_read_as_absent(stacks, api, code, error) -> None:
    api.add_client_error("describe_stacks", code, "Stack app does not exist, or not")
    with pytest.raises(error):
        stacks.find("app")


def test_a_change_set_that_a_killed_run_left_gives_way(stacks, api) -> None:
    taken = "ChangeSet deploy already exists"
    by_name = {"ChangeSetName": ANY, "StackName": "app"}
    api.add_client_error("create_change_set", "AlreadyExistsException", taken)
    api.add_response("describe_change_set", {"Description": "an older one"}, by_name)
    api.add_response("delete_change_set", {}, by_name)
    api.add_response("create_change_set", {"Id": CHANGE_SET.id, "StackId": ID})
    made = stacks.create_change_set(StackRequest("app", "{}", {}), create=False)
    assert made.id == CHANGE_SET.id
    api.assert_no_pending_responses()


def test_a_change_set_is_named_by_what_it_does_and_to_what(clients) -> None:
    names = []
    for template, basis in (("{}", "1"), ("{}", "1"), ("{}", "2"), ("[]", "1")):
        clients.stub("cloudformation").add_response(
            "create_change_set", {"Id": CHANGE_SET.id, "StackId": ID}
        )
        clients.get("cloudformation").meta.events.register(
            "provide-client-params.cloudformation.CreateChangeSet",
            lambda params, **_: names.append(params["ChangeSetName"]),
            unique_id="names",
        )
        request = StackRequest("app", template, {}, basis=basis)
        CloudFormationStacks(clients).create_change_set(request, create=False)
    first, again, later, other = names
    assert first == again
    assert len({first, later, other}) == 3


def test_a_change_set_whose_answer_was_lost_is_the_one_that_was_asked_for(
    stacks, api, monkeypatch
) -> None:
    monkeypatch.setattr("delivery.aws.stacks.uuid4", lambda: "mark")
    api.add_client_error("create_change_set", "AlreadyExistsException", "taken")
    api.add_response(
        "describe_change_set",
        {
            "ChangeSetId": CHANGE_SET.id,
            "StackId": ID,
            "Description": "deploy_pipeline.py mark",
        },
    )
    made = stacks.create_change_set(StackRequest("app", "{}", {}), create=False)
    assert (made.id, made.stack_id) == (CHANGE_SET.id, ID)


def test_an_interrupt_takes_back_the_change_set_that_was_asked_for(
    stacks, api, monkeypatch
) -> None:
    def interrupted(**wanted):
        asked.append(wanted["ChangeSetName"])
        raise KeyboardInterrupt

    asked: list[str] = []
    client = stacks.clients.get("cloudformation")
    monkeypatch.setattr(client, "create_change_set", interrupted)
    monkeypatch.setattr("delivery.aws.stacks._change_set_name", lambda _: "deploy-1")
    named = {"StackName": "app", "ChangeSetName": "deploy-1"}
    api.add_response("delete_change_set", {}, named)
    with pytest.raises(KeyboardInterrupt):
        stacks.create_change_set(StackRequest("app", "{}", {}), create=False)
    assert asked == ["deploy-1"]
    api.assert_no_pending_responses()


@pytest.mark.parametrize(
    "code", ["InvalidChangeSetStatus", "TokenAlreadyExistsException"]
)
def test_an_execution_whose_answer_was_lost_has_begun(stacks, api, code) -> None:
    api.add_client_error("execute_change_set", code, "not in its current status")
    api.add_response("describe_change_set", {"ExecutionStatus": "EXECUTE_IN_PROGRESS"})
    stacks.execute(CHANGE_SET, token="deploy-1")
    api.assert_no_pending_responses()


def test_a_change_set_that_cannot_be_executed_is_refused(stacks, api) -> None:
    api.add_client_error("execute_change_set", "InvalidChangeSetStatus", "no")
    api.add_response("describe_change_set", {"ExecutionStatus": "UNAVAILABLE"})
    with pytest.raises(Refused):
        stacks.execute(CHANGE_SET, token="deploy-1")


@pytest.mark.parametrize(
    ("create", "kind", "url", "where"),
    [
        (True, "CREATE", "", {"TemplateBody": "Resources: {}"}),
        (False, "UPDATE", "https://b/k", {"TemplateURL": "https://b/k"}),
    ],
)
def test_a_change_set_is_asked_for(stacks, api, create, kind, url, where) -> None:
    api.add_response(
        "create_change_set",
        {"Id": CHANGE_SET.id, "StackId": ID},
        {
            "StackName": "app",
            "ChangeSetName": ANY,
            "Description": ANY,
            "ChangeSetType": kind,
            "Capabilities": ["CAPABILITY_NAMED_IAM"],
            "Parameters": [{"ParameterKey": "Stage", "ParameterValue": "a"}],
            "Tags": [{"Key": "Project", "Value": "p"}],
            **where,
        },
    )
    request = StackRequest(
        "app", "Resources: {}", {"Stage": "a"}, {"Project": "p"}, url
    )
    assert stacks.create_change_set(request, create=create).stack_id == ID


def test_a_stack_keeps_its_template_and_the_values_nobody_gives(stacks, api) -> None:
    api.add_response(
        "create_change_set",
        {"Id": CHANGE_SET.id, "StackId": ID},
        {
            "StackName": "app",
            "ChangeSetName": ANY,
            "Description": ANY,
            "ChangeSetType": "UPDATE",
            "Capabilities": ["CAPABILITY_NAMED_IAM"],
            "UsePreviousTemplate": True,
            "Parameters": [
                {"ParameterKey": "Stage", "ParameterValue": "a"},
                {"ParameterKey": "Size", "UsePreviousValue": True},
            ],
            "Tags": [],
        },
    )
    request = StackRequest(
        "app", "", {"Stage": "a"}, keeps=("Size",), same_template=True
    )
    assert stacks.create_change_set(request, create=False).stack_id == ID


def test_a_change_set_is_read_to_its_last_page(stacks, api) -> None:
    change = {
        "LogicalResourceId": "Bucket",
        "ResourceType": "AWS::S3::Bucket",
        "Action": "Modify",
        "Replacement": "True",
        "PolicyAction": "ReplaceAndRetain",
        "Details": [{"Target": {"Attribute": "Properties", "Name": "BucketName"}}],
    }
    added = {"LogicalResourceId": "T", "ResourceType": "AWS::X::Y", "Action": "Add"}
    asked = {
        "ChangeSetName": CHANGE_SET.id,
        "StackName": ID,
        "IncludePropertyValues": True,
    }
    api.add_response(
        "describe_change_set",
        {
            "Status": "CREATE_COMPLETE",
            "NextToken": "more",
            "Changes": [{"Type": "Resource", "ResourceChange": change}],
        },
        asked,
    )
    api.add_response(
        "describe_change_set",
        {
            "Status": "CREATE_COMPLETE",
            "Changes": [{"Type": "Resource", "ResourceChange": added}],
        },
        {**asked, "NextToken": "more"},
    )
    bucket, topic = stacks.change_set(CHANGE_SET).changes
    assert bucket.replaces
    assert not bucket.deletes
    assert bucket.properties == ("BucketName",)
    assert topic.action == "Add"


def test_a_failure_is_rolled_back_with_all_that_the_operation_made(stacks, api) -> None:
    api.add_response(
        "execute_change_set",
        {},
        {
            "ChangeSetName": CHANGE_SET.id,
            "StackName": ID,
            "ClientRequestToken": "deploy-1",
            "DisableRollback": False,
            "RetainExceptOnCreate": True,
        },
    )
    stacks.execute(CHANGE_SET, token="deploy-1")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("ChangeSetNotFound", "gone"),
        ("ValidationError", "Stack [app] does not exist"),
    ],
)
def test_discarding_what_is_gone_is_no_failure(stacks, api, code, message) -> None:
    api.add_client_error("delete_change_set", code, message)
    stacks.discard(CHANGE_SET)


def test_discarding_what_may_not_be_discarded_is_said(stacks, api) -> None:
    api.add_client_error("delete_change_set", "AccessDenied", "no")
    with pytest.raises(NotPermitted):
        stacks.discard(CHANGE_SET)


def test_deleting_carries_the_token(stacks, api) -> None:
    api.add_response(
        "delete_stack", {}, {"StackName": ID, "ClientRequestToken": "delete-1"}
    )
    stacks.delete(ID, token="delete-1")


def test_events_come_oldest_first_and_stop_at_the_known_one(stacks, api) -> None:
    api.add_response(
        "describe_stack_events",
        {
            "StackEvents": [
                _event(3, ResourceStatus="CREATE_FAILED", ClientRequestToken="mine"),
                _event(2),
                _event(1),
            ],
            "NextToken": "older",
        },
        {"StackName": ID},
    )
    events = stacks.events(ID, since="event-1")
    assert [each.id for each in events] == ["event-2", "event-3"]
    assert events[1].failed
    assert events[1].token == "mine"


def test_events_are_read_to_the_last_page(stacks, api) -> None:
    api.add_response(
        "describe_stack_events",
        {"StackEvents": [_event(2)], "NextToken": "older"},
        {"StackName": ID},
    )
    api.add_response(
        "describe_stack_events",
        {"StackEvents": [_event(1)]},
        {"StackName": ID, "NextToken": "older"},
    )
    assert [each.id for each in stacks.events(ID)] == ["event-1", "event-2"]


def test_the_events_of_an_operation_are_read_to_the_page_where_it_began(
    stacks, api
) -> None:
    api.add_response(
        "describe_stack_events",
        {
            "StackEvents": [_event(4, ClientRequestToken="mine")],
            "NextToken": "older",
        },
        {"StackName": ID},
    )
    api.add_response(
        "describe_stack_events",
        {
            "StackEvents": [_event(3, ClientRequestToken="mine"), _event(2)],
            "NextToken": "history",
        },
        {"StackName": ID, "NextToken": "older"},
    )
    read = stacks.events(ID, token="mine")
    assert [each.id for each in read] == ["event-2", "event-3", "event-4"]


def test_a_stack_that_is_gone_has_no_events(stacks, api) -> None:
    for _ in range(2):
        api.add_client_error(
            "describe_stack_events", "ValidationError", "Stack [app] does not exist"
        )
    assert stacks.events(ID) == []
    assert stacks.recent_events(ID) == []


def test_the_recent_events_are_one_page_oldest_first(stacks, api) -> None:
    api.add_response(
        "describe_stack_events",
        {"StackEvents": [_event(9), _event(8)], "NextToken": "older"},
        {"StackName": ID},
    )
    assert [each.id for each in stacks.recent_events(ID)] == ["event-8", "event-9"]


def test_findings_of_validation_are_read_and_other_events_left_out(stacks, api) -> None:
    finding = {
        "EventType": "VALIDATION_ERROR",
        "LogicalResourceId": "Logs",
        "ResourceType": "AWS::Logs::LogGroup",
        "ValidationStatusReason": "6 is not allowed",
        "ValidationPath": "/Resources/Logs/Properties/RetentionInDays",
    }
    asked = {
        "StackName": "app",
        "ChangeSetName": "release",
        "Filters": {"FailedEvents": True},
    }
    api.add_response(
        "describe_events", {"OperationEvents": [finding], "NextToken": "more"}, asked
    )
    api.add_response(
        "describe_events",
        {"OperationEvents": [{"EventType": "STACK_EVENT"}]},
        {**asked, "NextToken": "more"},
    )
    (cause,) = stacks.findings("app", "release")
    assert cause.logical_id == "Logs"
    assert cause.reason.endswith("(at /Resources/Logs/Properties/RetentionInDays)")


class NoTime:
    """A clock that stands still."""

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        """Do not wait."""


class NoScreen:
    """Nobody watches."""

    def say(self, text: str = "") -> None:
        """Tell nobody."""

    @contextmanager
    def working(self, title):
        yield lambda at: None


def test_no_change_takes_four_calls(stacks, api) -> None:
    where = {"ChangeSetName": CHANGE_SET.id, "StackName": ID}
    found = {
        "StackName": "app",
        "StackId": ID,
        "StackStatus": "UPDATE_COMPLETE",
        "CreationTime": NOW,
    }
    reason = "No updates are to be performed."
    api.add_response("describe_stacks", {"Stacks": [found]})
    api.add_response("create_change_set", {"Id": CHANGE_SET.id, "StackId": ID})
    api.add_response(
        "describe_change_set",
        {"Status": "FAILED", "StatusReason": reason},
        {**where, "IncludePropertyValues": True},
    )
    api.add_response("delete_change_set", {}, where)
    deployer = StackDeployer(stacks, NoTime(), NoScreen())
    assert not deployer.deploy(StackRequest("app", "{}", {})).changed
    api.assert_no_pending_responses()

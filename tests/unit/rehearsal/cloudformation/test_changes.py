"""What a change set would do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from awsrules.statuses import StackStatus
from rehearsal.cloudformation.changes import (
    is_update,
    outputs_differ,
    plan_changes,
    without_values,
)
from rehearsal.cloudformation.definition import Definition, complete, draft
from rehearsal.cloudformation.model import Resource, Settings, Stack
from rehearsal.cloudformation.values import Lookup, resolved

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PSEUDO = {"AWS::Region": "us-east-1", "AWS::StackName": "stack"}

TEMPLATE = """
Parameters:
  Name: {Type: String, Default: first}
  Label: {Type: String, Default: label}
  Token: {Type: String, Default: s3cret, NoEcho: true}
Resources:
  Topic:
    Type: AWS::SNS::Topic
    Properties: {TopicName: !Ref Name, DisplayName: !Ref Label}
  Policy:
    Type: AWS::SNS::TopicPolicy
    Properties:
      Topics: [!Ref Topic]
      PolicyDocument: {Statement: [{Sid: !Ref Token, Resource: !Ref Topic}]}
  Alarm:
    Type: AWS::CloudWatch::Alarm
    Properties: {AlarmName: a, MetricName: !GetAtt Topic.TopicName}
Outputs:
  Arn: {Value: !Ref Topic}
"""


def define(text: str = TEMPLATE, **parameters: str) -> Definition:
    return complete(draft(text, parameters, PSEUDO))


def standing(definition: Definition, **settings: Any) -> Stack:
    """Give a stack as it stands after ``definition`` was deployed."""
    stack = Stack("stack", "arn:stack", StackStatus.CREATE_COMPLETE, NOW)
    stack.definition, stack.settings = definition, Settings(**settings)
    for name in ("Topic", "Policy", "Alarm"):
        body = definition.resources[name]
        stack.resources[name] = Resource(
            name,
            body["Type"],
            "CREATE_COMPLETE",
            NOW,
            physical_id=f"{name}-id",
            properties=resolved(body, definition.scope, Lookup(stack.resources)),
            attributes={"TopicName": "first"},
            body=body,
        )
    return stack


def changes(
    stack: Stack, definition: Definition, settings: Settings | None = None
) -> dict[str, dict[str, Any]]:
    found = plan_changes(stack, definition, settings or stack.settings)
    return {
        each["ResourceChange"]["LogicalResourceId"]: each["ResourceChange"]
        for each in found
    }


def test_a_new_stack_adds_everything_and_knows_no_ids_yet() -> None:
    stack = Stack("stack", "arn:stack", StackStatus.REVIEW_IN_PROGRESS, NOW)
    found = changes(stack, define())
    assert {each["Action"] for each in found.values()} == {"Add"}
    assert "{{changeSet:KNOWN_AFTER_APPLY}}" in found["Policy"]["AfterContext"]


def test_the_same_again_changes_nothing() -> None:
    stack = standing(define())
    assert not changes(stack, define())
    assert not outputs_differ(stack, define())
    assert not is_update(stack, define(), stack.settings)


def test_a_parameter_is_named_as_the_cause_and_what_reads_attributes_is_dynamic() -> (
    None
):
    found = changes(standing(define()), define(Label="other"))

    topic = found["Topic"]
    assert (topic["Replacement"], topic["Scope"]) == ("False", ["Properties"])
    assert [
        (each["ChangeSource"], each.get("CausingEntity"), each["Evaluation"])
        for each in topic["Details"]
    ] == [
        ("ParameterReference", "Label", "Static"),
        ("DirectModification", None, "Dynamic"),
    ]
    # Ref of a topic that stays is what it was; an attribute of it might change.
    assert "Policy" not in found
    (detail,) = found["Alarm"]["Details"]
    assert detail["CausingEntity"] == "Topic.TopicName"
    assert (detail["Evaluation"], found["Alarm"]["Replacement"]) == ("Dynamic", "False")


def test_a_create_only_property_replaces_and_so_what_refers_to_it_changes() -> None:
    found = changes(standing(define()), define(Name="second"))

    assert found["Topic"]["Replacement"] == "True"
    assert found["Topic"]["PolicyAction"] == "ReplaceAndDelete"
    topics = next(
        each
        for each in found["Policy"]["Details"]
        if each["Target"]["Name"] == "Topics"
    )
    assert topics["ChangeSource"] == "ResourceReference"
    assert topics["CausingEntity"] == "Topic"


def test_hidden_values_are_in_no_change() -> None:
    found = plan_changes(standing(define()), define(Token="n3w"), Settings())
    assert "s3cret" not in str(found) and "n3w" not in str(found)
    assert "Policy" in str(found)


def test_what_the_template_drops_is_removed_or_kept_by_its_policy() -> None:
    kept = TEMPLATE.replace(
        "    Type: AWS::CloudWatch::Alarm",
        "    Type: AWS::CloudWatch::Alarm\n    DeletionPolicy: Retain",
    )
    start = kept.index("  Alarm:")
    without = kept[:start] + kept[kept.index("Outputs:") :]

    found = changes(standing(define(kept)), define(without))

    alarm = found["Alarm"]
    assert (alarm["Action"], alarm["PolicyAction"]) == ("Remove", "Retain")


def test_stack_tags_change_every_resource_that_bears_tags() -> None:
    tagged = Settings(tags=(("team", "delivery"),))
    found = changes(standing(define()), define(), tagged)
    assert set(found) == {"Topic", "Alarm"}
    assert found["Topic"]["Scope"] == ["Tags"]


def test_a_policy_alone_is_a_change_set_but_no_update() -> None:
    retained = TEMPLATE.replace(
        "    Type: AWS::SNS::Topic\n",
        "    Type: AWS::SNS::Topic\n    DeletionPolicy: Retain\n",
    )
    stack = standing(define())
    assert changes(stack, define(retained))["Topic"]["Scope"] == ["DeletionPolicy"]
    assert not is_update(stack, define(retained), stack.settings)


def test_outputs_alone_can_be_executed() -> None:
    renamed = define(TEMPLATE.replace("  Arn:", "  TopicArn:"))
    stack = standing(define())
    assert not changes(stack, renamed)
    assert outputs_differ(stack, renamed)


def test_values_are_left_out_unless_asked_for() -> None:
    change, *_ = plan_changes(standing(define()), define(Label="other"), Settings())
    short = without_values(change)["ResourceChange"]
    assert "AfterContext" not in short
    assert set(short["Details"][0]["Target"]) == {
        "Attribute",
        "Name",
        "RequiresRecreation",
    }

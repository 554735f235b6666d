"""Templates with their parameters: what they need, hide and refuse."""

from __future__ import annotations

import pytest

from awsrules.templates import TemplateError
from rehearsal.cloudformation.definition import (
    Definition,
    complete,
    draft,
    required_capabilities,
)

PSEUDO = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::StackId": "arn:stack",
    "AWS::StackName": "stack",
    "AWS::URLSuffix": "amazonaws.com",
}

TEMPLATE = """
Parameters:
  Extra: {Type: String, Default: "no"}
  Password: {Type: String, Default: secret, NoEcho: true}
Conditions:
  HasExtra: !Equals [!Ref Extra, "yes"]
Resources:
  Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref Password}}
  Queue:
    Type: AWS::SQS::Queue
    DependsOn: [Topic, More]
    Properties: {QueueName: !If [HasExtra, !GetAtt More.TopicName, plain]}
  More: {Type: AWS::SNS::Topic, Condition: HasExtra}
Outputs:
  More: {Condition: HasExtra, Value: !Ref More}
  Topic: {Value: !Ref Topic}
"""


def define(text: str, **parameters: str) -> Definition:
    return complete(draft(text, parameters, PSEUDO))


def test_what_a_condition_leaves_out_is_no_resource_no_need_and_no_output() -> None:
    definition = define(TEMPLATE)
    assert set(definition.resources) == {"Topic", "Queue"}
    assert definition.needs["Queue"] == {"Topic"}
    assert [name for name, _ in definition.active_outputs()] == ["Topic"]


def test_what_a_condition_lets_in_is_needed() -> None:
    assert define(TEMPLATE, Extra="yes").needs["Queue"] == {"Topic", "More"}


def test_no_echo_values_are_hidden_from_whatever_is_shown() -> None:
    definition = define(TEMPLATE)
    assert definition.hidden == {"Password"}
    assert definition.masked().parameters["Password"] == "****"
    assert definition.scope.parameters["Password"] == "secret"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Resources: {}", "At least one Resources member must be defined"),
        ("Resources: {A: {Properties: {}}}", "[/Resources/A] Every Resources object"),
        (
            "Resources: {A: {Type: 'AWS::SNS::Topic', Properties: {TopicName: !Ref B}}}",
            "Unresolved resource dependencies [B] in the Resources block",
        ),
        (
            "Resources: {A: {Type: T}}\nOutputs: {O: {Value: !Ref B}}",
            "Unresolved resource dependencies [B] in the Outputs block",
        ),
        (
            "Resources: {A: {Type: T, DependsOn: B}, B: {Type: T, DependsOn: A}}",
            "Circular dependency between resources: [A, B]",
        ),
        (
            "Rules: {R: {Assertions: [{Assert: !Equals [a, b], AssertDescription: not so}]}}\n"
            "Resources: {A: {Type: T}}",
            "not so",
        ),
    ],
)
def test_a_template_that_cannot_work_is_refused(text: str, words: str) -> None:
    with pytest.raises(TemplateError) as caught:
        define(text)
    assert words in str(caught.value)


def test_update_policies_are_needs_too() -> None:
    definition = define("""
Resources:
  Group: {Type: AWS::CodeDeploy::DeploymentGroup}
  Alias:
    Type: AWS::Lambda::Alias
    UpdatePolicy: {CodeDeployLambdaAliasUpdate: {DeploymentGroupName: !Ref Group}}
""")
    assert definition.needs["Alias"] == {"Group"}


@pytest.mark.parametrize(
    ("resources", "needed"),
    [
        ({"T": {"Type": "AWS::SNS::Topic"}}, None),
        ({"R": {"Type": "AWS::IAM::Role", "Properties": {}}}, "CAPABILITY_IAM"),
        (
            {"R": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "r"}}},
            "CAPABILITY_NAMED_IAM",
        ),
    ],
)
def test_which_capability_a_template_needs(
    resources: dict[str, object], needed: str | None
) -> None:
    assert required_capabilities({"Resources": resources}) == needed


def test_the_transform_makes_an_alias_and_keeps_its_name_in_the_template() -> None:
    definition = define("""
Transform: AWS::Serverless-2016-10-31
Resources:
  Function:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.11
      Handler: index.handler
      InlineCode: "def handler(event, context): pass"
      AutoPublishAlias: live
""")
    assert definition.transformed
    types = {body["Type"] for body in definition.resources.values()}
    assert {"AWS::Lambda::Function", "AWS::Lambda::Alias", "AWS::IAM::Role"} <= types


def test_a_failed_transform_says_so_in_cloudformations_words() -> None:
    with pytest.raises(TemplateError) as caught:
        define("""
Transform: AWS::Serverless-2016-10-31
Resources: {F: {Type: AWS::Serverless::Function, Properties: {Nonsense: 1}}}
""")
    assert str(caught.value).startswith(
        "Transform AWS::Serverless-2016-10-31 failed with: Invalid Serverless Application "
        "Specification document. Number of errors found: 1."
    )

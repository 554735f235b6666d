"""Pairs of releases: what one still needs and the other takes away is named."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from delivery.coexist.compare import conflicts
from delivery.coexist.needs import read_side

pytestmark = pytest.mark.thorough

BASE = """
Parameters:
  Stage: {Type: String, Default: one}
  HasQueue: {Type: String, Default: "yes"}
Conditions:
  Queues: {"Fn::Equals": [{Ref: HasQueue}, "yes"]}
Globals:
  Function:
    AutoPublishAlias: live
    Environment: {Variables: {STAGE: {Ref: Stage}}}
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties: {TableName: {"Fn::Sub": "records-${Stage}"}}
  Bucket: {Type: AWS::S3::Bucket}
  Key: {Type: AWS::KMS::Key}
  Queue: {Type: AWS::SQS::Queue, Condition: Queues}
  Setting: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: x}}
  Shared: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: s3://b/k}}
  Logs: {Type: AWS::Logs::LogGroup}
  Unused: {Type: AWS::SNS::Topic}
  OtherRole: {Type: AWS::IAM::Role, Properties: {Policies: []}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: worker
      Policies:
        - PolicyName: worker
          PolicyDocument:
            Statement:
              - Effect: Allow
                Action: [dynamodb:GetItem, dynamodb:PutItem]
                Resource: {"Fn::GetAtt": [Table, Arn]}
              - Effect: Allow
                Action: s3:GetObject
                Resource: {"Fn::Sub": "${Bucket.Arn}/*"}
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      Role: {"Fn::GetAtt": [Role, Arn]}
      Layers: [{Ref: Shared}]
      LoggingConfig: {LogGroup: {Ref: Logs}}
      KmsKeyArn: {"Fn::GetAtt": [Key, Arn]}
      Environment:
        Variables:
          TABLE: {Ref: Table}
          QUEUE: {"Fn::If": [Queues, {Ref: Queue}, none]}
          SETTING: {Ref: Setting}
      Events:
        Read: {Type: Api, Properties: {Path: "/items/{id}", Method: get}}
  Helper:
    Type: AWS::Serverless::Function
    Properties:
      Policies:
        - Statement: [{Effect: Allow, Action: sqs:SendMessage, Resource: "*"}]
"""
Change = Callable[[dict[str, Any], dict[str, str]], object]


def pair(change: Change) -> list[tuple[str, str]]:
    """Return what a release with ``change`` would take from the one before."""
    old = yaml.safe_load(BASE)
    new, parameters = copy.deepcopy(old), dict[str, str]()
    change(new["Resources"], parameters)
    found = conflicts(
        read_side(yaml.safe_dump(old), {}), read_side(yaml.safe_dump(new), parameters)
    )
    assert all(each.remedy and each.needed_by for each in found)
    return [(each.kind, each.name) for each in found]


def statements(resources: dict[str, Any]) -> list[dict[str, Any]]:
    document = resources["Role"]["Properties"]["Policies"][0]["PolicyDocument"]
    return document["Statement"]


def worker(resources: dict[str, Any]) -> dict[str, Any]:
    return resources["Worker"]["Properties"]


def deny(resources, parameters) -> None:
    statements(resources).append(
        {"Effect": "Deny", "Action": "s3:*", "Resource": "*"},
    )


def without(name: str) -> Change:
    def change(resources, parameters) -> None:
        """Remove a resource and what refers to it, as a release that drops it would."""
        del resources[name]
        own = worker(resources)
        variables = own["Environment"]["Variables"]
        for variable, value in list(variables.items()):
            if value == {"Ref": name}:
                variables[variable] = "gone"
        if own["LoggingConfig"] == {"LogGroup": {"Ref": name}}:
            own["LoggingConfig"] = {}
        own["Layers"] = [each for each in own["Layers"] if each != {"Ref": name}]

    return change


TABLE = "${Table.Arn}"
UNSAFE: dict[str, tuple[Change, tuple[str, str]]] = {
    "a statement is removed": (
        lambda r, p: statements(r).pop(1),
        ("permission", "s3:GetObject on ${Bucket.Arn}/*"),
    ),
    "an action is removed": (
        lambda r, p: statements(r)[0].update(Action="dynamodb:GetItem"),
        ("permission", f"dynamodb:PutItem on {TABLE}"),
    ),
    "a resource of a statement is narrowed": (
        lambda r, p: statements(r)[1].update(
            Resource={"Fn::Sub": "${Bucket.Arn}/new/*"}
        ),
        ("permission", "s3:GetObject on ${Bucket.Arn}/*"),
    ),
    "a condition is added to a statement": (
        lambda r, p: statements(r)[1].update(
            Condition={"Bool": {"aws:SecureTransport": "true"}}
        ),
        ("permission", "s3:GetObject on ${Bucket.Arn}/*"),
    ),
    "a denial is added": (deny, ("permission", "s3:GetObject on ${Bucket.Arn}/*")),
    "a policy of SAM's own role is removed": (
        lambda r, p: r["Helper"]["Properties"].pop("Policies"),
        ("permission", "sqs:SendMessage on *"),
    ),
    "a variable is removed": (
        lambda r, p: worker(r)["Environment"]["Variables"].pop("SETTING"),
        ("variable", "Worker.SETTING"),
    ),
    "a variable is renamed": (
        lambda r, p: worker(r)["Environment"].update(
            Variables={"TABLE_NAME": {"Ref": "Table"}}
        ),
        ("variable", "Worker.TABLE"),
    ),
    "a table is removed": (without("Table"), ("resource", "Table")),
    "a parameter of the Parameter Store is removed": (
        without("Setting"),
        ("resource", "Setting"),
    ),
    "a bucket that only the role names is removed": (
        without("Bucket"),
        ("resource", "Bucket"),
    ),
    "a key is removed": (without("Key"), ("resource", "Key")),
    "a queue is switched off by a parameter": (
        lambda r, p: p.update(HasQueue="no"),
        ("resource", "Queue"),
    ),
    "a table gets another name by a parameter": (
        lambda r, p: p.update(Stage="two"),
        ("resource", "Table"),
    ),
    "a table becomes a bucket": (
        lambda r, p: r["Table"].update(Type="AWS::S3::Bucket"),
        ("resource", "Table"),
    ),
    "a layer is removed": (without("Shared"), ("layer", "Shared")),
    "another role is given": (
        lambda r, p: worker(r).update(Role={"Fn::GetAtt": ["OtherRole", "Arn"]}),
        ("role", "${Role.Arn}"),
    ),
    "the role is renamed": (
        lambda r, p: r["Role"]["Properties"].update(RoleName="worker2"),
        ("role", "Role"),
    ),
    "a log group is removed": (without("Logs"), ("log group", "Logs")),
    "a route is removed": (
        lambda r, p: worker(r).pop("Events"),
        ("route", "GET /items/{id}"),
    ),
    "a route gets another method": (
        lambda r, p: worker(r)["Events"]["Read"]["Properties"].update(Method="post"),
        ("route", "GET /items/{id}"),
    ),
    "a function is removed": (lambda r, p: r.pop("Helper"), ("function", "Helper")),
}


def more_of_everything(resources, parameters) -> None:
    resources["Table2"] = {"Type": "AWS::DynamoDB::Table"}
    worker(resources)["Environment"]["Variables"]["TABLE2"] = {"Ref": "Table2"}
    statements(resources).append(
        {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}
    )


SAFE: dict[str, Change] = {
    "nothing changes": lambda r, p: None,
    "a resource that nothing uses is removed": lambda r, p: r.pop("Unused"),
    "a table is added and used beside the old one": more_of_everything,
    "a statement is added": lambda r, p: statements(r).append(
        {"Effect": "Allow", "Action": "sns:Publish", "Resource": "*"}
    ),
    "a resource of a statement is widened": lambda r, p: statements(r)[1].update(
        Resource="*"
    ),
    "actions are written as a wildcard": lambda r, p: statements(r)[0].update(
        Action="dynamodb:*"
    ),
    "actions are written in another case": lambda r, p: statements(r)[1].update(
        Action="S3:getobject"
    ),
    "statements change places": lambda r, p: statements(r).reverse(),
    "one statement becomes two": lambda r, p: statements(r).extend(
        [{**copy.deepcopy(statements(r)[0]), "Action": "dynamodb:GetItem"}]
    ),
    "an arn is written as a Sub": lambda r, p: statements(r)[0].update(
        Resource={"Fn::Sub": TABLE}
    ),
    "a denial of something else is added": lambda r, p: statements(r).append(
        {"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"}
    ),
    "a variable is added": lambda r, p: worker(r)["Environment"]["Variables"].update(
        MORE="1"
    ),
    "a variable gets another value": lambda r, p: worker(r)["Environment"][
        "Variables"
    ].update(SETTING="other"),
    "memory and timeout change": lambda r, p: worker(r).update(
        MemorySize=512, Timeout=9
    ),
    "a route is added": lambda r, p: worker(r)["Events"].update(
        Write={"Type": "Api", "Properties": {"Path": "/items", "Method": "post"}}
    ),
    "a function is added": lambda r, p: r.update(
        More={"Type": "AWS::Serverless::Function", "Properties": {}}
    ),
    "a route moves to another function": lambda r, p: r["Helper"]["Properties"].update(
        Events=worker(r).pop("Events")
    ),
    "a resource gets other settings": lambda r, p: r["Logs"].update(
        Properties={"RetentionInDays": 7}
    ),
}


def test_there_are_enough_pairs() -> None:
    assert len(UNSAFE) >= 15 and len(SAFE) >= 15


@pytest.mark.parametrize("name", UNSAFE)
def test_a_release_that_takes_away_is_refused_by_name(name: str) -> None:
    change, conflict = UNSAFE[name]
    assert conflict in pair(change)


@pytest.mark.parametrize("name", SAFE)
def test_a_release_that_adds_or_keeps_passes(name: str) -> None:
    assert pair(SAFE[name]) == []


def test_a_resource_that_stays_in_the_account_is_not_taken_away() -> None:
    old = yaml.safe_load(BASE)
    old["Resources"]["Bucket"]["DeletionPolicy"] = "Retain"
    new = copy.deepcopy(old)
    del new["Resources"]["Bucket"]
    statements(new["Resources"])[1]["Resource"] = "*"
    found = conflicts(
        read_side(yaml.safe_dump(old), {}), read_side(yaml.safe_dump(new), {})
    )
    assert found == ()


def test_a_rollback_is_asked_the_other_way_round() -> None:
    """The target serves beside what was deployed after it."""
    old = yaml.safe_load(BASE)
    new = copy.deepcopy(old)
    statements(new["Resources"]).pop(1)
    target, current = (read_side(yaml.safe_dump(e), {}) for e in (old, new))
    assert [each.kind for each in conflicts(target, current)] == ["permission"]
    assert conflicts(current, target) == ()


def test_the_applications_own_template_coexists_with_itself() -> None:
    text = (Path(__file__).parents[4] / "templates/template.yaml").read_text("utf-8")
    given = {"Environment": "production", "PermissionsBoundaryArn": "arn:boundary"}
    side = read_side(text, given)
    assert all(each.permissions and each.variables for each in side.functions.values())
    assert conflicts(side, side) == ()


@pytest.mark.parametrize("name", UNSAFE)
def test_the_second_step_passes_once_the_first_declared_it(name: str) -> None:
    change, _ = UNSAFE[name]
    old = yaml.safe_load(BASE)
    new, parameters = copy.deepcopy(old), dict[str, str]()
    change(new["Resources"], parameters)
    after = read_side(yaml.safe_dump(new), parameters)
    for each in conflicts(read_side(yaml.safe_dump(old), {}), after):
        metadata = old["Resources"][each.needed_by].setdefault("Metadata", {})
        metadata.setdefault("NoLongerNeeds", []).append(each.name)
    assert conflicts(read_side(yaml.safe_dump(old), {}), after) == ()

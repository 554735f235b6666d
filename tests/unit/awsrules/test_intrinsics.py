"""Intrinsic functions: what can be decided is decided, the rest stays as it stands."""

from __future__ import annotations

from typing import Any

import pytest

from awsrules.templates import (
    NO_VALUE,
    Scope,
    TemplateError,
    contains_intrinsic,
    dynamic_references,
    evaluate_conditions,
    load_template,
    references,
    replace_dynamic_references,
    resolve,
)

SCOPE = Scope(
    parameters={"Size": 3, "Names": ["a", "b"], "Flag": "true"},
    mappings={"M": {"top": {"second": "found"}}},
    conditions={"Big": True, "Small": False},
    pseudo={"AWS::Region": "us-east-1"},
)


def value(text: str) -> Any:
    return load_template(f"Value: {text}", name="t")["Value"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("!Ref Size", 3),
        ("!Ref AWS::Region", "us-east-1"),
        ("!Sub '${Size} in ${AWS::Region}'", "3 in us-east-1"),
        ("!Sub '${!Literal} ${Size}'", "${Literal} 3"),
        ("!Sub ['${x}-${Size}', {x: !Ref AWS::Region}]", "us-east-1-3"),
        ("!Sub '${Names}'", "a,b"),
        ("!Join ['-', !Ref Names]", "a-b"),
        ("!Join ['', [x, !Ref Size]]", "x3"),
        ("!Select [1, !Ref Names]", "b"),
        ("!Select ['0', !Split ['.', 'x.y']]", "x"),
        ("!Split ['.', 'x.y']", ["x", "y"]),
        ("!FindInMap [M, top, second]", "found"),
        ("!FindInMap [M, top, none, {DefaultValue: other}]", "other"),
        ("!If [Big, 1, 2]", 1),
        ("!If [Small, 1, 2]", 2),
        ("!Base64 hi", "aGk="),
        ("!Length [a, b, c]", 3),
        ("!Equals [!Ref Size, '3']", True),
    ],
)
def test_what_is_known_is_resolved(text: str, expected: object) -> None:
    assert resolve(value(text), SCOPE) == expected


@pytest.mark.parametrize(
    "text",
    [
        "!Ref Queue",
        "!GetAtt Queue.Arn",
        "!Join ['', [!Ref Queue, x]]",
        "!Select [0, !GetAtt Queue.Urls]",
        "!ImportValue x",
    ],
)
def test_what_needs_a_resource_stays(text: str) -> None:
    assert resolve(value(text), SCOPE) == value(text)


def test_a_sub_keeps_only_what_is_open() -> None:
    text = "!Sub ['${x} ${Size} ${Queue.Arn} ${y}', {x: 1, y: !Ref Topic}]"

    assert resolve(value(text), SCOPE) == {
        "Fn::Sub": ["1 3 ${Queue.Arn} ${y}", {"y": {"Ref": "Topic"}}]
    }


def test_resources_are_asked_when_there_is_somebody_to_ask() -> None:
    resolved = resolve(
        value("!Sub '${Queue}|${Queue.Arn}|${Size}'"),
        SCOPE,
        ref=lambda name: f"ref:{name}",
        att=lambda name, attribute: f"att:{name}.{attribute}",
    )

    assert resolved == "ref:Queue|att:Queue.Arn|3"


def test_no_value_leaves_mappings_and_lists() -> None:
    text = "{a: !If [Small, 1, !Ref AWS::NoValue], b: [1, !Ref AWS::NoValue]}"

    assert resolve(value(text), SCOPE) == {"b": [1]}
    assert resolve(value("!Ref AWS::NoValue"), SCOPE) is NO_VALUE


def test_only_the_branch_that_is_taken_is_looked_at() -> None:
    assert resolve(value("!If [Big, 1, !FindInMap [M, x, y]]"), SCOPE) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("!FindInMap [M, x, y]", "Unable to get mapping for M::x::y"),
        ("!Select [2, [a, b]]", "nonexistent value at index 2"),
        ("!If [Unknown, 1, 2]", "unresolved condition dependency Unknown"),
    ],
)
def test_what_cannot_be_resolved_is_refused(text: str, message: str) -> None:
    with pytest.raises(TemplateError, match=message):
        resolve(value(text), SCOPE)


def conditions(text: str, **parameters: str) -> dict[str, bool]:
    template = load_template(text, name="t")
    return evaluate_conditions(template, parameters, {"AWS::Region": "us-east-1"})


def test_conditions_may_stand_in_any_order() -> None:
    text = """
Conditions:
  Both: !And [!Condition Production, !Not [!Condition Quiet]]
  Either: !Or [!Condition Quiet, !Equals [!Ref AWS::Region, us-east-1]]
  Production: !Equals [!Ref Environment, production]
  Quiet: !Equals [!Ref Quiet, "true"]
"""
    assert conditions(text, Environment="production", Quiet="false") == {
        "Production": True,
        "Quiet": False,
        "Both": True,
        "Either": True,
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{A: !Condition B, B: !Condition A}", "circular"),
        ("{A: !Condition B}", "unresolved condition dependency B"),
        ("{A: !Ref B}", "not a condition function"),
    ],
)
def test_conditions_that_cannot_hold_are_refused(text: str, message: str) -> None:
    with pytest.raises(TemplateError, match=message):
        conditions(f"Conditions: {text}")


def test_references_are_what_must_be_there_before() -> None:
    text = (
        "{a: !Ref A, b: !GetAtt B.Arn, c: !Sub '${C} ${D.Arn} ${!Not} ${AWS::Region}', "
        "d: !Sub ['${x} ${E}', {x: !Ref F}]}"
    )

    assert references(value(text)) == {"A", "B", "C", "D", "E", "F"}


def test_an_intrinsic_is_found_wherever_it_stands() -> None:
    assert contains_intrinsic({"a": [{"b": {"Ref": "A"}}]})
    assert not contains_intrinsic({"a": [{"b": 1}]})


def test_dynamic_references_stay_until_they_are_looked_up() -> None:
    text = "!Sub 'x{{resolve:secretsmanager:${Size}:SecretString:token}}'"

    resolved = resolve(value(text), SCOPE)

    assert resolved == "x{{resolve:secretsmanager:3:SecretString:token}}"
    assert replace_dynamic_references([resolved], lambda one: one.json_key) == [
        "xtoken"
    ]


def test_a_secret_is_named_by_arn_or_by_name() -> None:
    arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:token-a1b2c3"
    text = (
        f"{{{{resolve:secretsmanager:{arn}:SecretString:token::version-1}}}} "
        "{{resolve:secretsmanager:plain}} {{resolve:ssm:/a/b:3}}"
    )

    by_arn, by_name, parameter = dynamic_references({"a": [text]})

    assert (by_arn.name, by_arn.json_key, by_arn.version_stage, by_arn.version_id) == (
        arn,
        "token",
        "",
        "version-1",
    )
    assert (by_name.name, by_name.json_key) == ("plain", "")
    assert (parameter.service, parameter.name, parameter.version_id) == (
        "ssm",
        "/a/b",
        "3",
    )

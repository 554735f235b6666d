"""Parameters: defaults, types, and the refusals that CloudFormation gives."""

from __future__ import annotations

import pytest

from awsrules.templates import (
    Scope,
    TemplateError,
    broken_rules,
    effective_parameters,
    evaluate_conditions,
    load_template,
)

TEMPLATE = load_template(
    """
Parameters:
  Name:
    Type: String
    AllowedPattern: "[a-z]+"
    ConstraintDescription: must be lower-case letters
  Size: {Type: Number, Default: 2, MinValue: 1, MaxValue: 9}
  Share: {Type: Number, Default: 0.5}
  Kind: {Type: String, Default: a, AllowedValues: [a, b]}
  Code: {Type: String, Default: abc, MinLength: 2, MaxLength: 4}
  Plain: {Type: String, Default: x, AllowedPattern: "x+"}
  Items: {Type: CommaDelimitedList, Default: "a, b"}
  Numbers: {Type: List<Number>, Default: "1,2"}
  Empty: {Type: CommaDelimitedList, Default: ""}
  Flag: {Type: String, Default: true}
""",
    name="t",
)


def test_defaults_fill_what_was_not_given_in_its_type() -> None:
    assert effective_parameters(TEMPLATE, {"Name": "x", "Size": "7"}) == {
        "Name": "x",
        "Size": 7,
        "Share": 0.5,
        "Kind": "a",
        "Code": "abc",
        "Plain": "x",
        "Items": ["a", "b"],
        "Numbers": ["1", "2"],
        "Empty": [],
        "Flag": "true",
    }


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, r"Parameters: \[Name\] must have values"),
        ({"Name": "x", "Other": "1"}, r"Parameters: \[Other\] do not exist"),
        ({"Name": "X"}, "failed to satisfy constraint: must be lower-case letters"),
        ({"Name": "x", "Size": "10"}, "'Size' must be a number not greater than 9"),
        ({"Name": "x", "Size": "0"}, "'Size' must be a number not less than 1"),
        ({"Name": "x", "Size": "many"}, "'Size' must be a number"),
        ({"Name": "x", "Kind": "c"}, "'Kind' must be one of AllowedValues"),
        ({"Name": "x", "Code": "a"}, "'Code' must contain at least 2 characters"),
        ({"Name": "x", "Code": "abcde"}, "'Code' must contain at most 4 characters"),
        ({"Name": "x", "Plain": "xyx"}, r"'Plain' must match pattern x\+"),
        ({"Name": "x", "Numbers": "1,b"}, "'Numbers' must be a number"),
    ],
)
def test_what_breaks_a_constraint_is_refused(
    given: dict[str, str], message: str
) -> None:
    with pytest.raises(TemplateError, match=message):
        effective_parameters(TEMPLATE, given)


RULES = load_template(
    """
Parameters:
  Access: {Type: String}
  Secret: {Type: String, Default: ""}
Rules:
  SecretIsGiven:
    RuleCondition: !Equals [!Ref Access, token]
    Assertions:
      - Assert: !Not [!Equals [!Ref Secret, ""]]
        AssertDescription: a token needs a secret
  Known:
    Assertions:
      - Assert: {"Fn::Contains": [[token, connection], !Ref Access]}
""",
    name="t",
)


@pytest.mark.parametrize(
    ("given", "broken"),
    [
        ({"Access": "token"}, ["a token needs a secret"]),
        ({"Access": "token", "Secret": "s"}, []),
        ({"Access": "connection"}, []),
        ({"Access": "magic"}, ["rule Known does not hold"]),
    ],
)
def test_rules_are_asserted_when_their_condition_holds(
    given: dict[str, str], broken: list[str]
) -> None:
    parameters = effective_parameters(RULES, given)
    scope = Scope(parameters, {}, evaluate_conditions(RULES, parameters, {}), {})

    assert broken_rules(RULES, scope) == broken

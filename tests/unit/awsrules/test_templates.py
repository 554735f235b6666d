"""Reading templates: short forms, lines, and what is refused."""

from __future__ import annotations

import json

import pytest

from awsrules.templates import TemplateError, line_of, load_template

TEMPLATE = """\
AWSTemplateFormatVersion: 2010-09-09
Parameters:
  Size: {Type: Number, Default: 3}
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: !Sub "${AWS::StackName}-data"
      Tags:
        - Key: a
          Value: !GetAtt Other.Arn.Nested
"""


def load(text: str = TEMPLATE) -> dict[str, object]:
    return load_template(text, name="a.yaml")


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("!Ref A", {"Ref": "A"}),
        ("!Condition A", {"Condition": "A"}),
        ("!GetAtt A.B.C", {"Fn::GetAtt": ["A", "B.C"]}),
        ("!GetAtt [A, B]", {"Fn::GetAtt": ["A", "B"]}),
        ("!Sub '${A}'", {"Fn::Sub": "${A}"}),
        ("!Sub ['${a}', {a: !Ref B}]", {"Fn::Sub": ["${a}", {"a": {"Ref": "B"}}]}),
        (
            "!If [C, !Ref A, !Ref AWS::NoValue]",
            {"Fn::If": ["C", {"Ref": "A"}, {"Ref": "AWS::NoValue"}]},
        ),
        ("!Join ['', [a, 1]]", {"Fn::Join": ["", ["a", 1]]}),
        ("!FindInMap [M, A, B]", {"Fn::FindInMap": ["M", "A", "B"]}),
        ("!Equals [a, b]", {"Fn::Equals": ["a", "b"]}),
    ],
)
def test_short_forms_become_their_long_form(short: str, long: object) -> None:
    assert load(f"Value: {short}")["Value"] == long


def test_json_is_a_template_too() -> None:
    text = json.dumps({"Resources": {"A": {"Type": "AWS::SQS::Queue"}}})

    assert load(text) == {"Resources": {"A": {"Type": "AWS::SQS::Queue"}}}


def test_dates_stay_text() -> None:
    assert load("Version: 2012-10-17") == {"Version": "2012-10-17"}


def test_numbers_and_truth_keep_their_type() -> None:
    assert load("A: 1\nB: 1.5\nC: true\nD: '1'\nE:") == {
        "A": 1,
        "B": 1.5,
        "C": True,
        "D": "1",
        "E": None,
    }


def test_each_key_knows_its_line() -> None:
    template = load()

    assert line_of(template, "Resources") == 4
    assert line_of(template, "Resources", "Bucket", "Properties") == 7
    assert line_of(template, "Resources", "Bucket", "Properties", "Tags", 0) == 10


def test_a_path_that_is_not_there_has_the_line_of_its_nearest_parent() -> None:
    assert line_of(load(), "Resources", "Bucket", "Metadata") == 5
    assert line_of({"plain": 1}, "plain") is None


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("A: 1\nB:\n  C: 1\n  C: 2\n", 'the key "C" is given twice', 4),
        ("A: [1\nB: 2\n", "YAML not well-formed", 2),
        ("- a\n- b\n", "unsupported structure", 1),
        ("A: !Nope x\n", "unknown tag !Nope", 1),
        ("C:\n  <<: {B: 1}\n", "merge key", 2),
        ("A: &x {B: 1}\nC: *x\n", "the alias *x is not allowed", 2),
    ],
)
def test_what_cloudformation_refuses_is_refused_with_its_line(
    text: str, message: str, line: int
) -> None:
    with pytest.raises(TemplateError) as refused:
        load(text)

    assert message in str(refused.value)
    assert refused.value.line == line
    assert refused.value.name == "a.yaml"
    assert str(refused.value).startswith(f"a.yaml:{line}:")

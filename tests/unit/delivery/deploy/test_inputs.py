"""Templates, parameters, answers and the token, before anything is sent."""

from __future__ import annotations

import json

import pytest

from delivery.deploy.access import holds_token, needs_storing, secret_text
from delivery.deploy.answers import checked_answers, checked_token
from delivery.deploy.parameters import fill_parameters
from delivery.deploy.template import INLINE_TEMPLATE_BYTES, read_template
from delivery.errors import BadInput
from delivery.model import Hidden, StoredSecret

GOOD = {
    "owner": "clinic",
    "repository": "records",
    "branch": "main",
    "access": "token",
    "environment": "production",
}


def test_the_first_source_that_has_the_name_wins() -> None:
    declared = {"Stage": {}, "Size": {"Default": 1}, "Other": {"Default": 2}}
    filled = fill_parameters(declared, {"Stage": "a"}, {"Stage": "b", "Size": "9"})
    assert filled == {"Stage": "a", "Size": "9"}


def test_what_the_template_does_not_ask_for_is_left_out() -> None:
    assert fill_parameters({}, {"Unknown": "x"}) == {}


def test_a_parameter_nobody_knows_is_named() -> None:
    with pytest.raises(BadInput, match="Stage"):
        fill_parameters({"Stage": {"Type": "String"}}, {"Size": "1"})


def test_a_small_template_is_sent_as_it_is(tmp_path) -> None:
    text = "# why\nParameters:\n  Stage: {Type: String}\nResources: {}\n"
    file = tmp_path / "t.yaml"
    file.write_text(text)
    template = read_template(file)
    assert template.text == text
    assert list(template.parameters) == ["Stage"]


def test_a_large_template_is_sent_as_the_same_template_without_its_comments(
    tmp_path,
) -> None:
    body = "Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n"
    file = tmp_path / "t.yaml"
    form = "Metadata: {AWS::CloudFormation::Interface: {ParameterGroups: []}}\n"
    file.write_text(form + body + "# reason\n" * (INLINE_TEMPLATE_BYTES // 8))
    template = read_template(file)
    assert not template.too_large
    assert json.loads(template.text) == {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}
    }


def test_a_missing_template_is_bad_input(tmp_path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        read_template(tmp_path / "none.yaml")


def test_a_broken_template_is_bad_input_with_its_line(tmp_path) -> None:
    file = tmp_path / "t.yaml"
    file.write_text("Resources:\n  - [")
    with pytest.raises(BadInput) as caught:
        read_template(file)
    assert "t.yaml" in caught.value.why


def test_good_answers_are_returned() -> None:
    answers = checked_answers(GOOD)
    assert answers.as_data() == GOOD


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("owner", "clinic/records"),
        ("owner", ""),
        ("repository", "a b"),
        ("branch", "../main"),
        ("branch", "-main"),
        ("branch", "a..b"),
        ("environment", "prod"),
        ("access", "password"),
    ],
)
def test_a_malformed_answer_names_its_flag(name: str, value: str) -> None:
    with pytest.raises(BadInput) as caught:
        checked_answers({**GOOD, name: value})
    assert f"--{name}" in caught.value.next_step


@pytest.mark.parametrize("text", ["", "  ", "with blank inside", "ghp_ü", "ghp_1"])
def test_what_cannot_be_a_token_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        checked_token(text, source="stdin")
    assert not text.strip() or text.strip() not in str(caught.value)


def test_a_token_is_trimmed_and_never_shown() -> None:
    token = checked_token(" ghp_0123456789\n", source="stdin")
    assert token.reveal() == "ghp_0123456789"
    assert "ghp_" not in f"{token} {token!r}"
    assert hash(token) == hash(Hidden("ghp_0123456789"))


def test_the_token_is_stored_under_the_key_that_templates_refer_to() -> None:
    assert json.loads(secret_text(Hidden("t0ken-value")).reveal()) == {
        "token": "t0ken-value"
    }


def test_the_same_token_is_not_stored_again() -> None:
    stored = StoredSecret("v1", secret_text(Hidden("same-token")))
    assert not needs_storing(stored, Hidden("same-token"))
    assert needs_storing(stored, Hidden("other-token"))
    assert needs_storing(None, Hidden("same-token"))


@pytest.mark.parametrize("text", ["", "not json", "[]", "{}", '{"token": ""}'])
def test_a_secret_without_a_token_holds_none(text: str) -> None:
    assert not holds_token(StoredSecret("v1", Hidden(text)))

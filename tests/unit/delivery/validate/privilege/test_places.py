"""What one place of the delivery may do in another: what promoting takes, and no more."""

from __future__ import annotations

import pytest

from delivery.validate.privilege.places import (
    needs_of_receiver,
    only_the_promoter_is_let_in,
    receiver_has_no_more,
    receiver_lacks_nothing,
)

PRINCIPAL = (
    'Principal: {AWS: !Sub ["arn:${AWS::Partition}:iam::${Account}:root", {Account: '
    '!Select [4, !Split [":", !Ref PromoterRoleArn]]}]}'
)
CONDITION = 'ArnEquals: {"aws:PrincipalArn": !Ref PromoterRoleArn}'
OWN = 'Principal: {AWS: !Sub "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}'
ANYBODY = 'Principal: {AWS: "*"}'


def found(rule, subject) -> list[str]:
    return [str(each) for each in rule(subject)]


def test_the_receiver_holds_what_promoting_takes_and_no_more(make_subject) -> None:
    subject = make_subject()
    (needs,) = needs_of_receiver(subject).values()
    assert {each.action for each in needs} == {
        "cloudformation:DescribeStacks",
        "codepipeline:StartPipelineExecution",
        "kms:Decrypt",
        "kms:GenerateDataKey",
        "s3:GetObject",
        "s3:ListBucket",
        "s3:PutObject",
    }
    assert found(receiver_lacks_nothing, subject) == []
    assert found(receiver_has_no_more, subject) == []
    assert found(only_the_promoter_is_let_in, subject) == []


def test_what_the_adapter_calls_is_named_with_its_line(make_subject) -> None:
    start = "                Action: codepipeline:StartPipelineExecution\n"
    subject = make_subject(pipeline={start: start.replace("Start", "Stop")})
    (told,) = found(receiver_lacks_nothing, subject)
    assert "lacks codepipeline:StartPipelineExecution" in told
    assert "src/delivery/aws/promotion.py:" in told


def test_the_key_is_used_through_s3_only(make_subject) -> None:
    through = '{"kms:ViaService": !Sub "s3.${AWS::Region}.amazonaws.com"}'
    subject = make_subject(pipeline={through: '{"kms:ViaService": elsewhere}'})
    told = found(receiver_lacks_nothing, subject)
    assert any("lacks kms:GenerateDataKey" in each for each in told)


@pytest.mark.parametrize(
    ("principal", "let_in"),
    [
        ('{"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}', "role/any"),
        ('{"aws:PrincipalArn": "arn:aws:iam::111122223333:user/*"}', "user/any"),
    ],
)
def test_anybody_else_who_is_let_in_is_told(
    make_subject, principal: str, let_in: str
) -> None:
    condition = 'ArnEquals: {"aws:PrincipalArn": !Ref PromoterRoleArn}'
    subject = make_subject(pipeline={condition: f"ArnLike: {principal}"})
    told = found(only_the_promoter_is_let_in, subject)
    assert any(
        f"can be assumed by arn:aws:iam::111122223333:{let_in}" in each for each in told
    )


def test_a_promoter_that_is_kept_out_is_told(make_subject) -> None:
    condition = 'ArnEquals: {"aws:PrincipalArn": !Ref PromoterRoleArn}'
    other = 'ArnEquals: {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/x"}'
    subject = make_subject(pipeline={condition: other})
    told = found(only_the_promoter_is_let_in, subject)
    # That of a home in the place's own account, and that of one in another.
    assert len(told) == 2
    assert all("cannot be assumed by" in e and "promoter" in e for e in told)


def told_of(subject) -> set[str]:
    return {each.message for each in only_the_promoter_is_let_in(subject)}


def test_a_trust_of_the_places_own_account_shuts_a_home_of_another_out(
    make_subject,
) -> None:
    shut = told_of(make_subject(pipeline={PRINCIPAL: OWN}))
    assert shut == {
        "ReceiverRole cannot be assumed by "
        "arn:aws:iam::444455556666:role/medical-record-analysis-promoter-any"
    }


@pytest.mark.parametrize("account", ["999988887777", "111122223333"])
def test_a_role_of_the_promoters_name_in_another_account_is_a_stranger(
    make_subject, account: str
) -> None:
    loose = CONDITION.replace("ArnEquals", "ArnLike").replace(
        "!Ref PromoterRoleArn", '"arn:*:iam::*:role/*-promoter-*"'
    )
    found = told_of(make_subject(pipeline={PRINCIPAL: ANYBODY, CONDITION: loose}))
    assert (
        f"ReceiverRole can be assumed by arn:aws:iam::{account}:role/"
        "medical-record-analysis-promoter-any"
    ) in found


def test_a_trust_without_its_condition_lets_in_all_of_the_homes_account(
    make_subject,
) -> None:
    found = told_of(make_subject(pipeline={CONDITION: "StringLike: {}"}))
    assert "ReceiverRole can be assumed by arn:aws:iam::444455556666:role/any" in found
    assert not any("999988887777" in each for each in found)

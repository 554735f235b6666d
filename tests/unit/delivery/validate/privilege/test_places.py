"""What one place of the delivery may do in another: what promoting takes, and no more."""

from __future__ import annotations

import pytest

from delivery.validate.privilege.places import (
    needs_of_receiver,
    only_the_promoter_is_let_in,
    receiver_has_no_more,
    receiver_lacks_nothing,
)


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
    (told,) = found(only_the_promoter_is_let_in, subject)
    assert "cannot be assumed by" in told and "promoter" in told

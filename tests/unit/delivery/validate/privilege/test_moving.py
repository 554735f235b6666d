"""The pipeline's role: what its actions need, by name and line."""

from __future__ import annotations

import pytest

from delivery.validate.privilege.moving import (
    pipeline_has_no_more,
    pipeline_lacks_nothing,
)

pytestmark = pytest.mark.thorough


def test_the_pipelines_role_holds_what_its_actions_need_and_no_more(
    make_subject,
) -> None:
    subject = make_subject()
    assert [str(each) for each in pipeline_lacks_nothing(subject)] == []
    assert [str(each) for each in pipeline_has_no_more(subject)] == []


def test_a_missing_permission_is_named_with_the_action_and_its_line(
    make_subject,
) -> None:
    gone = "                  - cloudformation:ExecuteChangeSet\n"
    subject = make_subject(foundation={gone: ""})
    (finding,) = pipeline_lacks_nothing(subject)
    assert "lacks cloudformation:ExecuteChangeSet on arn:aws:cloudformation" in (
        finding.message
    )
    assert "ExecuteChangeSet of DeployDevelopment (templates/pipeline.yaml:" in (
        finding.message
    )
    line = int(finding.message.split("pipeline.yaml:")[1].split(")")[0])
    assert "Name: ExecuteChangeSet" in subject.pipeline.text.splitlines()[line - 1]


def test_a_role_that_the_action_hands_over_must_be_the_one_that_may_be_passed(
    make_subject,
) -> None:
    subject = make_subject(
        pipeline={
            "RoleArn: !Ref CloudFormationServiceRoleArn": "RoleArn: !Ref ReviewRoleArn"
        }
    )
    (finding,) = pipeline_lacks_nothing(subject)
    assert "lacks iam:PassRole on arn:aws:iam::111122223333:role/" in finding.message
    assert "ReviewRole" in finding.message


def test_another_mode_asks_for_other_permissions(make_subject) -> None:
    subject = make_subject(
        pipeline={"ActionMode: CHANGE_SET_REPLACE": "ActionMode: CREATE_UPDATE"}
    )
    lacked = {
        each.message.split(" lacks ")[1].split(" on ")[0]
        for each in pipeline_lacks_nothing(subject)
    }
    assert lacked == {"cloudformation:CreateStack", "cloudformation:UpdateStack"}


def test_a_stack_outside_the_prefix_is_beyond_the_role(make_subject) -> None:
    subject = make_subject(
        pipeline={'StackName: !Sub "${ProjectName}-lambda-development"': "StackName: x"}
    )
    lacked = {
        each.message.split(" lacks ")[1].split(": ")[0]
        for each in pipeline_lacks_nothing(subject)
    }
    assert (
        "cloudformation:CreateChangeSet on "
        "arn:aws:cloudformation:us-east-1:111122223333:stack/x/any" in lacked
    )


def test_a_permission_too_much_is_named_with_its_own_line(make_subject) -> None:
    place = "                  - codebuild:StopBuild\n"
    subject = make_subject(
        foundation={place: place + "                  - codebuild:RetryBuild\n"}
    )
    (finding,) = pipeline_has_no_more(subject)
    assert "may codebuild:RetryBuild (RunTheDeliverysProjects)" in finding.message
    lines = subject.foundation.text.splitlines()
    assert lines[(finding.line or 0) - 1].strip() == "- codebuild:RetryBuild"

"""The roles of the build projects: what CodeBuild and the commands need, by name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from delivery.validate.privilege.builders import (
    builders_have_no_more,
    builders_lack_nothing,
    projects_of,
)

pytestmark = pytest.mark.thorough


def lacked(subject) -> set[tuple[str, str]]:
    """Give role and action of each finding."""
    words = [each.message.split() for each in builders_lack_nothing(subject)]
    return {(each[0], each[2]) for each in words}


def with_command(subject, file: str, command: str):
    """Give the subject with one more command at the end of a buildspec's build."""
    text = subject.buildspecs[file].replace(
        "  build:\n    commands:\n", f"  build:\n    commands:\n      - {command}\n"
    )
    assert text != subject.buildspecs[file]
    return replace(subject, buildspecs={**subject.buildspecs, file: text})


def test_each_projects_role_holds_what_is_needed_and_no_more(make_subject) -> None:
    subject = make_subject()
    assert {each.role for each in projects_of(subject)} == {
        "CodeBuildServiceRole",
        "VerificationRole",
        "RecorderRole",
        "ReviewRole",
        "CheckRole",
        "RollbackRole",
        "PromoterRole",
    }
    assert [str(each) for each in builders_lack_nothing(subject)] == []
    assert [str(each) for each in builders_have_no_more(subject)] == []


def test_what_the_tool_calls_is_named_with_the_line_that_calls_it(make_subject) -> None:
    action = "                Action: codebuild:BatchGetReports\n"
    subject = make_subject(foundation={action: "                Action: []\n"})
    (finding,) = builders_lack_nothing(subject)
    assert "ReviewRole lacks codebuild:BatchGetReports on arn:aws:codebuild" in (
        finding.message
    )
    assert "ReviewProject needs it (src/delivery/aws/review.py:" in finding.message


def test_what_codebuild_itself_does_is_asked_for(make_subject) -> None:
    trimmed = "                  - codebuild:BatchPutCodeCoverages\n"
    subject = make_subject(foundation={trimmed: ""})
    assert lacked(subject) == {
        ("CodeBuildServiceRole", "codebuild:BatchPutCodeCoverages")
    }


def test_a_cache_asks_for_a_place_that_the_role_may_write(make_subject) -> None:
    subject = make_subject(
        pipeline={"${ArtifactBucketName}/cache/record": "${ArtifactBucketName}/record"}
    )
    assert lacked(subject) == {("RecorderRole", "s3:PutObject")}


def test_a_new_command_of_the_tool_asks_for_what_it_calls(make_subject) -> None:
    command = "python deploy_pipeline.py releases record production"
    found = lacked(with_command(make_subject(), "buildspec.yml", command))
    assert ("CodeBuildServiceRole", "lambda:GetAlias") in found
    assert ("CodeBuildServiceRole", "codepipeline:GetPipelineExecution") in found
    assert {role for role, _ in found} == {"CodeBuildServiceRole"}


@pytest.mark.parametrize(
    ("changes", "roles"),
    [
        ({"Action: cloudwatch:PutMetricData": "Action: []"}, {"CodeBuildServiceRole"}),
        (
            {
                'cloudwatch:namespace": !Sub "${ProjectLabel}/': 'cloudwatch:namespace": "'
            },
            {"CodeBuildServiceRole"},
        ),
        (
            {
                "Action: cloudwatch:PutMetricData": "Action: []",
                "                Action: cloudwatch:PutMetricData": "                Action: []",
            },
            {"CodeBuildServiceRole", "RecorderRole"},
        ),
    ],
    ids=["the build", "another namespace", "both"],
)
def test_who_measures_may_put_into_the_deliverys_namespace(
    make_subject, changes: dict[str, str], roles: set[str]
) -> None:
    """Who only records that tests failed measures nothing."""
    found = lacked(make_subject(foundation=changes))
    assert found == {(each, "cloudwatch:PutMetricData") for each in roles}


def test_a_build_that_signs_asks_for_the_signer_and_the_version_it_uploaded(
    make_subject,
) -> None:
    subject = make_subject()
    text = subject.buildspecs["buildspec.yml"]
    signs = text.replace(
        "--s3-prefix packages ",
        "--s3-prefix packages --signing-profiles AnalyzeFunction=release ",
    )
    assert signs != text
    specs = {**subject.buildspecs, "buildspec.yml": signs}

    assert lacked(replace(subject, buildspecs=specs)) == {
        ("CodeBuildServiceRole", "s3:GetObjectTagging"),
        ("CodeBuildServiceRole", "s3:GetObjectVersion"),
        ("CodeBuildServiceRole", "signer:DescribeSigningJob"),
        ("CodeBuildServiceRole", "signer:StartSigningJob"),
    }


def test_a_command_of_aws_that_nobody_foresaw_is_asked_for_by_its_operation(
    make_subject,
) -> None:
    command = "aws lambda update-alias --function-name f --name live"
    assert lacked(with_command(make_subject(), "buildspec.yml", command)) == {
        ("CodeBuildServiceRole", "lambda:UpdateAlias")
    }


def test_what_no_command_needs_is_too_much(make_subject) -> None:
    subject = make_subject()
    text = subject.buildspecs["buildspecs/verify.yml"]
    fewer = text.replace("python deploy_pipeline.py verify production", "true")
    assert fewer != text
    specs = {**subject.buildspecs, "buildspecs/verify.yml": fewer}
    told = [
        each.message
        for each in builders_have_no_more(replace(subject, buildspecs=specs))
    ]
    assert any("may lambda:InvokeFunction (CallProd" in each for each in told)
    assert any("may logs:FilterLogEvents (CountLog" in each for each in told)
    assert all(each.startswith("VerificationRole may ") for each in told)


def test_a_permission_too_much_is_named_with_its_own_line(make_subject) -> None:
    place = "                  - s3:AbortMultipartUpload\n"
    subject = make_subject(
        foundation={place: place + "                  - s3:DeleteObject\n"}
    )
    (finding,) = builders_have_no_more(subject)
    assert "CodeBuildServiceRole may s3:DeleteObject" in finding.message
    lines = subject.foundation.text.splitlines()
    assert lines[(finding.line or 0) - 1].strip() == "- s3:DeleteObject"

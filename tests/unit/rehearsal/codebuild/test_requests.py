"""StartBuild's overrides are laid over the project; a bare pipeline project is refused."""

from __future__ import annotations

from typing import Any

import pytest
from rehearsal.codebuild.environment import host_variables, split_secret
from rehearsal.codebuild.requests import checked_project, requested_build
from rehearsal.codebuild.service import initiator_of
from rehearsal.protocol import ApiError


def project(**more: Any) -> dict[str, Any]:
    return {
        "name": "Build",
        "source": {"type": "CODEPIPELINE", "buildspec": "buildspec.yml"},
        "artifacts": {"type": "CODEPIPELINE"},
        "environment": {
            "type": "LINUX_CONTAINER",
            "image": "standard:7.0",
            "computeType": "BUILD_GENERAL1_SMALL",
            "environmentVariables": [{"name": "A", "value": "project"}],
        },
        "serviceRole": "arn",
        **more,
    }


OVERRIDES: dict[str, Any] = {
    "projectName": "Build",
    "sourceTypeOverride": "S3",
    "sourceLocationOverride": "bucket/key",
    "artifactsOverride": {"type": "NO_ARTIFACTS"},
}


def test_overrides_replace_what_they_name_and_leave_the_project_alone() -> None:
    own = project()
    variables = [{"name": "B", "value": "2"}, {"name": "A", "value": "start"}]
    build = requested_build(
        own, {**OVERRIDES, "environmentVariablesOverride": variables}
    )
    assert build["source"] == {
        "type": "S3",
        "location": "bucket/key",
        "buildspec": "buildspec.yml",
    }
    values = {
        v["name"]: v["value"] for v in build["environment"]["environmentVariables"]
    }
    assert values == {"A": "start", "B": "2"}
    assert own == project()


@pytest.mark.parametrize(
    ("without", "said"),
    [
        ("artifactsOverride", "ArtifactsOverride must be set"),
        ("sourceTypeOverride", "SourceTypeOverride must be set"),
    ],
)
def test_a_pipeline_project_needs_source_and_artifacts_overridden(
    without: str, said: str
) -> None:
    params = {key: value for key, value in OVERRIDES.items() if key != without}
    with pytest.raises(ApiError, match=said):
        requested_build(project(), params)


def test_source_and_artifacts_of_a_project_belong_together() -> None:
    with pytest.raises(ApiError, match="both sourceType, and artifactType"):
        checked_project(project(artifacts={"type": "NO_ARTIFACTS"}))


def test_a_timeout_below_five_minutes_is_refused() -> None:
    with pytest.raises(ApiError, match="between 5 and 2160"):
        checked_project(project(timeoutInMinutes=1))


@pytest.mark.parametrize(
    ("arn", "initiator"),
    [
        ("arn:aws:iam::1:user/operator", "operator"),
        ("arn:aws:sts::1:assumed-role/Role/codepipeline@Pipe", "codepipeline/Pipe"),
        ("arn:aws:sts::1:assumed-role/Admin/ada", "Admin/ada"),
    ],
)
def test_the_initiator_is_a_user_a_session_or_a_pipeline(
    arn: str, initiator: str
) -> None:
    assert initiator_of(arn) == initiator


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        ("name", ("name", "", "", "")),
        ("name:key", ("name", "key", "", "")),
        ("name:key:AWSPREVIOUS:v", ("name", "key", "AWSPREVIOUS", "v")),
        (
            "arn:aws:secretsmanager:us-east-1:1:secret:name-abc:key",
            ("arn:aws:secretsmanager:us-east-1:1:secret:name-abc", "key", "", ""),
        ),
    ],
)
def test_a_secret_is_named_by_id_key_stage_and_version(
    reference: str, parts: tuple[str, ...]
) -> None:
    assert split_secret(reference) == parts


def test_of_the_machine_only_the_way_to_registries_reaches_a_build() -> None:
    host = {
        "PIP_INDEX_URL": "https://index",
        "PIP_CACHE_DIR": "/c",
        "UV_EXTRA_INDEX_URL": "https://more",
        "SSL_CERT_FILE": "/ca",
        "HTTPS_PROXY": "http://proxy",
        "GITHUB_TOKEN": "t",
        "PYTHONPATH": "src",
        "AWS_PROFILE": "p",
    }
    assert sorted(host_variables(host)) == [
        "HTTPS_PROXY",
        "PIP_INDEX_URL",
        "SSL_CERT_FILE",
        "UV_EXTRA_INDEX_URL",
    ]

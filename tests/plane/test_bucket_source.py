"""A source action takes one version of an object from a bucket, under the pipeline's role."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from own_plane import call_control
from plane_pipelines import Aws, action, action_state, declare, ended, latest
from plane_roles import grant, make_bucket, operator_of, role_trusting
from plane_stacks import unique

pytestmark = pytest.mark.plane

KEY = "releases/release.zip"
READS = ["s3:GetObject", "s3:GetObjectVersion"]
SAID = "#{Source.BucketName} #{Source.ObjectKey} #{Source.VersionId} #{Source.ETag}"


@pytest.fixture(scope="module")
def aws(enforcing: str) -> Aws:
    return operator_of(enforcing)


class Pipeline:
    """A pipeline whose source is an object, and a bucket for its artifacts."""

    def __init__(self, aws: Aws, name: str, **configuration: str) -> None:
        self.aws, self.name, self.bucket = aws, name, f"{name}-source"
        self.artifacts = f"{name}-artifacts"
        self.role = f"{name}-role"
        make_bucket(aws, self.bucket, "us-east-1", versioned=True)
        make_bucket(aws, self.artifacts, "us-east-1")
        self.role_arn = role_trusting(
            aws, self.role, {"Service": "codepipeline.amazonaws.com"}
        )
        self.may()
        self.configuration = {
            "S3Bucket": self.bucket,
            "S3ObjectKey": KEY,
            "PollForSourceChanges": "false",
            **configuration,
        }

    def may(self, reads: list[str] | None = None, *more: Any) -> None:
        """Grant what the action needs; ``reads`` other than all of the object's."""
        grant(
            self.aws,
            self.role,
            ("s3:GetBucketVersioning", f"arn:aws:s3:::{self.bucket}"),
            (READS if reads is None else reads, f"arn:aws:s3:::{self.bucket}/*"),
            ("s3:PutObject", f"arn:aws:s3:::{self.artifacts}/*"),
            *more,
        )

    def put(self, text: str, **more: Any) -> str:
        """Put a new version of the object; returns its id."""
        answer = self.aws("s3").put_object(
            Bucket=self.bucket, Key=KEY, Body=zipped(text), **more
        )
        return str(answer["VersionId"])

    def create(self) -> str:
        """Create it, and wait for its first execution's end."""
        source = action(
            "Release",
            "Source/AWS/S3",
            self.configuration,
            namespace="Source",
            outputArtifacts=[{"name": "SourceOutput"}],
        )
        # A build that cannot start ends the execution, and shows what was resolved.
        look = action(
            "Look",
            "Build/AWS/CodeBuild",
            {"ProjectName": "nobody", "EnvironmentVariables": SAID},
            inputArtifacts=[{"name": "SourceOutput"}],
        )
        self.aws("codepipeline").create_pipeline(
            pipeline=declare(
                self.name,
                self.role_arn,
                self.artifacts,
                {"Source": [source], "Build": [look]},
            )
        )
        return ended(self.aws, self.name)

    def start(self, **override: str) -> str:
        """Start an execution; returns its id when it has ended."""
        revision = {"actionName": "Release", **override}
        started = self.aws("codepipeline").start_pipeline_execution(
            name=self.name, sourceRevisions=[revision] if override else []
        )
        ended(self.aws, self.name)
        return str(started["pipelineExecutionId"])

    def source(self) -> Any:
        return action_state(self.aws, self.name, "Source")

    def ran(self, execution: str, name: str = "Release") -> Any:
        details = self.aws("codepipeline").list_action_executions(
            pipelineName=self.name, filter={"pipelineExecutionId": execution}
        )["actionExecutionDetails"]
        return next(each for each in details if each["actionName"] == name)


def zipped(text: str) -> bytes:
    """Zip one file whose time does not depend on the clock."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("RELEASE"), text)
    return buffer.getvalue()


@pytest.fixture
def pipeline(aws: Aws) -> Callable[..., Pipeline]:
    def make(**configuration: str) -> Pipeline:
        return Pipeline(aws, unique("from-bucket"), **configuration)

    return make


def test_the_current_version_comes_as_it_is_and_tells_its_variables(
    aws: Aws, pipeline: Any
) -> None:
    made = pipeline()
    made.put("1")
    summary = {"codepipeline-artifact-revision-summary": "Release 2 of us-east-1"}
    version = made.put("2", Metadata=summary)
    made.create()

    newest = latest(aws, made.name)
    assert newest["sourceRevisions"] == [
        {
            "actionName": "Release",
            "revisionId": version,
            "revisionSummary": "Release 2 of us-east-1",
        }
    ]
    ran = made.ran(newest["pipelineExecutionId"])
    etag = aws("s3").head_object(Bucket=made.bucket, Key=KEY)["ETag"].strip('"')
    assert ran["output"]["outputVariables"] == {
        "BucketName": made.bucket,
        "ETag": etag,
        "ObjectKey": KEY,
        "VersionId": version,
    }
    where = ran["output"]["outputArtifacts"][0]["s3location"]
    kept = aws("s3").get_object(Bucket=where["bucket"], Key=where["key"])
    assert kept["Body"].read() == zipped("2")
    # From this a build has its CODEBUILD_RESOLVED_SOURCE_VERSION.
    assert kept["Metadata"]["codepipeline-artifact-revision-id"] == version
    resolved = made.ran(newest["pipelineExecutionId"], "Look")["input"]
    assert resolved["resolvedConfiguration"]["EnvironmentVariables"] == (
        f"{made.bucket} {KEY} {version} {etag}"
    )


def test_an_execution_that_is_started_with_a_version_takes_that_one(
    pipeline: Any,
) -> None:
    made = pipeline()
    old = made.put("1")
    made.put("2")
    made.create()
    started = made.start(revisionType="S3_OBJECT_VERSION_ID", revisionValue=old)

    assert made.ran(started)["output"]["outputVariables"]["VersionId"] == old
    execution = made.aws("codepipeline").get_pipeline_execution(
        pipelineName=made.name, pipelineExecutionId=started
    )["pipelineExecution"]
    revision = execution["artifactRevisions"][0]
    assert (revision["revisionId"], "revisionSummary" in revision) == (old, False)
    assert execution["trigger"]["triggerType"] == "StartPipelineExecution"


def test_a_revision_of_another_type_than_the_sources_is_refused(pipeline: Any) -> None:
    made = pipeline()
    version = made.put("1")
    made.create()
    with pytest.raises(ClientError, match="type S3_OBJECT_VERSION_ID, not COMMIT_ID"):
        made.start(revisionType="COMMIT_ID", revisionValue=version)
    with pytest.raises(ClientError, match="NotImplemented"):
        made.start(revisionType="S3_OBJECT_KEY", revisionValue="another.zip")


@pytest.mark.parametrize(
    ("reads", "refused"),
    [
        (["s3:GetObjectVersion"], "s3:GetObject on"),
        (["s3:GetObject"], "s3:GetObjectVersion on"),
    ],
)
def test_each_permission_of_the_role_is_needed(
    pipeline: Any, reads: list[str], refused: str
) -> None:
    made = pipeline()
    made.may(reads)
    made.put("1")
    assert made.create() == "Failed"
    error = made.source()["errorDetails"]
    assert f"{made.role}/codepipeline@{made.name} is not authorized" in error["message"]
    assert refused in error["message"]


def test_an_object_that_the_bucket_encrypts_needs_its_key(
    aws: Aws, pipeline: Any
) -> None:
    made = pipeline()
    key = aws("kms").create_key()["KeyMetadata"]["Arn"]
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    aws("s3").put_bucket_encryption(
        Bucket=made.bucket,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": default}]
        },
    )
    made.put("1")
    made.create()
    message = made.source()["errorDetails"]["message"]
    assert f"kms:Decrypt on resource: {key}" in message
    made.may(None, ("kms:Decrypt", key))
    made.start()
    assert made.source()["status"] == "Succeeded"


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({}, "No object releases/release.zip in bucket"),
        (
            {"revisionType": "S3_OBJECT_VERSION_ID", "revisionValue": "never-made"},
            "No version never-made of the object releases/release.zip in bucket",
        ),
    ],
)
def test_an_object_or_a_version_that_is_not_there_fails_the_action(
    pipeline: Any, wanted: dict[str, str], said: str
) -> None:
    made = pipeline()
    if wanted:
        made.put("1")
    made.create()
    made.start(**wanted)
    error = made.source()["errorDetails"]
    assert (error["code"], said in error["message"]) == ("ConfigurationError", True)


def test_a_bucket_without_versions_is_no_source(aws: Aws, pipeline: Any) -> None:
    made = pipeline()
    made.put("1")
    aws("s3").put_bucket_versioning(
        Bucket=made.bucket, VersioningConfiguration={"Status": "Suspended"}
    )
    made.create()
    assert "keeps no versions" in made.source()["errorDetails"]["message"]


def test_nobody_polls_and_the_plane_says_so(enforcing: str, pipeline: Any) -> None:
    made = pipeline()
    made.configuration.pop("PollForSourceChanges")  # which is "true" on AWS
    made.put("1")
    made.create()
    assert made.source()["status"] == "Succeeded"
    listed = call_control(enforcing, "GET", "summary")["not_rehearsed"]
    assert listed == [
        {
            "resource": "Release",
            "type": "S3",
            "reason": "nobody polls for a new object",
        }
    ]

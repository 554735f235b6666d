"""``promote`` against a plane that enforces roles: places take a release in, and check it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from own_plane import running_plane
from plane_pipelines import Aws, action, action_state, declare, ended, make_project
from plane_roles import make_bucket, operator_of, role_trusting
from plane_stacks import unique
from promotion_fakes import CODE, COMMIT, HOME, KEY, role_of, sum_up, write_artifact

from awsrules.templates import load_template
from delivery.names import FOUNDATION_STACK, PIPELINE_NAME, RECEIVER_ROLE_PREFIX

pytestmark = pytest.mark.plane

ROOT = Path(__file__).resolve().parents[2]
ACCOUNT = "123456789012"
WEST, EAST = "eu-west-1", "us-east-2"
NOWHERE, CLOSED = "ap-southeast-2", "sa-east-1"
ANYBODY_HERE = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
VARIABLES = ("ArtifactSha256", "CommitId", "ShiftAlarms", "OverrideReason")
BUCKET = {
    "Type": "AWS::S3::Bucket",
    "Properties": {"VersioningConfiguration": {"Status": "Enabled"}},
}
FOUNDATION = {
    "Resources": {"Releases": BUCKET, "Artifacts": BUCKET},
    "Outputs": {
        "ReleaseBucketName": {"Value": {"Ref": "Releases"}},
        "ArtifactBucketName": {"Value": {"Ref": "Artifacts"}},
    },
}


@dataclass(frozen=True)
class There:
    """A place: its region's clients and its buckets."""

    aws: Aws
    region: str
    releases: str
    artifacts: str

    def executions(self) -> list[dict[str, Any]]:
        """Return the executions that a promoter started, newest first, when all ended."""
        ended(self.aws, PIPELINE_NAME)
        found = self.aws("codepipeline").list_pipeline_executions(
            pipelineName=PIPELINE_NAME
        )["pipelineExecutionSummaries"]
        return [
            each
            for each in found
            if each["trigger"]["triggerType"] == "StartPipelineExecution"
        ]

    def variables(self, execution: str) -> dict[str, str]:
        answer = self.aws("codepipeline").get_pipeline_execution(
            pipelineName=PIPELINE_NAME, pipelineExecutionId=execution
        )
        told = answer["pipelineExecution"]["variables"]
        return {each["name"]: each["resolvedValue"] for each in told}

    def versions(self, bucket: str, key: str) -> int:
        found = self.aws("s3").list_object_versions(Bucket=bucket, Prefix=key)
        return len(found.get("Versions", []))


def make_foundation(aws: Aws) -> dict[str, str]:
    """Make the stores of a place; returns the stack's outputs."""
    api = aws("cloudformation")
    api.create_stack(StackName=FOUNDATION_STACK, TemplateBody=json.dumps(FOUNDATION))
    api.get_waiter("stack_create_complete").wait(
        StackName=FOUNDATION_STACK, WaiterConfig={"Delay": 1}
    )
    (stack,) = api.describe_stacks(StackName=FOUNDATION_STACK)["Stacks"]
    return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}


def make_place(endpoint: str, region: str, promoter: str) -> There:
    """Make a place as small as it can be: stores, a receiver, a pipeline that checks."""
    aws = operator_of(endpoint, region)
    outputs = make_foundation(aws)
    releases, artifacts = outputs["ReleaseBucketName"], outputs["ArtifactBucketName"]
    where = f"{region}:{ACCOUNT}"
    role_trusting(
        aws,
        f"{RECEIVER_ROLE_PREFIX}{region}",
        ANYBODY_HERE,
        (
            "cloudformation:DescribeStacks",
            f"arn:aws:cloudformation:{where}:stack/{FOUNDATION_STACK}/*",
        ),
        (["s3:GetObject", "s3:PutObject"], f"arn:aws:s3:::{releases}/packages/*"),
        (
            "s3:ListBucket",
            [f"arn:aws:s3:::{releases}", f"arn:aws:s3:::{artifacts}"],
        ),
        (
            ["s3:GetObject", "s3:PutObject"],
            f"arn:aws:s3:::{artifacts}/promoted/release.zip",
        ),
        (
            "codepipeline:StartPipelineExecution",
            f"arn:aws:codepipeline:{where}:{PIPELINE_NAME}",
        ),
        when={"ArnEquals": {"aws:PrincipalArn": promoter}},
    )
    make_pipeline(aws, region, artifacts)
    return There(aws, region, releases, artifacts)


def make_pipeline(aws: Aws, region: str, artifacts: str) -> None:
    """Make a pipeline of a place's source and of the shipped check in front of deployments."""
    roles = {
        each: role_trusting(
            aws, f"{each}-{region}", {"Service": f"{each}.amazonaws.com"}, ("*", "*")
        )
        for each in ("codepipeline", "codebuild")
    }
    text = (ROOT / "templates" / "pipeline.yaml").read_text(encoding="utf-8")
    shipped = load_template(text, name="pipeline.yaml")["Resources"]["CheckProject"]
    spec = shipped["Properties"]["Source"]["BuildSpec"]
    project = make_project(
        aws,
        unique("check"),
        roles["codebuild"],
        source={"type": "CODEPIPELINE", "buildspec": spec},
        artifacts={"type": "CODEPIPELINE"},
    )
    told = {
        "ARTIFACT_SHA256": "#{variables.ArtifactSha256}",
        "ENVIRONMENT": "production",
        "STACK_NAME": "app-production",
    }
    source = action(
        "Promotion",
        "Source/AWS/S3",
        {
            "S3Bucket": artifacts,
            "S3ObjectKey": "promoted/release.zip",
            "PollForSourceChanges": "false",
        },
        outputArtifacts=[{"name": "BuildOutput"}],
    )
    check = action(
        "CheckArtifact",
        "Test/AWS/CodeBuild",
        {
            "ProjectName": project,
            "EnvironmentVariables": json.dumps(
                [
                    {"name": name, "value": value, "type": "PLAINTEXT"}
                    for name, value in told.items()
                ]
            ),
        },
        inputArtifacts=[{"name": "BuildOutput"}],
        outputArtifacts=[{"name": "ProductionParameters"}],
    )
    pipeline = declare(
        PIPELINE_NAME,
        roles["codepipeline"],
        artifacts,
        {"Source": [source], "DeployProduction": [check]},
    )
    pipeline["variables"] = [{"name": n, "defaultValue": "none"} for n in VARIABLES]
    aws("codepipeline").create_pipeline(pipeline=pipeline)
    ended(aws, PIPELINE_NAME)


class Home:
    """Home's store, its promoter's keys, and two places."""

    def __init__(self, endpoint: str, folder: Path) -> None:
        self.endpoint, self.folder = endpoint, folder
        self.aws = operator_of(endpoint)
        make_bucket(self.aws, HOME, "us-east-1", versioned=True)
        self.aws("s3").put_object(Bucket=HOME, Key=KEY, Body=CODE)
        self.promoter = role_trusting(
            self.aws,
            "promoter",
            ANYBODY_HERE,
            ("s3:GetObject", f"arn:aws:s3:::{HOME}/packages/*"),
            ("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/{RECEIVER_ROLE_PREFIX}*"),
        )
        self.west, self.east = (
            make_place(endpoint, each, self.promoter) for each in (WEST, EAST)
        )
        write_artifact(folder)
        configuration = folder / "template-configuration.production.json"
        configuration.write_text('{\n  "Parameters": {}\n}\n', encoding="utf-8")
        self.digest = sum_up(folder)

    def promote(self, execution: str, *regions: str, as_role: str = "") -> Any:
        """Run the tool in the artifact's folder as a build of the promoter's does."""
        keys = self.aws("sts").assume_role(
            RoleArn=as_role or self.promoter, RoleSessionName="build"
        )["Credentials"]
        return subprocess.run(
            [sys.executable, str(ROOT / "deploy_pipeline.py"), "promote"]
            + ["--output", "json"],
            cwd=self.folder,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONDONTWRITEBYTECODE": "1",
                "AWS_ENDPOINT_URL": self.endpoint,
                "AWS_REGION": "us-east-1",
                "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
                "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
                "AWS_SESSION_TOKEN": keys["SessionToken"],
                "RELEASE_BUCKET": HOME,
                "RECEIVER_ROLE_ARNS": ",".join(role_of(n, ACCOUNT) for n in regions),
                "ARTIFACT_SHA256": self.digest,
                "PIPELINE_EXECUTION_ID": execution,
                "SHIFT_ALARMS": "ignored",
                "OVERRIDE_REASON": "the fix for 500s",
            },
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    folder = tmp_path_factory.mktemp("artifact")
    with running_plane(
        tmp_path_factory.mktemp("places"), permissions="enforce"
    ) as plane:
        yield Home(plane.endpoint, folder)


def places_of(ran: Any) -> list[dict[str, Any]]:
    assert ran.stdout, ran.stderr
    found: list[dict[str, Any]] = json.loads(ran.stdout)["places"]
    return found


def test_places_take_a_release_in_and_their_check_lets_it_through(home: Home) -> None:
    ran = home.promote("first", WEST, EAST)

    assert ran.returncode == 0, ran.stderr
    for told, place in zip(places_of(ran), (home.west, home.east), strict=True):
        execution = place.executions()[0]
        assert told["execution"] == execution["pipelineExecutionId"]
        assert execution["status"] == "Succeeded"
        check = action_state(place.aws, PIPELINE_NAME, "DeployProduction")
        assert check["status"] == "Succeeded"
        assert place.variables(told["execution"]) == {
            "ArtifactSha256": told["artifact_sha256"],
            "CommitId": COMMIT,
            "ShiftAlarms": "ignored",
            "OverrideReason": "the fix for 500s",
        }
        by = execution["trigger"]["triggerDetail"]
        assert by.endswith(f"{RECEIVER_ROLE_PREFIX}{place.region}/promote-first")


def test_the_same_execution_handed_on_again_starts_nothing_and_puts_no_package(
    home: Home,
) -> None:
    first, again = (places_of(home.promote("twice", WEST, EAST)) for _ in range(2))

    assert [each["execution"] for each in again] == [
        each["execution"] for each in first
    ]
    for place in (home.west, home.east):
        started = [each["trigger"]["triggerDetail"] for each in place.executions()]
        assert sum(each.endswith("/promote-twice") for each in started) == 1
        assert place.versions(place.releases, KEY) == 1


def test_a_place_without_a_foundation_is_told_and_the_other_has_its_release(
    home: Home,
) -> None:
    role_trusting(
        home.aws,
        f"{RECEIVER_ROLE_PREFIX}{NOWHERE}",
        ANYBODY_HERE,
        ("cloudformation:DescribeStacks", "*"),
    )
    ran = home.promote("third", NOWHERE, EAST)

    assert ran.returncode == 1
    nowhere, east = places_of(ran)
    assert nowhere["error"]["what"] == f"There is no foundation in {NOWHERE}."
    assert home.east.executions()[0]["pipelineExecutionId"] == east["execution"]


def test_a_receiver_lets_nobody_in_but_its_promoter(home: Home) -> None:
    stranger = role_trusting(
        home.aws,
        unique("stranger"),
        ANYBODY_HERE,
        ("s3:GetObject", f"arn:aws:s3:::{HOME}/packages/*"),
        ("sts:AssumeRole", "*"),
    )
    before = len(home.west.executions())
    ran = home.promote("fourth", WEST, as_role=stranger)

    assert ran.returncode == 1
    (west,) = places_of(ran)
    assert "could not take role" in west["error"]["what"]
    assert f"deploy --region {WEST}" in west["error"]["next_step"]
    assert len(home.west.executions()) == before


def test_a_receiver_that_may_not_list_the_store_is_no_empty_store(home: Home) -> None:
    role_trusting(
        home.aws,
        f"{RECEIVER_ROLE_PREFIX}{CLOSED}",
        ANYBODY_HERE,
        ("cloudformation:DescribeStacks", "*"),
        ("s3:PutObject", "*"),
    )
    make_foundation(operator_of(home.endpoint, CLOSED))
    (closed,) = places_of(home.promote("fifth", CLOSED))

    assert f"could not look for {KEY}" in closed["error"]["what"]
    assert closed["execution"] is None

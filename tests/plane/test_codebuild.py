"""A build really runs its buildspec: phases, environment, reports, artifacts, cache, logs."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from plane_metrics import measured
from plane_pipelines import Aws, make_project, make_role, until

pytestmark = pytest.mark.plane

JUNIT = """\
<testsuites><testsuite>
<testcase classname="a.b" name="test_good" time="0.5"/>
<testcase classname="a.b" name="test_bad" time="0.1">
<failure message="1 != 2">trace</failure></testcase>
</testsuite></testsuites>
"""
COBERTURA = '<coverage lines-valid="10" lines-covered="9" branches-valid="4" branches-covered="3"/>'


@pytest.fixture(scope="module")
def role(aws: Aws) -> str:
    return make_role(aws)


@pytest.fixture(scope="module")
def bucket(aws: Aws) -> str:
    name = f"builds-{uuid.uuid4().hex[:8]}"
    aws("s3").create_bucket(Bucket=name)
    return name


class Builder:
    """A build project, and builds of sources given as dictionaries."""

    def __init__(self, aws: Aws, bucket: str, project: str) -> None:
        self.aws, self.bucket, self.project = aws, bucket, project

    def start(
        self, buildspec: str, files: dict[str, str] | None = None, **more: Any
    ) -> str:
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            for name, text in {**(files or {}), "buildspec.yml": buildspec}.items():
                archive.writestr(name, text)
        key = f"source-{uuid.uuid4().hex}.zip"
        self.aws("s3").put_object(Bucket=self.bucket, Key=key, Body=content.getvalue())
        answer = self.aws("codebuild").start_build(
            **{
                "projectName": self.project,
                "sourceTypeOverride": "S3",
                "sourceLocationOverride": f"{self.bucket}/{key}",
                "artifactsOverride": {
                    "type": "S3",
                    "location": self.bucket,
                    "path": "out",
                    "name": key,
                    "packaging": "ZIP",
                },
                **more,
            }
        )
        return str(answer["build"]["id"])

    def read(self, build_id: str) -> Any:
        return self.aws("codebuild").batch_get_builds(ids=[build_id])["builds"][0]

    def finish(self, build_id: str) -> Any:
        until(lambda: self.read(build_id)["buildComplete"])
        return self.read(build_id)

    def run(self, buildspec: str, **more: Any) -> Any:
        return self.finish(self.start(buildspec, **more))

    def log(self, build: Any) -> str:
        names = {
            "logGroupName": build["logs"]["groupName"],
            "logStreamName": build["logs"]["streamName"],
        }
        answer = self.aws("logs").get_log_events(**names, startFromHead=True)
        return "".join(event["message"] for event in answer["events"])

    def artifact(self, build: Any) -> dict[str, str]:
        bucket, _, key = build["artifacts"]["location"].split(":::")[1].partition("/")
        body = self.aws("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            return {name: archive.read(name).decode() for name in archive.namelist()}


@pytest.fixture
def builder(aws: Aws, bucket: str, role: str) -> Builder:
    project = make_project(aws, f"Project-{uuid.uuid4().hex[:6]}", role)
    return Builder(aws, bucket, project)


def phase(build: Any, name: str) -> Any:
    return next((item for item in build["phases"] if item["phaseType"] == name), None)


def test_a_pipeline_project_refuses_a_bare_start(builder: Builder, aws: Aws) -> None:
    with pytest.raises(ClientError) as refusal:
        aws("codebuild").start_build(projectName=builder.project)
    error = refusal.value.response["Error"]
    assert error["Code"] == "InvalidInputException"
    assert error["Message"] == (
        "ArtifactsOverride must be set when using artifacts type CodePipelines"
    )


def test_one_shell_runs_all_commands_and_artifacts_follow_their_globs(
    builder: Builder,
) -> None:
    build = builder.run("""\
version: 0.2
env: {shell: bash}
phases:
  install: {commands: [mkdir -p out/deep/.hidden, cd out, 'words=(a b)']}
  build: {commands: ['echo "${words[1]}" > deep/.hidden/b.txt', touch deep/c.log]}
artifacts: {base-directory: out, files: ["**/*"], exclude-paths: ["**/*.log"]}
""")
    assert build["buildStatus"] == "SUCCEEDED", builder.log(build)
    assert builder.artifact(build) == {"deep/.hidden/b.txt": "b\n"}
    names = [item["phaseType"] for item in build["phases"]]
    assert (
        names
        == (
            "SUBMITTED QUEUED PROVISIONING DOWNLOAD_SOURCE INSTALL PRE_BUILD BUILD POST_BUILD "
            "UPLOAD_ARTIFACTS FINALIZING COMPLETED"
        ).split()
    )


def test_a_failed_build_phase_runs_post_build_reports_and_publishes_no_artifact(
    builder: Builder, aws: Aws
) -> None:
    build = builder.run(
        """\
version: 0.2
phases:
  build: {commands: [echo working, exit 3, echo never], finally: [echo finally]}
  post_build: {commands: ['echo succeeding=$CODEBUILD_BUILD_SUCCEEDING']}
reports:
  unit-tests: {files: [junit.xml]}
  coverage: {files: [coverage.xml], file-format: COBERTURAXML}
artifacts: {files: ["**/*"]}
""",
        files={"junit.xml": JUNIT, "coverage.xml": COBERTURA},
    )
    log = builder.log(build)
    assert build["buildStatus"] == "FAILED"
    assert phase(build, "BUILD")["contexts"] == [
        {
            "statusCode": "COMMAND_EXECUTION_ERROR",
            "message": "Error while executing command: exit 3. Reason: exit status 3",
        }
    ]
    assert "never\n" not in log.replace("Running command echo never", "")
    assert "finally\n" in log and "succeeding=0\n" in log
    with pytest.raises(ClientError, match="NoSuchKey"):
        builder.artifact(build)
    tests, coverage = aws("codebuild").batch_get_reports(
        reportArns=build["reportArns"]
    )["reports"]
    assert (tests["status"], tests["testSummary"]["statusCounts"]["FAILED"]) == (
        "FAILED",
        1,
    )
    assert coverage["codeCoverageSummary"]["lineCoveragePercentage"] == 90.0
    cases = aws("codebuild").describe_test_cases(
        reportArn=tests["arn"], filter={"status": "FAILED"}
    )["testCases"]
    assert [(case["name"], case["message"]) for case in cases] == [
        ("test_bad", "1 != 2")
    ]
    groups = aws("codebuild").batch_get_report_groups(
        reportGroupArns=[tests["reportGroupArn"]]
    )["reportGroups"]
    assert groups[0]["name"] == f"{builder.project}-unit-tests"


def test_a_failed_pre_build_ends_the_build_there(builder: Builder) -> None:
    build = builder.run("""\
version: 0.2
phases:
  pre_build: {commands: ["false"]}
  build: {commands: [echo never-reached]}
  post_build: {commands: [echo never-reached]}
""")
    assert build["buildStatus"] == "FAILED"
    assert phase(build, "BUILD") is None and phase(build, "POST_BUILD") is None
    assert "never-reached" not in builder.log(build)


def test_the_environment_is_the_containers_and_not_the_machines(
    builder: Builder, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = builder.run(
        """\
version: 0.2
env:
  variables: {FROM_SPEC: spec, FROM_PROJECT: spec}
  exported-variables: [WHO]
phases:
  build:
    commands:
      - env | sort > env.txt
      - python -c 'import sys; print(sys.prefix == sys.base_prefix, sys.version_info[:2])'
      - python -m venv --without-pip .venv && .venv/bin/python -c 'import json; print("venv")'
      - export WHO="$(python -c 'print("Ada")')"
artifacts: {files: [env.txt]}
""",
        environmentVariablesOverride=[{"name": "FROM_PROJECT", "value": "start"}],
    )
    assert build["buildStatus"] == "SUCCEEDED", builder.log(build)
    lines = builder.artifact(build)["env.txt"].splitlines()
    variables = dict(line.split("=", 1) for line in lines if "=" in line)
    assert (variables["FROM_SPEC"], variables["FROM_PROJECT"]) == ("spec", "start")
    assert variables["CODEBUILD_BUILD_ID"] == build["id"]
    assert variables["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")
    assert "/.venv/" not in variables["PATH"]
    assert not {"PYTHONPATH", "VIRTUAL_ENV", "USER", "PYTEST_CURRENT_TEST"} & set(
        variables
    )
    assert build["exportedEnvironmentVariables"] == [{"name": "WHO", "value": "Ada"}]
    log = builder.log(build)
    assert "True (3, 11)\n" in log and "venv\n" in log


def test_a_build_acts_as_its_service_role(builder: Builder, role: str) -> None:
    build = builder.run("""\
version: 0.2
env: {exported-variables: [KEY]}
phases: {build: {commands: [export KEY=$AWS_ACCESS_KEY_ID]}}
""")
    keys = {
        item["name"]: item["value"] for item in build["exportedEnvironmentVariables"]
    }
    assert keys["KEY"].startswith("ASIA")


def test_what_a_build_could_not_ask_is_not_rehearsed(
    builder: Builder, control: Callable[..., Any]
) -> None:
    spec = """
version: 0.2
env: {shell: bash, exported-variables: [ASKED, ALSO_ASKED]}
phases:
  build:
    commands:
      - export ALSO_ASKED=passed ASKED="${DEPENDENCY_AUDIT_WHEN_UNREACHABLE/-/_}"
artifacts: {files: [buildspec.yml]}
"""
    assert builder.run(spec)["buildStatus"] == "SUCCEEDED"

    told = control("GET", "summary")["not_rehearsed"]
    named = {each["type"] for each in told if each["resource"] == builder.project}
    assert named == {"ASKED"}


def test_secrets_reach_the_commands_and_not_the_log(builder: Builder, aws: Aws) -> None:
    name = f"secret-{uuid.uuid4().hex[:6]}"
    aws("secretsmanager").create_secret(
        Name=name, SecretString=json.dumps({"token": "hush-hush"})
    )
    aws("ssm").put_parameter(Name=f"/{name}", Value="quiet-value", Type="SecureString")
    build = builder.run(f"""\
version: 0.2
env:
  secrets-manager: {{TOKEN: "{name}:token"}}
  parameter-store: {{QUIET: /{name}}}
phases: {{build: {{commands: [test "$TOKEN" = hush-hush, 'echo "it is $TOKEN, $QUIET"']}}}}
""")
    log = builder.log(build)
    assert "it is ***, ***\n" in log
    assert "quiet-value" not in log


def test_builds_that_end_are_measured_by_project(builder: Builder, aws: Aws) -> None:
    of = {"ProjectName": builder.project}
    for command in ("exit 0", "exit 1"):
        builder.run(f"""\
version: 0.2
phases: {{build: {{commands: [{command}]}}}}
artifacts: {{files: [buildspec.yml]}}
""")

    until(lambda: measured(aws, "AWS/CodeBuild", "SucceededBuilds", **of) == 1)
    until(lambda: measured(aws, "AWS/CodeBuild", "FailedBuilds", **of) == 1)
    assert measured(aws, "AWS/CodeBuild", "Duration", **of) > 0


def test_stopping_a_build_ends_its_processes(builder: Builder, aws: Aws) -> None:
    build_id = builder.start("""\
version: 0.2
phases: {build: {commands: [echo begun, sleep 300]}}
""")
    until(lambda: builder.read(build_id)["currentPhase"] == "BUILD")
    aws("codebuild").stop_build(id=build_id)
    build = builder.finish(build_id)
    assert build["buildStatus"] == "STOPPED"
    assert phase(build, "BUILD")["phaseStatus"] == "STOPPED"
    assert phase(build, "BUILD")["durationInSeconds"] < 30


def test_cached_folders_come_back_in_the_next_build(builder: Builder) -> None:
    spec = """\
version: 0.2
phases:
  build:
    commands:
      - cat /dev/null .cache/seen || true
      - mkdir -p .cache "$HOME/.cache/pip"
      - date +%N >> .cache/seen
      - date +%N >> "$HOME/.cache/pip/seen"
      - echo "seen $(cat .cache/seen | wc -l) $(cat $HOME/.cache/pip/seen | wc -l)"
cache: {paths: [".cache/**/*", "/root/.cache/pip/**/*"]}
"""
    assert "seen 1 1\n" in builder.log(builder.run(spec))
    assert "seen 2 2\n" in builder.log(builder.run(spec))


def test_a_second_source_and_a_second_artifact_have_their_names(
    builder: Builder, aws: Aws
) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("stack-outputs.json", "{}")
    aws("s3").put_object(
        Bucket=builder.bucket, Key="second.zip", Body=content.getvalue()
    )
    build = builder.run(
        """\
version: 0.2
phases: {build: {commands: ['cp "$CODEBUILD_SRC_DIR_Outputs/stack-outputs.json" copy.json']}}
artifacts: {files: [never], secondary-artifacts: {Report: {files: [copy.json]}}}
""",
        secondarySourcesOverride=[
            {
                "type": "S3",
                "location": f"{builder.bucket}/second.zip",
                "sourceIdentifier": "Outputs",
            }
        ],
        artifactsOverride={"type": "NO_ARTIFACTS"},
        secondaryArtifactsOverride=[
            {
                "type": "S3",
                "location": builder.bucket,
                "name": "report.zip",
                "packaging": "ZIP",
                "artifactIdentifier": "Report",
            }
        ],
    )
    assert build["buildStatus"] == "SUCCEEDED", builder.log(build)
    stored = (
        aws("s3").get_object(Bucket=builder.bucket, Key="report.zip")["Body"].read()
    )
    assert zipfile.ZipFile(io.BytesIO(stored)).namelist() == ["copy.json"]


def test_a_buildspec_of_one_line_is_no_path(builder: Builder) -> None:
    text = json.dumps(
        {"version": 0.2, "phases": {"build": {"commands": ["echo hand"]}}}
    )
    build = builder.run(
        "version: 0.2\n",
        buildspecOverride=text,
        artifactsOverride={"type": "NO_ARTIFACTS"},
    )
    assert build["buildStatus"] == "SUCCEEDED", builder.log(build)


def test_a_missing_or_broken_buildspec_fails_the_source_phase(builder: Builder) -> None:
    broken = builder.run("version: 0.1\n")
    context = phase(broken, "DOWNLOAD_SOURCE")["contexts"][0]
    assert context["statusCode"] == "YAML_FILE_ERROR"
    missing = builder.run("version: 0.2\n", buildspecOverride="elsewhere.yml")
    message = phase(missing, "DOWNLOAD_SOURCE")["contexts"][0]["message"]
    assert message.endswith("elsewhere.yml: no such file")


def test_artifacts_that_match_nothing_fail_the_upload(builder: Builder) -> None:
    build = builder.run("""\
version: 0.2
phases: {build: {commands: ["true"]}}
artifacts: {files: [nothing/here]}
""")
    assert build["buildStatus"] == "FAILED"
    context = phase(build, "UPLOAD_ARTIFACTS")["contexts"][0]
    assert context["message"] == "no matching artifact paths found"


def test_the_end_of_a_build_reaches_the_topics_of_matching_rules(
    builder: Builder, aws: Aws
) -> None:
    name = builder.project
    topic = aws("sns").create_topic(Name=name)["TopicArn"]
    queue = aws("sqs").create_queue(QueueName=name)["QueueUrl"]
    endpoint = f"arn:aws:sqs:us-east-1:123456789012:{name}"
    aws("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=endpoint)
    pattern = {
        "source": ["aws.codebuild"],
        "detail-type": ["CodeBuild Build State Change"],
        "detail": {"project-name": [name], "build-status": ["FAILED"]},
    }
    aws("events").put_rule(Name=name, EventPattern=json.dumps(pattern))
    transformer = {
        "InputPathsMap": {"build": "$.detail.build-id"},
        "InputTemplate": '"build <build> failed"',
    }
    targets = [
        {"Id": "whole", "Arn": topic},
        {"Id": "text", "Arn": topic, "InputTransformer": transformer},
    ]
    aws("events").put_targets(Rule=name, Targets=targets)

    build = builder.run('version: 0.2\nphases: {build: {commands: ["false"]}}\n')

    notices: list[str] = []

    def both_arrived() -> bool:
        answer = aws("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
        messages = [json.loads(item["Body"]) for item in answer.get("Messages", [])]
        notices.extend(message["Message"] for message in messages)
        return len(notices) == 2

    until(both_arrived)
    text, whole = sorted(notices)
    assert text == f"build {build['arn']} failed"
    detail = json.loads(whole)["detail"]
    assert detail["build-id"] == build["arn"]
    assert detail["additional-information"]["build-complete"] is True

"""Lambda on the plane: versions, aliases and weights over real code."""

from __future__ import annotations

import base64
import io
import json
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.plane

Aws = Callable[..., Any]

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


def package(source: str, module: str = "app") -> bytes:
    """Zip one module."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(f"{module}.py", source)
    return buffer.getvalue()


def answering(text: str) -> bytes:
    """Zip a function that answers ``text``."""
    return package(f"def handler(event, context):\n    return {text!r}\n")


def error_of(call: Callable[..., Any], **params: Any) -> tuple[str, str]:
    """Return code and message of the error that ``call`` raises."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.fixture(scope="module")
def role(aws: Aws) -> str:
    answer = aws("iam").create_role(
        RoleName=f"functions-{uuid4().hex[:8]}",
        AssumeRolePolicyDocument=json.dumps(TRUST),
    )
    return str(answer["Role"]["Arn"])


@pytest.fixture
def create(aws: Aws, role: str) -> Callable[..., str]:
    """Create a function of the given code; give its name."""

    def make(code: bytes, **settings: Any) -> str:
        name = f"demo-{uuid4().hex[:8]}"
        aws("lambda").create_function(
            **{
                "FunctionName": name,
                "Runtime": "python3.11",
                "Role": role,
                "Handler": "app.handler",
                "Code": {"ZipFile": code},
                **settings,
            }
        )
        return name

    return make


def test_weights_of_an_alias_share_the_calls_between_two_versions(
    aws: Aws, create: Callable[..., str]
) -> None:
    client = aws("lambda")
    name = create(answering("old"), Publish=True)
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    client.update_function_code(
        FunctionName=name, ZipFile=answering("new"), Publish=True
    )
    client.update_alias(
        FunctionName=name,
        Name="live",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}},
    )
    answers: Counter[tuple[str, str]] = Counter()
    for _ in range(40):
        answer = client.invoke(FunctionName=name, Qualifier="live")
        answers[answer["ExecutedVersion"], json.load(answer["Payload"])] += 1
    assert set(answers) == {("1", "old"), ("2", "new")}
    assert 5 < answers["2", "new"] < 35


def test_weights_stay_when_an_update_does_not_mention_them(
    aws: Aws, create: Callable[..., str]
) -> None:
    client = aws("lambda")
    name = create(answering("old"), Publish=True)
    client.update_function_code(
        FunctionName=name, ZipFile=answering("new"), Publish=True
    )
    weights = {"AdditionalVersionWeights": {"2": 0.1}}
    client.create_alias(
        FunctionName=name, Name="live", FunctionVersion="1", RoutingConfig=weights
    )
    client.update_alias(FunctionName=name, Name="live", Description="still shifting")
    assert client.get_alias(FunctionName=name, Name="live")["RoutingConfig"] == weights
    client.update_alias(
        FunctionName=name, Name="live", RoutingConfig={"AdditionalVersionWeights": {}}
    )
    assert "RoutingConfig" not in client.get_alias(FunctionName=name, Name="live")


def test_an_alias_moves_only_with_the_newest_revision_id(
    aws: Aws, create: Callable[..., str]
) -> None:
    client = aws("lambda")
    name = create(answering("old"), Publish=True)
    seen = client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    client.update_alias(FunctionName=name, Name="live", Description="somebody else")
    with pytest.raises(ClientError) as caught:
        client.update_alias(
            FunctionName=name,
            Name="live",
            FunctionVersion="1",
            RevisionId=seen["RevisionId"],
        )
    assert caught.value.response["Error"]["Code"] == "PreconditionFailedException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 412


@pytest.mark.parametrize(
    ("weights", "code"),
    [
        ({"2": 1.5}, "ValidationException"),
        ({"2": 0.1, "3": 0.1}, "InvalidParameterValueException"),
        ({"$LATEST": 0.1}, "InvalidParameterValueException"),
        ({"9": 0.1}, "ResourceNotFoundException"),
    ],
)
def test_weights_that_lambda_refuses_are_refused(
    aws: Aws, create: Callable[..., str], weights: dict[str, float], code: str
) -> None:
    client = aws("lambda")
    name = create(answering("1"), Publish=True)
    for text in ("2", "3"):
        client.update_function_code(
            FunctionName=name, ZipFile=answering(text), Publish=True
        )
    refused, _ = error_of(
        client.create_alias,
        FunctionName=name,
        Name="live",
        FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": weights},
    )
    assert refused == code


def test_publishing_twice_without_a_change_gives_the_same_version(
    aws: Aws, create: Callable[..., str]
) -> None:
    client = aws("lambda")
    name = create(answering("same"), Publish=True)
    assert client.publish_version(FunctionName=name)["Version"] == "1"
    client.update_function_configuration(FunctionName=name, MemorySize=256)
    version = client.publish_version(FunctionName=name)
    assert (version["Version"], version["MemorySize"]) == ("2", 256)
    assert version["FunctionArn"].endswith(f"{name}:2")


def test_code_that_is_not_in_the_bucket_is_an_error(aws: Aws, role: str) -> None:
    bucket = f"packages-{uuid4().hex[:8]}"
    aws("s3").create_bucket(Bucket=bucket)
    code, message = error_of(
        aws("lambda").create_function,
        FunctionName="never-made",
        Runtime="python3.11",
        Role=role,
        Handler="app.handler",
        Code={"S3Bucket": bucket, "S3Key": "missing.zip"},
    )
    assert code == "InvalidParameterValueException"
    assert "S3 Error Code: NoSuchKey" in message


def test_a_function_that_takes_signed_code_only_is_refused_by_name(
    create: Callable[..., str],
) -> None:
    arn = "arn:aws:lambda:us-east-1:123456789012:code-signing-config:csc-" + "a" * 17

    with pytest.raises(ClientError, match="no lambda:PutFunctionCodeSigningConfig"):
        create(b"none", CodeSigningConfigArn=arn)


def test_code_from_a_bucket_runs(aws: Aws, create: Callable[..., str]) -> None:
    bucket = f"packages-{uuid4().hex[:8]}"
    aws("s3").create_bucket(Bucket=bucket)
    aws("s3").put_object(Bucket=bucket, Key="code", Body=answering("from s3"))
    name = create(b"", Code={"S3Bucket": bucket, "S3Key": "code"})
    answer = aws("lambda").invoke(FunctionName=name)
    assert json.load(answer["Payload"]) == "from s3"
    assert answer["ExecutedVersion"] == "$LATEST"


def test_a_function_that_cannot_be_imported_says_which_module_is_missing(
    aws: Aws, create: Callable[..., str]
) -> None:
    name = create(package("import not_packaged\n"))
    for _ in range(2):
        answer = aws("lambda").invoke(FunctionName=name)
        failure = json.load(answer["Payload"])
        assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
        assert failure["errorType"] == "Runtime.ImportModuleError"
        assert "No module named 'not_packaged'" in failure["errorMessage"]


def test_a_call_that_takes_too_long_is_ended_and_the_next_one_is_served(
    aws: Aws, create: Callable[..., str]
) -> None:
    name = create(
        package(
            "import time\n"
            "def handler(event, context):\n"
            "    time.sleep(event)\n"
            "    return 'in time'\n"
        ),
        Timeout=1,
    )
    late = aws("lambda").invoke(FunctionName=name, Payload=b"30")
    assert "Task timed out after 1.00 seconds" in late["Payload"].read().decode()
    in_time = aws("lambda").invoke(FunctionName=name, Payload=b"0")
    assert json.load(in_time["Payload"]) == "in time"


def test_a_crashed_worker_is_replaced(aws: Aws, create: Callable[..., str]) -> None:
    name = create(
        package(
            "import os\n"
            "def handler(event, context):\n"
            "    return os._exit(3) if event else 'alive'\n"
        )
    )
    crashed = json.load(
        aws("lambda").invoke(FunctionName=name, Payload=b"1")["Payload"]
    )
    assert crashed["errorType"] == "Runtime.ExitError"
    assert "exit status 3" in crashed["errorMessage"]
    alive = aws("lambda").invoke(FunctionName=name, Payload=b"0")
    assert json.load(alive["Payload"]) == "alive"


def test_a_function_acts_as_its_own_role_and_knows_its_version(
    aws: Aws, create: Callable[..., str], role: str
) -> None:
    name = create(
        package(
            "import os, boto3\n"
            "def handler(event, context):\n"
            "    arn = boto3.client('sts').get_caller_identity()['Arn']\n"
            "    return [arn, context.function_version, os.environ['STAGE']]\n"
        ),
        Publish=True,
        Timeout=20,
        Environment={"Variables": {"STAGE": "test"}},
    )
    answer = aws("lambda").invoke(FunctionName=name, Qualifier="1")
    arn, version, stage = json.load(answer["Payload"])
    assert arn.endswith(f":assumed-role/{role.rpartition('/')[2]}/{name}")
    assert (version, stage) == ("1", "test")


def test_the_log_of_a_call_reaches_its_tail_and_its_log_group(
    aws: Aws, create: Callable[..., str]
) -> None:
    name = create(
        package("def handler(event, context):\n    print('a line of its own')\n")
    )
    answer = aws("lambda").invoke(FunctionName=name, LogType="Tail")
    tail = base64.b64decode(answer["LogResult"]).decode()
    assert tail.startswith("START RequestId:")
    assert "a line of its own\nEND RequestId:" in tail
    deadline = time.monotonic() + 5
    messages: list[str] = []
    while not messages and time.monotonic() < deadline:
        time.sleep(0.1)
        groups = aws("logs").describe_log_groups(
            logGroupNamePrefix=f"/aws/lambda/{name}"
        )
        if groups["logGroups"]:
            events = aws("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")
            messages = [event["message"] for event in events["events"]]
    assert "a line of its own" in messages


def test_no_concurrency_left_is_throttled(aws: Aws, create: Callable[..., str]) -> None:
    name = create(answering("never"))
    aws("lambda").put_function_concurrency(
        FunctionName=name, ReservedConcurrentExecutions=0
    )
    code, message = error_of(aws("lambda").invoke, FunctionName=name)
    assert (code, message) == ("TooManyRequestsException", "Rate Exceeded.")


def test_the_account_keeps_100_executions_unreserved(
    aws: Aws, create: Callable[..., str]
) -> None:
    code, message = error_of(
        aws("lambda").put_function_concurrency,
        FunctionName=create(answering("greedy")),
        ReservedConcurrentExecutions=950,
    )
    assert code == "InvalidParameterValueException"
    assert "below its minimum value of [100]" in message


def test_a_version_that_an_alias_uses_cannot_be_deleted(
    aws: Aws, create: Callable[..., str]
) -> None:
    name = create(answering("kept"), Publish=True)
    aws("lambda").create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    code, _ = error_of(aws("lambda").delete_function, FunctionName=name, Qualifier="1")
    assert code == "ResourceConflictException"


def test_a_dry_run_runs_nothing(aws: Aws, create: Callable[..., str]) -> None:
    name = create(package("raise SystemExit\n"))
    answer = aws("lambda").invoke(FunctionName=name, InvocationType="DryRun")
    assert answer["StatusCode"] == 204


def test_errors_can_be_injected_into_the_new_version_only(
    aws: Aws, create: Callable[..., str], control: Callable[..., Any]
) -> None:
    client = aws("lambda")
    name = create(answering("old"), Publish=True)
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    control(
        "POST",
        "faults",
        {"kind": "errors", "target": name, "settings": {"version": "new"}},
    )
    client.update_function_code(
        FunctionName=name, ZipFile=answering("new"), Publish=True
    )
    try:
        healthy = client.invoke(FunctionName=name, Qualifier="live")
        broken = client.invoke(FunctionName=name, Qualifier="2")
    finally:
        control("DELETE", "faults")
    assert "FunctionError" not in healthy
    assert broken["FunctionError"] == "Unhandled"


def test_an_event_that_keeps_failing_ends_in_the_dead_letter_queue(
    aws: Aws, create: Callable[..., str]
) -> None:
    queue = aws("sqs").create_queue(QueueName=f"dead-{uuid4().hex[:8]}")["QueueUrl"]
    arn = aws("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    name = create(
        package("def handler(event, context):\n    raise ValueError(event)\n"),
        DeadLetterConfig={"TargetArn": arn["Attributes"]["QueueArn"]},
    )
    answer = aws("lambda").invoke(
        FunctionName=name, InvocationType="Event", Payload=b'"lost"'
    )
    assert answer["StatusCode"] == 202
    deadline = time.monotonic() + 10
    bodies: list[str] = []
    while not bodies and time.monotonic() < deadline:
        time.sleep(0.1)
        found = aws("sqs").receive_message(QueueUrl=queue)
        bodies = [message["Body"] for message in found.get("Messages", [])]
    assert bodies == ['"lost"']


def test_a_version_that_failed_says_so_and_does_not_run(
    aws: Callable[..., Any], create: Callable[..., str], control: Callable[..., Any]
) -> None:
    function = create(answering("one"))
    aws("lambda").publish_version(FunctionName=function)
    settings = {"version": "1", "state": "Failed", "reason": "the image is gone"}
    fault = {"kind": "state", "target": function, "settings": settings}
    control("POST", "faults", fault)
    try:
        found = aws("lambda").get_function_configuration(
            FunctionName=function, Qualifier="1"
        )
        assert (found["State"], found["StateReason"]) == ("Failed", "the image is gone")
        with pytest.raises(ClientError, match="in the following state: Failed"):
            aws("lambda").invoke(FunctionName=function, Qualifier="1")
        assert aws("lambda").invoke(FunctionName=function)["StatusCode"] == 200
    finally:
        control("DELETE", "faults")

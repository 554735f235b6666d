"""API Gateway on the plane: signed requests reach the real code behind the alias."""

from __future__ import annotations

import io
import json
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

pytestmark = pytest.mark.plane

Aws = Callable[..., Any]

OPERATOR = Credentials("rehearsal", "rehearsal")
SOURCE = """
import json


def handler(event, context):
    match event.get("queryStringParameters") or {}:
        case {"do": "raise"}:
            raise ValueError("broken")
        case {"do": "nonsense"}:
            return "not a response"
    seen = {
        "resource": event["resource"],
        "path": event["pathParameters"],
        "body": event["body"],
        "caller": event["requestContext"]["identity"]["userArn"],
        "version": context.function_version,
    }
    return {"statusCode": 201, "headers": {"X-Seen": "yes"}, "body": json.dumps(seen)}
"""
SIGNED = [{"AWS_IAM": []}]


@dataclass(frozen=True)
class Api:
    """A deployed API and how to call it."""

    endpoint: str
    api_id: str
    name: str
    function: str

    @property
    def host(self) -> str:
        """Return the host that clients ask for."""
        return f"{self.api_id}.execute-api.us-east-1.amazonaws.com"

    def call(
        self,
        path: str,
        *,
        method: str = "GET",
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        credentials: Credentials | None = OPERATOR,
    ) -> tuple[int, Any, Mapping[str, str]]:
        """Send a request; return status, parsed body and headers."""
        request = AWSRequest(
            method=method,
            url=f"https://{self.host}/v1{path}",
            data=body,
            headers={"Content-Type": "application/json", **(headers or {})},
        )
        if credentials is not None:
            SigV4Auth(credentials, "execute-api", "us-east-1").add_auth(request)
        wire = urllib.request.Request(
            f"{self.endpoint}/v1{path}",
            data=body or None,
            method=method,
            headers={**dict(request.headers.items()), "Host": self.host},
        )
        try:
            with urllib.request.urlopen(wire, timeout=40) as answer:
                return answer.status, json.load(answer), dict(answer.headers)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error), dict(error.headers)


def document(function_arn: str) -> dict[str, Any]:
    """Return the definition, as SAM writes it."""
    integration = {
        "type": "aws_proxy",
        "httpMethod": "POST",
        "uri": (
            "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
            f"{function_arn}:live/invocations"
        ),
    }

    def operation(**more: Any) -> dict[str, Any]:
        return {
            "x-amazon-apigateway-integration": integration,
            "security": SIGNED,
            "responses": {},
            **more,
        }

    schema = {"$ref": "#/components/schemas/bundle"}
    return {
        "openapi": "3.0.1",
        "info": {"title": "demo", "version": "1.0"},
        "paths": {
            "/things": {
                "get": operation(),
                "post": operation(
                    requestBody={
                        "content": {"application/json": {"schema": schema}},
                        "required": True,
                    },
                    **{"x-amazon-apigateway-request-validator": "body-only"},
                ),
            },
            "/things/{thingId}": {"get": operation()},
            "/metered": {"get": operation(security=[{"api_key": []}])},
        },
        "components": {
            "schemas": {"bundle": {"type": "object", "required": ["resourceType"]}},
            "securitySchemes": {
                "AWS_IAM": {
                    "type": "apiKey",
                    "name": "Authorization",
                    "in": "header",
                    "x-amazon-apigateway-authtype": "awsSigv4",
                },
                "api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
            },
        },
        "x-amazon-apigateway-request-validators": {
            "body-only": {
                "validateRequestBody": True,
                "validateRequestParameters": False,
            }
        },
    }


@pytest.fixture(scope="module")
def api(aws: Aws, plane: str) -> Api:
    """Deploy the API in front of a function with an alias."""
    name = f"api-{uuid4().hex[:8]}"
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    role = aws("iam").create_role(
        RoleName=name, AssumeRolePolicyDocument=json.dumps(trust)
    )["Role"]["Arn"]
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", SOURCE)
    created = aws("lambda").create_function(
        FunctionName=name,
        Runtime="python3.11",
        Role=role,
        Handler="app.handler",
        Code={"ZipFile": package.getvalue()},
        Publish=True,
    )
    aws("lambda").create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    arn = created["FunctionArn"].removesuffix(":1")
    gateway = aws("apigateway")
    api_id = gateway.create_rest_api(name=name)["id"]
    gateway.put_rest_api(
        restApiId=api_id, mode="overwrite", body=json.dumps(document(arn))
    )
    deployment = gateway.create_deployment(restApiId=api_id)["id"]
    gateway.create_stage(restApiId=api_id, stageName="v1", deploymentId=deployment)
    aws("lambda").add_permission(
        FunctionName=name,
        Qualifier="live",
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=f"arn:aws:execute-api:us-east-1:123456789012:{api_id}/*/*/*",
    )
    return Api(plane, api_id, name, name)


def test_a_signed_request_reaches_the_function_behind_the_alias(api: Api) -> None:
    status, seen, headers = api.call("/things/a%20b%2Fc?x=1&x=2")
    assert (status, headers["X-Seen"]) == (201, "yes")
    assert seen["resource"] == "/things/{thingId}"
    assert (seen["path"], seen["version"]) == ({"thingId": "a b/c"}, "1")
    assert seen["caller"] == "arn:aws:iam::123456789012:user/operator"


def test_an_unsigned_request_is_refused(api: Api) -> None:
    status, body, headers = api.call("/things", credentials=None)
    assert (status, body) == (403, {"message": "Missing Authentication Token"})
    assert headers["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"


def test_a_signature_with_the_wrong_secret_is_refused(api: Api) -> None:
    status, body, _ = api.call("/things", credentials=Credentials("rehearsal", "no"))
    assert status == 403
    assert body["message"].startswith("The request signature we calculated does not")


def test_a_role_session_is_known_by_its_own_arn(aws: Aws, api: Api) -> None:
    role = f"arn:aws:iam::123456789012:role/{api.function}"
    keys = aws("sts").assume_role(RoleArn=role, RoleSessionName="tester")["Credentials"]
    status, seen, _ = api.call(
        "/things",
        credentials=Credentials(
            keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]
        ),
    )
    assert status == 201
    assert seen["caller"].endswith(f":assumed-role/{api.function}/tester")


def test_an_unknown_path_is_answered_as_api_gateway_does(api: Api) -> None:
    status, body, _ = api.call("/nothing/here")
    assert (status, body) == (403, {"message": "Missing Authentication Token"})


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"other": 1}'])
def test_a_body_that_breaks_its_model_is_a_400(api: Api, body: bytes) -> None:
    status, answer, _ = api.call("/things", method="POST", body=body)
    assert (status, answer) == (400, {"message": "Invalid request body"})


def test_a_body_that_fits_its_model_is_passed_on(api: Api) -> None:
    body = b'{"resourceType": "Bundle"}'
    status, seen, _ = api.call("/things", method="POST", body=body)
    assert (status, seen["body"]) == (201, body.decode())


def test_more_than_ten_megabytes_is_a_413(api: Api) -> None:
    status, _, _ = api.call("/things", method="POST", body=b" " * (10 * 2**20 + 1))
    assert status == 413


@pytest.mark.parametrize("failure", ["raise", "nonsense"])
def test_a_function_that_fails_is_a_502(api: Api, failure: str) -> None:
    status, body, _ = api.call(f"/things?do={failure}")
    assert (status, body) == (502, {"message": "Internal server error"})


def test_a_function_that_is_throttled_is_a_500_and_is_called_once(
    api: Api, control: Callable[..., Any]
) -> None:
    control("POST", "faults", {"kind": "throttling", "target": api.function})
    try:
        status, body, _ = api.call("/things")
        met = control("GET", "faults")["faults"][0]["met"]
    finally:
        control("DELETE", "faults")
    assert (status, body, met) == (500, {"message": "Internal server error"}, 1)


def test_without_permission_on_the_alias_the_api_answers_500(
    aws: Aws, api: Api
) -> None:
    permission = {"FunctionName": api.function, "Qualifier": "live"}
    aws("lambda").remove_permission(**permission, StatementId="api")
    try:
        time.sleep(1.1)
        status, body, _ = api.call("/things")
    finally:
        aws("lambda").add_permission(
            **permission,
            StatementId="api",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
        )
    assert (status, body) == (500, {"message": "Internal server error"})


def test_a_key_is_required_where_the_method_says_so_and_counts_against_its_quota(
    aws: Aws, api: Api
) -> None:
    gateway = aws("apigateway")
    key = gateway.create_api_key(name=api.name, enabled=True)
    plan = gateway.create_usage_plan(
        name=api.name,
        apiStages=[{"apiId": api.api_id, "stage": "v1"}],
        quota={"limit": 2, "period": "DAY"},
    )
    gateway.create_usage_plan_key(
        usagePlanId=plan["id"], keyId=key["id"], keyType="API_KEY"
    )
    assert api.call("/metered")[:2] == (403, {"message": "Forbidden"})
    headers = {"x-api-key": key["value"]}
    answers = [api.call("/metered", headers=headers)[:2] for _ in range(3)]
    assert [status for status, _ in answers] == [201, 201, 429]
    assert answers[2][1] == {"message": "Limit Exceeded"}


def test_a_stage_lets_through_no_more_than_its_rate(aws: Aws, api: Api) -> None:
    settings = {"rateLimit": "1", "burstLimit": "2"}
    patches = [
        {"op": "replace", "path": f"/*/*/throttling/{name}", "value": value}
        for name, value in settings.items()
    ]
    gateway = aws("apigateway")
    stage = {"restApiId": api.api_id, "stageName": "v1"}
    gateway.update_stage(**stage, patchOperations=patches)
    try:
        answers = [api.call("/things")[:2] for _ in range(6)]
    finally:
        wide = [{**patch, "value": "1000"} for patch in patches]
        gateway.update_stage(**stage, patchOperations=wide)
    assert (429, {"message": "Too Many Requests"}) in answers
    assert answers[0][0] == 201


def test_the_access_log_names_the_caller_in_the_stages_format(
    aws: Aws, api: Api
) -> None:
    group = f"access-{uuid4().hex[:8]}"
    aws("logs").create_log_group(logGroupName=group)
    arn = f"arn:aws:logs:us-east-1:123456789012:log-group:{group}"
    line = "$context.identity.userArn $context.resourcePath $context.status"
    patches = [
        {"op": "replace", "path": "/accessLogSettings/destinationArn", "value": arn},
        {"op": "replace", "path": "/accessLogSettings/format", "value": line},
    ]
    aws("apigateway").update_stage(
        restApiId=api.api_id, stageName="v1", patchOperations=patches
    )
    api.call("/things/1")
    deadline = time.monotonic() + 5
    messages: list[str] = []
    while not messages and time.monotonic() < deadline:
        time.sleep(0.1)
        events = aws("logs").filter_log_events(logGroupName=group)["events"]
        messages = [event["message"] for event in events]
    assert messages == ["arn:aws:iam::123456789012:user/operator /things/{thingId} 201"]


def test_a_deployment_keeps_the_definition_it_was_made_from(aws: Aws, api: Api) -> None:
    gateway = aws("apigateway")
    before = gateway.get_stage(restApiId=api.api_id, stageName="v1")["deploymentId"]
    arn = f"arn:aws:lambda:us-east-1:123456789012:function:{api.function}"
    changed = document(arn)
    changed["paths"]["/added"] = changed["paths"]["/things/{thingId}"]
    gateway.put_rest_api(
        restApiId=api.api_id, mode="overwrite", body=json.dumps(changed)
    )
    assert api.call("/added")[0] == 403
    after = gateway.create_deployment(restApiId=api.api_id)["id"]
    assert after != before
    patch = {"op": "replace", "path": "/deploymentId", "value": after}
    gateway.update_stage(restApiId=api.api_id, stageName="v1", patchOperations=[patch])
    assert api.call("/added")[0] == 201

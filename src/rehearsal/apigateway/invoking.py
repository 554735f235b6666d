"""Requests to deployed APIs: route, admit, check, invoke, answer, record."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from botocore.exceptions import ClientError
from werkzeug.wrappers import Request, Response

from rehearsal.apigateway.access_log import access_line
from rehearsal.apigateway.events import (
    ApiAnswer,
    ApiRequest,
    answer_of,
    bad_answer,
    gateway_error,
    proxy_event,
    request_context,
)
from rehearsal.apigateway.recorded import (
    backend,
    detailed_metrics,
    key_of,
    stage_limit,
    usage_plan_of,
)
from rehearsal.apigateway.service import Deployed
from rehearsal.apigateway.signatures import Caller, Refusal, verify
from rehearsal.asking import Question
from rehearsal.identity import principal_of
from rehearsal.apigateway.quotas import Quotas
from rehearsal.apigateway.validation import body_problem, missing_parameters
from rehearsal.faults import parts_of
from rehearsal.logs import LogWriter
from rehearsal.limits import Limit, Throttle
from rehearsal.plane import Plane

_MOST_BODY_BYTES = 10 * 1024 * 1024
_LONGEST_SECONDS = 29.0
_PERMISSION_IS_KEPT_SECONDS = 1.0
_FUNCTION_URI = ":lambda:path/2015-03-31/functions/"

_NO_SUCH_METHOD = gateway_error(
    403, "MissingAuthenticationTokenException", "Missing Authentication Token"
)
_TOO_MANY = gateway_error(429, "TooManyRequestsException", "Too Many Requests")
_OVER_QUOTA = gateway_error(429, "LimitExceededException", "Limit Exceeded")
_FORBIDDEN = gateway_error(403, "ForbiddenException", "Forbidden")
_BROKEN = gateway_error(500, "InternalServerErrorException", "Internal server error")
_TOO_LATE = gateway_error(504, "IntegrationTimeout", "Endpoint request timed out")
_TOO_LARGE = gateway_error(413, "RequestTooLargeException", "Request Too Long")


class InvokeApplication:
    """The WSGI application behind every ``execute-api`` host."""

    def __init__(self, plane: Plane, deployed: Deployed) -> None:
        self._plane = plane
        self._deployed = deployed
        self._throttle = Throttle()
        self._quotas = Quotas()
        self._logs = LogWriter(plane)
        self._calls = ThreadPoolExecutor(64, thread_name_prefix="api-invoke")
        self._admitted: dict[tuple[str, str], float] = {}

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        started = time.monotonic()
        http = Request(environ)
        request_id = str(uuid.uuid4())
        answer, request, stage = self._serve(http, request_id)
        seconds = time.monotonic() - started
        if request is not None:
            self._record(request, stage, answer, seconds)
        response = Response(answer.body, status=answer.status)
        response.headers.clear()
        for name, value in answer.headers:
            response.headers.add(name, value)
        response.headers["x-amzn-RequestId"] = request_id
        response.headers["Content-Length"] = str(len(answer.body))
        return response(environ, start_response)

    def _serve(
        self, http: Request, request_id: str
    ) -> tuple[ApiAnswer, ApiRequest | None, Any]:
        api_id = http.host.partition(".")[0]
        # As sent: a slash that was escaped does not part segments.
        raw_path = str(http.environ.get("RAW_URI") or http.path).partition("?")[0]
        stage_name, _, rest = raw_path.lstrip("/").partition("/")
        api = backend(self._plane.account, self._plane.region).apis.get(api_id)
        stage = api.stages.get(stage_name) if api is not None else None
        if api is None or stage is None:
            return _FORBIDDEN, None, None
        definition = self._deployed.definition(api_id, stage.deployment_id)
        found = definition.match(http.method, f"/{rest}") if definition else None
        if found is None:
            return _NO_SUCH_METHOD, None, None
        method, parameters = found
        request = ApiRequest(
            api_id=api_id,
            stage=stage_name,
            account=self._plane.account,
            domain=http.host,
            request_id=request_id,
            received=self._plane.clock.now(),
            http_method=http.method,
            path=f"/{rest}",
            headers=tuple(http.headers.items()),
            query=tuple(http.args.items(multi=True)),
            body=http.get_data(),
            source_ip=http.remote_addr or "127.0.0.1",
            method=method,
            path_parameters={k: unquote(v) for k, v in parameters.items()},
            stage_variables=stage.variables or {},
        )
        request, refusal = self._admit(http, request, stage)
        return refusal or self._invoke(request), request, stage

    def _admit(
        self, http: Request, request: ApiRequest, stage: Any
    ) -> tuple[ApiRequest, ApiAnswer | None]:
        """Check size, signature, key, rates and content, in API Gateway's order."""
        if len(request.body) > _MOST_BODY_BYTES:
            return request, _TOO_LARGE
        match request.method.authorization:
            case "NONE":
                pass
            case "AWS_IAM":
                caller = verify(http, self._plane.region)
                if isinstance(caller, Refusal):
                    return request, gateway_error(403, caller.kind, caller.message)
                request = replace(request, caller=caller)
                if denied := self._why_not(request, caller):
                    return request, gateway_error(403, "AccessDeniedException", denied)
            case _:
                return request, gateway_error(
                    401, "UnauthorizedException", "Unauthorized"
                )
        if request.method.api_key_required:
            request, refusal = self._admit_key(http, request)
            if refusal is not None:
                return request, refusal
        limit = stage_limit(stage, request.method)
        if not self._throttle.admit((request.api_id, request.stage), limit):
            return request, _TOO_MANY
        return request, _content_refusal(request)

    def _why_not(self, request: ApiRequest, caller: Caller) -> str:
        """Give why the caller's role may not call the method, in IAM's words, or ""."""
        principal = principal_of(caller.access_key)
        place = f"{self._plane.region}:{self._plane.account}"
        resource = (
            f"arn:aws:execute-api:{place}:{request.api_id}/{request.stage}/"
            f"{request.http_method}{request.path}"
        )
        if principal.account != self._plane.account:
            return (
                f"User: {principal.arn} is not authorized to perform: execute-api:Invoke "
                f"on resource: {resource} because no resource-based policy allows the "
                "execute-api:Invoke action"
            )
        if principal.role_arn is None:
            return ""
        session = principal.arn.rpartition("/")[2]
        question = Question("execute-api:Invoke", resource)
        return self._plane.permissions.why_not(principal.role_arn, session, question)

    def _admit_key(
        self, http: Request, request: ApiRequest
    ) -> tuple[ApiRequest, ApiAnswer | None]:
        records = backend(self._plane.account, self._plane.region)
        key = key_of(records, http.headers.get("x-api-key", ""))
        plan = key and usage_plan_of(records, request.api_id, request.stage, key.id)
        if plan is None:
            return request, _FORBIDDEN
        request = replace(request, api_key=(key.id, key.value))
        throttle, quota = plan.throttle, plan.quota
        if throttle:
            limit = Limit(
                float(throttle.get("rateLimit", 0)), int(throttle.get("burstLimit", 0))
            )
            if not self._throttle.admit((plan.id, key.id), limit):
                return request, _TOO_MANY
        if quota and not self._quotas.admit(
            (plan.id, key.id),
            int(quota["limit"]),
            quota["period"],
            self._plane.clock.now(),
        ):
            return request, _OVER_QUOTA
        return request, None

    def _invoke(self, request: ApiRequest) -> ApiAnswer:
        integration = request.method.integration
        kind = str(integration.get("type", "")).upper()
        if kind != "AWS_PROXY" or _FUNCTION_URI not in str(integration.get("uri")):
            return _BROKEN
        function = str(integration["uri"]).partition(_FUNCTION_URI)[2]
        function = function.removesuffix("/invocations")
        if not self._may_invoke(request, function):
            return _BROKEN
        event = json.dumps(proxy_event(request)).encode()
        call = self._calls.submit(
            self._functions.invoke, FunctionName=function, Payload=event
        )
        try:
            answer = call.result(timeout=_LONGEST_SECONDS)
        except TookTooLong:
            return _TOO_LATE
        except ClientError as error:
            if error.response["Error"]["Code"] == "RequestTooLargeException":
                # Seen by users: github.com/koki-develop/lgtm-generator/issues/10
                return _TOO_LARGE
            # Throttled, or not there: the gateway does not tell its callers which.
            return _BROKEN
        if "FunctionError" in answer:
            return bad_answer()
        return answer_of(answer["Payload"].read())

    @cached_property
    def _functions(self) -> Any:
        """Lambda, asked once a request: API Gateway does not try again for its caller."""
        return self._plane.client_with("lambda", self._plane.own_keys, retries=0)

    def _may_invoke(self, request: ApiRequest, function: str) -> bool:
        """Say whether the function's policy lets this API's method in."""
        source = (
            f"arn:aws:execute-api:{self._plane.region}:{request.account}:"
            f"{request.api_id}/{request.stage}/{request.http_method}{request.path}"
        )
        admitted_at = self._admitted.get((function, source), 0.0)
        if time.monotonic() - admitted_at < _PERMISSION_IS_KEPT_SECONDS:
            return True
        admitted = any(_admits(item, source) for item in self._policy(function))
        if admitted:
            self._admitted[function, source] = time.monotonic()
        return admitted

    def _policy(self, function: str) -> list[Mapping[str, Any]]:
        try:
            policy = self._plane.client("lambda").get_policy(FunctionName=function)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            return []
        statements: list[Mapping[str, Any]] = json.loads(policy["Policy"])["Statement"]
        return statements

    def _record(
        self, request: ApiRequest, stage: Any, answer: ApiAnswer, seconds: float
    ) -> None:
        """Emit the metrics, and the stage's access log line."""
        api = backend(self._plane.account, self._plane.region).apis.get(request.api_id)
        if api is None:
            return
        by_stage = {"ApiName": api.name, "Stage": request.stage}
        dimension_sets = [{"ApiName": api.name}, by_stage]
        if detailed_metrics(stage):
            method = {
                "Method": request.http_method,
                "Resource": request.method.resource_path,
            }
            dimension_sets.append({**by_stage, **method})
        values = {
            "Count": (1.0, "Count"),
            "4XXError": (float(400 <= answer.status < 500), "Count"),
            "5XXError": (float(answer.status >= 500), "Count"),
            "Latency": (seconds * 1000, "Milliseconds"),
        }
        now = self._plane.clock.now()
        for name in self._lost_metrics(api.name):
            values.pop(name, None)
        for dimensions in dimension_sets:
            for name, (value, unit) in values.items():
                self._plane.metrics.put(
                    "AWS/ApiGateway", name, dimensions, value, at=now, unit=unit
                )
        self._log_access(request, stage, answer, seconds)

    def _lost_metrics(self, api_name: str) -> list[str]:
        faults = self._plane.faults.find_all("metric", *parts_of(api_name))
        return [str(fault.settings["name"]) for fault in faults]

    def _log_access(
        self, request: ApiRequest, stage: Any, answer: ApiAnswer, seconds: float
    ) -> None:
        settings = stage.access_log_settings or {}
        if not settings.get("destinationArn") or not settings.get("format"):
            return
        context = {
            **request_context(request),
            "status": answer.status,
            "responseLength": len(answer.body),
            "responseLatency": int(seconds * 1000),
            "integrationLatency": int(seconds * 1000),
            "integrationStatus": answer.integration_status,
            "error": {"responseType": answer.kind, "message": None},
        }
        group = str(settings["destinationArn"]).partition(":log-group:")[2]
        line = access_line(settings["format"], context)
        self._logs.write(group.removesuffix(":*"), request.api_id, [line])


def _admits(statement: Mapping[str, Any], source_arn: str) -> bool:
    if statement["Principal"] not in ("*", {"Service": "apigateway.amazonaws.com"}):
        return False
    pattern = (
        statement.get("Condition", {}).get("ArnLike", {}).get("AWS:SourceArn", "*")
    )
    return fnmatchcase(source_arn, pattern)


def _content_refusal(request: ApiRequest) -> ApiAnswer | None:
    missing = missing_parameters(request.method, request.query, request.headers)
    if missing:
        return gateway_error(
            400,
            "BadRequestException",
            f"Missing required request parameters: [{', '.join(missing)}]",
        )
    kinds = {name.lower(): value for name, value in request.headers}
    content_type = kinds.get("content-type", "application/json")
    if body_problem(request.method, content_type, request.body):
        return gateway_error(400, "BadRequestException", "Invalid request body")
    return None

"""A hook decides, and reports whatever happens."""

from __future__ import annotations

import io
import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from hook_aws import ARN, EVENT, Aws, Context, check, environment

from traffic_hooks import execution, post_traffic, pre_traffic
from traffic_hooks.checks import check_alias, check_version
from traffic_hooks.clients import Tools, describe, make_tools
from traffic_hooks.execution import run_hook


def pre(aws: Aws, context: Context, *entries: dict[str, object]) -> dict[str, str]:
    return _run(check_version, aws, context, *entries)


def post(aws: Aws, context: Context, *entries: dict[str, object]) -> dict[str, str]:
    return _run(check_alias, aws, context, *entries)


def _run(one: Any, aws: Aws, context: Context, *entries: Any) -> dict[str, str]:
    return run_hook(
        EVENT,
        context,
        one,
        make=lambda seconds: aws.tools,
        environment=environment(*entries),
    )


GOOD = {"statusCode": 200, "body": "{}"}


def test_a_version_that_answers_as_expected_passes(aws: Aws, context: Context) -> None:
    aws.will_be_called("3", GOOD)
    aws.will_report("Succeeded")
    assert pre(aws, context)["status"] == "Succeeded"


def test_a_version_that_raises_fails_after_all_attempts(
    aws: Aws, context: Context
) -> None:
    for _ in range(2):
        aws.will_be_called("3", {"errorType": "KeyError"}, FunctionError="Unhandled")
    aws.will_report("Failed")
    answer = pre(aws, context, check(attempts=2))
    assert answer["reason"] == "f:3 failed: KeyError"
    assert aws.slept == [1.0]


def test_one_good_answer_is_enough(aws: Aws, context: Context) -> None:
    aws.will_be_called("3", {"statusCode": 502})
    aws.will_be_called("3", GOOD)
    aws.will_report("Succeeded")
    assert pre(aws, context)["status"] == "Succeeded"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"statusCode": 500}, "answered 500; expected 200"),
        ({"statusCode": "200"}, "answered no status code"),
        ([], "answered no status code"),
    ],
)
def test_an_unexpected_answer_fails(
    aws: Aws, context: Context, answer: object, reason: str
) -> None:
    aws.will_be_called("3", answer)
    aws.will_report("Failed")
    assert reason in pre(aws, context, check(attempts=1))["reason"]


def test_another_version_than_asked_for_fails(aws: Aws, context: Context) -> None:
    aws.will_be_called("3", GOOD, ExecutedVersion="2")
    aws.will_report("Failed")
    assert "ran version 2" in pre(aws, context, check(attempts=1))["reason"]


def test_an_answer_that_is_not_json_fails(aws: Aws, context: Context) -> None:
    aws.will_be_called("3", None, Payload=io.BytesIO(b"<html>"))
    aws.will_report("Failed")
    assert "no status code" in pre(aws, context, check(attempts=1))["reason"]


def test_any_answer_to_a_plain_event_without_error_passes(
    aws: Aws, context: Context
) -> None:
    aws.will_be_called("3", None)
    aws.will_report("Succeeded")
    entry = check(request=None, event={"Records": []})
    assert pre(aws, context, entry)["status"] == "Succeeded"


def test_a_refused_call_fails_with_its_code(aws: Aws, context: Context) -> None:
    aws.functions.add_client_error("invoke", "AccessDeniedException")
    aws.will_report("Failed")
    reason = pre(aws, context, check(attempts=1))["reason"]
    assert reason == "f:3 could not be called: AccessDeniedException on Invoke"


def test_what_an_error_says_is_never_repeated(
    aws: Aws, context: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    record = {"errorType": "Jane Doe, born 1970", "errorMessage": "Jane Doe"}
    aws.will_be_called("3", record, FunctionError="Unhandled")
    aws.will_report("Failed")
    answer = pre(aws, context, check(attempts=1))
    assert answer["reason"] == "f:3 failed: an error without a class"
    assert "Jane" not in capsys.readouterr().out


def test_log_lines_are_json_with_the_deployment(
    aws: Aws, context: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.will_be_called("3", GOOD)
    aws.will_report("Succeeded")
    pre(aws, context)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[-1]["deployment"] == "d-1"
    assert lines[-1]["status"] == "Succeeded"


def test_bad_settings_are_reported_as_failed(aws: Aws, context: Context) -> None:
    aws.will_report("Failed")
    answer = run_hook(
        EVENT, context, check_version, make=lambda seconds: aws.tools, environment={}
    )
    assert answer == {"status": "Failed", "reason": "CHECKS is not set"}


def test_any_exception_is_reported_as_failed(aws: Aws, context: Context) -> None:
    def broken(check: object, tools: Tools) -> Any:
        raise RuntimeError("Jane Doe")

    aws.will_report("Failed")
    assert _run(broken, aws, context)["reason"] == "the hook failed: RuntimeError"


def test_a_call_that_hangs_is_reported_before_the_function_dies(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execution, "RESERVE_SECONDS", 0.5)

    def hangs(check: object, tools: Tools) -> Any:
        try:
            time.sleep(30)
        except Exception:  # as a library would that takes all for its own
            raise AssertionError("the deadline was swallowed") from None

    aws.will_report("Failed")
    started = time.monotonic()
    answer = _run(hangs, aws, Context(seconds=0.7))
    assert "did not end within" in answer["reason"]
    assert time.monotonic() - started < 5


def test_a_timeout_too_short_to_check_anything_is_reported(aws: Aws) -> None:
    aws.will_report("Failed")
    answer = pre(aws, Context(seconds=3))
    assert answer["reason"] == "the hook's timeout must be over 15 seconds"


def test_a_second_report_of_the_same_event_is_no_failure(
    aws: Aws, context: Context
) -> None:
    aws.will_be_called("3", GOOD)
    aws.deployments.add_client_error(
        "put_lifecycle_event_hook_execution_status",
        "LifecycleEventAlreadyCompletedException",
    )
    assert pre(aws, context)["status"] == "Succeeded"


def test_a_report_that_is_refused_raises_so_that_lambda_tries_again(
    aws: Aws, context: Context
) -> None:
    aws.will_be_called("3", GOOD)
    aws.deployments.add_client_error(
        "put_lifecycle_event_hook_execution_status",
        "InvalidLifecycleEventHookExecutionIdException",
    )
    with pytest.raises(ClientError):
        pre(aws, context)


def test_with_checks_of_two_functions_only_the_deployed_one_is_checked(
    aws: Aws, context: Context
) -> None:
    aws.has_targets(("g", "8"))
    aws.will_be_called("8", GOOD, function="g", ExecutedVersion="8")
    aws.will_report("Succeeded")
    other = check(version=f"{ARN}:g:9", alias=f"{ARN}:g:live")
    assert pre(aws, context, check(), other)["status"] == "Succeeded"


@pytest.mark.parametrize("shifts", [[], [("unknown", "1")]])
def test_a_deployment_that_no_check_is_about_fails(
    aws: Aws, context: Context, shifts: list[tuple[str, str]]
) -> None:
    aws.has_targets(*shifts)
    aws.will_report("Failed")
    other = check(version=f"{ARN}:g:9", alias=None)
    assert "no check is about" in pre(aws, context, check(), other)["reason"]


def test_a_missing_permission_to_ask_is_reported_as_failed(
    aws: Aws, context: Context
) -> None:
    aws.deployments.add_client_error("list_deployment_targets", "AccessDenied")
    aws.will_report("Failed")
    other = check(version=f"{ARN}:g:9", alias=None)
    reason = pre(aws, context, check(), other)["reason"]
    assert reason == "the hook failed: AccessDenied on ListDeploymentTargets"


def test_after_traffic_the_alias_serves_the_new_version_alone_and_answers(
    aws: Aws, context: Context
) -> None:
    aws.will_show_alias("3", {})
    aws.will_be_called("live", GOOD)
    aws.will_report("Succeeded")
    assert post(aws, context)["status"] == "Succeeded"


def test_weights_that_go_within_moments_are_waited_for(
    aws: Aws, context: Context
) -> None:
    aws.will_show_alias("2", {"3": 0.9})
    aws.will_show_alias("3", {})
    aws.will_be_called("live", GOOD)
    aws.will_report("Succeeded")
    assert post(aws, context)["status"] == "Succeeded"


def test_weights_that_stay_fail(aws: Aws, context: Context) -> None:
    for _ in range(5):
        aws.will_show_alias("2", {"3": 0.9})
    aws.will_report("Failed")
    assert "still sends a share to version 3" in post(aws, context)["reason"]


def test_an_alias_on_another_version_fails(aws: Aws, context: Context) -> None:
    for _ in range(5):
        aws.will_show_alias("2", {})
    aws.will_report("Failed")
    assert post(aws, context)["reason"] == "f:live serves version 2, not 3"


def test_a_check_without_alias_cannot_be_made_after_traffic(
    aws: Aws, context: Context
) -> None:
    aws.will_report("Failed")
    reason = post(aws, context, check(alias=None))["reason"]
    assert reason == "the check of f names no alias"


def test_an_event_that_is_not_codedeploys_raises(context: Context) -> None:
    with pytest.raises(KeyError):
        run_hook({}, context, check_version, environment={})


@pytest.mark.parametrize(
    ("handler", "one"),
    [(pre_traffic, check_version), (post_traffic, check_alias)],
)
def test_the_handlers_run_their_check(
    handler: Any, one: object, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[object, ...]] = []

    def record(*arguments: object) -> dict[str, str]:
        asked.append(arguments)
        return {}

    monkeypatch.setattr(handler, "run_hook", record)
    handler.handler(EVENT, context)
    assert asked == [(EVENT, context, one)]


def test_clients_give_up_before_the_time_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    tools = make_tools(50.0)
    assert tools.functions.meta.config.read_timeout == 50
    assert tools.functions.meta.config.retries["total_max_attempts"] == 1


def test_an_error_is_named_by_code_or_class() -> None:
    assert describe(ReadTimeoutError(endpoint_url="x")) == "ReadTimeoutError"
    assert describe(ClientError({}, "Invoke")) == "unknown error on Invoke"

"""Which calls a fault of the wire meets, how fast requests may come, what is recorded."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from rehearsal.faults import Fault, Faults
from rehearsal.identity import Principal
from rehearsal.limits import Limits
from rehearsal.protocol import ApiError, Call, ConnectionWasReset
from rehearsal.trail import Trail, without_secrets
from rehearsal.wire import Passing, Wire, names

WHO = Principal("arn:aws:iam::123456789012:user/operator")


def passing(
    operation: str = "UpdateAlias", *, inside: bool = False, **params: Any
) -> Passing:
    call = Call(operation, WHO, "request-1", "us-east-1", inside)
    return Passing("lambda", call, params)


def wire(*faults: Fault) -> Wire:
    known = Faults()
    for fault in faults:
        known.add(fault)
    limits = Limits()
    limits.page("POST", {"lambda": None})
    return Wire(known, limits)


def refused(way: Wire, one: Passing) -> str:
    try:
        way.before(one)
    except ApiError as error:
        return str(error.code)
    return ""


@pytest.mark.parametrize(
    "text",
    ["analyze", "arn:aws:lambda:us-east-1:123456789012:function:analyze", "a/analyze"],
)
def test_a_resource_is_named_as_it_is_or_in_an_arn(text: str) -> None:
    assert names({"FunctionName": text}, "analyze")
    assert names({"Names": [text]}, "analyze")
    assert not names({"FunctionName": text + "-all"}, "analyze")


def test_a_fault_lets_some_pass_and_meets_no_more_than_it_says() -> None:
    way = wire(Fault("throttled", "lambda:UpdateAlias", {"after": 1, "times": 2}))
    outcomes = [bool(refused(way, passing())) for _ in range(5)]
    assert outcomes == [False, True, True, False, False]


def test_calls_of_another_operation_or_from_inside_are_not_met() -> None:
    way = wire(Fault("denied", "lambda:UpdateAlias"))
    assert refused(way, passing()) == "AccessDeniedException"
    assert refused(way, passing("GetAlias")) == ""
    assert refused(way, passing(inside=True)) == ""


def test_an_answer_is_lost_after_and_a_request_before() -> None:
    way = wire(Fault("connection-reset", "lambda", {"answered": True}))
    way.before(passing())
    with pytest.raises(ConnectionWasReset):
        way.after(passing())


def test_invocations_do_not_count_as_control_plane_requests() -> None:
    limits = Limits()
    limits.page("POST", {"lambda": {"rate": 1, "burst": 1}})
    assert limits.admit("lambda", "UpdateAlias")
    assert not limits.admit("lambda", "GetAlias")
    assert limits.admit("lambda", "Invoke") and limits.admit("lambda", "GetFunction")


def test_secrets_are_left_out_of_what_was_asked() -> None:
    asked = {
        "FunctionName": "analyze",
        "Code": {"ZipFile": b"PK"},
        "Environment": {"Variables": {"KEY": "synthetic"}},
        "Parameters": [{"ParameterKey": "Word", "ParameterValue": "synthetic"}],
        "ClientRequestToken": "deploy-1",
    }
    shown = without_secrets(asked)
    assert "synthetic" not in str(shown) and "PK" not in str(shown)
    assert shown["functionName"] == "analyze"
    assert shown["clientRequestToken"] == "deploy-1"


def test_reads_and_invocations_are_not_recorded() -> None:
    trail, now = Trail(), datetime(2026, 1, 1, tzinfo=UTC)
    for operation in ("GetAlias", "Invoke", "UpdateAlias", "PutRetention"):
        trail.record(now, "lambda", {}, passing(operation).call, {})
    recorded = [record.name for record in trail.newest_first()]
    assert recorded == ["PutRetention", "UpdateAlias20150331"]

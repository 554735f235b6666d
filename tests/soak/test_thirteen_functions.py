"""Thirteen functions go back: one is throttled, denied, not permitted, or was deleted."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from own_plane import call_control, own_plane
from production_stack import Production, make_production

from delivery.cli.options import Settings
from delivery.cli.wiring import PlaneSettings, Tools
from delivery.errors import DeliveryError, NotPermitted, OperationFailed, Refused
from delivery.flows.half_way import OnFailure, Returned

pytestmark = [pytest.mark.soak, pytest.mark.plane]

NAMES = tuple(f"F{number:02}" for number in range(1, 14))
NINTH = "small-F09"
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
TRUST = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    state = tmp_path_factory.mktemp("plane")
    with own_plane(state) as endpoint, pytest.MonkeyPatch.context() as patch:
        # Thirteen first calls take this machine long, and are not what is asked here.
        made = make_production(
            endpoint, state, patch, names=NAMES, reserved=10, proven=False
        )
        call_control(endpoint, "POST", "limits", {"lambda": None})
        made.release("good")
        made.release("bad", good=False)
        yield made


@pytest.fixture(autouse=True)
def fault(production: Production) -> Iterator[Callable[..., Any]]:
    def make(kind: str, target: str, **settings: Any) -> Any:
        body = {"kind": kind, "target": target, "settings": settings}
        return call_control(production.endpoint, "POST", "faults", body)

    yield make
    call_control(production.endpoint, "DELETE", "faults")
    call_control(production.endpoint, "POST", "permissions", {"mode": "off"})


def versions(production: Production) -> set[str]:
    aws = production.aws("lambda")
    return {
        aws.get_alias(FunctionName=f"small-{name}", Name="live")["FunctionVersion"]
        for name in NAMES
    }


def as_role(
    production: Production,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    *denied: dict[str, Any],
) -> Tools:
    """Give tools that act with a role which may do everything but what is denied."""
    iam = production.aws("iam")
    role = iam.create_role(
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [TRUST]}
        ),
    )["Role"]["Arn"]
    document = {"Version": "2012-10-17", "Statement": [EVERYTHING, *denied]}
    iam.put_role_policy(
        RoleName=name, PolicyName="given", PolicyDocument=json.dumps(document)
    )
    keys = production.aws("sts").assume_role(RoleArn=role, RoleSessionName="me")
    given = keys["Credentials"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", given["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", given["SecretAccessKey"])
    monkeypatch.setenv("AWS_SESSION_TOKEN", given["SessionToken"])
    monkeypatch.setenv("AWS_ENDPOINT_URL", production.endpoint)
    call_control(production.endpoint, "POST", "permissions", {"mode": "enforce"})
    settings = Settings(region="us-east-1", yes=True)
    return Tools(settings, plane_settings=PlaneSettings(Path()), brief=True)


def denial(action: str, resource: str = "*") -> dict[str, str]:
    return {"Effect": "Deny", "Action": action, "Resource": resource}


def test_a_permission_that_is_missing_for_the_ninth_is_refused_before_anything_moves(
    production: Production, monkeypatch: pytest.MonkeyPatch
) -> None:
    ninth = f"arn:aws:lambda:*:*:function:{NINTH}"
    tools = as_role(
        production, monkeypatch, "one-lacks", denial("lambda:UpdateAlias", ninth)
    )
    with pytest.raises(NotPermitted, match="nothing was moved") as refusal:
        production.take_back(tools=tools)
    lines = refusal.value.why.splitlines()
    assert len(lines) == 1 and NINTH in lines[0] and "lambda:UpdateAlias" in lines[0]
    assert versions(production) == {"2"}


def test_without_a_simulation_lambda_is_asked_and_refuses_before_anything_moves(
    production: Production, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = as_role(
        production,
        monkeypatch,
        "two-lacks",
        denial("iam:SimulatePrincipalPolicy"),
        denial("lambda:UpdateAlias"),
    )
    with pytest.raises(NotPermitted):
        production.take_back(tools=tools)
    assert versions(production) == {"2"}


def test_denied_in_the_middle_it_sends_back_what_was_moved_if_that_is_wanted(
    production: Production, fault: Callable[..., Any]
) -> None:
    fault("denied", "lambda:UpdateAlias", resource=NINTH)
    with pytest.raises(Returned, match="serves what it served before") as error:
        production.take_back(decide=lambda failure: OnFailure.RETURN)
    assert NINTH in error.value.why
    assert versions(production) == {"2"}


def test_denied_in_the_middle_it_stops_says_what_serves_and_goes_on_when_run_again(
    production: Production, fault: Callable[..., Any]
) -> None:
    fault("denied", "lambda:UpdateAlias", resource=NINTH)
    # The simulation reads policies; what denies in the middle is none of them.
    with pytest.raises(OperationFailed, match="1 of 13") as stopped:
        production.take_back()
    told = stopped.value.why.splitlines()
    assert len(told) == 13
    assert [each for each in told if "serves 2" in each] == [
        each for each in told if each.startswith(NINTH)
    ]
    aws = production.aws("lambda")
    for name in NAMES:
        alias = aws.get_alias(FunctionName=f"small-{name}", Name="live")
        function = f"small-{name}"
        expected = "2" if function == NINTH else "1"
        assert alias["FunctionVersion"] == expected
        assert any(f"{function}:live serves {expected}" in each for each in told)


def test_the_ninth_is_throttled_and_tried_again_while_a_second_operator_is_told(
    production: Production, fault: Callable[..., Any]
) -> None:
    fault("throttled", "lambda:UpdateAlias", resource=NINTH, times=3)
    ended: list[object] = []

    def take_back() -> None:
        try:
            ended.append(production.take_back())
        except DeliveryError as error:
            ended.append(error)

    operators = [threading.Thread(target=take_back) for _ in range(2)]
    for operator in operators:
        operator.start()
    for operator in operators:
        operator.join()
    told = [each for each in ended if isinstance(each, DeliveryError)]
    assert len(told) == 1, ended
    assert isinstance(told[0], Refused)
    assert set(production.serves().values()) == {"good"}
    assert production.book.problems(production.book.links()) == []


def test_a_version_that_was_deleted_is_refused_before_anything_moves(
    production: Production,
) -> None:
    before = versions(production)
    production.aws("lambda").delete_function(FunctionName=NINTH, Qualifier="2")
    with pytest.raises(Refused, match="nothing was moved") as refusal:
        production.take_back(to=2)
    assert refusal.value.why == f"version 2 of {NINTH} was deleted."
    assert versions(production) == before

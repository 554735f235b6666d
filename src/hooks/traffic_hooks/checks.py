"""One check against a version or an alias: send its event, judge the answer."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from traffic_hooks import log
from traffic_hooks.clients import Tools, describe
from traffic_hooks.settings import BadSettings, Check, Qualified

_PAUSE_SECONDS = 1.0
_ALIAS_READS = 5
_CLASS_NAME = re.compile(r"[A-Za-z_][\w.]{0,79}")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether traffic may go on, and why not."""

    passed: bool
    reason: str = ""


PASSED = Verdict(passed=True)


def check_version(check: Check, tools: Tools) -> Verdict:
    """Call the version itself, which has no traffic yet."""
    return _call(check, check.version, tools)


def check_alias(check: Check, tools: Tools) -> Verdict:
    """See that the alias sends all traffic to the version, and call it through it."""
    if check.alias is None:
        raise BadSettings(f"the check of {check.function} names no alias")
    routed = _all_traffic_moved(check, check.alias, tools)
    return _call(check, check.alias, tools) if routed.passed else routed


def _all_traffic_moved(check: Check, alias: Qualified, tools: Tools) -> Verdict:
    """Read the alias until only the version serves; a read may be a moment old."""
    found = Verdict(passed=False, reason=f"{alias} was not read")
    for attempt in range(_ALIAS_READS):
        if attempt:
            tools.sleep(_PAUSE_SECONDS)
        answer = tools.functions.get_alias(
            FunctionName=alias.function, Name=alias.qualifier
        )
        found = _routes_to(check.version, alias, answer)
        if found.passed:
            return found
    return found


def _routes_to(version: Qualified, alias: Qualified, answer: Any) -> Verdict:
    weights = (answer.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    if weights:
        left = ", ".join(sorted(weights))
        return Verdict(False, f"{alias} still sends a share to version {left}")
    if answer["FunctionVersion"] != version.qualifier:
        return Verdict(
            False,
            f"{alias} serves version {answer['FunctionVersion']}, "
            f"not {version.qualifier}",
        )
    return PASSED


def _call(check: Check, target: Qualified, tools: Tools) -> Verdict:
    """Send the event until an answer is good; the last reason counts when none is."""
    verdict = Verdict(passed=False, reason=f"{target} was not called")
    for attempt in range(1, check.attempts + 1):
        if attempt > 1:
            tools.sleep(_PAUSE_SECONDS)
        verdict = _one_call(check, target, tools)
        log.write(
            "called",
            target=str(target),
            attempt=attempt,
            passed=verdict.passed,
            reason=verdict.reason,
        )
        if verdict.passed:
            return verdict
    return verdict


def _one_call(check: Check, target: Qualified, tools: Tools) -> Verdict:
    try:
        answer = tools.functions.invoke(
            FunctionName=target.function,
            Qualifier=target.qualifier,
            InvocationType="RequestResponse",
            Payload=json.dumps(check.event).encode(),
        )
        payload = answer["Payload"].read()
    except (ClientError, BotoCoreError) as error:
        return Verdict(False, f"{target} could not be called: {describe(error)}")
    return _judge(check, target, answer, payload)


def _judge(check: Check, target: Qualified, answer: Any, payload: bytes) -> Verdict:
    """Judge an answer; a handler's exception is HTTP 200 with FunctionError set."""
    if answer.get("FunctionError"):
        return Verdict(False, f"{target} failed: {_error_class(payload)}")
    ran = answer.get("ExecutedVersion", check.version.qualifier)
    if ran != check.version.qualifier:
        return Verdict(False, f"{target} ran version {ran}")
    if not check.statuses:
        return PASSED
    status = _field(payload, "statusCode")
    if status in check.statuses:
        return PASSED
    shown = status if isinstance(status, int) else "no status code"
    expected = ", ".join(str(each) for each in sorted(check.statuses))
    return Verdict(False, f"{target} answered {shown}; expected {expected}")


def _error_class(payload: bytes) -> str:
    """Name the error's class: its message may quote a record."""
    name = _field(payload, "errorType")
    if isinstance(name, str) and _CLASS_NAME.fullmatch(name):
        return name
    return "an error without a class"


def _field(payload: bytes, name: str) -> Any:
    try:
        document = json.loads(payload)
    except ValueError:
        return None
    return document.get(name) if isinstance(document, dict) else None

"""Calls: does each function answer by its alias, and the API over HTTP?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from delivery.model import Answered, ExpectedAlias
from delivery.ports import Endpoints, Invocations
from delivery.verify.case import Case, Check, Findings
from delivery.verify.declared import Proof

URL_OUTPUT = "ApiUrl"
KEY_OUTPUT = "ApiKeyId"
_API = "AWS::ApiGateway::RestApi"
# What API Gateway answers itself, before it calls anything.
_AT_THE_DOOR = {403: "forbidden", 429: "too many requests"}


@dataclass(frozen=True, slots=True)
class InvocationCheck(Check):
    """Each function answers by its alias, from the expected version."""

    invocations: Invocations
    name: ClassVar[str] = "invocations"
    next_step: ClassVar[str] = (
        "./deploy_pipeline.py logs, or Metadata.Verification beside the "
        "function's properties (docs/verification.md)."
    )

    def look(self, case: Case, found: Findings) -> str:
        for function, alias in case.aliases:
            proofs = case.proofs.get(function, ())
            if not proofs:
                found.unclear.append(
                    f"nothing is declared that may be sent to {function}"
                )
            for proof in proofs:
                answer = self.invocations.invoke(function, alias.alias, proof.event)
                if wrong := _wrong(answer, alias, proof):
                    found.bad.append(f"{function}:{alias.alias} {wrong}")
        return f"{len(case.expected.aliases)} functions answered by their aliases."


def _wrong(answer: Answered, alias: ExpectedAlias, proof: Proof) -> str:
    """Say what is wrong with an answer, or nothing."""
    if answer.error:
        return f"failed with {answer.error}"
    if answer.version != alias.version:
        return f"ran version {answer.version}, not {alias.version}"
    if proof.statuses and answer.status not in proof.statuses:
        shown = "without a status" if answer.status is None else str(answer.status)
        return f"answered {shown}, not {_either(proof.statuses)}"
    return ""


@dataclass(frozen=True, slots=True)
class EndpointCheck(Check):
    """The API answers the declared requests over HTTP, signed as its users' are."""

    endpoints: Endpoints
    name: ClassVar[str] = "endpoints"
    next_step: ClassVar[str] = "./deploy_pipeline.py logs, or the API's access log"

    def look(self, case: Case, found: Findings) -> str:
        outputs = case.contents.stack.outputs
        if not case.physical_ids(_API):
            return "The stack has no API."
        requests = list(_requests(case))
        if not outputs.get(URL_OUTPUT):
            found.unclear.append(f"the stack has an API and no output {URL_OUTPUT}")
        elif not requests:
            found.unclear.append("no request is declared that may be sent to the API")
        else:
            for proof in requests:
                self._ask(proof, case, found)
        return f"{len(requests)} endpoints answered."

    def _ask(self, proof: Proof, case: Case, found: Findings) -> None:
        outputs = case.contents.stack.outputs
        status = self.endpoints.status(
            outputs[URL_OUTPUT],
            proof.request,
            api_key_id=outputs.get(KEY_OUTPUT, ""),
        )
        if status in proof.statuses:
            return
        if status in _AT_THE_DOOR:
            found.unclear.append(
                f"{proof.route} was refused at the API's door: {status} "
                f"{_AT_THE_DOOR[status]}"
            )
        elif status:
            found.bad.append(
                f"{proof.route} answered {status}, not {_either(proof.statuses)}"
            )
        else:
            found.bad.append(f"{proof.route} was not answered")


def _requests(case: Case) -> Iterator[Proof]:
    """Yield the declared requests of expected functions, each once."""
    seen: set[str] = set()
    for function, _ in case.aliases:
        for proof in case.proofs.get(function, ()):
            if proof.route and proof.route not in seen:
                seen.add(proof.route)
                yield proof


def _either(statuses: tuple[int, ...]) -> str:
    return " or ".join(str(each) for each in statuses)

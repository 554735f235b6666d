"""The Lambda API: invoke, by weight, in the caller's wait or in the background."""

from __future__ import annotations

import base64
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from rehearsal.functions.fleet import Fleet
from rehearsal.functions.injecting import Injected, Injector
from rehearsal.functions.model import LATEST, Function, Version
from rehearsal.functions.registry import Registry, qualifier_of
from rehearsal.functions.settings import refused
from rehearsal.functions.states import refuse_unless_active
from rehearsal.functions.telemetry import Invocation, Telemetry
from rehearsal.functions.worker import Job, Outcome
from rehearsal.plane import Plane
from rehearsal.protocol import Answer, ApiError, Call, Params

_MOST_PAYLOAD_BYTES = 6_291_556
_RETRY_WAITS_SECONDS = (60.0, 120.0)


@dataclass(frozen=True, slots=True)
class Target:
    """What a call was for (``qualifier``) and which version serves it."""

    function: Function
    qualifier: str | None
    version: Version
    weighted: bool

    @property
    def arn(self) -> str:
        """Return the ARN that was invoked."""
        suffix = f":{self.qualifier}" if self.qualifier else ""
        return f"{self.function.arn}{suffix}"


@dataclass(frozen=True, slots=True)
class Ran:
    """What one run left: its outcome, what it wrote, and what it took."""

    outcome: Outcome
    output: str = ""
    init_seconds: float | None = None
    used_mb: int | None = None


class InvokeOperations:
    """Invocations; mixed into the service."""

    plane: Plane
    registry: Registry
    fleet: Fleet
    account_concurrency: int

    def start_running(self) -> None:
        """Get ready to run code."""
        self.fleet = Fleet(self.plane)
        self.telemetry = Telemetry(self.plane)
        # A fixed seed: the same rehearsal sends the same calls to the new version.
        self.random = random.Random(7)  # nosec B311 - shares of traffic, not secrets
        self.injector = Injector(self.plane, self.random)
        self._running: Counter[str] = Counter()
        self._running_lock = threading.Lock()

    def invoke(self, params: Params, call: Call) -> Answer:
        """Run the function, or queue the event."""
        payload = params.get("Payload") or b"{}"
        kind = params.get("InvocationType") or "RequestResponse"
        if len(payload) > _MOST_PAYLOAD_BYTES:
            raise ApiError(
                "RequestTooLargeException",
                f"{len(payload)} byte payload is too large for the {kind} invocation "
                f"type (limit {_MOST_PAYLOAD_BYTES} bytes)",
            )
        _check_json(payload)
        target = self._target(params)
        refuse_unless_active(self.plane.faults, target.version)
        match kind:
            case "DryRun":
                return {"StatusCode": 204, "Payload": b""}
            case "Event":
                request_id = call.request_id
                self.plane.spawn(self._run_event, target, payload, request_id)
                return {"StatusCode": 202, "Payload": b""}
            case "RequestResponse":
                return self._answer(target, params, payload, call.request_id)
            case _:
                raise refused(f"Invalid InvocationType {kind}.")

    def _answer(
        self, target: Target, params: Params, payload: bytes, request_id: str
    ) -> Answer:
        context = params.get("ClientContext") or ""
        outcome, log = self.run(target, payload, request_id, context)
        answer: dict[str, Any] = {
            "StatusCode": 200,
            "ExecutedVersion": target.version.number,
            "Payload": outcome.payload,
        }
        if outcome.error:
            answer["FunctionError"] = outcome.error
        if params.get("LogType") == "Tail":
            tail = log.encode()[-4096:]
            answer["LogResult"] = base64.b64encode(tail).decode()
        return answer

    def run(
        self, target: Target, payload: bytes, request_id: str, client_context: str = ""
    ) -> tuple[Outcome, str]:
        """Run ``target`` once: faults, concurrency, code, logs and metrics.

        Raises:
            ApiError: TooManyRequestsException when the function is throttled.
        """
        self._admit(target)
        try:
            return self._run_admitted(target, payload, request_id, client_context)
        finally:
            with self._running_lock:
                self._running[target.function.name] -= 1

    def _run_admitted(
        self, target: Target, payload: bytes, request_id: str, client_context: str
    ) -> tuple[Outcome, str]:
        version = target.version
        job = Job(request_id, payload, target.arn, version.timeout, client_context)
        started = time.monotonic()
        ran = self._run_injected(version, job, self.injector.for_call(target))
        outcome = ran.outcome
        seconds = time.monotonic() - started - (ran.init_seconds or 0.0)
        if b"Sandbox.Timedout" in outcome.payload[:80]:
            seconds = float(version.timeout)
        return outcome, self.telemetry.record(
            Invocation(
                function=version.name,
                qualifier=target.qualifier,
                version=version.number,
                weighted=target.weighted,
                request_id=request_id,
                seconds=max(seconds, 0.0005),
                init_seconds=ran.init_seconds,
                memory_mb=version.settings["MemorySize"],
                used_mb=ran.used_mb,
                failed=outcome.error is not None,
                output=ran.output,
                failure=_failure_line(outcome, request_id),
                log_group=version.settings.get("LoggingConfig", {}).get("LogGroup"),
                log_stream=self.fleet.log_stream(version),
                lost=self.injector.lost_metrics(target),
            )
        )

    def _run_injected(self, version: Version, job: Job, injected: Injected) -> Ran:
        """Run the code, and let happen to the call what faults say.

        A wait is in real time, because the caller feels it, and outside of the worker,
        because other calls do not.
        """
        time.sleep(min(injected.wait_seconds, job.timeout_seconds))
        if ended := injected.ends(job):
            return Ran(ended)
        ran = self._run_in_worker(version, job, kill=injected.out_of_memory)
        if injected.out_of_memory:
            ran = replace(ran, used_mb=version.settings["MemorySize"])
        return replace(
            ran,
            outcome=injected.changed(ran.outcome, job),
            output=ran.output + injected.log_line(),
        )

    def _run_in_worker(self, version: Version, job: Job, *, kill: bool) -> Ran:
        while True:
            worker = self.fleet.worker(version)
            with worker.busy:
                if worker.closed:
                    # It was ended while this call waited its turn: take another.
                    continue
                first = not worker.served
                outcome = worker.run(job)
                output, used_mb = worker.output(), worker.used_mb()
                if kill or not outcome.alive:
                    self.fleet.discard(version, worker)
                init_seconds = worker.init_seconds if first else None
                return Ran(outcome, output, init_seconds, used_mb)

    def _target(self, params: Params) -> Target:
        function = self.registry.function(params["FunctionName"])
        qualifier = qualifier_of(params["FunctionName"], params.get("Qualifier"))
        with self.registry.lock:
            alias = function.aliases.get(qualifier or "")
            number = qualifier or LATEST
            if alias is not None:
                number = pick_version(
                    alias.version, alias.weights, self.random.random()
                )
            version = self.registry.version(function, number)
        weighted = alias is not None and bool(alias.weights)
        return Target(function, qualifier, version, weighted)

    def _admit(self, target: Target) -> None:
        function = target.function
        limit = function.reserved
        if limit is None:
            limit = self.account_concurrency
        throttled = self.injector.throttles(target)
        with self._running_lock:
            if not throttled and self._running[function.name] < limit:
                self._running[function.name] += 1
                return
        self.telemetry.throttled(
            target.version.name,
            target.qualifier,
            target.version.number,
            self.injector.lost_metrics(target),
        )
        raise ApiError("TooManyRequestsException", "Rate Exceeded.")

    def _run_event(self, target: Target, payload: bytes, request_id: str) -> None:
        """Run an asynchronous event: two retries, then the dead-letter queue."""
        config = target.function.invoke_configs.get(target.qualifier or "", {})
        retries = int(config.get("MaximumRetryAttempts", len(_RETRY_WAITS_SECONDS)))
        for wait in (*_RETRY_WAITS_SECONDS[:retries], None):
            try:
                outcome, _ = self.run(target, payload, request_id)
            except ApiError:
                outcome = Outcome(b"Rate Exceeded.", error="Throttled")
            if outcome.error is None:
                return
            if wait is not None:
                self.plane.clock.sleep(wait)
        self._send_to_dead_letters(target, payload, request_id, outcome)

    def _send_to_dead_letters(
        self, target: Target, payload: bytes, request_id: str, outcome: Outcome
    ) -> None:
        queue = target.version.settings.get("DeadLetterConfig", {}).get("TargetArn", "")
        role: str = target.version.settings["Role"]
        if ":sns:" in queue:
            self.plane.client("sns", role).publish(
                TopicArn=queue, Message=payload.decode()
            )
        elif ":sqs:" in queue:
            sqs = self.plane.client("sqs", role)
            url = sqs.get_queue_url(QueueName=queue.rpartition(":")[2])["QueueUrl"]
            sqs.send_message(
                QueueUrl=url,
                MessageBody=payload.decode(),
                MessageAttributes={
                    "RequestID": {"StringValue": request_id, "DataType": "String"},
                    "ErrorCode": {"StringValue": "200", "DataType": "Number"},
                    "ErrorMessage": {
                        "StringValue": outcome.payload.decode()[:1024],
                        "DataType": "String",
                    },
                },
            )


def pick_version(main: str, weights: Mapping[str, float], chance: float) -> str:
    """Choose the version for one call of an alias; ``chance`` is from 0 to 1."""
    for number, weight in weights.items():
        if chance < weight:
            return number
    return main


def _check_json(payload: bytes) -> None:
    try:
        json.loads(payload)
    except ValueError as error:
        raise ApiError(
            "InvalidRequestContentException",
            f"Could not parse request body into json: {error}",
        ) from error


def _failure_line(outcome: Outcome, request_id: str) -> str | None:
    """Return the line that the platform itself writes when a process did not answer."""
    if outcome.alive or outcome.error is None:
        return None
    try:
        text = json.loads(outcome.payload).get("errorMessage", "")
    except ValueError:
        text = ""
    prefix = f"RequestId: {request_id} Error: "
    if not text.startswith(prefix):
        return None
    return f"{request_id} {text.removeprefix(prefix)}"

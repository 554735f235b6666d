"""Find why an operation failed: the first resource that did, and what that means."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from delivery.model import Cause, StackEvent

# What CloudFormation writes at resources that failed only because another one did.
_CONSEQUENCES = (
    "Resource creation cancelled",
    "Resource update cancelled",
    "Resource deletion cancelled",
    "The following resource(s) failed",
)

NESTED_STACK = "AWS::CloudFormation::Stack"

# What a reason usually means: pattern, meaning, next step. The first that matches counts.
_MEANINGS: tuple[tuple[str, str, str], ...] = (
    (
        # AWS Lambda API, PublishVersion: nothing is published that equals the version
        # published last.
        r"A version for this Lambda function exists \( (?P<what>\d+) \)",
        "The same content was published as version {what} by a deployment that failed; "
        "Lambda publishes nothing twice in a row.",
        "Each deployment of the pipeline begins its revisions anew: run "
        "./deploy_pipeline.py to bring the pipeline up to date, then "
        "./deploy_pipeline.py start.",
    ),
    (
        r"not authorized to perform:? (?P<what>[\w:*]+)|AccessDenied",
        "A role lacks a permission: {what}.",
        "Add it to the role that the message names, and deploy again.",
    ),
    (
        r"not empty",
        "A bucket or registry that still holds something is not deleted.",
        "Empty it, or keep it with DeletionPolicy: Retain; then run it again.",
    ),
    (
        r"already exists",
        "Something of that name exists outside of this stack, often kept from an "
        "earlier one.",
        "Import it, rename it, or delete it when it is not needed, and deploy again.",
    ),
    (
        r"ResourceNotFoundException.*secret|Secrets Manager can.t find",
        "A secret that the template refers to has no value.",
        "Run ./deploy_pipeline.py: it stores the token before the pipeline needs it.",
    ),
    (
        r"Transform .* failed|Failed to transform template|Invalid Serverless",
        "The SAM transform does not accept the template.",
        "Run ./deploy_pipeline.py validate: it names the line.",
    ),
    (
        r"Parameters: \[|must have values|Parameter .* failed to satisfy|"
        r"Parameter validation failed: parameter",
        "A parameter is missing, or its value is not allowed.",
        "Give it in environment_config.yaml, or mend its pattern in the template.",
    ),
    (
        r"Requires capabilities",
        "The template makes IAM resources and the caller did not agree to that.",
        "Deploy with ./deploy_pipeline.py: it gives the capability.",
    ),
    (
        r"Circular dependency|Unresolved resource dependencies|Template format error|"
        r"Template error",
        "The template refers to something that it does not hold, or in a circle.",
        "Run ./deploy_pipeline.py validate: it names the line.",
    ),
    (
        r"unreserved account concurrency|UnreservedConcurrentExecution",
        "Reserved concurrency must leave 100 to the account's other functions.",
        "Lower reserved_concurrency in environment_config.yaml.",
    ),
    (
        r"cannot be assumed|is invalid or cannot|assume the (?:provided )?role|"
        r"Role .* is invalid",
        "The role does not trust the service that is to act with it, or is not there.",
        "Run ./deploy_pipeline.py: it brings the foundation's roles up to date.",
    ),
    (
        r"INVALID_LAMBDA_CONFIGURATION|does not match the current version in AppSpec",
        "The alias was moved outside of CloudFormation since the last deployment.",
        "Move the alias back to the version that the stack recorded; deploy again.",
    ),
    (
        r"ALARM_ACTIVE|alarms? .*(?:ALARM|triggered|activated|active)",
        "An alarm fired before or while traffic was shifting, so the new version was taken "
        "back.",
        "Look at the alarm and at the function's log, then mend the code. If the alarm still "
        "fires by then: ./deploy_pipeline.py start --past-alarm --reason TEXT.",
    ),
    (
        r"HOOK_EXECUTION_FAILURE|lifecycle event hook",
        "A check before or after the shift of traffic failed.",
        "Look at the log of the hook function.",
    ),
    (
        r"limit|quota|LimitExceeded|TooManyRequests|Rate exceeded|Throttl",
        "A quota of the account is used up, or requests came too fast.",
        "Wait and deploy again; raise the quota if it repeats.",
    ),
    (
        r"HandlerErrorCode: NotFound|is not attachable",
        "It refers to something that is not there.",
        "Look at the names and ARNs that the resource refers to.",
    ),
    (
        # AWS Lambda Developer Guide, "Using code signing to verify code integrity".
        r"signed using a signature|CodeVerificationFailed|InvalidCodeSignature",
        "Code without an accepted signature is refused: the environment names the profiles "
        "that may sign it.",
        "Sign the packages in the build, or name their profile in "
        "security.signing_profile_versions; see docs/configuration.md, Signed code.",
    ),
    (
        r"verifies no signature",
        "The rehearsal plane cannot check signed code, and lets none in unchecked.",
        "Rehearse with an empty security.signing_profile_versions.",
    ),
    (
        r"NoSuchKey|NoSuchBucket|specified key does not exist",
        "The package or template is not in the bucket any more.",
        "Start a new execution, so that the build makes it again.",
    ),
    (
        r"security token|ExpiredToken|expired",
        "Credentials expired on the way.",
        "Deploy again.",
    ),
    (
        r"did not stabilize|NotStabilized|timed out|Timeout",
        "The resource did not become ready in time.",
        "Deploy again; if it repeats, look at the service's own log.",
    ),
    (
        r"ValidationError|Invalid|must match|Property|Properties|failed validation",
        "A property of the resource is not what its service accepts.",
        "Run ./deploy_pipeline.py validate, and mend the template.",
    ),
)

# What services add to a reason for their own support: who answered, and the request's id.
_CLUTTER = re.compile(r"\s*\((?:Service: [^()]*|HandlerErrorCode: \w+)\)")

DEFAULT_NEXT_STEP = "Mend the resource in the template, and deploy again."


def root_cause(events: Sequence[StackEvent], *, stack_name: str = "") -> Cause | None:
    """Return the first failure that is nobody's consequence, or None.

    ``events`` are oldest first. The stack's own failure counts only when no resource
    failed, for instance when a role could not be assumed.
    """
    failures = [each for each in events if each.failed]
    own = [each for each in failures if not is_consequence(each)]
    of_resources = [each for each in own if not each.of_the_stack_itself]
    first = next(iter([*of_resources, *own, *failures]), None)
    if first is None:
        return None
    return explain(
        Cause(first.logical_id, first.type, first.reason, stack_name=stack_name)
    )


def is_consequence(event: StackEvent) -> bool:
    """Tell whether the event says that something else failed."""
    return event.reason.startswith(_CONSEQUENCES)


def failed_nested_stack(events: Sequence[StackEvent]) -> str:
    """Return the id of the nested stack whose failure came first, or nothing."""
    for event in events:
        if event.failed and not event.of_the_stack_itself and not is_consequence(event):
            return event.physical_id if event.type == NESTED_STACK else ""
    return ""


def explain(cause: Cause) -> Cause:
    """Add what the reason usually means and what to do next; keep it to one line."""
    one_line = " ".join(_CLUTTER.sub("", cause.reason).split())
    short = replace(cause, reason=one_line)
    for pattern, meaning, next_step in _MEANINGS:
        found = re.search(pattern, cause.reason, re.IGNORECASE)
        if found is None:
            continue
        what = found.groupdict().get("what") or "see the message"
        return replace(short, meaning=meaning.format(what=what), next_step=next_step)
    return replace(short, next_step=DEFAULT_NEXT_STEP)


def last_operation(events: Sequence[StackEvent]) -> list[StackEvent]:
    """Return the events of the operation that began last, oldest first.

    An operation begins where the stack itself goes to CREATE_, UPDATE_ or
    DELETE_IN_PROGRESS; what follows, rollback included, belongs to it.
    """
    began = {"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS"}
    start = 0
    for position, event in enumerate(events):
        if event.of_the_stack_itself and event.status in began:
            start = position
    return list(events[start:])

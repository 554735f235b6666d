"""Approvals: each waits alone, ends, is announced, and stands before a deployment."""

from __future__ import annotations

from collections.abc import Iterator

from delivery.validate.actions import Action, actions_of, variants_of
from delivery.validate.model import Finding, Rule, Subject

_GUIDE = "AWS CodePipeline User Guide"
_APPROVAL_MINUTES = (5, 86400)
_APPROVAL = "Manual"


def approvals_wait_alone(subject: Subject) -> Iterator[Finding]:
    """Check that an approval is alone in its stage, ends, and tells somebody."""
    for stages in variants_of(subject.pipeline):
        for stage in stages:
            approvals = [each for each in stage if each.provider == _APPROVAL]
            if approvals and len(stage) > 1:
                message = "shares its stage, which stays locked while it waits"
                yield _finding(subject, approvals[0], "approval", message)
            for action in approvals:
                for message in _approval_problems(action, subject):
                    yield _finding(subject, action, "approval", message)
    for action in actions_of(subject.pipeline):
        if action.provider != _APPROVAL and "TimeoutInMinutes" in action.given:
            message = "only an approval takes TimeoutInMinutes"
            yield _finding(subject, action, "approval", message)


def production_is_approved(subject: Subject) -> Iterator[Finding]:
    """Check that an approval stands between one deployment stage and the next."""
    for stages in variants_of(subject.pipeline):
        approved = True  # the first environment is deployed without asking
        for stage in stages:
            if any(each.provider == _APPROVAL for each in stage):
                approved = True
            if any(each.provider == "CloudFormation" for each in stage):
                if not approved:
                    message = "is deployed, and nobody approved it"
                    yield _finding(subject, stage[0], "approved-before", message)
                approved = False


def _approval_problems(action: Action, subject: Subject) -> Iterator[str]:
    least, most = _APPROVAL_MINUTES
    minutes = action.given.get("TimeoutInMinutes")
    match minutes:
        case None:
            yield "has no TimeoutInMinutes and waits for seven days"
        case {"Ref": str(name)}:
            declared = subject.pipeline.section("Parameters").get(name, {})
            if int(declared.get("MinValue", 0)) < least:
                yield f"{name} may be less than {least} minutes"
            if int(declared.get("MaxValue", most + 1)) > most:
                yield f"{name} may be more than {most} minutes"
        case _ if not least <= int(minutes) <= most:
            yield f"TimeoutInMinutes must be {least} to {most}"
    if "NotificationArn" not in action.configuration:
        yield "has no NotificationArn, so nobody learns of it"


def _finding(subject: Subject, action: Action, rule: str, message: str) -> Finding:
    told = f"{action.stage}: {action.name}: {message}"
    return Finding(rule, subject.pipeline.name, action.line, told)


RULES = (
    Rule(
        "approval",
        "Each approval is alone in its stage, ends in time, and is announced.",
        approvals_wait_alone,
        reason="A waiting approval locks its stage; one without end locks it for a week.",
        source=f"{_GUIDE}, Add a manual approval action; API Reference, ActionDeclaration",
    ),
    Rule(
        "approved-before",
        "A person approves between one environment's deployment and the next.",
        production_is_approved,
        reason="A change would reach records that nobody decided to change.",
        source="45 CFR 164.312(c)(1), integrity",
    ),
)

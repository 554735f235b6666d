"""Alarms and notices: what they wait for can come, and reaches somebody."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from awsrules.templates import line_of
from delivery.strategy.emitters import who_emits
from delivery.strategy.names import Names
from delivery.strategy.read import read_shifts
from delivery.validate.model import Finding, Rule, SourceFile, Subject
from delivery.validate.roles import statements_of

_PUBLISHERS = ("events.amazonaws.com", "cloudwatch.amazonaws.com")
# Fields of a notice's detail, by source. Source: the services' guides, "Events".
_DETAIL: Mapping[str, frozenset[str]] = {
    "aws.codepipeline": frozenset(
        "action execution-id execution-result execution-trigger pipeline "
        "pipeline-execution-attempt region stage start-time state type version".split()
    ),
    "aws.codebuild": frozenset(
        "additional-information build-id build-status current-phase "
        "current-phase-context project-name version".split()
    ),
    "aws.codedeploy": frozenset(
        "application deploymentGroup deploymentId instanceGroupId region state".split()
    ),
}
_PLACEHOLDER = re.compile(r"<([A-Za-z0-9_-]+)>")


def alarms_have_data(subject: Subject) -> Iterator[Finding]:
    """Check for each environment that something emits what each alarm reads."""
    template = subject.application
    for environment, values in subject.values.items():
        names = Names(template.body, values, region=subject.region)
        for logical_id, alarm in read_shifts(names).alarms.items():
            for metric in alarm.metrics:
                emission = who_emits(metric, names)
                if not emission.emitted:
                    message = (
                        f"{environment}: {logical_id} never has data: "
                        f"{metric.namespace} {metric.name}: {emission.reason}"
                    )
                    yield template.finding("alarm-emitted", logical_id, message)


def alarms_tell_somebody(subject: Subject) -> Iterator[Finding]:
    """Check that each alarm has an action, and says what missing data means."""
    for template in subject.templates:
        for logical_id, properties in template.of_type("AWS::CloudWatch::Alarm"):
            for name in ("AlarmActions", "TreatMissingData", "AlarmDescription"):
                if not properties.get(name):
                    message = f"{logical_id} has no {name}"
                    yield template.finding("alarm-told", logical_id, message)


def notices_have_their_fields(subject: Subject) -> Iterator[Finding]:
    """Check that patterns and notices read fields that an event has, and no content."""
    template = subject.pipeline
    for logical_id, properties in template.of_type("AWS::Events::Rule"):
        pattern = properties.get("EventPattern", {})
        for source in pattern.get("source", []):
            known = _DETAIL.get(source)
            if known is None:
                continue
            for name in sorted(set(pattern.get("detail", {})) - known):
                message = f"{logical_id}: an event of {source} has no {name}"
                yield template.finding("notice-field", logical_id, message)
            for target in properties.get("Targets", []):
                for problem in _notice_problems(source, known, target):
                    message = f"{logical_id}: {problem}"
                    yield template.finding("notice-field", logical_id, message)


def notices_are_delivered(subject: Subject) -> Iterator[Finding]:
    """Check that each rule is on, has a target, and may publish to its topic and key."""
    template = subject.pipeline
    published = _services_allowed(template, "sns:Publish")
    decrypts = _services_allowed(subject.foundation, "kms:Decrypt")
    for logical_id, properties in template.of_type("AWS::Events::Rule"):
        if properties.get("State", "ENABLED") == "DISABLED":
            message = f"{logical_id} is switched off"
            yield template.finding("notice-delivered", logical_id, message)
        if not properties.get("Targets"):
            message = f"{logical_id} has no target"
            yield template.finding("notice-delivered", logical_id, message)
    for logical_id, _ in template.of_type("AWS::SNS::Topic"):
        for service in _PUBLISHERS:
            if service not in published:
                message = f"{logical_id}: no policy lets {service} publish"
                yield template.finding("notice-delivered", logical_id, message)
            if service not in decrypts:
                message = f"{logical_id}: the topic's key does not admit {service}"
                yield template.finding("notice-delivered", logical_id, message)


def failures_are_noticed(subject: Subject) -> Iterator[Finding]:
    """Check that a failed execution, a failed build and a failed shift reach the topic."""
    wanted = {
        "aws.codepipeline": "FAILED",
        "aws.codebuild": "FAILED",
        "aws.codedeploy": "FAILURE",
    }
    told = {
        (source, state)
        for _, properties in subject.pipeline.of_type("AWS::Events::Rule")
        for source in properties.get("EventPattern", {}).get("source", [])
        for key in ("state", "build-status")
        for state in properties["EventPattern"].get("detail", {}).get(key, [])
    }
    for source, state in wanted.items():
        if (source, state) not in told:
            message = f"no rule tells of {state} by {source}"
            line = line_of(subject.pipeline.body, "Resources")
            yield Finding("failure-noticed", subject.pipeline.name, line, message)


def _notice_problems(
    source: str, known: frozenset[str], target: Mapping[str, Any]
) -> Iterator[str]:
    transformer = target.get("InputTransformer", {})
    paths = transformer.get("InputPathsMap", {})
    for path in paths.values():
        first = str(path).removeprefix("$.detail.").split(".")[0]
        if str(path).startswith("$.detail.") and first not in known:
            yield f"an event of {source} has no {first}"
    for name in _PLACEHOLDER.findall(str(transformer.get("InputTemplate", ""))):
        if name not in paths:
            yield f"its notice shows <{name}>, which is no path of it"
    if not transformer and "InputPath" not in target:
        yield "the whole event would be the notice; say which fields"


def _services_allowed(template: SourceFile, action: str) -> set[str]:
    found: set[str] = set()
    for each in statements_of(template):
        if each.body.get("Effect") == "Allow" and action in each.actions:
            match each.body.get("Principal"):
                case {"Service": str(name)}:
                    found.add(name)
                case {"Service": list(names)}:
                    found.update(str(name) for name in names)
                case _:
                    continue
    return found


RULES = (
    Rule(
        "alarm-emitted",
        "Each alarm reads a metric, with dimensions, that the template's resources emit.",
        alarms_have_data,
        reason="An alarm on a set of dimensions that nobody emits never fires.",
        source="AWS Lambda Developer Guide, Types of metrics; Amazon API Gateway Developer "
        "Guide, Dimensions and metrics",
    ),
    Rule(
        "alarm-told",
        "Each alarm has an action, a description, and says what missing data means.",
        alarms_tell_somebody,
        reason="An alarm without an action changes its state and tells nobody.",
        source="45 CFR 164.312(b), audit controls",
    ),
    Rule(
        "notice-field",
        "Patterns and notices read fields that the event has, and name the fields they show.",
        notices_have_their_fields,
        reason="A pattern on a field that no event has never matches.",
        source="Amazon EventBridge User Guide, Creating event patterns",
    ),
    Rule(
        "notice-delivered",
        "Rules are on, and the topic and its key admit EventBridge and CloudWatch.",
        notices_are_delivered,
        reason="A notice that the topic's key refuses is dropped in silence.",
        source="Amazon SNS Developer Guide, Key management; Amazon EventBridge User Guide, "
        "Troubleshooting",
    ),
    Rule(
        "failure-noticed",
        "Failures of the pipeline, of builds and of traffic shifts are told.",
        failures_are_noticed,
        reason="Nobody looks at a pipeline that is thought to be running.",
        source="45 CFR 164.312(b), audit controls",
    ),
)

"""The dashboard and the alarms of the delivery read metrics that somebody measures.

Sources of what AWS measures: AWS CodeBuild User Guide, "CodeBuild CloudWatch metrics"; Amazon
EventBridge User Guide, "Monitoring Amazon EventBridge"; AWS, "AWS CodePipeline adds CloudWatch
Metrics support" (2025). What the tool measures itself stands in ``model.measures``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from delivery.model import DELIVERY_METRICS, ENVIRONMENTS, METRIC_NAMESPACE
from delivery.validate.actions import literal_text
from delivery.validate.model import Finding, Rule, SourceFile, Subject

_ALARM = "AWS::CloudWatch::Alarm"
_DASHBOARD = "AWS::CloudWatch::Dashboard"
_LABEL = "ProjectLabel"
_VARIABLE = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Published:
    """What a service measures by one dimension: the name of a resource of ``type``."""

    type: str
    dimension: str
    names: frozenset[str]


# That CodePipeline's dimension is called PipelineName no public page says; the name and the
# unit of PipelineDuration are an assumption (docs/monitoring.md).
PUBLISHED: Mapping[str, Published] = {
    "AWS/CodeBuild": Published(
        "AWS::CodeBuild::Project",
        "ProjectName",
        frozenset(
            "BuildDuration Builds DownloadSourceDuration Duration FailedBuilds "
            "FinalizingDuration InstallDuration PostBuildDuration PreBuildDuration "
            "ProvisioningDuration QueuedDuration SubmittedDuration SucceededBuilds "
            "UploadArtifactsDuration".split()
        ),
    ),
    "AWS/CodePipeline": Published(
        "AWS::CodePipeline::Pipeline",
        "PipelineName",
        frozenset({"FailedPipelineExecutions", "PipelineDuration"}),
    ),
    "AWS/Events": Published(
        "AWS::Events::Rule",
        "RuleName",
        frozenset(
            "DeadLetterInvocations FailedInvocations Invocations MatchedEvents "
            "ThrottledRules TriggeredRules".split()
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Read:
    """A metric as a template reads it; dimensions have values as they stand there."""

    namespace: str
    name: str
    dimensions: Mapping[str, Any]


def dashboards_show_metrics(subject: Subject) -> Iterator[Finding]:
    """Check that a dashboard is JSON and shows metrics that are measured."""
    template = subject.pipeline
    for logical_id, properties in template.of_type(_DASHBOARD):
        try:
            shown = list(shown_metrics(properties.get("DashboardBody")))
        except json.JSONDecodeError as error:
            message = f"{logical_id} is no JSON: {error}"
            yield template.finding("dashboard-metric", logical_id, message)
            continue
        for each in shown:
            for problem in problems_of(each, subject):
                message = f"{logical_id}: {problem}"
                yield template.finding("dashboard-metric", logical_id, message)


def alarms_read_metrics(subject: Subject) -> Iterator[Finding]:
    """Check that each alarm of the delivery reads metrics that are measured."""
    template = subject.pipeline
    for logical_id, properties in template.of_type(_ALARM):
        for each in watched_metrics(properties):
            for problem in problems_of(each, subject):
                message = f"{logical_id} never has data: {problem}"
                yield template.finding("delivery-alarm", logical_id, message)


def shown_metrics(body: Any) -> Iterator[Read]:
    """Give the metrics of a dashboard's body, a text or an ``Fn::Sub``.

    Raises:
        json.JSONDecodeError: when the body is none.
    """
    given = body.get("Fn::Sub") if isinstance(body, dict) else None
    variables = given[1] if isinstance(given, list) else {}
    for widget in json.loads(literal_text(body)).get("widgets", []):
        for row in widget.get("properties", {}).get("metrics", []):
            words = [each for each in row if isinstance(each, str)]
            if len(words) < 2:
                continue
            namespace, name, *rest = words
            values = [_standing_for(each, variables) for each in rest[1::2]]
            yield Read(namespace, name, dict(zip(rest[::2], values, strict=False)))


def watched_metrics(alarm: Mapping[str, Any]) -> Iterator[Read]:
    """Give the metrics that an alarm reads, by itself or for its metric math."""
    queries = alarm.get("Metrics") or [{"MetricStat": {"Metric": alarm}}]
    for query in queries:
        if metric := query.get("MetricStat", {}).get("Metric"):
            dimensions = {
                each["Name"]: each["Value"] for each in metric.get("Dimensions", [])
            }
            namespace = literal_text(metric.get("Namespace"))
            yield Read(namespace, str(metric.get("MetricName")), dimensions)


def problems_of(read: Read, subject: Subject) -> Iterator[str]:
    """Say why nobody measures what is read: its name, its dimensions, or of what."""
    namespace = _labelled(read.namespace, subject)
    if namespace == METRIC_NAMESPACE:
        yield from _of_our_own(read)
    elif published := PUBLISHED.get(namespace):
        yield from _of_a_service(read, published, subject.pipeline)
    else:
        yield f"nobody measures in {namespace}"


def _of_our_own(read: Read) -> Iterator[str]:
    found = next((e for e in DELIVERY_METRICS if e.name == read.name), None)
    if found is None:
        yield f"the tool measures no {read.name}"
    elif tuple(read.dimensions) != found.dimensions:
        yield f"{read.name} is measured by {found.dimensions or 'no dimension'}"
    for value in read.dimensions.values():
        if value not in (*ENVIRONMENTS, {"Ref": "Environment"}):
            yield f"there is no environment {value}"


def _of_a_service(
    read: Read, published: Published, template: SourceFile
) -> Iterator[str]:
    if read.name not in published.names:
        yield f"{read.namespace} has no metric {read.name}"
    if list(read.dimensions) != [published.dimension]:
        expected, given = published.dimension, list(read.dimensions)
        yield f"{read.namespace} has the dimension {expected}, not {given}"
    resources = template.section("Resources")
    for value in read.dimensions.values():
        named = list(_named(value))
        for each in named:
            if resources.get(each, {}).get("Type") != published.type:
                yield f"{each} is no {published.type} of this template"
        if not named:
            yield f"{value} names no resource of this template"


def _named(value: Any) -> Iterator[str]:
    """Give the logical ids that a value refers to, under each condition."""
    match value:
        case {"Ref": str(logical_id)}:
            yield logical_id
        case {"Fn::If": [_, one, other]}:
            yield from _named(one)
            yield from _named(other)


def _standing_for(text: str, variables: Mapping[str, Any]) -> Any:
    """Give what a dimension's value in a dashboard stands for."""
    found = _VARIABLE.fullmatch(text)
    if found is None:
        return text
    return variables.get(found[1], {"Ref": found[1]})


def _labelled(namespace: str, subject: Subject) -> str:
    label = subject.delivery.get(_LABEL, "")
    return namespace.replace("${" + _LABEL + "}", label)


RULES = (
    Rule(
        "dashboard-metric",
        "Dashboards show metrics that are measured, of resources that exist.",
        dashboards_show_metrics,
        reason="A chart without data looks like a day without failures.",
        source="AWS CodeBuild User Guide, CloudWatch metrics; Amazon EventBridge User Guide, "
        "Monitoring",
    ),
    Rule(
        "delivery-alarm",
        "Each alarm of the pipeline's template reads metrics that are measured.",
        alarms_read_metrics,
        reason="An alarm on what nobody measures is quiet whatever happens.",
        source="AWS CodeBuild User Guide, CloudWatch metrics; Amazon EventBridge User Guide, "
        "Monitoring",
    ),
)

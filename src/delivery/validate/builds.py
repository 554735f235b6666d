"""The builds of the pipeline: projects, buildspecs, variables and events."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from awsrules.buildspec import BuildspecError, parse_buildspec
from awsrules.templates import line_of
from delivery.validate.actions import (
    Action,
    actions_of,
    branches,
    fixed_overrides,
    json_object,
    literal_text,
    overrides_text,
    pipelines_of,
)
from delivery.validate.model import Finding, Rule, Subject

PROJECT_TYPE = "AWS::CodeBuild::Project"
OVERRIDES_VARIABLE = "PARAMETER_OVERRIDES"

_REFERENCE = re.compile(r"#\{([A-Za-z0-9@_-]+)\.([A-Za-z0-9@_.-]+)\}")

# Source: AWS CodePipeline User Guide, "Variables reference".
_OF_THE_EXECUTION = frozenset({"PipelineExecutionId"})
_OF_A_SOURCE = frozenset(
    {"AuthorDate", "BranchName", "CommitId", "CommitMessage"}
)  # both ways to GitHub have these

# What EventBridge is sent, by source: detail-types, and the states of each.
# Source: Amazon EventBridge User Guide and the guides of the services, "Events".
_EVENTS: Mapping[str, Mapping[str, frozenset[str]]] = {
    "aws.codepipeline": {
        "CodePipeline Pipeline Execution State Change": frozenset(
            "CANCELED FAILED RESUMED STARTED STOPPED STOPPING SUCCEEDED SUPERSEDED".split()
        ),
        "CodePipeline Stage Execution State Change": frozenset(
            "CANCELED FAILED RESUMED STARTED STOPPED STOPPING SUCCEEDED".split()
        ),
        "CodePipeline Action Execution State Change": frozenset(
            "ABANDONED CANCELED FAILED STARTED SUCCEEDED".split()
        ),
    },
    "aws.codebuild": {
        "CodeBuild Build State Change": frozenset(
            "FAILED FAULT IN_PROGRESS STOPPED SUCCEEDED TIMED_OUT".split()
        ),
    },
    "aws.codedeploy": {
        "CodeDeploy Deployment State-change Notification": frozenset(
            "FAILURE READY START STOP SUCCESS".split()
        ),
    },
}
_STATE_KEYS = ("state", "build-status")

# Calls that CloudTrail records are sent by the service that was called; which names they
# have is in its own list. Source: Amazon EventBridge User Guide, "Events from AWS services".
_BY_TRAIL = "AWS API Call via CloudTrail"
_CALLS: Mapping[str, frozenset[str]] = {
    "aws.sts": frozenset(
        "AssumeRole AssumeRoleWithSAML AssumeRoleWithWebIdentity".split()
    ),
    "aws.cloudtrail": frozenset(
        "DeleteTrail PutEventSelectors StopLogging UpdateTrail".split()
    ),
    "aws.kms": frozenset(
        "DisableKey DisableKeyRotation PutKeyPolicy ScheduleKeyDeletion".split()
    ),
}


def projects_fit_the_pipeline(subject: Subject) -> Iterator[Finding]:
    """Check that each build action names a project that takes and gives artifacts."""
    resources = subject.pipeline.section("Resources")
    for action in _builds(subject):
        match action.configuration.get("ProjectName"):
            case {"Ref": str(name)} if (
                resources.get(name, {}).get("Type") == PROJECT_TYPE
            ):
                properties = resources[name]["Properties"]
                kinds = {properties[key]["Type"] for key in ("Source", "Artifacts")}
                if kinds != {"CODEPIPELINE"}:
                    yield _of_action(
                        subject,
                        action,
                        "project-fits",
                        f"{name} does not take its source from the pipeline",
                    )
            case _:
                yield _of_action(
                    subject, action, "project-fits", "names no project of this template"
                )


def buildspecs_are_right(subject: Subject) -> Iterator[Finding]:
    """Check that each project's buildspec is there and one that CodeBuild takes."""
    for name, resource in subject.pipeline.section("Resources").items():
        if resource.get("Type") != PROJECT_TYPE:
            continue
        file = str(resource["Properties"]["Source"].get("BuildSpec", "buildspec.yml"))
        if is_inline(file):
            yield from _inline_problems(subject, name, file)
            continue
        if file not in subject.buildspecs:
            line = line_of(subject.pipeline.body, "Resources", name)
            message = f"{name} runs {file}, which is not there"
            yield Finding("buildspec", subject.pipeline.name, line, message)
            continue
        try:
            parse_buildspec(subject.buildspecs[file])
        except BuildspecError as error:
            yield Finding("buildspec", file, None, str(error))


def is_inline(buildspec: str) -> bool:
    """Say whether a project's BuildSpec is the text itself and not a file's name."""
    return "\n" in buildspec


def _inline_problems(subject: Subject, name: str, text: str) -> Iterator[Finding]:
    try:
        parse_buildspec(text)
    except BuildspecError as error:
        line = line_of(subject.pipeline.body, "Resources", name)
        yield Finding("buildspec", subject.pipeline.name, line, f"{name}: {error}")


def variables_are_known(subject: Subject) -> Iterator[Finding]:
    """Check that each ``#{namespace.variable}`` is made by an earlier action."""
    known: dict[str, frozenset[str] | None] = {
        "codepipeline": _OF_THE_EXECUTION,
        "variables": _declared(subject),
    }
    for action in actions_of(subject.pipeline):
        text = json.dumps(action.configuration)
        for namespace, variable in _REFERENCE.findall(text):
            if namespace not in known:
                message = (
                    f"#{{{namespace}.{variable}}}: no earlier action has that name"
                )
                yield _of_action(subject, action, "variable-known", message)
            elif (made := known[namespace]) is not None and variable not in made:
                message = (
                    f"#{{{namespace}.{variable}}}: {namespace} makes no such variable"
                )
                yield _of_action(subject, action, "variable-known", message)
        if action.namespace:
            known[action.namespace] = _variables_of(subject, action)


def review_sees_what_is_deployed(subject: Subject) -> Iterator[Finding]:
    """Check that a review is given the same parameters as the deployments."""
    deployed = [
        fixed_overrides(each)
        for each in actions_of(subject.pipeline)
        if overrides_text(each)
    ]
    for name, resource in subject.pipeline.section("Resources").items():
        if resource.get("Type") != PROJECT_TYPE:
            continue
        variables = resource["Properties"]["Environment"].get(
            "EnvironmentVariables", []
        )
        for each in variables:
            if each["Name"] != OVERRIDES_VARIABLE:
                continue
            reviewed = json_object(literal_text(each["Value"]))
            if not deployed or any(one != reviewed for one in deployed):
                message = (
                    f"{name}: {OVERRIDES_VARIABLE} are not those of the deployments"
                )
                line = line_of(each)
                yield Finding("review-overrides", subject.pipeline.name, line, message)


def events_exist(subject: Subject) -> Iterator[Finding]:
    """Check that each rule waits for events that are sent."""
    for name, resource in subject.pipeline.section("Resources").items():
        if resource.get("Type") != "AWS::Events::Rule":
            continue
        pattern = resource["Properties"].get("EventPattern", {})
        line = line_of(subject.pipeline.body, "Resources", name)
        for problem in _event_problems(pattern):
            message = f"{name}: {problem}"
            yield Finding("event-exists", subject.pipeline.name, line, message)


def _event_problems(pattern: Mapping[str, Any]) -> Iterator[str]:
    sources = pattern.get("source", [])
    wanted = pattern.get("detail-type", [])
    if not sources or not wanted:
        yield "names no source or no detail-type, and would match what is not meant"
    if _BY_TRAIL in wanted:
        yield from _call_problems(sources, pattern.get("detail", {}))
        return
    types: dict[str, frozenset[str]] = {}
    for source in sources:
        if source not in _EVENTS:
            yield f"nothing here is known of events of {source}"
        types |= _EVENTS.get(source, {})
    yield from (
        f"there is no event {each!r}" for each in wanted if types and each not in types
    )
    states = frozenset[str]().union(*(types.get(each, ()) for each in wanted))
    for key in _STATE_KEYS:
        for state in pattern.get("detail", {}).get(key, []):
            if states and state not in states:
                yield f"no such event has the {key} {state}"


def _call_problems(sources: list[str], detail: Mapping[str, Any]) -> Iterator[str]:
    """Say which calls of a pattern are never sent by its sources."""
    for source in sources:
        if source not in _CALLS:
            yield f"nothing here is known of calls to {source}"
        service = f"{source.removeprefix('aws.')}.amazonaws.com"
        if service not in detail.get("eventSource", [service]):
            yield f"eventSource lacks {service}"
    known = frozenset[str]().union(*(_CALLS.get(each, ()) for each in sources))
    for name in detail.get("eventName", []):
        if known and name not in known:
            yield f"there is no call {name} that CloudTrail sends for it"
    if not detail.get("eventName"):
        yield "names no call, and would tell of every one"


def _declared(subject: Subject) -> frozenset[str]:
    """Give the names of the pipeline's own variables."""
    return frozenset(
        str(each.get("Name"))
        for _, properties in pipelines_of(subject.pipeline)
        for each in branches(properties.get("Variables", []))
    )


def _variables_of(subject: Subject, action: Action) -> frozenset[str] | None:
    """Give the variables that an action makes; None where any name may be right."""
    if action.stage == "Source":
        return _OF_A_SOURCE
    match action.configuration.get("ProjectName"):
        case {"Ref": str(name)}:
            project = subject.pipeline.section("Resources").get(name, {})
            source = project.get("Properties", {}).get("Source", {})
            file = str(source.get("BuildSpec", "buildspec.yml"))
            text = file if is_inline(file) else subject.buildspecs.get(file, "")
            return _exported(text)
        case _:
            return None


def _exported(text: str) -> frozenset[str]:
    try:
        return frozenset(parse_buildspec(text).exported_variables)
    except BuildspecError:
        return frozenset()


def _builds(subject: Subject) -> Iterator[Action]:
    for action in actions_of(subject.pipeline):
        if action.provider == "CodeBuild":
            yield action


def _of_action(subject: Subject, action: Action, rule: str, message: str) -> Finding:
    told = f"{action.stage}: {action.name}: {message}"
    return Finding(rule, subject.pipeline.name, action.line, told)


RULES = (
    Rule(
        "project-fits",
        "Each build action names a project of pipeline.yaml with pipeline artifacts.",
        projects_fit_the_pipeline,
    ),
    Rule(
        "buildspec",
        "Each project's buildspec is there and is one that CodeBuild takes.",
        buildspecs_are_right,
    ),
    Rule(
        "variable-known",
        "Each variable that an action reads is made by an earlier action.",
        variables_are_known,
    ),
    Rule(
        "review-overrides",
        "A review is given the same parameters as the deployments.",
        review_sees_what_is_deployed,
    ),
    Rule(
        "event-exists",
        "Each rule waits for events and states that are sent.",
        events_exist,
    ),
)

"""What starts the pipeline, in which mode executions run, and conditions of stages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from awsrules.templates import line_of
from delivery.validate.actions import Action, actions_of, branches, pipelines_of
from delivery.validate.model import Finding, Rule, Subject

_GUIDE = "AWS CodePipeline User Guide"
_V2_OF_A_PIPELINE = ("Triggers", "Variables", "ExecutionMode")
_V2_OF_A_STAGE = ("OnFailure", "OnSuccess", "BeforeEntry")
# PARALLEL has no state to ask and no stage rollback; an approval's token is elsewhere.
_MODES = frozenset({"SUPERSEDED", "QUEUED"})
_CONNECTION = "CodeStarSourceConnection"
_PLACEHOLDER = re.compile(r"\{(\w+)\}")

# Source: AWS CodePipeline User Guide, "How do stage conditions work?".
_RESULTS = {
    "BeforeEntry": frozenset({"FAIL", "SKIP"}),
    "OnSuccess": frozenset({"FAIL", "ROLLBACK"}),
    "OnFailure": frozenset({"ROLLBACK"}),
}
_FAILURE_RESULTS = frozenset({"FAIL", "RETRY", "ROLLBACK", "SKIP"})
_RETRY_MODES = frozenset({"ALL_ACTIONS", "FAILED_ACTIONS"})
_SKIPPING_RULES = frozenset({"LambdaInvoke", "VariableCheck"})
_RULES = frozenset(
    {"CloudWatchAlarm", "Commands", "DeploymentWindow", "LambdaInvoke", "VariableCheck"}
)


def version_fits(subject: Subject) -> Iterator[Finding]:
    """Check that a pipeline with features of type V2 says that it is one."""
    for name, properties in pipelines_of(subject.pipeline):
        if properties.get("PipelineType") == "V2":
            continue
        used = [key for key in _V2_OF_A_PIPELINE if key in properties]
        for stage in branches(properties.get("Stages", [])):
            used += [key for key in _V2_OF_A_STAGE if key in stage]
        for key in used:
            message = f"{name} has {key}, which only PipelineType V2 has"
            yield subject.pipeline.finding("pipeline-type", name, message)


def mode_keeps_the_order(subject: Subject) -> Iterator[Finding]:
    """Check that executions overtake or wait, and never run side by side."""
    for name, properties in pipelines_of(subject.pipeline):
        mode = properties.get("ExecutionMode", "SUPERSEDED")
        if mode not in _MODES:
            message = (
                f"{name} runs executions in mode {mode}; {_listed(_MODES)} keep order"
            )
            yield subject.pipeline.finding("execution-mode", name, message)


def triggers_name_a_source(subject: Subject) -> Iterator[Finding]:
    """Check that each trigger names a source action that listens, and only one listens."""
    sources = {each.name: each for each in _sources(subject, _CONNECTION)}
    for name, properties in pipelines_of(subject.pipeline):
        for trigger in branches(properties.get("Triggers", [])):
            wanted = trigger.get("GitConfiguration", {}).get("SourceActionName")
            if wanted not in sources:
                message = (
                    f"{name}: a trigger names {wanted}, no action with a connection"
                )
                yield subject.pipeline.finding("trigger-source", name, message)
            elif sources[wanted].configuration.get("DetectChanges") != "false":
                message = f"{name}: {wanted} detects changes beside its trigger"
                yield subject.pipeline.finding("trigger-source", name, message)
    for each in _sources(subject, "GitHub"):
        if each.configuration.get("PollForSourceChanges") != "false":
            message = f"{each.name} polls GitHub beside the webhook"
            yield Finding("trigger-source", subject.pipeline.name, each.line, message)
    for each in _sources(subject, "S3"):
        if each.configuration.get("PollForSourceChanges") != "false":
            message = f"{each.name} polls beside the promotion, which starts it"
            yield Finding("trigger-source", subject.pipeline.name, each.line, message)


def webhooks_reach_a_source(subject: Subject) -> Iterator[Finding]:
    """Check that a webhook names a source action, its version, a filter and a signature."""
    sources = {each.name: each for each in _sources(subject, "GitHub")}
    pipelines = {name for name, _ in pipelines_of(subject.pipeline)}
    for name, resource in subject.pipeline.section("Resources").items():
        if resource.get("Type") == "AWS::CodePipeline::Webhook":
            for problem in _webhook_problems(
                resource["Properties"], sources, pipelines
            ):
                yield subject.pipeline.finding(
                    "webhook-target", name, f"{name}: {problem}"
                )


def conditions_can_hold(subject: Subject) -> Iterator[Finding]:
    """Check the results, the number and the rules of a stage's conditions."""
    for _, properties in pipelines_of(subject.pipeline):
        for stage in branches(properties.get("Stages", [])):
            for when in _V2_OF_A_STAGE:
                for problem in _condition_problems(when, stage.get(when) or {}):
                    message = f"{stage.get('Name')}: {when}: {problem}"
                    line = line_of(stage)
                    yield Finding(
                        "stage-condition", subject.pipeline.name, line, message
                    )


def _condition_problems(when: str, given: Mapping[str, Any]) -> Iterator[str]:
    conditions = given.get("Conditions", [])
    result = given.get("Result")
    if when == "OnFailure":
        if result is not None and result not in _FAILURE_RESULTS:
            yield f"there is no result {result}"
        if result == "RETRY" and conditions:
            yield "a retry cannot have conditions"
        mode = given.get("RetryConfiguration", {}).get("RetryMode", "FAILED_ACTIONS")
        if mode not in _RETRY_MODES:
            yield f"there is no RetryMode {mode}"
    if len(conditions) > 1:
        yield f"has {len(conditions)} conditions; one is taken"
    for condition in conditions:
        allowed = condition.get("Result")
        if allowed not in _RESULTS[when]:
            yield f"a condition ends in {_listed(_RESULTS[when])}, not in {allowed}"
        yield from _rule_problems(allowed, condition.get("Rules", []))


def _rule_problems(result: Any, rules: list[Mapping[str, Any]]) -> Iterator[str]:
    if not 1 <= len(rules) <= 5:
        yield f"has {len(rules)} rules; 1 to 5 are taken"
    for rule in rules:
        provider = rule.get("RuleTypeId", {}).get("Provider")
        if provider not in _RULES:
            yield f"there is no rule {provider}"
        elif result == "SKIP" and provider not in _SKIPPING_RULES:
            yield f"{provider} cannot skip a stage; {_listed(_SKIPPING_RULES)} can"


def _webhook_problems(
    given: Mapping[str, Any], sources: Mapping[str, Action], pipelines: set[str]
) -> Iterator[str]:
    source = sources.get(str(given.get("TargetAction")))
    if source is None:
        yield f"there is no source action {given.get('TargetAction')}"
    if given.get("TargetPipeline") not in [{"Ref": each} for each in pipelines]:
        yield "TargetPipeline is not the pipeline of this template"
    versions = [{"Fn::GetAtt": [each, "Version"]} for each in pipelines]
    if given.get("TargetPipelineVersion") not in versions:
        yield "TargetPipelineVersion is not the pipeline's version"
    if given.get("Authentication") != "GITHUB_HMAC":
        yield "anybody can call it: Authentication is not GITHUB_HMAC"
    filters = given.get("Filters") or []
    if not any(each.get("JsonPath") == "$.ref" for each in filters):
        yield "has no filter of the branch ($.ref)"
    for each in filters:
        for key in _PLACEHOLDER.findall(str(each.get("MatchEquals", ""))):
            if source is not None and key not in source.configuration:
                yield f"{{{key}}} is no configuration key of {source.name}"


def _sources(subject: Subject, provider: str) -> Iterator[Action]:
    for action in actions_of(subject.pipeline):
        if action.provider == provider:
            yield action


def _listed(words: frozenset[str]) -> str:
    return " or ".join(sorted(words))


RULES = (
    Rule(
        "pipeline-type",
        "A pipeline with triggers, variables, modes or conditions is of type V2.",
        version_fits,
        reason="A pipeline of type V1 has none of them.",
        source=f"{_GUIDE}, Pipeline types",
    ),
    Rule(
        "execution-mode",
        "Executions are superseded or queued, never parallel.",
        mode_keeps_the_order,
        reason="Parallel executions overtake each other inside a stage; stage rollback and "
        "the pipeline's state are not to be had.",
        source=f"{_GUIDE}, Set or change the pipeline execution mode",
    ),
    Rule(
        "trigger-source",
        "Each trigger names a source action; the source itself neither polls nor detects.",
        triggers_name_a_source,
        reason="A push starts nothing, or starts two executions.",
        source=f"{_GUIDE}, Add trigger with code push or pull request event types",
    ),
    Rule(
        "webhook-target",
        "A webhook is signed, filters by branch, and names a source action of the pipeline.",
        webhooks_reach_a_source,
        reason="Pushes of every branch would be released, or none.",
        source="AWS CloudFormation User Guide, AWS::CodePipeline::Webhook",
    ),
    Rule(
        "stage-condition",
        "A stage's conditions have results and rules that CodePipeline takes there.",
        conditions_can_hold,
        reason="CodePipeline refuses the pipeline, or the condition never decides.",
        source=f"{_GUIDE}, How do stage conditions work?",
    ),
)

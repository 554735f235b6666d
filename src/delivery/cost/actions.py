"""What one execution of a pipeline does, and what starts it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from awsrules.buildspec import BuildspecError, parse_buildspec
from delivery.cost.facts import Action, Does, Pushes
from delivery.cost.templates import Resource, Stack, named

PIPELINE = "AWS::CodePipeline::Pipeline"
PROJECT = "AWS::CodeBuild::Project"
_SMALL = "BUILD_GENERAL1_SMALL"


@dataclass(frozen=True, slots=True)
class Around:
    """What a pipeline's template does not say itself.

    ``environment_of`` tells the environment of a stack's name, or nothing;
    ``buildspec`` the text of a buildspec by its path, or nothing where there is none.
    """

    environment_of: Callable[[str], str]
    buildspec: Callable[[str], str]


def read_actions(stack: Stack, around: Around) -> Iterator[Action]:
    """Yield the actions of all pipelines, in order."""
    projects = {each.logical_id: each for each in stack.of(PROJECT)}
    for pipeline in stack.of(PIPELINE):
        for stage in pipeline.properties.get("Stages") or []:
            for action in stage.get("Actions") or []:
                yield _action(str(stage["Name"]), action, projects, around)


def _action(
    stage: str,
    given: Mapping[str, Any],
    projects: Mapping[str, Resource],
    around: Around,
) -> Action:
    type_id = given.get("ActionTypeId") or {}
    settings = given.get("Configuration") or {}
    does = _does(type_id, settings)
    name = str(given.get("Name", ""))
    if does is Does.DEPLOY:
        target = around.environment_of(str(settings.get("StackName", "")))
        return Action(stage, name, does, environment=target)
    if does not in (Does.BUILD, Does.CHECK):
        return Action(stage, name, does)
    project = projects.get(named(settings.get("ProjectName")))
    properties = project.properties if project else {}
    cached, installs = _cache_of(properties, around)
    return Action(
        stage,
        name,
        does,
        compute=str((properties.get("Environment") or {}).get("ComputeType", _SMALL)),
        project=project.logical_id if project else "",
        cached=cached,
        installs=installs,
    )


def _does(type_id: Mapping[str, Any], settings: Mapping[str, Any]) -> Does:
    match (type_id.get("Category"), type_id.get("Provider")):
        case ("Approval", _):
            return Does.APPROVE
        case ("Build", "CodeBuild"):
            return Does.BUILD
        case (_, "CodeBuild"):
            return Does.CHECK
        case ("Deploy", "CloudFormation"):
            changes = settings.get("ActionMode") != "CHANGE_SET_REPLACE"
            return Does.DEPLOY if changes else Does.OTHER
        case _:
            return Does.OTHER


def _cache_of(properties: Mapping[str, Any], around: Around) -> tuple[bool, bool]:
    """Say whether a project keeps a cache, and whether each run installs anew.

    A cache in S3 keeps what the buildspec names. Commands that stand in the template
    itself are few, and install nothing.
    """
    kind = (properties.get("Cache") or {}).get("Type", "NO_CACHE")
    given = str((properties.get("Source") or {}).get("BuildSpec") or "buildspec.yml")
    inline = "\n" in given
    text = given if inline else around.buildspec(given)
    cached = kind == "LOCAL" or (kind == "S3" and _names_paths(text))
    return cached, not cached and not inline


def _names_paths(buildspec: str) -> bool:
    try:
        return bool(parse_buildspec(buildspec).cache_paths)
    except BuildspecError:
        return False


def read_pushes(stack: Stack) -> Pushes | None:
    """Tell which pushes start the pipeline, or None where there is none.

    A source action that looks for changes by itself starts it beside triggers.
    """
    found = next(iter(stack.of(PIPELINE)), None)
    if found is None:
        return None
    triggers = found.properties.get("Triggers") or []
    hooks = list(stack.of("AWS::CodePipeline::Webhook"))
    looked = tuple(_looked_at(found.properties, alone=not triggers and not hooks))
    for each in triggers:
        return _beside(
            _triggered(each.get("GitConfiguration") or {}), looked, "a trigger"
        )
    for hook in hooks:
        return _beside(_hooked(hook, found.properties), looked, "the webhook's filter")
    return Pushes(looked, "the source action")


def _beside(named_: tuple[str, ...], looked: tuple[str, ...], by: str) -> Pushes:
    """Join the branches of two ways; where one lets all pass, all do."""
    return Pushes(tuple(dict.fromkeys((*named_, *looked))) if named_ else (), by)


def _triggered(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the branches that a trigger includes; none where it lets all pass."""
    filters = [each.get("Branches") or {} for each in settings.get("Push") or []]
    included = [tuple(map(str, each.get("Includes") or [])) for each in filters]
    if settings.get("PullRequest") or not included or not all(included):
        return ()
    branches = tuple(dict.fromkeys(branch for each in included for branch in each))
    return () if any("*" in each for each in branches) else branches


def _hooked(webhook: Resource, pipeline: Mapping[str, Any]) -> tuple[str, ...]:
    for each in webhook.properties.get("Filters") or []:
        if each.get("JsonPath") == "$.ref":
            wanted = str(each.get("MatchEquals", ""))
            branches = _branches(pipeline) or ("",)
            branch = wanted.replace("{Branch}", branches[0])
            return (branch.removeprefix("refs/heads/"),)
    return ()


def _branches(pipeline: Mapping[str, Any]) -> tuple[str, ...]:
    found = (_branch(each) for each in _sources(pipeline))
    return tuple(each for each in found if each)


def _branch(source: Mapping[str, Any]) -> str:
    settings = source.get("Configuration") or {}
    return str(settings.get("BranchName") or settings.get("Branch") or "")


def _sources(pipeline: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for stage in pipeline.get("Stages") or []:
        for action in stage.get("Actions") or []:
            if (action.get("ActionTypeId") or {}).get("Category") == "Source":
                yield action


def _looked_at(pipeline: Mapping[str, Any], *, alone: bool) -> Iterator[str]:
    """Yield the branches whose changes a source action finds by itself.

    That is what it does unless told otherwise, if nothing else starts the pipeline.
    """
    for source in _sources(pipeline):
        settings = source.get("Configuration") or {}
        flags = [settings.get(k) for k in ("PollForSourceChanges", "DetectChanges")]
        told = [str(each).lower() for each in flags if each is not None]
        if "true" in told or (alone and not told):
            yield _branch(source)


def environment_pattern(prefix: str) -> Callable[[str], str]:
    """Tell the environment of a stack's name that begins with ``prefix``."""
    shape = re.compile(re.escape(prefix) + r"(?P<environment>[a-z0-9-]+)")

    def of(stack_name: str) -> str:
        found = shape.fullmatch(stack_name)
        return found["environment"] if found else ""

    return of

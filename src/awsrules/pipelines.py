"""Rules of CodePipeline that need no AWS: what a declaration must be, variables, triggers.

Sources: "CodePipeline pipeline structure reference", "Variables reference", "Filter triggers"
and "Quotas", AWS CodePipeline user guide.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

Declaration = Mapping[str, Any]
Namespaces = Mapping[str, Mapping[str, str]]

_NAME = re.compile(r"[A-Za-z0-9.@\-_]{1,100}")
_REFERENCE = re.compile(r"#\{([A-Za-z0-9@\-_]+)\.([A-Za-z0-9@\-_]+)\}")
_LONGEST_VALUE = 1000
# Configuration that actions of a provider cannot do without; S3 has two kinds of them.
_REQUIRED = {
    "GitHub": ("Owner", "Repo", "Branch", "OAuthToken"),
    "CodeStarSourceConnection": ("ConnectionArn", "FullRepositoryId", "BranchName"),
    "CodeBuild": ("ProjectName",),
    "CloudFormation": ("ActionMode", "StackName"),
    "Source/S3": ("S3Bucket", "S3ObjectKey"),
}
_ACTION = "InvalidActionDeclarationException"
_STAGE = "InvalidStageDeclarationException"
_STRUCTURE = "InvalidStructureException"


class InvalidPipeline(ValueError):
    """CodePipeline would refuse the declaration, with ``code`` and this text."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class UnknownVariable(ValueError):
    """A reference to something that no earlier action has put out."""


def check_pipeline(pipeline: Declaration) -> None:
    """Refuse what CreatePipeline refuses; ``pipeline`` has the API's member names.

    Raises:
        InvalidPipeline: at the first thing wrong.
    """
    _check_names(pipeline)
    _check_stages(pipeline["stages"])
    made: set[str] = set()
    known = {"codepipeline", "variables"}
    for action in actions_in_order(pipeline):
        _check_action(action)
        _check_artifacts(action, made)
        _check_namespaces(action, known)


def actions_in_order(pipeline: Declaration) -> Iterator[Declaration]:
    """Yield the actions by stage and run order."""
    for stage in pipeline["stages"]:
        yield from sorted(stage["actions"], key=lambda item: item.get("runOrder", 1))


def resolve_variables(text: str, namespaces: Namespaces) -> str:
    """Replace each ``#{namespace.key}`` in ``text`` by its value.

    Raises:
        UnknownVariable: naming the reference.
    """

    def value(match: re.Match[str]) -> str:
        try:
            return namespaces[match[1]][match[2]]
        except KeyError:
            raise UnknownVariable(
                f"Unable to resolve the following variable: {match[0]}"
            ) from None

    return _REFERENCE.sub(value, text)


def push_starts(pipeline: Declaration, action: Declaration, branch: str) -> bool:
    """Say whether a push to ``branch`` starts ``pipeline`` by its connection ``action``.

    A declared trigger takes the place of change detection, which watches the action's branch.
    """
    for trigger in pipeline.get("triggers", []):
        git = trigger["gitConfiguration"]
        if git["sourceActionName"] == action["name"]:
            return any(_push_matches(push, branch) for push in git.get("push", []))
    settings = action["configuration"]
    detects = settings.get("DetectChanges", "true").lower() != "false"
    return detects and bool(settings["BranchName"] == branch)


def _push_matches(push: Declaration, branch: str) -> bool:
    wanted = push.get("branches", {})
    includes, excludes = wanted.get("includes", []), wanted.get("excludes", [])
    included = any(fnmatchcase(branch, pattern) for pattern in includes)
    return included and not any(fnmatchcase(branch, pattern) for pattern in excludes)


def _check_names(pipeline: Declaration) -> None:
    stages = [stage["name"] for stage in pipeline["stages"]]
    _check_unique(stages, _STAGE, "Stage names must be unique within a pipeline")
    names = [pipeline["name"], *stages]
    for stage in pipeline["stages"]:
        actions = [action["name"] for action in stage["actions"]]
        _check_unique(actions, _ACTION, "Action names must be unique within a stage")
        names += actions
    for name in names:
        if not _NAME.fullmatch(name):
            raise InvalidPipeline("ValidationException", f"Not a valid name: {name!r}")


def _check_unique(names: list[str], code: str, text: str) -> None:
    for name, times in Counter(names).items():
        if times > 1:
            raise InvalidPipeline(code, f"{text}: {name}")


def _check_stages(stages: list[Declaration]) -> None:
    if len(stages) < 2:
        raise InvalidPipeline(_STRUCTURE, "A pipeline must have at least two stages")
    for position, stage in enumerate(stages):
        for action in stage["actions"]:
            is_source = action["actionTypeId"]["category"] == "Source"
            if is_source != (position == 0):
                raise InvalidPipeline(
                    _STRUCTURE,
                    "Pipeline should start with a stage that only contains source "
                    "actions, and source actions may only occur in the first stage: "
                    f"{action['name']}",
                )


def _check_action(action: Declaration) -> None:
    name, configuration = action["name"], action.get("configuration", {})
    provider = action["actionTypeId"]["provider"]
    kind = f"{action['actionTypeId']['category']}/{provider}"
    for key in _REQUIRED.get(kind, _REQUIRED.get(provider, ())):
        if key not in configuration:
            raise InvalidPipeline(
                _ACTION,
                f"Action configuration for action '{name}' is missing required "
                f"configuration '{key}'",
            )
    for key, value in configuration.items():
        if len(value) > _LONGEST_VALUE:
            raise InvalidPipeline(
                "ValidationException",
                f"Configuration '{key}' of action '{name}' has more than "
                f"{_LONGEST_VALUE} characters",
            )
    if (
        "timeoutInMinutes" in action
        and action["actionTypeId"]["category"] != "Approval"
    ):
        raise InvalidPipeline(
            _ACTION, f"Only a manual approval can have a timeout: '{name}'"
        )


def _check_artifacts(action: Declaration, made: set[str]) -> None:
    for artifact in action.get("inputArtifacts", []):
        if artifact["name"] not in made:
            raise InvalidPipeline(
                _ACTION,
                f"Input Artifact Bundle {artifact['name']} in action {action['name']} is "
                "not declared as Output Artifact Bundle in any of the preceding actions",
            )
    for artifact in action.get("outputArtifacts", []):
        if artifact["name"] in made:
            raise InvalidPipeline(
                _ACTION,
                "Output Artifact Bundle name must be unique within the pipeline. "
                f"{artifact['name']} has been used more than once",
            )
        made.add(artifact["name"])


def _check_namespaces(action: Declaration, known: set[str]) -> None:
    for value in action.get("configuration", {}).values():
        for match in _REFERENCE.finditer(value):
            if match[1] not in known:
                raise InvalidPipeline(
                    _ACTION,
                    f"Action '{action['name']}' refers to {match[0]}, whose namespace no "
                    "preceding action declares",
                )
    if namespace := action.get("namespace"):
        if namespace in known:
            raise InvalidPipeline(
                _ACTION, f"The namespace '{namespace}' is used more than once"
            )
        known.add(namespace)

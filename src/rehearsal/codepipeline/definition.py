"""Check a pipeline's declaration as CreatePipeline does.

Source: "CodePipeline pipeline structure reference" and "Quotas", AWS CodePipeline user guide.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from rehearsal.codepipeline.variables import references
from rehearsal.protocol import ApiError

_NAME = re.compile(r"[A-Za-z0-9.@\-_]{1,100}")
_MASK = "****"
# Configuration that each action type must have.
_REQUIRED = {
    ("ThirdParty", "GitHub"): ("Owner", "Repo", "Branch", "OAuthToken"),
    ("AWS", "CodeStarSourceConnection"): (
        "ConnectionArn",
        "FullRepositoryId",
        "BranchName",
    ),
    ("AWS", "CodeBuild"): ("ProjectName",),
    ("AWS", "CloudFormation"): ("ActionMode", "StackName"),
}


def check(declaration: dict[str, Any]) -> None:
    """Refuse a declaration that CodePipeline would refuse.

    Raises:
        ApiError: with CodePipeline's code.
    """
    _check_names(declaration)
    stages = declaration["stages"]
    if len(stages) < 2:
        raise _structure(
            "Pipeline should start with a stage that only contains source "
            "actions and have at least two stages"
        )
    for position, stage in enumerate(stages):
        for action in stage["actions"]:
            is_source = action["actionTypeId"]["category"] == "Source"
            if is_source != (position == 0):
                raise _structure(
                    "Pipeline should start with a stage that only contains source actions, "
                    "and source actions may only occur in the first stage"
                )
            _check_action(stage["name"], action)
    _check_artifacts(stages)
    _check_namespaces(declaration)


def mask_tokens(declaration: dict[str, Any]) -> set[str]:
    """Replace each OAuth token by asterisks; returns the actions GitHub would refuse.

    The plane stands for GitHub and takes any token but none, and the asterisks that
    GetPipeline shows: to send those back is the classic way to break a source action.
    """
    refused = set()
    for stage in declaration["stages"]:
        for action in stage["actions"]:
            configuration = action.get("configuration", {})
            if "OAuthToken" in configuration:
                if configuration["OAuthToken"].strip() in ("", _MASK):
                    refused.add(action["name"])
                configuration["OAuthToken"] = _MASK
    return refused


def _check_names(declaration: dict[str, Any]) -> None:
    names = [declaration["name"]]
    for stage in declaration["stages"]:
        names.append(stage["name"])
        names += [action["name"] for action in stage["actions"]]
        _check_unique(
            [action["name"] for action in stage["actions"]],
            "InvalidActionDeclarationException",
            "Action names must be unique within a stage",
        )
    _check_unique(
        [stage["name"] for stage in declaration["stages"]],
        "InvalidStageDeclarationException",
        "Stage names must be unique within a pipeline",
    )
    for name in names:
        if not _NAME.fullmatch(name):
            raise ApiError("ValidationException", f"The name {name!r} is not valid")


def _check_unique(names: list[str], code: str, text: str) -> None:
    for name, times in Counter(names).items():
        if times > 1:
            raise ApiError(code, f"{text}: {name}")


def _check_action(stage: str, action: dict[str, Any]) -> None:
    kind = action["actionTypeId"]
    configuration = action.get("configuration", {})
    for key in _REQUIRED.get((kind["owner"], kind["provider"]), ()):
        if key not in configuration:
            raise ApiError(
                "InvalidActionDeclarationException",
                f"Action configuration for action '{action['name']}' is missing "
                f"required configuration '{key}'",
            )
    for key, value in configuration.items():
        if len(value) > 1000:
            raise ApiError(
                "ValidationException",
                f"Value of configuration '{key}' of action '{stage}.{action['name']}' "
                "has more than 1000 characters",
            )
    if "timeoutInMinutes" in action and kind["category"] != "Approval":
        raise ApiError(
            "InvalidActionDeclarationException",
            f"Action '{action['name']}' is not a manual approval and cannot have a timeout",
        )


def _check_artifacts(stages: list[dict[str, Any]]) -> None:
    made: set[str] = set()
    for stage in stages:
        for action in sorted(
            stage["actions"], key=lambda item: item.get("runOrder", 1)
        ):
            for artifact in action.get("inputArtifacts", []):
                if artifact["name"] not in made:
                    raise ApiError(
                        "InvalidActionDeclarationException",
                        f"Input Artifact Bundle {artifact['name']} in action "
                        f"{action['name']} is not declared as Output Artifact Bundle "
                        "in any of the preceding actions",
                    )
            for artifact in action.get("outputArtifacts", []):
                if artifact["name"] in made:
                    raise ApiError(
                        "InvalidActionDeclarationException",
                        f"Output Artifact Bundle name must be unique within the "
                        f"pipeline. {artifact['name']} has been used more than once",
                    )
                made.add(artifact["name"])


def _check_namespaces(declaration: dict[str, Any]) -> None:
    known = {"codepipeline", "variables"}
    for stage in declaration["stages"]:
        for action in sorted(
            stage["actions"], key=lambda item: item.get("runOrder", 1)
        ):
            for value in action.get("configuration", {}).values():
                for namespace in references(value):
                    if namespace not in known:
                        raise ApiError(
                            "InvalidActionDeclarationException",
                            f"Action '{action['name']}' refers to the namespace "
                            f"'{namespace}', which no preceding action declares",
                        )
            if namespace := action.get("namespace"):
                if namespace in known:
                    raise ApiError(
                        "InvalidActionDeclarationException",
                        f"The namespace '{namespace}' is used more than once",
                    )
                known.add(namespace)


def _structure(text: str) -> ApiError:
    return ApiError("InvalidStructureException", text)

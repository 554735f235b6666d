"""What a StartBuild asks for: the project with the overrides laid over it."""

from __future__ import annotations

import copy
from typing import Any

from rehearsal.protocol import ApiError, Params

# Request member → where it goes in the project.
_OVERRIDES = {
    "artifactsOverride": "artifacts",
    "secondarySourcesOverride": "secondarySources",
    "secondaryArtifactsOverride": "secondaryArtifacts",
    "cacheOverride": "cache",
    "serviceRoleOverride": "serviceRole",
    "timeoutInMinutesOverride": "timeoutInMinutes",
    "queuedTimeoutInMinutesOverride": "queuedTimeoutInMinutes",
    "encryptionKeyOverride": "encryptionKey",
    "logsConfigOverride": "logsConfig",
    "sourceVersion": "sourceVersion",
}
_SOURCE = {
    "sourceTypeOverride": "type",
    "sourceLocationOverride": "location",
    "buildspecOverride": "buildspec",
}
_ENVIRONMENT = {
    "imageOverride": "image",
    "computeTypeOverride": "computeType",
    "environmentTypeOverride": "type",
}


def requested_build(project: dict[str, Any], params: Params) -> dict[str, Any]:
    """Lay the overrides of ``params`` over ``project``.

    Raises:
        ApiError: when the project cannot be built so.
    """
    wanted = copy.deepcopy(project)
    for member, key in _OVERRIDES.items():
        if member in params:
            wanted[key] = params[member]
    for member, key in _SOURCE.items():
        if member in params:
            wanted["source"][key] = params[member]
    for member, key in _ENVIRONMENT.items():
        if member in params:
            wanted["environment"][key] = params[member]
    wanted["environment"]["environmentVariables"] = _variables(
        wanted["environment"].get("environmentVariables", []),
        params.get("environmentVariablesOverride", []),
    )
    _refuse_bare_pipeline_project(wanted)
    return wanted


def _variables(
    own: list[dict[str, Any]], overrides: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    merged = {item["name"]: {"type": "PLAINTEXT", **item} for item in own}
    merged.update({item["name"]: {"type": "PLAINTEXT", **item} for item in overrides})
    return list(merged.values())


def _refuse_bare_pipeline_project(wanted: dict[str, Any]) -> None:
    # Seen in aws-actions/aws-codebuild-run-build issue 114.
    if wanted["artifacts"]["type"] == "CODEPIPELINE":
        raise ApiError(
            "InvalidInputException",
            "ArtifactsOverride must be set when using artifacts type CodePipelines",
        )
    if wanted["source"]["type"] == "CODEPIPELINE":
        raise ApiError(
            "InvalidInputException",
            "SourceTypeOverride must be set when using source type CodePipelines",
        )


def checked_project(params: Params) -> dict[str, Any]:
    """Return ``params`` of CreateProject as a project.

    Raises:
        ApiError: when source and artifacts do not go together.
    """
    pair = (params["source"]["type"], params["artifacts"]["type"])
    if "CODEPIPELINE" in pair and pair[0] != pair[1]:
        raise ApiError(
            "InvalidInputException",
            "Invalid input: when using CodePipeline both sourceType, and artifactType "
            "must be set to: CODEPIPELINE",
        )
    timeout = params.get("timeoutInMinutes", 60)
    if not 5 <= timeout <= 2160:
        raise ApiError(
            "InvalidInputException",
            "Invalid timeout: timeout must be between 5 and 2160 minutes",
        )
    return {"timeoutInMinutes": 60, "queuedTimeoutInMinutes": 480, **params}

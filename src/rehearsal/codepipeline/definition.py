"""Take in a declaration: refuse what AWS refuses, and let go of what must not be kept."""

from __future__ import annotations

import copy
from typing import Any

from awsrules.pipelines import InvalidPipeline, actions_in_order, check_pipeline
from rehearsal.protocol import ApiError

_MASK = "****"
_DEFAULTS = {"pipelineType": "V1", "executionMode": "SUPERSEDED"}


def accept(given: dict[str, Any], version: int) -> tuple[dict[str, Any], set[str]]:
    """Return the declaration as it is kept, and the source actions GitHub would refuse.

    No token is kept. The plane stands for GitHub and takes any but none at all, and the
    asterisks that GetPipeline shows: sending those back is the classic way to break a source.

    Raises:
        ApiError: with CodePipeline's code.
    """
    try:
        check_pipeline(given)
    except InvalidPipeline as error:
        raise ApiError(error.code, str(error)) from error
    declaration = {**_DEFAULTS, **copy.deepcopy(given), "version": version}
    refused = set()
    for action in actions_in_order(declaration):
        configuration = action.get("configuration", {})
        if "OAuthToken" in configuration:
            if configuration["OAuthToken"].strip() in ("", _MASK):
                refused.add(action["name"])
            configuration["OAuthToken"] = _MASK
    return declaration, refused


def check_start(
    declaration: dict[str, Any],
    variables: dict[str, str],
    revisions: list[dict[str, str]],
) -> None:
    """Refuse a start whose variables or revisions the pipeline does not know.

    Raises:
        ApiError: ValidationException, the only one that StartPipelineExecution has for it;
            the texts are the plane's. NotImplemented: for a key instead of a version.
    """
    if (variables or revisions) and declaration["pipelineType"] != "V2":
        raise _refused("Variables and source revisions need a pipeline of type V2.")
    declared = {item["name"]: item for item in declaration.get("variables", [])}
    if unknown := sorted(variables.keys() - declared.keys()):
        raise _refused(f"Pipeline variables [{', '.join(unknown)}] are not declared.")
    empty = [
        name
        for name, item in declared.items()
        if "defaultValue" not in item and name not in variables
    ]
    if empty:
        raise _refused(f"Pipeline variables [{', '.join(empty)}] need a value.")
    sources = {each["name"]: each for each in declaration["stages"][0]["actions"]}
    named = {each["actionName"] for each in revisions}
    if unknown := sorted(named - sources.keys()):
        raise _refused(f"[{', '.join(unknown)}] are not source actions.")
    for each in revisions:
        _check_type(sources[each["actionName"]], each["revisionType"])


def _check_type(source: dict[str, Any], given: str) -> None:
    """Refuse a revision of a type that the source's provider does not have.

    Source: "Start a pipeline with a source revision override", AWS CodePipeline User Guide.
    """
    provider = source["actionTypeId"]["provider"]
    if (provider, given) == ("S3", "S3_OBJECT_KEY"):
        raise ApiError("NotImplemented", "The rehearsal plane overrides no object key.")
    wanted = "S3_OBJECT_VERSION_ID" if provider == "S3" else "COMMIT_ID"
    if given != wanted:
        raise _refused(
            f"Source revisions of {source['name']} ({provider}) are of type {wanted}, "
            f"not {given}."
        )


def _refused(message: str) -> ApiError:
    return ApiError("ValidationException", message)

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
    declaration: dict[str, Any], variables: dict[str, str], revisions: dict[str, str]
) -> None:
    """Refuse a start whose variables or revisions the pipeline does not know.

    Raises:
        ApiError: ValidationException.
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
    sources = {action["name"] for action in declaration["stages"][0]["actions"]}
    if unknown := sorted(revisions.keys() - sources):
        raise _refused(f"[{', '.join(unknown)}] are not source actions.")


def _refused(message: str) -> ApiError:
    return ApiError("ValidationException", message)

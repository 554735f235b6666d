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

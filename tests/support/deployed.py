"""The stack that a verification is pointed at: its outputs, and its API."""

from __future__ import annotations

import json
import os

from signed_api import SignedApi

_HOW = (
    "Set STACK_OUTPUTS to a JSON object of the application stack's outputs, such as"
    ' {"ApiUrl": "https://<id>.execute-api.us-east-1.amazonaws.com/<stage>"}.'
)


class NoStack(Exception):
    """The tests were not told which stack to test: they fail, they are not skipped."""


def stack_outputs() -> dict[str, str]:
    """Return the outputs in ``STACK_OUTPUTS``.

    Raises:
        NoStack: when it is missing, is not JSON, or names no ``ApiUrl``.
    """
    text = os.environ.get("STACK_OUTPUTS", "")
    if not text:
        raise NoStack(f"STACK_OUTPUTS is not set. {_HOW}")
    try:
        outputs = json.loads(text)
    except ValueError as error:
        raise NoStack(f"STACK_OUTPUTS is not JSON ({error}). {_HOW}") from error
    if not isinstance(outputs, dict) or not outputs.get("ApiUrl"):
        raise NoStack(f"STACK_OUTPUTS names no ApiUrl. {_HOW}")
    return {str(name): str(value) for name, value in outputs.items()}


def deployed_api() -> SignedApi:
    """Return a client of the deployed API."""
    outputs = stack_outputs()
    return SignedApi.from_environment(
        outputs["ApiUrl"], api_key_id=outputs.get("ApiKeyId")
    )

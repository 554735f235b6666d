"""Read what the build and the pipeline say about an environment's parameters."""

from __future__ import annotations

import json

from delivery.errors import BadInput


def read_configuration(
    text: str, *, name: str
) -> tuple[dict[str, str], dict[str, str]]:
    """Return parameters and tags of a CloudFormation template configuration.

    Raises:
        BadInput: when it is not one.
    """
    data = read_object(text, name=name)
    parameters = _texts(data.get("Parameters", {}), name=f"{name}: Parameters")
    return parameters, _texts(data.get("Tags", {}), name=f"{name}: Tags")


def read_overrides(text: str) -> dict[str, str]:
    """Return the parameters that the deploy action overrides; none for an empty text."""
    if not text.strip():
        return {}
    name = "PARAMETER_OVERRIDES"
    return _texts(read_object(text, name=name), name=name)


def read_object(text: str, *, name: str) -> dict[str, object]:
    """Return a JSON object.

    Raises:
        BadInput: when the text is not one.
    """
    try:
        data = json.loads(text)
    except ValueError as error:
        raise BadInput(
            f"{name} is not JSON.",
            why=str(error),
            next_step="Start a new execution, so that the build makes it again.",
        ) from error
    if not isinstance(data, dict):
        raise BadInput(f"{name} is not a JSON object.")
    return data


def _texts(data: object, *, name: str) -> dict[str, str]:
    if isinstance(data, dict) and all(isinstance(each, str) for each in data.values()):
        return {str(key): str(value) for key, value in data.items()}
    raise BadInput(f"{name} should be an object whose values are strings.")

"""Read and check a function's settings: defaults, limits, what AWS refuses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rehearsal.protocol import ApiError, Params

_DEFAULTS: dict[str, Any] = {
    "Description": "",
    "Timeout": 3,
    "MemorySize": 128,
    "Environment": {},
    "PackageType": "Zip",
    "Architectures": ["x86_64"],
    "EphemeralStorage": {"Size": 512},
    "TracingConfig": {"Mode": "PassThrough"},
}
_OPTIONAL = (
    *("Runtime", "Role", "Handler", "KMSKeyArn", "DeadLetterConfig", "VpcConfig"),
    *("Layers", "LoggingConfig", "SnapStart", "FileSystemConfigs"),
)
_NAMES = (*_DEFAULTS, *_OPTIONAL)
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
_RESERVED_VARIABLES = re.compile(
    r"_HANDLER|_X_AMZN_TRACE_ID|LAMBDA_(TASK_ROOT|RUNTIME_DIR)"
    r"|AWS_(DEFAULT_REGION|REGION|EXECUTION_ENV|LAMBDA_\w+|ACCESS_KEY(_ID)?"
    r"|SECRET_ACCESS_KEY|SESSION_TOKEN)"
)
_MOST_VARIABLES_BYTES = 4096


def initial_settings(params: Params) -> dict[str, Any]:
    """Return the settings of a new function: what was given over the defaults."""
    for name in ("Runtime", "Handler"):
        if not params.get(name):
            raise refused(f"{name} is required for packages of type Zip.")
    return _checked(_DEFAULTS | _given(params))


def changed_settings(before: Mapping[str, Any], params: Params) -> dict[str, Any]:
    """Return ``before`` with what was given; what was left out stays."""
    return _checked(dict(before) | _given(params))


def refused(message: str) -> ApiError:
    """Return Lambda's error for a value that it does not take."""
    return ApiError("InvalidParameterValueException", message)


def _given(params: Params) -> dict[str, Any]:
    return {name: params[name] for name in _NAMES if params.get(name) is not None}


def _checked(settings: dict[str, Any]) -> dict[str, Any]:
    _check_range("timeout", settings["Timeout"], least=1, most=900)
    _check_range("memorySize", settings["MemorySize"], least=128, most=10240)
    _check_variables(settings["Environment"].get("Variables", {}))
    return settings


def _check_range(name: str, value: int, *, least: int, most: int) -> None:
    if least <= value <= most:
        return
    limit = f"greater than or equal to {least}"
    if value > most:
        limit = f"less than or equal to {most}"
    raise ApiError(
        "ValidationException",
        f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy "
        f"constraint: Member must have value {limit}",
    )


def _check_variables(variables: Mapping[str, str]) -> None:
    prefix = (
        "Lambda was unable to configure your environment variables because the "
        "environment variables you have provided "
    )
    taken = sorted(name for name in variables if _RESERVED_VARIABLES.fullmatch(name))
    if taken:
        raise refused(
            f"{prefix}contains reserved keys that are currently not supported for "
            f"modification. Reserved keys used in this request: {', '.join(taken)}"
        )
    size = sum(len(f"{name}{value}".encode()) for name, value in variables.items())
    if size > _MOST_VARIABLES_BYTES:
        raise refused(f"{prefix}exceeded the 4KB limit.")

"""A stack of somebody's own template, from a file of parameters."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from delivery.deploy.template import Template
from delivery.errors import BadInput
from delivery.model import Stack, StackRequest

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,127}")


def read_parameters(path: Path | None) -> dict[str, str]:
    """Read parameters: a mapping, a template configuration, or the form of ``aws``.

    Raises:
        BadInput: when the file is none of them.
    """
    if path is None:
        return {}
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(
            f"Parameters {path} cannot be read.",
            why=str(error),
            next_step='Give a JSON file such as {"Name": "value"}.',
        ) from error
    if isinstance(data, Mapping) and isinstance(data.get("Parameters"), Mapping):
        data = data["Parameters"]
    if isinstance(data, list) and all(map(_is_pair, data)):
        data = {each["ParameterKey"]: each["ParameterValue"] for each in data}
    if not isinstance(data, Mapping) or any(
        isinstance(each, (dict, list)) for each in data.values()
    ):
        raise BadInput(
            f"Parameters {path} are no names with values.",
            next_step='Give {"Name": "value"}, a template configuration, or the list '
            "that aws cloudformation takes.",
        )
    return {str(name): _text(value) for name, value in data.items()}


def request_for(
    name: str, template: Template, given: Mapping[str, str], stack: Stack | None
) -> StackRequest:
    """Ask for a stack; what is not given keeps the stack's value, else its default.

    Raises:
        BadInput: for a name that is none, a parameter that the template does not
            declare, or one that has no value.
    """
    if not _NAME.fullmatch(name):
        raise BadInput(
            f"{name!r} is no stack's name.",
            why="It begins with a letter and holds letters, digits and hyphens.",
            next_step="Give another with --stack-name.",
        )
    unknown = sorted(set(given) - set(template.parameters))
    if unknown:
        raise BadInput(
            f"The template declares no parameter {', '.join(unknown)}.",
            why=f"It declares {', '.join(template.parameters) or 'none'}.",
            next_step="Take it out of the parameters' file.",
        )
    open_ones = [each for each in template.parameters if each not in given]
    held = stack.parameters if stack and stack.status.can_be_updated else {}
    keeps = tuple(each for each in open_ones if each in held)
    missing = [
        each
        for each in open_ones
        if each not in held and "Default" not in template.parameters[each]
    ]
    if missing:
        raise BadInput(
            f"The template asks for values nobody gave: {', '.join(missing)}.",
            why="They have no default, and the stack holds none.",
            next_step="Give them with --parameters FILE.",
        )
    return StackRequest(name, template.text, dict(given), keeps=keeps)


def _is_pair(data: object) -> bool:
    return isinstance(data, Mapping) and {"ParameterKey", "ParameterValue"} <= set(data)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)

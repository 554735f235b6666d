"""Fill a template's parameters from what is known, by equal name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from delivery.errors import BadInput


def fill_parameters(
    declared: Mapping[str, Any], *sources: Mapping[str, str]
) -> dict[str, str]:
    """Give each declared parameter the value of the first source that has its name.

    A parameter without a value in any source keeps its default; what a source knows and
    the template does not ask for is left out.

    Raises:
        BadInput: when a parameter without a default is in no source.
    """
    filled: dict[str, str] = {}
    missing: list[str] = []
    for name, declaration in declared.items():
        value = next((each[name] for each in sources if name in each), None)
        if value is not None:
            filled[name] = value
        elif "Default" not in declaration:
            missing.append(name)
    if missing:
        raise BadInput(
            f"The template asks for values nobody gave: {', '.join(missing)}.",
            why="They have no default, and neither the answers, the configuration nor "
            "the foundation's outputs have their names.",
            next_step="Give the parameter a default in the template, or its value in "
            "environment_config.yaml.",
        )
    return filled

"""The recorded release as a stack again: its template, its parameters, and no shift."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from delivery.model import StackRequest

# The template's parameter that switches traffic shifting. Without a shift CloudFormation
# moves an alias itself: at once, whatever alarms say, and whoever moved the alias before.
SHIFT_SWITCH = "ShiftEnabled"


def without_shift(request: StackRequest) -> StackRequest:
    """Return the request with traffic shifting switched off, where it has the switch."""
    if SHIFT_SWITCH not in request.parameters:
        return request
    parameters: Mapping[str, str] = {**request.parameters, SHIFT_SWITCH: "false"}
    return replace(request, parameters=parameters)

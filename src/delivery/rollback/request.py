"""The recorded release as a stack again: its template, its parameters, and no shift."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from delivery.model import SHIFT_ALARMS, WATCHED, StackRequest, with_own_digits

# The template's parameter that switches traffic shifting. Without a shift CloudFormation
# moves an alias itself: at once, whatever alarms say, and whoever moved the alias before.
SHIFT_SWITCH = "ShiftEnabled"


def without_shift(request: StackRequest) -> StackRequest:
    """Return the request with traffic shifting switched off, where it has the switch.

    An override of alarms was for the release's own shift: whatever comes next watches.
    """
    wanted = {SHIFT_SWITCH: "false", SHIFT_ALARMS: WATCHED}
    known = {each: wanted[each] for each in wanted if each in request.parameters}
    parameters: Mapping[str, str] = {**request.parameters, **known}
    return replace(request, parameters=parameters)


def publishing_anew(request: StackRequest, left: Mapping[str, str]) -> StackRequest:
    """Return the request with revisions that Lambda has not seen.

    ``left`` names, by revision parameter, the version that a failed deployment left behind
    with the very content that is wanted. Lambda publishes nothing that equals the version
    published last, so CloudFormation would fail; a revision of its own makes it differ.
    Source: AWS Lambda API, PublishVersion.
    """
    parameters = dict(request.parameters)
    for name, version in left.items():
        parameters[name] = with_own_digits(parameters[name], f"again after {version}")
    return replace(request, parameters=parameters)

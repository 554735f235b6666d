"""Which alarms a shift of a stack's aliases would watch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from awsrules.templates import Scope, evaluate_conditions, load_template, resolve
from delivery.errors import BadInput
from delivery.model import SHIFT_ALARMS, WATCHED, FiringAlarm, StackResource

_FUNCTION = "AWS::Serverless::Function"
# CodePipeline takes 1000 characters; a notice has room for fewer.
MOST_REASON_CHARACTERS = 200


def watched_alarms(
    template: str, parameters: Mapping[str, str], resources: Sequence[StackResource]
) -> tuple[FiringAlarm, ...]:
    """Return the alarms that exist and that the next shift watches, in their order.

    A release that was let past alarms leaves groups without any; the next one watches
    again, so the override does not count here.
    """
    body = load_template(template, name="the stack's template")
    scope = _scope(body, {**parameters, SHIFT_ALARMS: WATCHED})
    there = {each.logical_id: each.physical_id for each in resources}
    found: dict[str, FiringAlarm] = {}
    for preference in _preferences(body):
        for alarm in _alarms(resolve(preference, scope)):
            match alarm:
                case {"Ref": str(logical_id)} if logical_id in there:
                    name = there[logical_id]
                    found.setdefault(name, FiringAlarm(logical_id, name))
                case str():
                    found.setdefault(alarm, FiringAlarm(alarm, alarm))
    return tuple(found.values())


def checked_reason(text: str) -> str:
    """Return why alarms are ignored, on one line.

    Raises:
        BadInput: when there is none, or more than a variable of the pipeline holds.
    """
    reason = " ".join(text.split())
    if reason and len(reason) <= MOST_REASON_CHARACTERS:
        return reason
    raise BadInput(
        "An override needs a reason." if not reason else "The reason is too long.",
        why="It is recorded with the release, and shown to who approves it; up to "
        f"{MOST_REASON_CHARACTERS} characters.",
        next_step="./deploy_pipeline.py start --past-alarm --reason TEXT",
    )


def _scope(template: Mapping[str, Any], given: Mapping[str, str]) -> Scope:
    known = {
        name: given.get(name, declaration.get("Default", f"<{name}>"))
        for name, declaration in (template.get("Parameters") or {}).items()
    }
    conditions = evaluate_conditions(template, known, {})
    return Scope(known, template.get("Mappings") or {}, conditions, {})


def _preferences(template: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    shared = (template.get("Globals") or {}).get("Function") or {}
    for resource in (template.get("Resources") or {}).values():
        if resource.get("Type") != _FUNCTION:
            continue
        own = resource.get("Properties") or {}
        if own.get("AutoPublishAlias") or shared.get("AutoPublishAlias"):
            yield {
                **(shared.get("DeploymentPreference") or {}),
                **(own.get("DeploymentPreference") or {}),
            }


def _alarms(preference: Any) -> list[Any]:
    """Return what a preference watches; SAM makes no group for one that is off."""
    if str(preference.get("Enabled", True)).lower() == "false":
        return []
    alarms = preference.get("Alarms") or []
    return alarms if isinstance(alarms, list) else []

"""Have a resource type's kind create, change or remove one thing, and take what it says."""

from __future__ import annotations

import time
from dataclasses import replace

from awsrules.schemas import broken_constraints, schema_of
from rehearsal.cloudformation.failures import (
    ResourceFailed,
    failure_text,
    handler_message,
)
from rehearsal.cloudformation.resources import KINDS
from rehearsal.cloudformation.resources.base import (
    Ask,
    Kind,
    Made,
    NotRehearsed,
    SaysItself,
)
from rehearsal.cloudformation.resources.existing import conflict
from rehearsal.cloudformation.resources.tagging import retag
from rehearsal.cloudformation.values import Secrets
from rehearsal.faults import Fault

_STAND_IN = "not-rehearsed-"
_LOOK_SECONDS = 0.05


def attempt(verb: str, ask: Ask) -> tuple[Made, str]:
    """Do it; give what was made and a word on what was not.

    Raises:
        ResourceFailed: with the service's own message and no secret in it.
    """
    if verb == "delete" and ask.physical_id.startswith(_STAND_IN):
        return Made(ask.physical_id), ""
    secrets = Secrets(ask.client)
    try:
        _meet_fault(verb, ask)
        if verb != "delete":
            _check_properties(ask)
        if verb == "create":
            _check_name(ask)
        made = _do(verb, replace(ask, properties=secrets.fill(ask.properties)))
        gaps = [made.not_rehearsed, *sorted(set(ask.missing))]
        if verb == "update":
            gaps += [*_not_changed(ask), _retag(ask)]
        gap = ", ".join(each for each in gaps if each)
    except NotRehearsed as missing:
        made, gap = _stand_in(ask), str(missing)
    except ResourceFailed:
        raise
    except SaysItself as error:
        raise ResourceFailed(str(error)) from error
    except Exception as error:
        raise ResourceFailed(secrets.hide(failure_text(error, ask.type))) from error
    if not gap:
        return made, ""
    ask.plane.not_rehearsed(f"{ask.stack_name}/{ask.logical_id}", ask.type, gap)
    return made, f"NOT_REHEARSED: {gap}"


def _do(verb: str, ask: Ask) -> Made:
    kind = KINDS.get(ask.type, Kind())
    match verb:
        case "create":
            return kind.create(ask)
        case "update":
            return kind.update(ask)
        case _:
            kind.delete(ask)
            return Made(ask.physical_id)


def _not_changed(ask: Ask) -> list[str]:
    """Name what differs and what the kind's update leaves as it was."""
    changes = KINDS.get(ask.type, Kind()).changes
    if changes is None:
        return []
    return sorted(ask.differing() - changes - {"Tags"})


def _retag(ask: Ask) -> str:
    schema = schema_of(ask.type)
    if schema is None or not schema.tag_property:
        return ""
    key = schema.tag_property
    return retag(ask, ask.previous.get(key), ask.properties.get(key))


def _meet_fault(verb: str, ask: Ask) -> None:
    """Break, hold up or hang the resource where a fault of kind ``resource`` says so.

    Settings: ``when`` is one or more of ``create``, ``update``, ``rollback`` and ``delete``,
    by default the first two; ``seconds`` to take longer; ``hang`` to take until the fault is
    cleared; ``reason`` to fail with (without any of the three it fails too); and what
    ``Faults.draw`` takes, e.g. ``times``.
    """
    moment = "rollback" if ask.rolling_back else verb
    fault = _fault(ask)
    if fault is None or moment not in _moments(fault):
        return
    if not ask.plane.faults.draw(fault):
        return
    settings = fault.settings
    if "seconds" in settings:
        ask.plane.clock.sleep(float(settings["seconds"]), ask.operation.cancelled)
    if settings.get("hang"):
        while _fault(ask) is fault and not _given_up(ask):
            time.sleep(_LOOK_SECONDS)
    elif "reason" in settings or "seconds" not in settings:
        raise ResourceFailed(str(settings.get("reason", "Internal Failure")))


def _fault(ask: Ask) -> Fault | None:
    return ask.plane.faults.find(
        "resource", ask.logical_id, f"{ask.stack_name}/{ask.logical_id}", ask.type
    )


def _moments(fault: Fault) -> tuple[str, ...]:
    wanted = fault.settings.get("when", ("create", "update"))
    return (wanted,) if isinstance(wanted, str) else tuple(wanted)


def _given_up(ask: Ask) -> bool:
    return ask.operation.cancelled.is_set() and not ask.rolling_back


def _check_properties(ask: Ask) -> None:
    schema = schema_of(ask.type)
    broken = broken_constraints(schema, ask.properties) if schema else []
    if broken:
        raise ResourceFailed(
            f"Properties validation failed for resource {ask.logical_id} with message:\n"
            + "\n".join(broken)
        )


def _check_name(ask: Ask) -> None:
    if taken := conflict(ask.type, ask.properties, ask.client):
        raise ResourceFailed(handler_message(taken, "AlreadyExists"))


def _stand_in(ask: Ask) -> Made:
    """Give an id that nobody takes for a real one, so that what refers to it goes on."""
    if ask.physical_id:
        return Made(ask.physical_id, ask.attributes)
    name = _STAND_IN + ask.logical_id
    arn = ask.arn("rehearsal", f"not-rehearsed/{ask.logical_id}")
    return Made(name, {"Arn": arn, "*": name})

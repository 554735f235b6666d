"""Create, change and remove one physical resource, and record how it went."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from awsrules.schemas import broken_constraints, schema_of
from awsrules.templates import TemplateError, resolve
from rehearsal.cloudformation.definition import Definition
from rehearsal.cloudformation.journal import Journal
from rehearsal.cloudformation.model import Operation, Resource, Stack, Store
from rehearsal.cloudformation.resources import KINDS
from rehearsal.cloudformation.resources.base import (
    Ask,
    Kind,
    Made,
    NotRehearsed,
    SaysItself,
)
from rehearsal.cloudformation.resources.existing import conflict, given_name
from rehearsal.cloudformation.values import Lookup, Secrets, resolved
from rehearsal.plane import Plane

log = logging.getLogger(__name__)

REPLACING = "Requested update requires the creation of a new physical resource; hence creating one."


CUSTOM_NAMED = (
    "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
    "Rename {} and update the stack again."
)
_STAND_IN = "not-rehearsed-"


class ResourceFailed(Exception):
    """A resource could not be made, changed or removed; the text is AWS's."""


class Provisioner:
    """Does one thing to one resource; each method returns whether it succeeded."""

    def __init__(self, plane: Plane, store: Store, journal: Journal) -> None:
        self._plane = plane
        self._store = store
        self._journal = journal

    def apply(
        self, stack: Stack, operation: Operation, definition: Definition, name: str
    ) -> bool:
        """Make the resource what the template says: create, replace, change or leave it."""
        body = definition.resources[name]
        try:
            wanted, shift = self._wanted(stack, definition, name)
        except TemplateError as error:
            self._note_failure(stack, operation, definition, name, error.message)
            return False
        current = stack.resources.get(name)
        target = Resource(
            logical_id=name,
            type=body["Type"],
            status="",
            changed_at=self._plane.clock.now(),
            properties=wanted,
            body=body,
            needs=definition.needs[name],
            operation_id=operation.id,
        )
        shown = self._shown(stack, definition, name)
        if current is None or not current.physical_id:
            return self._create(stack, operation, target, shown)
        if needs_replacement(current, target):
            name_taken = given_name(target.type, wanted)
            if name_taken and name_taken == given_name(
                current.type, current.properties
            ):
                reason = CUSTOM_NAMED.format(name_taken)
                self._note_failure(stack, operation, definition, name, reason)
                return False
            return self._create(stack, operation, target, shown, replacing=current)
        if current.properties == wanted and not current.failed:
            with self._store.lock:
                stack.resources[name] = replace(current, body=body, needs=target.needs)
            return True
        return self.change(stack, operation, current, target, shift, shown)

    def change(
        self,
        stack: Stack,
        operation: Operation,
        current: Resource,
        target: Resource,
        shift: Mapping[str, Any],
        shown: Any = None,
        *,
        rolling_back: bool = False,
    ) -> bool:
        """Change ``current`` in place until it has the properties of ``target``."""
        target = replace(
            target,
            physical_id=current.physical_id,
            attributes=current.attributes,
            operation_id=current.operation_id,
            status="UPDATE_IN_PROGRESS",
        )
        target = self._record(stack, operation, target, shown)
        ask = self._ask(stack, operation, target)
        ask = replace(
            ask, shift=shift, rolling_back=rolling_back, uncertain=current.failed
        )
        try:
            made, note = self._call("update", ask, previous=current.properties)
        except ResourceFailed as error:
            # What was recorded stays the truth until a change succeeds.
            failed = replace(current, status="UPDATE_FAILED")
            self._record(stack, operation, failed, shown, reason=f"{error}")
            return False
        if operation.cancelled.is_set() and not rolling_back:
            note, done = "Resource update cancelled", "UPDATE_FAILED"
        else:
            done = "UPDATE_COMPLETE"
        self._record(
            stack,
            operation,
            target,
            shown,
            status=done,
            reason=note,
            physical_id=made.physical_id,
            attributes=made.attributes or target.attributes,
        )
        return done == "UPDATE_COMPLETE"

    def remove(
        self, stack: Stack, operation: Operation, resource: Resource, keep: bool
    ) -> bool:
        """Remove a physical resource, or let go of it when its policy says ``keep``."""
        key = (resource.logical_id, resource.physical_id)
        if keep:
            self._journal.resource(stack, resource, operation, status="DELETE_SKIPPED")
            self._forget(stack, key)
            return True
        resource = self._journal.resource(
            stack, resource, operation, status="DELETE_IN_PROGRESS"
        )
        ask = self._ask(stack, operation, resource)
        try:
            self._call("delete", ask, previous={})
        except ResourceFailed as error:
            failed = self._journal.resource(
                stack, resource, operation, status="DELETE_FAILED", reason=f"{error}"
            )
            with self._store.lock:
                if key in stack.owned:
                    stack.owned[key] = failed
                self._replace_current(stack, failed)
            return False
        gone = self._journal.resource(
            stack, resource, operation, status="DELETE_COMPLETE"
        )
        with self._store.lock:
            self._replace_current(stack, gone)
        self._forget(stack, key)
        return True

    def _create(
        self,
        stack: Stack,
        operation: Operation,
        target: Resource,
        shown: Any,
        replacing: Resource | None = None,
    ) -> bool:
        words = ("UPDATE", REPLACING) if replacing else ("CREATE", "")
        verb = words[0]
        # While a replacement is made, the old one still is the physical resource.
        old_id = replacing.physical_id if replacing else ""
        target = self._record(
            stack,
            operation,
            replace(target, physical_id=old_id),
            shown,
            status=f"{verb}_IN_PROGRESS",
            reason=words[1],
        )
        ask = replace(self._ask(stack, operation, target), physical_id="")
        try:
            made, note = self._call("create", ask, previous={})
        except ResourceFailed as error:
            self._fail(
                stack, operation, target, replacing, f"{verb}_FAILED", f"{error}"
            )
            return False
        target = replace(
            target, physical_id=made.physical_id, attributes=made.attributes
        )
        with self._store.lock:
            stack.owned[target.logical_id, target.physical_id] = target
        target = self._record(
            stack,
            operation,
            target,
            shown,
            status=f"{verb}_IN_PROGRESS",
            reason="Resource creation Initiated",
        )
        if operation.stopped:
            cancelled = "Resource creation cancelled"
            self._record(
                stack,
                operation,
                target,
                shown,
                status=f"{verb}_FAILED",
                reason=cancelled,
            )
            return False
        self._record(
            stack, operation, target, shown, status=f"{verb}_COMPLETE", reason=note
        )
        return True

    def _fail(
        self,
        stack: Stack,
        operation: Operation,
        target: Resource,
        replacing: Resource | None,
        status: str,
        reason: str,
    ) -> None:
        failed = self._record(
            stack, operation, target, None, status=status, reason=reason
        )
        if replacing:
            # The old physical resource is untouched and still the stack's.
            kept = replace(replacing, status=failed.status, reason=failed.reason)
            with self._store.lock:
                stack.resources[target.logical_id] = kept

    def _note_failure(
        self,
        stack: Stack,
        operation: Operation,
        definition: Definition,
        name: str,
        reason: str,
    ) -> None:
        current = stack.resources.get(name) or Resource(
            logical_id=name,
            type=definition.resources[name]["Type"],
            status="",
            changed_at=self._plane.clock.now(),
            body=definition.resources[name],
            needs=definition.needs[name],
        )
        status = "UPDATE_FAILED" if current.physical_id else "CREATE_FAILED"
        self._record(stack, operation, current, None, status=status, reason=reason)

    def _record(
        self,
        stack: Stack,
        operation: Operation,
        resource: Resource,
        shown: Any,
        **changes: Any,
    ) -> Resource:
        resource = self._journal.resource(stack, resource, operation, shown, **changes)
        with self._store.lock:
            stack.resources[resource.logical_id] = resource
            key = (resource.logical_id, resource.physical_id)
            if key in stack.owned:
                stack.owned[key] = resource
        return resource

    def _replace_current(self, stack: Stack, resource: Resource) -> None:
        current = stack.resources.get(resource.logical_id)
        if current and current.physical_id == resource.physical_id:
            stack.resources[resource.logical_id] = resource

    def _forget(self, stack: Stack, key: tuple[str, str]) -> None:
        with self._store.lock:
            stack.owned.pop(key, None)

    def _wanted(
        self, stack: Stack, definition: Definition, name: str
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        body = definition.resources[name]
        lookup = Lookup(stack.resources)
        wanted = resolved(body, definition.scope, lookup, stack.settings.tags)
        shift = resolve(
            body.get("UpdatePolicy") or {},
            definition.scope,
            ref=lookup.ref,
            att=lookup.att,
        )
        return wanted, shift

    def _shown(self, stack: Stack, definition: Definition, name: str) -> Any:
        body = definition.resources[name]
        lookup = Lookup(stack.resources)
        return resolved(body, definition.masked(), lookup, stack.settings.tags)

    def _ask(self, stack: Stack, operation: Operation, resource: Resource) -> Ask:
        return Ask(
            plane=self._plane,
            operation=operation,
            stack_name=stack.name,
            stack_id=stack.id,
            logical_id=resource.logical_id,
            type=resource.type,
            properties=resource.properties,
            physical_id=resource.physical_id,
            attributes=resource.attributes,
        )

    def _call(
        self, verb: str, ask: Ask, *, previous: Mapping[str, Any]
    ) -> tuple[Made, str]:
        """Have the type's kind do it; give what was made and a word on what was not.

        Raises:
            ResourceFailed: with the service's own message and no secret in it.
        """
        if verb == "delete" and ask.physical_id.startswith(_STAND_IN):
            return Made(ask.physical_id), ""
        secrets = Secrets(ask.client)
        where = f"{ask.stack_name}/{ask.logical_id}"
        try:
            self._meet_fault(ask)
            if verb != "delete":
                _check_properties(ask)
            if verb == "create":
                _check_name(ask)
            ask = replace(
                ask, properties=secrets.fill(ask.properties), previous=previous
            )
            made = _do(KINDS.get(ask.type, Kind()), verb, ask)
        except NotRehearsed as gap:
            self._plane.not_rehearsed(where, ask.type, str(gap))
            return _stand_in(ask), f"NOT_REHEARSED: {gap}"
        except ResourceFailed:
            raise
        except SaysItself as error:
            raise ResourceFailed(str(error)) from error
        except Exception as error:
            raise ResourceFailed(secrets.hide(failure_text(error, ask))) from error
        if made.not_rehearsed:
            self._plane.not_rehearsed(where, ask.type, made.not_rehearsed)
            return made, f"NOT_REHEARSED: {made.not_rehearsed}"
        return made, ""

    def _meet_fault(self, ask: Ask) -> None:
        """Break or hold up the resource where a fault of kind ``resource`` says so.

        Settings: ``seconds`` to take longer, ``reason`` to fail with, ``rollback`` to meet
        the way back instead of the way there.
        """
        fault = self._plane.faults.find(
            "resource", ask.logical_id, f"{ask.stack_name}/{ask.logical_id}", ask.type
        )
        if not fault or bool(fault.settings.get("rollback")) != ask.rolling_back:
            return
        if "seconds" in fault.settings:
            seconds = float(fault.settings["seconds"])
            self._plane.clock.sleep(seconds, ask.operation.cancelled)
        if "reason" in fault.settings or "seconds" not in fault.settings:
            raise ResourceFailed(str(fault.settings.get("reason", "Internal Failure")))


def needs_replacement(current: Resource, target: Resource) -> bool:
    """Say whether going from ``current`` to ``target`` takes a new physical resource."""
    if current.type != target.type:
        return True
    schema = schema_of(target.type)
    if schema is None:
        return False
    return any(
        schema.recreation_for(name) == "Always"
        for name in changed_names(current.properties, target.properties)
    )


def changed_names(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Name the top-level properties that differ."""
    return sorted(
        name
        for name in before.keys() | after.keys()
        if before.get(name) != after.get(name)
    )


def failure_text(error: Exception, ask: Ask) -> str:
    """Word a failure as CloudFormation does: handler, message, service, status, request."""
    response = getattr(error, "response", None)
    if not isinstance(response, dict):
        log.warning("%s: %s", ask.logical_id, type(error).__name__)
        return handler_message(str(error), "InvalidRequest")
    found = response.get("Error", {})
    facts = response.get("ResponseMetadata", {})
    service, code = ask.type.split("::")[1], str(found.get("Code", ""))
    return handler_message(
        f"{found.get('Message') or code} "
        f"(Service: {service}, Status Code: {facts.get('HTTPStatusCode')}, "
        f"Request ID: {facts.get('RequestId')}) (SDK Attempt Count: 1)",
        handler_code(code),
    )


def handler_message(message: str, code: str) -> str:
    """Give a resource handler's failure the form that events have it in."""
    return (
        f'Resource handler returned message: "{message}" '
        f"(RequestToken: {uuid.uuid4()}, HandlerErrorCode: {code})"
    )


def handler_code(code: str) -> str:
    """Give CloudFormation's word for a service's error code."""
    lowered = code.lower()
    for part, word in (
        ("accessdenied", "AccessDenied"),
        ("unauthorized", "AccessDenied"),
        ("alreadyexist", "AlreadyExists"),
        ("alreadyowned", "AlreadyExists"),
        ("notfound", "NotFound"),
        ("nosuch", "NotFound"),
        ("throttl", "Throttling"),
        ("limitexceeded", "ServiceLimitExceeded"),
        ("conflict", "ResourceConflict"),
    ):
        if part in lowered:
            return word
    return "InvalidRequest"


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


def _do(kind: Kind, verb: str, ask: Ask) -> Made:
    match verb:
        case "create":
            return kind.create(ask)
        case "update":
            return kind.update(ask)
        case _:
            kind.delete(ask)
            return Made(ask.physical_id)


def _stand_in(ask: Ask) -> Made:
    """Give an id that nobody takes for a real one, so that what refers to it goes on."""
    name = ask.physical_id or _STAND_IN + ask.logical_id
    arn = ask.arn("rehearsal", f"not-rehearsed/{ask.logical_id}")
    return Made(name, {"Arn": arn, "*": name})

"""Make, change and remove the resources of one stack in one operation, and record it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from awsrules.schemas import schema_of
from awsrules.templates import TemplateError, resolve
from rehearsal.cloudformation import graph
from rehearsal.cloudformation.attempt import attempt
from rehearsal.cloudformation.definition import Definition
from rehearsal.cloudformation.failures import ResourceFailed
from rehearsal.cloudformation.journal import Journal
from rehearsal.cloudformation.model import Operation, Resource, Stack, Store
from rehearsal.cloudformation.resources.base import Ask
from rehearsal.cloudformation.resources.existing import given_name
from rehearsal.cloudformation.values import Lookup, resolved
from rehearsal.plane import Plane

_REPLACING = (
    "Requested update requires the creation of a new physical resource; hence creating "
    "one."
)
_CUSTOM_NAMED = (
    "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
    "Rename {} and update the stack again."
)


class Provisioner:
    """One operation's hands. Methods on one resource return whether it went well."""

    def __init__(
        self,
        plane: Plane,
        store: Store,
        journal: Journal,
        stack: Stack,
        operation: Operation,
    ) -> None:
        self._plane = plane
        self._store = store
        self._journal = journal
        self._stack = stack
        self._operation = operation

    def apply_all(self, definition: Definition) -> list[str]:
        """Make every resource what ``definition`` says; give those that failed."""

        def apply(name: str) -> bool:
            good = self._apply(definition, name)
            if not good:
                self._operation.abandoned.set()
            return good

        outcome = graph.run(
            definition.resources,
            definition.needs,
            apply,
            lambda: self._operation.stopped,
        )
        return [name for name, good in outcome.items() if not good]

    def restore_all(
        self, goal: Mapping[str, Resource], scope: Any, skip: frozenset[str]
    ) -> tuple[list[str], bool]:
        """Bring every resource back; give those that failed, and whether all came back."""
        needs = {name: one.needs for name, one in goal.items()}
        outcome = graph.run(
            goal, needs, lambda name: self._restore(goal[name], scope, name in skip)
        )
        failed = [name for name, good in outcome.items() if not good]
        return failed, not failed and len(outcome) == len(goal)

    def remove_all(
        self, resources: Iterable[Resource], retain: frozenset[str] = frozenset()
    ) -> list[str]:
        """Remove, users before what they use; give those that would not go."""
        by_name: dict[str, list[Resource]] = {}
        for resource in list(resources):
            by_name.setdefault(resource.logical_id, []).append(resource)
        needs: dict[str, frozenset[str]] = {
            name: frozenset().union(*(one.needs for one in each))
            for name, each in by_name.items()
        }

        def remove(name: str) -> bool:
            gone = [
                self._remove(one, self._keeps(one, retain)) for one in by_name[name]
            ]
            return all(gone)

        outcome = graph.run(by_name, graph.reverse(needs), remove)
        return sorted(name for name, good in outcome.items() if not good)

    def clean_up(self) -> None:
        """Remove what is no longer used; what will not go is left behind, as on AWS."""
        garbage = self._stack.garbage()
        self.remove_all(garbage)
        for one in garbage:
            self._forget(one)

    def _apply(self, definition: Definition, name: str) -> bool:
        """Create, replace, change or leave one resource."""
        current, body = self._stack.resources.get(name), definition.resources[name]
        target = Resource(
            logical_id=name,
            type=body["Type"],
            status="",
            changed_at=self._plane.clock.now(),
            body=body,
            needs=definition.needs[name],
            operation_id=self._operation.id,
        )
        try:
            target = replace(target, properties=self._resolved(body, definition.scope))
            shown = self._resolved(body, definition.masked())
            shift = self._shift(body, definition.scope)
        except TemplateError as error:
            return self._refuse(current or target, error.message)
        if current is None or not current.physical_id:
            return self._create(target, shown)
        if needs_replacement(current, target):
            if kept := _kept_name(current, target):
                return self._refuse(current, _CUSTOM_NAMED.format(kept))
            return self._create(target, shown, replacing=current)
        if current.properties == target.properties and not current.failed:
            with self._store.lock:
                kept_as = replace(current, body=body, needs=target.needs)
                self._stack.resources[name] = kept_as
            return True
        return self._change(current, target, shift, shown)

    def _restore(self, old: Resource, scope: Any, skipped: bool) -> bool:
        now = self._stack.resources[old.logical_id]
        if skipped:
            self._set(replace(now, status="UPDATE_COMPLETE", reason=""))
            return True
        untouched = old.properties == now.properties and not now.failed
        if untouched or old.physical_id != now.physical_id:
            # What replaced it is removed later; the old one was never touched.
            self._set(old)
            return True
        shift = self._shift(now.body, scope)
        return self._change(now, old, shift, None, rolling_back=True)

    def _create(
        self, target: Resource, shown: Any, replacing: Resource | None = None
    ) -> bool:
        verb, reason = ("UPDATE", _REPLACING) if replacing else ("CREATE", "")
        # While a replacement is made, the old one still is the physical resource.
        old_id = replacing.physical_id if replacing else ""
        begun = replace(target, physical_id=old_id, status=f"{verb}_IN_PROGRESS")
        begun = self._record(begun, shown, reason=reason)
        ask = replace(self._ask(begun), physical_id="")
        try:
            made, note = attempt("create", ask)
        except ResourceFailed as error:
            self._fail_to_create(begun, ask, replacing, f"{verb}_FAILED", str(error))
            return False
        target = replace(
            begun, physical_id=made.physical_id, attributes=made.attributes
        )
        self._own(target)
        target = self._record(target, shown, reason="Resource creation Initiated")
        cancelled = self._operation.stopped
        if cancelled:
            note = "Resource creation cancelled"
        status = f"{verb}_FAILED" if cancelled else f"{verb}_COMPLETE"
        self._record(target, shown, status=status, reason=note)
        return not cancelled

    def _fail_to_create(
        self,
        begun: Resource,
        ask: Ask,
        replacing: Resource | None,
        status: str,
        reason: str,
    ) -> None:
        if ask.claimed:
            # Half of it is there: it is removed with the rest.
            half = replace(begun, physical_id=ask.claimed[-1])
            self._own(half)
            begun = begun if replacing else half
        failed = self._record(begun, None, status=status, reason=reason)
        if replacing:
            # The old physical resource is untouched and still the stack's.
            self._set(replace(replacing, status=failed.status, reason=failed.reason))

    def _change(
        self,
        current: Resource,
        target: Resource,
        shift: Mapping[str, Any],
        shown: Any,
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
        target = self._record(target, shown)
        ask = replace(
            self._ask(target),
            previous=current.properties,
            shift=shift,
            rolling_back=rolling_back,
            uncertain=current.failed,
        )
        try:
            made, note = attempt("update", ask)
        except ResourceFailed as error:
            # What was recorded stays the truth until a change succeeds.
            failed = replace(current, status="UPDATE_FAILED")
            self._record(failed, shown, reason=str(error))
            return False
        cancelled = self._operation.cancelled.is_set() and not rolling_back
        if cancelled:
            note = "Resource update cancelled"
        self._record(
            target,
            shown,
            status="UPDATE_FAILED" if cancelled else "UPDATE_COMPLETE",
            reason=note,
            physical_id=made.physical_id,
            attributes=made.attributes or target.attributes,
        )
        return not cancelled

    def _remove(self, resource: Resource, keep: bool) -> bool:
        """Remove a physical resource, or let go of it when its policy says ``keep``."""
        if keep:
            self._note(resource, status="DELETE_SKIPPED")
            self._forget(resource)
            return True
        resource = self._note(resource, status="DELETE_IN_PROGRESS")
        try:
            attempt("delete", self._ask(resource))
        except ResourceFailed as error:
            failed = self._note(resource, status="DELETE_FAILED", reason=str(error))
            self._set_if_current(failed)
            return False
        self._set_if_current(self._note(resource, status="DELETE_COMPLETE"))
        self._forget(resource)
        return True

    def _keeps(self, resource: Resource, retain: frozenset[str]) -> bool:
        if resource.logical_id in retain:
            return True
        operation = self._operation
        current = self._stack.resources.get(resource.logical_id)
        return keeps(
            resource,
            replaced=current is not None
            and current.physical_id != resource.physical_id,
            created_by_this=resource.operation_id in (operation.id, operation.undoes),
            retain_except_on_create=operation.retain_except_on_create,
        )

    def _refuse(self, resource: Resource, reason: str) -> bool:
        status = "UPDATE_FAILED" if resource.physical_id else "CREATE_FAILED"
        self._record(resource, None, status=status, reason=reason)
        return False

    def _resolved(self, body: Mapping[str, Any], scope: Any) -> dict[str, Any]:
        lookup = Lookup(self._stack.resources)
        return resolved(body, scope, lookup, self._stack.settings.tags)

    def _shift(self, body: Mapping[str, Any], scope: Any) -> Mapping[str, Any]:
        lookup, policy = Lookup(self._stack.resources), body.get("UpdatePolicy") or {}
        shift: dict[str, Any] = resolve(policy, scope, ref=lookup.ref, att=lookup.att)
        return shift

    def _ask(self, resource: Resource) -> Ask:
        return Ask(
            plane=self._plane,
            operation=self._operation,
            stack_name=self._stack.name,
            stack_id=self._stack.id,
            logical_id=resource.logical_id,
            type=resource.type,
            properties=resource.properties,
            physical_id=resource.physical_id,
            attributes=resource.attributes,
        )

    def _note(self, resource: Resource, shown: Any = None, **changes: Any) -> Resource:
        """Tell of a resource without making it the stack's current one."""
        return self._journal.resource(
            self._stack, resource, self._operation, shown, **changes
        )

    def _record(self, resource: Resource, shown: Any, **changes: Any) -> Resource:
        resource = self._note(resource, shown, **changes)
        self._set(resource)
        return resource

    def _set(self, resource: Resource) -> None:
        with self._store.lock:
            self._stack.resources[resource.logical_id] = resource
            key = (resource.logical_id, resource.physical_id)
            if key in self._stack.owned:
                self._stack.owned[key] = resource

    def _set_if_current(self, resource: Resource) -> None:
        current = self._stack.resources.get(resource.logical_id)
        if current and current.physical_id == resource.physical_id:
            self._set(resource)

    def _own(self, resource: Resource) -> None:
        with self._store.lock:
            key = (resource.logical_id, resource.physical_id)
            self._stack.owned[key] = resource

    def _forget(self, resource: Resource) -> None:
        with self._store.lock:
            key = (resource.logical_id, resource.physical_id)
            self._stack.owned.pop(key, None)


def needs_replacement(current: Resource, target: Resource) -> bool:
    """Say whether going from ``current`` to ``target`` takes a new physical resource."""
    if current.type != target.type:
        return True
    schema = schema_of(target.type)
    before, after = current.properties, target.properties
    return schema is not None and any(
        before.get(name) != after.get(name) and schema.recreation_for(name) == "Always"
        for name in before.keys() | after.keys()
    )


def keeps(
    resource: Resource,
    *,
    replaced: bool,
    created_by_this: bool,
    retain_except_on_create: bool,
) -> bool:
    """Say whether a resource that leaves its stack stays in the account.

    A new resource whose operation is rolled back goes in spite of Retain when its policy is
    RetainExceptOnCreate, or the operation asked for it.
    """
    old = replaced and not created_by_this
    policy = resource.body.get("UpdateReplacePolicy" if old else "DeletionPolicy")
    excepted = retain_except_on_create or policy == "RetainExceptOnCreate"
    if created_by_this and excepted:
        return False
    return policy in ("Retain", "RetainExceptOnCreate")


def _kept_name(current: Resource, target: Resource) -> str:
    """Give the chosen name that the old and the new resource would both have."""
    name = given_name(target.type, target.properties)
    return name if name == given_name(current.type, current.properties) else ""

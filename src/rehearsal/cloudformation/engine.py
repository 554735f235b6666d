"""Run a stack's operations in the background: create, update, delete, roll back."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from awsrules.statuses import StackStatus as S
from awsrules.templates import TemplateError, resolve
from rehearsal.cloudformation import graph
from rehearsal.cloudformation.definition import Definition
from rehearsal.cloudformation.journal import Journal
from rehearsal.cloudformation.model import (
    Operation,
    Resource,
    Settings,
    Stable,
    Stack,
    Store,
)
from rehearsal.cloudformation.provision import Provisioner
from rehearsal.cloudformation.values import Lookup
from rehearsal.plane import Plane

log = logging.getLogger(__name__)

USER = "User Initiated"
_BROKEN = {
    "CREATE_STACK": S.CREATE_FAILED,
    "UPDATE_STACK": S.UPDATE_FAILED,
    "DELETE_STACK": S.DELETE_FAILED,
}


class Engine:
    """Each public method begins an operation; the rest happens in threads."""

    def __init__(self, plane: Plane, store: Store, journal: Journal) -> None:
        self._plane = plane
        self._store = store
        self._journal = journal
        self._provisioner = Provisioner(plane, store, journal)

    def create(
        self,
        stack: Stack,
        operation: Operation,
        definition: Definition,
        settings: Settings,
        done: Callable[[bool], None] = lambda good: None,
    ) -> None:
        """Create the stack's resources; a failure is answered as ``operation`` says."""
        self._begin(stack, operation, definition, settings)
        self._journal.stack(stack, S.CREATE_IN_PROGRESS, operation, USER)
        self._spawn(self._create, stack, operation, definition, done)

    def update(
        self,
        stack: Stack,
        operation: Operation,
        definition: Definition,
        settings: Settings,
        done: Callable[[bool], None] = lambda good: None,
    ) -> None:
        """Make the stack what ``definition`` says; a failure is rolled back."""
        with self._store.lock:
            if stack.status not in (S.CREATE_FAILED, S.UPDATE_FAILED):
                stack.stable = self._stable(stack)
        self._begin(stack, operation, definition, settings)
        self._journal.stack(stack, S.UPDATE_IN_PROGRESS, operation, USER)
        self._spawn(self._update, stack, operation, definition, done)

    def delete(
        self, stack: Stack, operation: Operation, retain: frozenset[str] = frozenset()
    ) -> None:
        """Delete what the stack owns, but for what a policy or ``retain`` keeps."""
        before = stack.operation
        self._start(stack, operation)
        self._journal.stack(stack, S.DELETE_IN_PROGRESS, operation, USER)
        self._spawn(self._stop_and_delete, stack, operation, before, retain)

    def roll_back(self, stack: Stack, operation: Operation) -> None:
        """Go back to the last stable state, from CREATE_FAILED or UPDATE_FAILED."""
        self._start(stack, operation)
        if stack.stable is None:
            self._journal.stack(stack, S.DELETE_IN_PROGRESS, operation, USER)
            self._spawn(self._delete, stack, operation, frozenset())
            return
        self._spawn(self._roll_back, stack, operation, USER, frozenset())

    def continue_rollback(
        self, stack: Stack, operation: Operation, skip: frozenset[str]
    ) -> None:
        """Try a failed rollback again, leaving the resources in ``skip`` as they are."""
        self._start(stack, operation)
        self._spawn(self._roll_back, stack, operation, USER, skip)

    def _spawn(
        self,
        work: Callable[..., None],
        stack: Stack,
        operation: Operation,
        *more: Any,
    ) -> None:
        """Run ``work`` in the background; a stack is never left in progress for good."""

        def run() -> None:
            try:
                work(stack, operation, *more)
            except Exception as error:
                log.exception("%s of %s broke", operation.kind, stack.name)
                status = _BROKEN.get(operation.kind, S.UPDATE_ROLLBACK_FAILED)
                reason = f"The rehearsal plane broke: {type(error).__name__}"
                self._journal.stack(stack, status, operation, reason)
            finally:
                operation.finished.set()

        self._plane.spawn(run)

    def _start(self, stack: Stack, operation: Operation) -> None:
        with self._store.lock:
            stack.operation = operation
            record = {"OperationType": operation.kind, "OperationId": operation.id}
            stack.last_operations.insert(0, record)

    def _begin(
        self,
        stack: Stack,
        operation: Operation,
        definition: Definition,
        settings: Settings,
    ) -> None:
        with self._store.lock:
            self._start(stack, operation)
            stack.definition, stack.settings = definition, settings
            stack.disable_rollback = operation.on_failure == "DO_NOTHING"
            stack.retain_except_on_create = operation.retain_except_on_create

    def _create(
        self,
        stack: Stack,
        operation: Operation,
        definition: Definition,
        done: Callable[[bool], None],
    ) -> None:
        failed = self._apply_all(stack, operation, definition)
        if stack.operation is not operation:
            # A delete took over.
            done(False)
            return
        problem = _failed_to("create", failed) or self._set_outputs(stack, definition)
        if not problem:
            self._journal.stack(stack, S.CREATE_COMPLETE, operation)
            done(True)
            return
        reason = problem
        match operation.on_failure:
            case "DO_NOTHING":
                self._journal.stack(stack, S.CREATE_FAILED, operation, reason)
            case "DELETE":
                reason += "Delete requested by user."
                self._journal.stack(stack, S.DELETE_IN_PROGRESS, operation, reason)
                self._delete(stack, operation, frozenset())
            case _:
                reason += "Rollback requested by user."
                self._journal.stack(stack, S.ROLLBACK_IN_PROGRESS, operation, reason)
                stuck = self._remove_all(stack, operation, stack.owned.values())
                end = S.ROLLBACK_FAILED if stuck else S.ROLLBACK_COMPLETE
                self._journal.stack(stack, end, operation, _failed_to("delete", stuck))
        done(False)

    def _update(
        self,
        stack: Stack,
        operation: Operation,
        definition: Definition,
        done: Callable[[bool], None],
    ) -> None:
        failed = self._apply_all(stack, operation, definition)
        cancelled = operation.cancelled.is_set()
        problem = USER if cancelled else _failed_to("update", failed)
        problem = problem or self._set_outputs(stack, definition)
        if not problem:
            self._drop_removed(stack, definition)
            cleaning = S.UPDATE_COMPLETE_CLEANUP_IN_PROGRESS
            self._journal.stack(stack, cleaning, operation)
            self._clean_up(stack, operation)
            stack.stable = None
            self._journal.stack(stack, S.UPDATE_COMPLETE, operation)
            done(True)
            return
        if operation.on_failure == "DO_NOTHING" and not cancelled:
            self._journal.stack(stack, S.UPDATE_FAILED, operation, problem)
        else:
            self._roll_back(stack, operation, problem, frozenset())
        done(False)

    def _stop_and_delete(
        self,
        stack: Stack,
        operation: Operation,
        before: Operation | None,
        retain: frozenset[str],
    ) -> None:
        if before is not None:
            before.cancelled.set()
            before.finished.wait()
        self._delete(stack, operation, retain)

    def _delete(
        self, stack: Stack, operation: Operation, retain: frozenset[str]
    ) -> None:
        stuck = self._remove_all(stack, operation, stack.owned.values(), retain)
        if stuck:
            reason = _failed_to("delete", stuck)
            self._journal.stack(stack, S.DELETE_FAILED, operation, reason)
        else:
            self._journal.stack(stack, S.DELETE_COMPLETE, operation)

    def _roll_back(
        self,
        stack: Stack,
        operation: Operation,
        reason: str | None,
        skip: frozenset[str],
    ) -> None:
        """Converge to the last stable state: old ids come back, changed ones change back."""
        goal = stack.stable
        assert goal is not None
        self._journal.stack(stack, S.UPDATE_ROLLBACK_IN_PROGRESS, operation, reason)

        def restore(name: str) -> bool:
            return self._restore(stack, operation, goal, name, skip)

        order = {name: one.needs for name, one in goal.resources.items()}
        outcome = graph.run(goal.resources, order, restore)
        failed = [name for name in goal.resources if not outcome.get(name)]
        if failed:
            why = _failed_to("update", [one for one in failed if one in outcome])
            self._journal.stack(stack, S.UPDATE_ROLLBACK_FAILED, operation, why)
            return
        with self._store.lock:
            made_after = set(stack.resources) - set(goal.resources)
            for name in made_after:
                del stack.resources[name]
            stack.definition, stack.settings = goal.definition, goal.settings
            stack.outputs = goal.outputs
        cleaning = S.UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS
        self._journal.stack(stack, cleaning, operation)
        self._clean_up(stack, operation)
        stack.stable = None
        self._journal.stack(stack, S.UPDATE_ROLLBACK_COMPLETE, operation)

    def _restore(
        self,
        stack: Stack,
        operation: Operation,
        goal: Stable,
        name: str,
        skip: frozenset[str],
    ) -> bool:
        old, now = goal.resources[name], stack.resources[name]
        if name in skip:
            done = replace(now, status="UPDATE_COMPLETE", reason="")
            with self._store.lock:
                stack.resources[name] = done
            return True
        untouched = old.properties == now.properties and not now.failed
        if old.physical_id != now.physical_id or untouched:
            with self._store.lock:
                stack.resources[name] = old
            return True
        shift = resolve(
            now.body.get("UpdatePolicy") or {},
            goal.definition.scope,
            ref=Lookup(stack.resources).ref,
            att=Lookup(stack.resources).att,
        )
        return self._provisioner.change(
            stack, operation, now, old, shift, rolling_back=True
        )

    def _apply_all(
        self, stack: Stack, operation: Operation, definition: Definition
    ) -> list[str]:
        """Make every resource; give the logical ids of those that failed."""

        def apply(name: str) -> bool:
            good = self._provisioner.apply(stack, operation, definition, name)
            if not good:
                operation.abandoned.set()
            return good

        outcome = graph.run(
            definition.resources, definition.needs, apply, lambda: operation.stopped
        )
        return [name for name, good in outcome.items() if not good]

    def _remove_all(
        self,
        stack: Stack,
        operation: Operation,
        resources: Iterable[Resource],
        retain: frozenset[str] = frozenset(),
    ) -> list[str]:
        """Remove ``resources``, users before what they use; give those that would not go."""
        by_name: dict[str, list[Resource]] = {}
        for resource in list(resources):
            by_name.setdefault(resource.logical_id, []).append(resource)
        needs: dict[str, frozenset[str]] = {
            name: frozenset().union(*(one.needs for one in each))
            for name, each in by_name.items()
        }

        def remove(name: str) -> bool:
            return all(
                [
                    self._provisioner.remove(
                        stack,
                        operation,
                        one,
                        self._keeps(stack, operation, one, retain),
                    )
                    for one in by_name[name]
                ]
            )

        outcome = graph.run(by_name, graph.reverse(needs), remove)
        return sorted(name for name, good in outcome.items() if not good)

    def _keeps(
        self,
        stack: Stack,
        operation: Operation,
        resource: Resource,
        retain: frozenset[str],
    ) -> bool:
        if resource.logical_id in retain:
            return True
        current = stack.resources.get(resource.logical_id)
        replaced = current is not None and current.physical_id != resource.physical_id
        return keeps(
            resource,
            replaced=replaced,
            created_by_this=resource.operation_id == operation.id,
            retain_except_on_create=operation.retain_except_on_create,
        )

    def _clean_up(self, stack: Stack, operation: Operation) -> None:
        """Remove what is no longer used; what will not go is left behind, as on AWS."""
        garbage = stack.garbage()
        self._remove_all(stack, operation, garbage)
        with self._store.lock:
            for one in garbage:
                stack.owned.pop((one.logical_id, one.physical_id), None)

    def _drop_removed(self, stack: Stack, definition: Definition) -> None:
        with self._store.lock:
            for name in set(stack.resources) - set(definition.resources):
                del stack.resources[name]

    def _set_outputs(self, stack: Stack, definition: Definition) -> str | None:
        """Set the outputs; give what is wrong with them, if anything."""
        lookup = Lookup(stack.resources)
        outputs = []
        for name, output in definition.active_outputs():
            try:
                value = resolve(
                    output.get("Value"),
                    definition.scope,
                    ref=lookup.ref,
                    att=lookup.att,
                )
            except TemplateError as error:
                return error.message
            made = {"OutputKey": name, "OutputValue": _text(value)}
            if "Description" in output:
                made["Description"] = output["Description"]
            outputs.append(made)
        with self._store.lock:
            stack.outputs = tuple(outputs)
        return None

    def _stable(self, stack: Stack) -> Stable:
        assert stack.definition is not None
        return Stable(
            stack.definition, stack.settings, dict(stack.resources), stack.outputs
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
    attribute = "UpdateReplacePolicy" if old else "DeletionPolicy"
    policy = resource.body.get(attribute, "Delete")
    if created_by_this and (
        retain_except_on_create or policy == "RetainExceptOnCreate"
    ):
        return False
    return policy in ("Retain", "RetainExceptOnCreate")


def _failed_to(verb: str, names: list[str]) -> str | None:
    if not names:
        return None
    return f"The following resource(s) failed to {verb}: [{', '.join(names)}]. "


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(map(str, value))
    return str(value)

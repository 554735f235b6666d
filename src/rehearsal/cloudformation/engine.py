"""Run a stack's operations in the background: create, update, delete, roll back."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from awsrules.statuses import StackStatus as S
from awsrules.templates import TemplateError, resolve
from rehearsal.cloudformation.definition import Definition
from rehearsal.cloudformation.journal import Journal
from rehearsal.cloudformation.model import (
    Operation,
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

Done = Callable[[bool], None]


class Engine:
    """Each public method begins an operation; the rest happens in threads."""

    def __init__(self, plane: Plane, store: Store, journal: Journal) -> None:
        self._plane = plane
        self._store = store
        self._journal = journal

    def create(
        self,
        stack: Stack,
        operation: Operation,
        definition: Definition,
        settings: Settings,
        done: Done = lambda good: None,
    ) -> None:
        """Create the stack's resources; a failure is answered as ``operation`` says."""
        self._begin(stack, operation, S.CREATE_IN_PROGRESS, definition, settings)
        self._spawn(self._create, stack, operation, definition, done)

    def update(
        self,
        stack: Stack,
        operation: Operation,
        definition: Definition,
        settings: Settings,
        done: Done = lambda good: None,
    ) -> None:
        """Make the stack what ``definition`` says; a failure is rolled back."""
        with self._store.lock:
            # A paused failure goes back to where it stood before the first attempt.
            paused = stack.status in (S.CREATE_FAILED, S.UPDATE_FAILED)
            if stack.definition is not None and not paused:
                stack.stable = Stable(
                    stack.definition,
                    stack.settings,
                    dict(stack.resources),
                    stack.outputs,
                )
        self._begin(stack, operation, S.UPDATE_IN_PROGRESS, definition, settings)
        self._spawn(self._update, stack, operation, definition, done)

    def delete(
        self, stack: Stack, operation: Operation, retain: frozenset[str] = frozenset()
    ) -> None:
        """Delete what the stack owns, but for what a policy or ``retain`` keeps."""
        before = stack.operation
        self._start(stack, operation)
        self._journal.stack(stack, S.DELETE_IN_PROGRESS, operation, USER)
        self._spawn(self._stop_and_delete, stack, operation, before, retain)

    def roll_back(
        self, stack: Stack, operation: Operation, skip: frozenset[str] = frozenset()
    ) -> None:
        """Go back to the last stable state, leaving the resources in ``skip`` as they are.

        A stack that never was stable is deleted.
        """
        operation.undoes = stack.operation.id if stack.operation else ""
        self._start(stack, operation)
        if stack.stable is not None:
            self._journal.stack(stack, S.UPDATE_ROLLBACK_IN_PROGRESS, operation, USER)
            self._spawn(self._go_back, stack, operation, stack.stable, skip)
            return
        self._journal.stack(stack, S.DELETE_IN_PROGRESS, operation, USER)
        self._spawn(self._delete, stack, operation, frozenset())

    def _start(self, stack: Stack, operation: Operation) -> None:
        with self._store.lock:
            stack.operation = operation
            record = {"OperationType": operation.kind, "OperationId": operation.id}
            stack.last_operations.insert(0, record)

    def _begin(
        self,
        stack: Stack,
        operation: Operation,
        status: S,
        definition: Definition,
        settings: Settings,
    ) -> None:
        if settings.rollback_configuration.get("RollbackTriggers"):
            gap = "alarms are not watched by the stack itself"
            self._plane.not_rehearsed(stack.name, "RollbackTriggers", gap)
        with self._store.lock:
            self._start(stack, operation)
            stack.definition, stack.settings = definition, settings
            stack.disable_rollback = operation.on_failure == "DO_NOTHING"
            stack.retain_except_on_create = operation.retain_except_on_create
        self._journal.stack(stack, status, operation, USER)

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

    def _hands(self, stack: Stack, operation: Operation) -> Provisioner:
        return Provisioner(self._plane, self._store, self._journal, stack, operation)

    def _create(
        self, stack: Stack, operation: Operation, definition: Definition, done: Done
    ) -> None:
        hands = self._hands(stack, operation)
        failed = hands.apply_all(definition)
        if stack.operation is not operation:
            # A delete took over.
            done(False)
            return
        problem = _failed_to("create", failed) or self._set_outputs(stack, definition)
        if not problem:
            self._journal.stack(stack, S.CREATE_COMPLETE, operation)
            done(True)
            return
        match operation.on_failure:
            case "DO_NOTHING":
                self._journal.stack(stack, S.CREATE_FAILED, operation, problem)
            case "DELETE":
                problem += "Delete requested by user."
                self._journal.stack(stack, S.DELETE_IN_PROGRESS, operation, problem)
                self._delete(stack, operation, frozenset())
            case _:
                problem += "Rollback requested by user."
                self._journal.stack(stack, S.ROLLBACK_IN_PROGRESS, operation, problem)
                stuck = hands.remove_all(stack.owned.values())
                end = S.ROLLBACK_FAILED if stuck else S.ROLLBACK_COMPLETE
                self._journal.stack(stack, end, operation, _failed_to("delete", stuck))
        done(False)

    def _update(
        self, stack: Stack, operation: Operation, definition: Definition, done: Done
    ) -> None:
        hands = self._hands(stack, operation)
        failed = hands.apply_all(definition)
        cancelled = operation.cancelled.is_set()
        problem = USER if cancelled else _failed_to("update", failed)
        problem = problem or self._set_outputs(stack, definition)
        if not problem:
            self._forget_others(stack, set(definition.resources))
            cleaning = S.UPDATE_COMPLETE_CLEANUP_IN_PROGRESS
            self._journal.stack(stack, cleaning, operation)
            hands.clean_up()
            stack.stable = None
            self._journal.stack(stack, S.UPDATE_COMPLETE, operation)
        elif stack.stable and (cancelled or operation.on_failure != "DO_NOTHING"):
            back = S.UPDATE_ROLLBACK_IN_PROGRESS
            self._journal.stack(stack, back, operation, problem)
            self._go_back(stack, operation, stack.stable, frozenset())
        else:
            self._journal.stack(stack, S.UPDATE_FAILED, operation, problem)
        done(not problem)

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
        stuck = self._hands(stack, operation).remove_all(stack.owned.values(), retain)
        end = S.DELETE_FAILED if stuck else S.DELETE_COMPLETE
        self._journal.stack(stack, end, operation, _failed_to("delete", stuck))

    def _go_back(
        self, stack: Stack, operation: Operation, goal: Stable, skip: frozenset[str]
    ) -> None:
        """Converge to the last stable state: old ids come back, changed ones change back."""
        hands = self._hands(stack, operation)
        failed, whole = hands.restore_all(goal.resources, goal.definition.scope, skip)
        if not whole:
            why = _failed_to("update", failed)
            self._journal.stack(stack, S.UPDATE_ROLLBACK_FAILED, operation, why)
            return
        with self._store.lock:
            self._forget_others(stack, set(goal.resources))
            stack.definition, stack.settings = goal.definition, goal.settings
            stack.outputs = goal.outputs
        cleaning = S.UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS
        self._journal.stack(stack, cleaning, operation)
        hands.clean_up()
        stack.stable = None
        self._journal.stack(stack, S.UPDATE_ROLLBACK_COMPLETE, operation)

    def _forget_others(self, stack: Stack, names: set[str]) -> None:
        with self._store.lock:
            for name in set(stack.resources) - names:
                del stack.resources[name]

    def _set_outputs(self, stack: Stack, definition: Definition) -> str | None:
        """Set the outputs; give what is wrong with them, if anything."""
        look, outputs = Lookup(stack.resources), []
        try:
            for name, output in definition.active_outputs():
                value = resolve(
                    output.get("Value"), definition.scope, ref=look.ref, att=look.att
                )
                made = {"OutputKey": name, "OutputValue": _text(value)}
                if "Description" in output:
                    made["Description"] = output["Description"]
                outputs.append(made)
        except TemplateError as error:
            return error.message
        with self._store.lock:
            stack.outputs = tuple(outputs)
        return None


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

"""The stack operations of the API: begin, describe, cancel, delete."""

from __future__ import annotations

import json
import uuid
from typing import Any

from awsrules.statuses import StackStatus
from awsrules.templates import TemplateError
from rehearsal.cloudformation import answers, gates
from rehearsal.cloudformation.changes import NO_UPDATES, is_update
from rehearsal.cloudformation.definition import Draft, Definition, complete
from rehearsal.cloudformation.engine import Engine
from rehearsal.cloudformation.gates import invalid, invalid_template
from rehearsal.cloudformation.journal import Journal, as_delivered
from rehearsal.cloudformation.model import Stack, Store
from rehearsal.cloudformation.requests import (
    check_capabilities,
    draft_of,
    on_failure_of,
    operation_of,
    settings_of,
)
from rehearsal.cloudformation.validation import refuse_findings
from rehearsal.plane import Plane
from rehearsal.protocol import Answer, ApiError, Call, Params, Service


class StackOperations(Service):
    """What can be asked of stacks."""

    name = "cloudformation"

    def __init__(self, plane: Plane) -> None:
        self._plane = plane
        self._store = Store()
        self._journal = Journal(plane, self._store)
        self._engine = Engine(plane, self._store, self._journal)

    def create_stack(self, params: Params, call: Call) -> Answer:
        """Create a stack at once, without a change set."""
        name = params["StackName"]
        existing = self._store.find(name)
        if existing is not None:
            self._refuse_used_token(existing, params)
        gates.check_create(name, existing.status if existing else None)
        stack_id = existing.id if existing else self._new_id("stack", name)
        settings = settings_of(self._plane, params, None)
        made = draft_of(self._plane, params, call, name, stack_id, None)
        check_capabilities(made.template, settings.capabilities, direct=True)
        definition = self._completed(made)
        check_capabilities(definition.template, settings.capabilities, direct=True)
        refuse_findings(definition)
        stack = existing or self.new_stack(name, stack_id)
        stack.termination_protection = bool(params.get("EnableTerminationProtection"))
        operation = operation_of(
            "CREATE_STACK", params, call, settings, on_failure_of(params)
        )
        self._remember_token(stack, params)
        self._engine.create(stack, operation, definition, settings)
        return {"StackId": stack.id, "OperationId": operation.id}

    def update_stack(self, params: Params, call: Call) -> Answer:
        """Update a stack at once, without a change set."""
        stack = self.living(params["StackName"])
        self._refuse_used_token(stack, params)
        paused_too = bool(params.get("DisableRollback"))
        gates.check_update(stack.status, stack.id, disable_rollback=paused_too)
        settings = settings_of(self._plane, params, stack.settings)
        made = draft_of(self._plane, params, call, stack.name, stack.id, stack)
        check_capabilities(made.template, settings.capabilities, direct=True)
        definition = self._completed(made)
        check_capabilities(definition.template, settings.capabilities, direct=True)
        if not paused_too and not is_update(stack, definition, settings):
            raise invalid(NO_UPDATES)
        refuse_findings(definition)
        operation = operation_of(
            "UPDATE_STACK", params, call, settings, on_failure_of(params)
        )
        self._remember_token(stack, params)
        self._engine.update(stack, operation, definition, settings)
        return {"StackId": stack.id, "OperationId": operation.id}

    def delete_stack(self, params: Params, call: Call) -> Answer:
        """Delete a stack; one that is not there is deleted already."""
        stack = self._store.find(params["StackName"])
        if stack is None or stack.status is StackStatus.DELETE_COMPLETE:
            return {}
        gates.check_delete(
            stack.status, stack.id, protected=stack.termination_protection
        )
        if stack.status is StackStatus.DELETE_IN_PROGRESS:
            return {}
        retain = frozenset(params.get("RetainResources") or ())
        if retain and stack.status is not StackStatus.DELETE_FAILED:
            raise invalid(
                "Invalid operation on stack "
                f"[{stack.id}]. RetainResources can only be used with a DELETE_FAILED stack"
            )
        settings = settings_of(self._plane, params, stack.settings)
        operation = operation_of("DELETE_STACK", params, call, settings, "DO_NOTHING")
        if params.get("DeletionMode") == "FORCE_DELETE_STACK":
            gates.check_force(stack.status, stack.id)
            # What could not be deleted is left in the account.
            retain |= {one.logical_id for one in stack.owned.values() if one.failed}
        self._engine.delete(stack, operation, retain)
        return {}

    def cancel_update_stack(self, params: Params, call: Call) -> Answer:
        """Stop an update; the stack goes back to what it was."""
        stack = self.living(params["StackName"])
        with self._store.lock:
            gates.check_cancel(stack.status)
            if stack.operation is not None:
                token = params.get("ClientRequestToken")
                stack.operation.token = token or stack.operation.token
                stack.operation.cancelled.set()
        return {}

    def continue_update_rollback(self, params: Params, call: Call) -> Answer:
        """Try a failed rollback again."""
        stack = self.living(params["StackName"])
        gates.check_continue(stack.status)
        skip = frozenset(params.get("ResourcesToSkip") or ())
        if skip and params.get("ForceRollback"):
            raise invalid("You cannot specify both ResourcesToSkip and ForceRollback")
        failed = {one.logical_id for one in stack.resources.values() if one.failed}
        if skip - failed:
            raise invalid(
                "Resources to skip must be in UPDATE_FAILED state because the rollback "
                f"failed: [{', '.join(sorted(skip - failed))}]"
            )
        if params.get("ForceRollback"):
            skip = frozenset(failed)
        settings = settings_of(self._plane, params, stack.settings)
        operation = operation_of(
            "CONTINUE_ROLLBACK", params, call, settings, "ROLLBACK"
        )
        self._engine.roll_back(stack, operation, skip)
        return {}

    def rollback_stack(self, params: Params, call: Call) -> Answer:
        """Go back from a paused failure to the last stable state."""
        stack = self.living(params["StackName"])
        gates.check_rollback(stack.status)
        settings = settings_of(self._plane, params, stack.settings)
        operation = operation_of("ROLLBACK", params, call, settings, "ROLLBACK")
        self._engine.roll_back(stack, operation)
        return {"StackId": stack.id, "OperationId": operation.id}

    def describe_stacks(self, params: Params, call: Call) -> Answer:
        """Describe one stack, or all that are not deleted."""
        if name := params.get("StackName"):
            return {"Stacks": [answers.stack_answer(self.known(name))]}
        shown = [stack for stack in self._store if answers.visible(stack)]
        found = [answers.stack_answer(each) for each in shown]
        return answers.PAGES.cut("Stacks", found, params)

    def list_stacks(self, params: Params, call: Call) -> Answer:
        """Summarise all stacks, the deleted ones too."""
        wanted = params.get("StackStatusFilter")
        shown = [each for each in self._store if not wanted or each.status in wanted]
        summaries = [answers.stack_summary(each) for each in shown]
        return answers.PAGES.cut("StackSummaries", summaries, params)

    def describe_stack_events(self, params: Params, call: Call) -> Answer:
        """List a stack's events, the newest first."""
        stack = self.known(params["StackName"])
        with self._store.lock:
            newest_first = list(reversed(stack.events))
        newest_first = as_delivered(self._plane, stack.name, newest_first)
        return answers.PAGES.cut("StackEvents", newest_first, params)

    def describe_stack_resources(self, params: Params, call: Call) -> Answer:
        """Describe all resources of a stack, or one by its logical id."""
        name, physical_id = params.get("StackName"), params.get("PhysicalResourceId")
        stack = self.known(name) if name else self._owner(physical_id)
        wanted = params.get("LogicalResourceId")
        return {
            "StackResources": [
                answers.resource_answer(stack, one, "Timestamp")
                for one in self._resources(stack)
                if wanted in (None, one.logical_id)
                and physical_id in (None, one.physical_id)
            ]
        }

    def describe_stack_resource(self, params: Params, call: Call) -> Answer:
        """Describe one resource, its metadata too."""
        stack = self.known(params["StackName"])
        resource = stack.resources.get(params["LogicalResourceId"])
        if resource is None:
            raise invalid(
                f"Resource {params['LogicalResourceId']} does not exist for stack "
                f"{stack.name}"
            )
        detail = answers.resource_answer(stack, resource, "LastUpdatedTimestamp")
        detail["Metadata"] = json.dumps(resource.body.get("Metadata") or {})
        return {"StackResourceDetail": detail}

    def list_stack_resources(self, params: Params, call: Call) -> Answer:
        """Summarise the resources of a stack, a page at a time."""
        stack = self.known(params["StackName"])
        summaries = [
            answers.resource_answer(stack, one, "LastUpdatedTimestamp")
            for one in self._resources(stack)
        ]
        return answers.PAGES.cut("StackResourceSummaries", summaries, params)

    def update_termination_protection(self, params: Params, call: Call) -> Answer:
        """Protect a stack from deletion, or stop protecting it."""
        stack = self.living(params["StackName"])
        stack.termination_protection = bool(params["EnableTerminationProtection"])
        return {"StackId": stack.id}

    def known(self, name: str) -> Stack:
        """Give a stack by name, or by id even when it was deleted."""
        stack = self._store.find(name)
        if stack is None:
            raise gates.absent(name)
        return stack

    def living(self, name: str) -> Stack:
        """Give a stack that was not deleted."""
        stack = self.known(name)
        if stack.deleted:
            raise gates.absent(name)
        return stack

    def new_stack(self, name: str, stack_id: str) -> Stack:
        """Add a stack without resources."""
        stack = Stack(
            name=name,
            id=stack_id,
            status=StackStatus.REVIEW_IN_PROGRESS,
            created=self._plane.clock.now(),
        )
        self._store.add(stack)
        return stack

    def _completed(self, made: Draft) -> Definition:
        try:
            return complete(made)
        except TemplateError as error:
            raise invalid_template(error) from error

    def _new_id(self, what: str, name: str) -> str:
        where = f"{self._plane.region}:{self._plane.account}"
        return f"arn:aws:cloudformation:{where}:{what}/{name}/{uuid.uuid4()}"

    def _resources(self, stack: Stack) -> list[Any]:
        with self._store.lock:
            return sorted(stack.resources.values(), key=lambda one: one.logical_id)

    def _owner(self, physical_id: str | None) -> Stack:
        for stack in self._store:
            if any(one.physical_id == physical_id for one in self._resources(stack)):
                return stack
        raise invalid(f"Stack for {physical_id} does not exist")

    def _refuse_used_token(self, stack: Stack, params: Params) -> None:
        token = params.get("ClientRequestToken")
        if token and token in stack.tokens:
            raise ApiError(
                "TokenAlreadyExistsException",
                f"A client request token already exists: {token}",
            )

    def _remember_token(self, stack: Stack, params: Params) -> None:
        if token := params.get("ClientRequestToken"):
            stack.tokens.add(token)

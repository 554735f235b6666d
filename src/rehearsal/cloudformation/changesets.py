"""The change set operations of the API, and those that read templates."""

from __future__ import annotations


from awsrules.statuses import StackStatus
from awsrules.templates import TemplateError
from rehearsal.cloudformation import answers, gates
from rehearsal.cloudformation.changes import (
    NO_CHANGES,
    NO_UPDATES,
    outputs_differ,
    plan_changes,
)
from rehearsal.cloudformation.definition import Definition, Draft, complete
from rehearsal.cloudformation.gates import invalid
from rehearsal.cloudformation.model import ChangeSet, Operation, Stack
from rehearsal.cloudformation.requests import (
    check_capabilities,
    draft_of,
    settings_of,
)
from rehearsal.cloudformation.stacks import StackOperations
from rehearsal.cloudformation.validation import explanation, findings
from rehearsal.protocol import Answer, ApiError, Call, Params


class ChangeSetOperations(StackOperations):
    """What can be asked of change sets."""

    def create_change_set(self, params: Params, call: Call) -> Answer:
        """Begin a change set; what it finds is ready a moment later."""
        stack, kind = self._target(params)
        name = params["StackName"] if stack is None else stack.name
        stack_id = stack.id if stack else self._new_id("stack", name)
        before = stack if stack and stack.definition else None
        settings = settings_of(self._plane, params, before.settings if before else None)
        made = draft_of(self._plane, params, call, name, stack_id, before)
        check_capabilities(made.template, settings.capabilities, direct=False)
        if stack is None:
            stack = self.new_stack(name, stack_id)
            self._journal.stack(
                stack, StackStatus.REVIEW_IN_PROGRESS, None, "User Initiated"
            )
        change_set = ChangeSet(
            name=params["ChangeSetName"],
            id=self._new_id("changeSet", params["ChangeSetName"]),
            type=kind,
            created=self._plane.clock.now(),
            settings=settings,
            description=params.get("Description"),
            on_stack_failure=params.get("OnStackFailure"),
        )
        with self._store.lock:
            if params["ChangeSetName"] in {
                each.name for each in stack.change_sets.values()
            }:
                raise ApiError(
                    "AlreadyExistsException",
                    f"ChangeSet {change_set.name} cannot be created due to a mismatch with "
                    "existing attribute Name",
                )
            stack.change_sets[change_set.id] = change_set
        self._plane.spawn(self._prepare, stack, change_set, made)
        return {"Id": change_set.id, "StackId": stack.id}

    def describe_change_set(self, params: Params, call: Call) -> Answer:
        """Describe a change set and its changes, a page at a time."""
        stack, change_set = self._change_set(params)
        with self._store.lock:
            answer = answers.change_set_answer(
                stack, change_set, values=bool(params.get("IncludePropertyValues"))
            )
        return {**answer, **answers.PAGES.cut("Changes", answer["Changes"], params)}

    def list_change_sets(self, params: Params, call: Call) -> Answer:
        """Summarise the change sets of a stack that can still be executed or looked at."""
        stack = self.living(params["StackName"])
        return {
            "Summaries": [
                answers.change_set_summary(stack, each)
                for each in stack.change_sets.values()
            ]
        }

    def delete_change_set(self, params: Params, call: Call) -> Answer:
        """Delete a change set; the stack shell of a CREATE change set stays."""
        try:
            stack, change_set = self._change_set(params)
        except ApiError as error:
            if error.code == "ChangeSetNotFound":
                return {}
            raise
        if change_set.execution_status == "EXECUTE_IN_PROGRESS":
            raise ApiError(
                "InvalidChangeSetStatus",
                f"ChangeSet [{change_set.id}] cannot be deleted in its current status",
            )
        with self._store.lock:
            stack.change_sets.pop(change_set.id, None)
        return {}

    def execute_change_set(self, params: Params, call: Call) -> Answer:
        """Do what a change set says."""
        stack, change_set = self._change_set(params)
        on_failure = self._on_failure(params, change_set)
        with self._store.lock:
            definition = self._check_executable(stack, change_set, on_failure)
            change_set.execution_status = "EXECUTE_IN_PROGRESS"
            stack.executed_change_set = change_set.id
            # Executing one does away with the others.
            stack.change_sets = {change_set.id: change_set}
        operation = Operation(
            kind="CREATE_STACK" if change_set.type == "CREATE" else "UPDATE_STACK",
            token=params.get("ClientRequestToken"),
            role_arn=change_set.settings.role_arn or call.principal.role_arn,
            on_failure=on_failure,
            retain_except_on_create=bool(params.get("RetainExceptOnCreate")),
        )
        begin = (
            self._engine.create if change_set.type == "CREATE" else self._engine.update
        )

        def done(good: bool) -> None:
            end = "EXECUTE_COMPLETE" if good else "EXECUTE_FAILED"
            change_set.execution_status = end

        begin(stack, operation, definition, change_set.settings, done)
        return {}

    def _target(self, params: Params) -> tuple[Stack | None, str]:
        """Find the stack a change set is for, and check that its type fits."""
        kind = params.get("ChangeSetType") or "UPDATE"
        name = params["StackName"]
        stack = self._store.find(name)
        if stack is not None and stack.deleted:
            stack = None
        if kind == "CREATE":
            if stack is not None and not stack.status.can_be_created:
                raise invalid(
                    f"Stack [{name}] already exists and cannot be created again with the "
                    f"changeSet [{params['ChangeSetName']}]."
                )
            return stack, kind
        if stack is None:
            raise invalid(f"Stack [{name}] does not exist")
        paused_too = params.get("OnStackFailure") == "DO_NOTHING"
        gates.check_update(stack.status, stack.id, disable_rollback=paused_too)
        return stack, kind

    def _prepare(self, stack: Stack, change_set: ChangeSet, made: Draft) -> None:
        """Find out what the change set would do, in the background."""
        change_set.status = "CREATE_IN_PROGRESS"
        try:
            definition = complete(made)
            check_capabilities(
                definition.template, change_set.settings.capabilities, direct=False
            )
        except TemplateError as error:
            self._end(change_set, error.message)
            return
        except ApiError as error:
            self._end(change_set, str(error.message))
            return
        change_set.definition = definition
        # An assumption: CloudFormation looks by itself, not with the keys of the caller.
        change_set.findings = findings(definition, stack.resources, self._plane.client)
        if change_set.findings:
            self._end(change_set, explanation(change_set.findings))
            return
        with self._store.lock:
            changes = plan_changes(stack, definition, change_set.settings)
            same_tags = stack.settings.tags == change_set.settings.tags
            nothing = (
                not changes and same_tags and not outputs_differ(stack, definition)
            )
        if nothing:
            self._end(change_set, NO_UPDATES if definition.transformed else NO_CHANGES)
            return
        change_set.changes = changes
        self._end(change_set, None)

    def _end(self, change_set: ChangeSet, failure: str | None) -> None:
        with self._store.lock:
            change_set.status_reason = failure
            if failure is None:
                change_set.execution_status = "AVAILABLE"
            change_set.status = "FAILED" if failure else "CREATE_COMPLETE"

    def _change_set(self, params: Params) -> tuple[Stack, ChangeSet]:
        name = params["ChangeSetName"]
        if name.startswith("arn:"):
            for stack in self._store:
                if name in stack.change_sets:
                    return stack, stack.change_sets[name]
        elif params.get("StackName"):
            stack = self.known(params["StackName"])
            for change_set in stack.change_sets.values():
                if change_set.name == name:
                    return stack, change_set
        else:
            raise invalid(
                "StackName must be specified if ChangeSetName is not specified as an ARN."
            )
        raise ApiError("ChangeSetNotFound", f"ChangeSet [{name}] does not exist")

    def _check_executable(
        self, stack: Stack, change_set: ChangeSet, on_failure: str
    ) -> Definition:
        definition = change_set.definition
        if definition is None or change_set.execution_status != "AVAILABLE":
            raise ApiError(
                "InvalidChangeSetStatus",
                f"ChangeSet [{change_set.id}] cannot be executed in its current status of "
                f"[{change_set.status}]",
            )
        if change_set.type == "UPDATE":
            paused_too = on_failure == "DO_NOTHING"
            gates.check_update(stack.status, stack.id, disable_rollback=paused_too)
        return definition

    def _on_failure(self, params: Params, change_set: ChangeSet) -> str:
        if params.get("DisableRollback"):
            if change_set.on_stack_failure:
                raise invalid(
                    "You cannot specify both OnStackFailure and DisableRollback"
                )
            return "DO_NOTHING"
        return change_set.on_stack_failure or "ROLLBACK"

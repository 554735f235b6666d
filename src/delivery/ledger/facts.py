"""A stack and its aliases, as CloudFormation and Lambda have them, as facts to record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone

from delivery.errors import Refused
from delivery.ledger.events import (
    Approval,
    Commit,
    Deployed,
    Deployment,
    FunctionVersion,
    StoredTemplate,
)
from delivery.model import (
    IGNORED,
    SHIFT_ALARMS,
    ActionState,
    AliasRoute,
    Execution,
    StackContents,
    StackResource,
)

ALIAS = "AWS::Lambda::Alias"
VERSION = "AWS::Lambda::Version"
FUNCTION = "AWS::Lambda::Function"
API_DEPLOYMENT = "AWS::ApiGateway::Deployment"

# What CloudFormation shows in place of a NoEcho parameter's value.
MASKED = "****"
_ROLLBACK_TRIGGERS = frozenset({"ManualRollback", "AutomatedRollback"})
# Where source actions say when the commit was made: GitHub by App says the author's
# date, by token the committer's too. Source: AWS CodePipeline User Guide, "Variables".
_COMMIT_TIMES = ("CommitterDate", "AuthorDate")


@dataclass(frozen=True, slots=True)
class Traffic:
    """Where a stack's aliases send their invocations.

    ``versions`` go by function; ``elsewhere`` says for each alias that does not send
    everything to the stack's version what it does instead.
    """

    versions: Mapping[str, str]
    elsewhere: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every alias sends everything to the version that the stack made."""
        return not self.elsewhere


@dataclass(frozen=True, slots=True)
class ReleasedAlias:
    """An alias as it routes now, and the version that the stack published for it."""

    route: AliasRoute
    version: str
    code_sha256: str


def alias_arns(resources: Sequence[StackResource]) -> list[str]:
    """Return the ARNs of the stack's aliases."""
    return [each.physical_id for each in resources if each.type == ALIAS]


def deployed_versions(resources: Sequence[StackResource]) -> dict[str, str]:
    """Return the version of each function that the stack published last.

    A version's physical id is its ARN. While a clean-up runs a stack may hold two of one
    function; numbers only grow, so the higher is the one that it made last.
    """
    versions: dict[str, str] = {}
    for resource in resources:
        if resource.type != VERSION:
            continue
        function, _, version = _function_and_qualifier(resource.physical_id)
        if int(version) > int(versions.get(function, "0")):
            versions[function] = version
    return versions


def traffic_of(aliases: Sequence[ReleasedAlias]) -> Traffic:
    """Compare where the aliases point with what the stack published."""
    elsewhere = tuple(
        f"{each.route.function}:{each.route.alias} serves {each.route}, and the stack "
        f"published {each.version}"
        for each in aliases
        if each.route.shifting or each.route.version != each.version
    )
    return Traffic({each.route.function: each.version for each in aliases}, elsewhere)


def functions_of(
    contents: StackContents, aliases: Sequence[ReleasedAlias]
) -> dict[str, FunctionVersion]:
    """Return what the release made of each function with an alias."""
    logical_ids = {
        each.physical_id: each.logical_id
        for each in contents.resources
        if each.type == FUNCTION
    }
    parameters = contents.stack.parameters
    found: dict[str, FunctionVersion] = {}
    for alias in aliases:
        logical_id = logical_ids.get(alias.route.function, "")
        found[alias.route.function] = FunctionVersion(
            logical_id=logical_id,
            alias=alias.route.alias,
            version=alias.version,
            code_sha256=alias.code_sha256,
            revision=parameters.get(f"{logical_id}Revision", ""),
        )
    return found


def deployed_facts(
    contents: StackContents,
    aliases: Sequence[ReleasedAlias],
    *,
    commit: Commit,
    execution: Execution,
    template: StoredTemplate,
    approval: Approval | None,
    build_id: str,
) -> Deployed:
    """Gather what is recorded of a deployment; ``kind`` is settled by the ledger later."""
    parameters = contents.stack.parameters
    # Only the deployment that was given the choice passed alarms by it.
    ignored = parameters.get(SHIFT_ALARMS) == IGNORED
    hidden = tuple(sorted(k for k, value in parameters.items() if value == MASKED))
    return Deployed(
        kind=(
            Deployment.ROLLBACK
            if execution.trigger in _ROLLBACK_TRIGGERS
            else Deployment.UPDATE
        ),
        commit=commit,
        stack_id=contents.stack.id,
        template=template,
        parameters={k: v for k, v in parameters.items() if k not in hidden},
        hidden_parameters=hidden,
        tags=contents.tags,
        role_arn=contents.role_arn,
        functions=functions_of(contents, aliases),
        api_deployments={
            each.logical_id: each.physical_id
            for each in contents.resources
            if each.type == API_DEPLOYMENT
        },
        build_id=build_id,
        approval=approval,
        override=execution.override if ignored else None,
    )


def commit_of(
    execution: Execution,
    actions: Mapping[str, Sequence[ActionState]],
    built: Commit | None = None,
) -> Commit:
    """Return the commit that an execution carries, with its time where the source told.

    ``built`` is what the artifact's manifest says. It counts where the source is no
    repository: in a place that others promote to.
    """
    outputs: Mapping[str, str] = {}
    for stage in actions.values():
        for action in stage:
            if action.category == "Source":
                outputs = action.outputs
    time = None
    for name in _COMMIT_TIMES:
        if outputs.get(name):
            time = datetime.fromisoformat(outputs[name]).astimezone(timezone.utc)
            break
    message = outputs.get("CommitMessage") or execution.commit_summary
    if built is not None and "CommitId" not in outputs:
        return replace(built, summary=execution.commit_summary)
    return Commit(
        id=outputs.get("CommitId") or execution.commit,
        time=time,
        summary=message.splitlines()[0] if message else "",
    )


def approval_of(
    environment: str, actions: Mapping[str, Sequence[ActionState]]
) -> Approval | None:
    """Return who let the execution into ``environment``; None where nobody has to."""
    stage = actions.get(f"Approve{environment.capitalize()}", ())
    for action in stage:
        if action.category == "Approval":
            return Approval(action.updated_by, action.summary, action.changed_at)
    return None


def refuse_unless_deployed(contents: StackContents) -> None:
    """Refuse to record a stack that does not hold what was asked of it.

    Raises:
        Refused: when the stack's last operation did not succeed, or still runs.
    """
    stack = contents.stack
    if stack.status.succeeded:
        return
    raise Refused(
        f"Stack {stack.name} holds no new release.",
        why=f"It is in {stack.status}{': ' + stack.reason if stack.reason else '.'}",
        next_step="./deploy_pipeline.py status shows what the execution did.",
    )


def _function_and_qualifier(arn: str) -> tuple[str, str, str]:
    """Split ``arn:…:function:NAME:QUALIFIER`` into name, separator and qualifier."""
    name, colon, qualifier = arn.rpartition(":")
    return name.rpartition(":")[2], colon, qualifier

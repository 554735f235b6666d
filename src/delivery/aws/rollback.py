"""Lambda, CodeDeploy, CodePipeline and CloudFormation as ``ports.rollback`` needs them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from awsrules.statuses import DeploymentStatus
from delivery.aws.clients import Clients
from delivery.aws.deployed import StackReader
from delivery.aws.deployments import CodeDeployDeployments
from delivery.aws.errors import code_of, message_of, told_in_our_words
from delivery.errors import Refused
from delivery.model import AliasNow, AliasRoute, RunningShift, VersionNow

# Deployments that may still move traffic.
RUNNING = tuple(each.value for each in DeploymentStatus if not each.settled)
# A revision id that no alias ever has.
NO_REVISION = "00000000-0000-0000-0000-000000000000"
_CANNOT_NOW = "cannot be called from current stack status"
_ENDED = {"PipelineExecutionNotStoppableException", "DuplicatedStopRequestException"}


@dataclass(frozen=True, slots=True)
class LambdaVersions:
    """Aliases and versions, as ``ports.Aliases``."""

    clients: Clients

    @property
    def _api(self) -> Any:
        return self.clients.get("lambda")

    def now(self, alias_arn: str) -> AliasNow:
        function, _, alias = alias_arn.rpartition(":")
        with self._doing(f"read alias {alias_arn}"):
            answer = self._api.get_alias(FunctionName=function, Name=alias)
        routing = answer.get("RoutingConfig") or {}
        route = AliasRoute(
            function=function.rpartition(":")[2],
            alias=alias,
            version=answer["FunctionVersion"],
            weights=dict(routing.get("AdditionalVersionWeights", {})),
        )
        return AliasNow(alias_arn, route, answer["RevisionId"])

    def version(self, function: str, version: str) -> VersionNow | None:
        with self._doing(f"read version {version} of {function}"):
            try:
                answer = self._api.get_function_configuration(
                    FunctionName=function, Qualifier=version
                )
            except ClientError as error:
                if code_of(error) == "ResourceNotFoundException":
                    return None
                raise
        return _version(function, answer)

    def versions(self, function: str) -> list[VersionNow]:
        found: list[VersionNow] = []
        with self._doing(f"list the versions of {function}"):
            pages = self._api.get_paginator("list_versions_by_function").paginate(
                FunctionName=function
            )
            for page in pages:
                found.extend(_version(function, each) for each in page["Versions"])
        numbered = [each for each in found if each.version != "$LATEST"]
        return sorted(numbered, key=lambda each: int(each.version), reverse=True)

    def try_call(self, function: str, version: str) -> None:
        with self._doing(f"call version {version} of {function}"):
            self._api.invoke(
                FunctionName=function, Qualifier=version, InvocationType="DryRun"
            )

    def try_move(self, alias: AliasNow) -> None:
        with self._doing(f"move alias {alias.route.function}:{alias.route.alias}"):
            try:
                # Who may not is refused before anybody compares revisions; who may is
                # told that no alias has this one.
                self._api.update_alias(
                    FunctionName=alias.route.function,
                    Name=alias.route.alias,
                    RevisionId=NO_REVISION,
                )
            except ClientError as error:
                if code_of(error) != "PreconditionFailedException":
                    raise

    def move(self, alias: AliasNow, version: str) -> None:
        name = f"{alias.route.function}:{alias.route.alias}"
        with self._doing(f"move alias {name}"):
            try:
                # Weights that are not cleared explicitly go on serving.
                self._api.update_alias(
                    FunctionName=alias.route.function,
                    Name=alias.route.alias,
                    FunctionVersion=version,
                    RoutingConfig={"AdditionalVersionWeights": {}},
                    RevisionId=alias.revision_id,
                )
            except ClientError as error:
                if code_of(error) != "PreconditionFailedException":
                    raise
                raise Refused(
                    f"Alias {name} was changed by somebody else meanwhile.",
                    why=message_of(error),
                    next_step="Look at it again; then run the same command again.",
                ) from error

    def _doing(self, what: str) -> Any:
        return told_in_our_words(what, local=self.clients.local)


@dataclass(frozen=True, slots=True)
class CodeDeployShifts(CodeDeployDeployments):
    """Deployments of a stack, as ``ports.Shifts``."""

    deployed: StackReader

    def running(self, stack_id: str) -> list[RunningShift]:
        api = self.clients.get("codedeploy")
        with self._doing("list the running deployments"):
            # All of the account's: one that a person started names no stack.
            found = self._found(api, includeOnlyStatuses=list(RUNNING))
            foreign = any(each.get("externalId") != stack_id for each in found)
            own = self._applications(stack_id) if foreign else frozenset()
            return [
                RunningShift(each["deploymentId"], each["status"])
                for each in found
                if each.get("externalId") == stack_id or each["applicationName"] in own
            ]

    def _applications(self, stack_id: str) -> frozenset[str]:
        return frozenset(
            each.physical_id
            for each in self.deployed.resources(stack_id)
            if each.type == "AWS::CodeDeploy::Application"
        )

    def stop(self, shift: RunningShift) -> bool:
        with self._doing(f"stop deployment {shift.id}"):
            try:
                # Stopped without a rollback, both versions would keep their weights.
                self.clients.get("codedeploy").stop_deployment(
                    deploymentId=shift.id, autoRollbackEnabled=True
                )
            except ClientError as error:
                if code_of(error) == "DeploymentAlreadyCompletedException":
                    return False
                raise
        return True

    def _doing(self, what: str) -> Any:
        return told_in_our_words(what, local=self.clients.local)


@dataclass(frozen=True, slots=True)
class StageTransitions:
    """Transitions of a pipeline's stages, as ``ports.Transitions``."""

    clients: Clients

    def freeze(self, pipeline: str, stage: str, *, reason: str) -> None:
        with self._doing(f"close the way into stage {stage}"):
            self.clients.get("codepipeline").disable_stage_transition(
                pipelineName=pipeline,
                stageName=stage,
                transitionType="Inbound",
                reason=reason,
            )

    def thaw(self, pipeline: str, stage: str) -> None:
        with self._doing(f"open the way into stage {stage}"):
            self.clients.get("codepipeline").enable_stage_transition(
                pipelineName=pipeline, stageName=stage, transitionType="Inbound"
            )

    def stop_execution(self, pipeline: str, execution_id: str, *, reason: str) -> bool:
        with self._doing(f"stop execution {execution_id}"):
            try:
                self.clients.get("codepipeline").stop_pipeline_execution(
                    pipelineName=pipeline,
                    pipelineExecutionId=execution_id,
                    abandon=False,
                    reason=reason,
                )
            except ClientError as error:
                if code_of(error) in _ENDED:
                    return False
                raise
        return True

    def _doing(self, what: str) -> Any:
        return told_in_our_words(what, local=self.clients.local)


@dataclass(frozen=True, slots=True)
class CloudFormationUndo:
    """CloudFormation's ways back, as ``ports.StackUndo``."""

    clients: Clients

    def cancel_update(self, stack_id: str, *, token: str) -> bool:
        with self._doing("cancel the stack's update"):
            try:
                self.clients.get("cloudformation").cancel_update_stack(
                    StackName=stack_id, ClientRequestToken=token
                )
            except ClientError as error:
                # The update ended between our look and our call: an answer, no failure.
                if _CANNOT_NOW in message_of(error):
                    return False
                raise
        return True

    def roll_back(self, stack_id: str, *, token: str) -> None:
        with self._doing("roll the stack back"):
            self.clients.get("cloudformation").rollback_stack(
                StackName=stack_id, ClientRequestToken=token
            )

    def continue_rollback(
        self, stack_id: str, *, token: str, skip: Sequence[str]
    ) -> None:
        skipped = {"ResourcesToSkip": list(skip)} if skip else {}
        with self._doing("continue the stack's rollback"):
            self.clients.get("cloudformation").continue_update_rollback(
                StackName=stack_id, ClientRequestToken=token, **skipped
            )

    def _doing(self, what: str) -> Any:
        return told_in_our_words(what, local=self.clients.local)


def _version(function: str, data: dict[str, Any]) -> VersionNow:
    return VersionNow(
        function=function,
        version=data["Version"],
        code_sha256=data["CodeSha256"],
        state=data.get("State", "Active"),
        update=data.get("LastUpdateStatus", "Successful"),
        published_at=data.get("LastModified", ""),
    )

"""Each port that reaches AWS, made from its adapter when it is first used."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING

from delivery.cli.wiring.surroundings import Surroundings

if TYPE_CHECKING:
    from delivery.aws.verification import CloudWatchStates
    from delivery.model import Identity
    from delivery.ports import (
        Account,
        Alarms,
        AlarmStates,
        Aliases,
        ApiStages,
        Builds,
        Capacity,
        Commits,
        Connections,
        DeliveryMetrics,
        DeployedStacks,
        Endpoints,
        ErrorMetrics,
        FunctionLogs,
        Functions,
        Guards,
        HomePackages,
        Invocations,
        Logs,
        Packages,
        Permissions,
        PipelinePast,
        Pipelines,
        Places,
        ReleaseStore,
        ReviewStacks,
        Roles,
        Secrets,
        ShiftPast,
        Shifts,
        Stacks,
        StackUndo,
        Steering,
        Subscriptions,
        TestReports,
        Topics,
        Trail,
        Traffic,
        Transitions,
        Uploads,
        Versions,
    )


class Adapters(Surroundings):
    """Every port of a command's settings."""

    @cached_property
    def account(self) -> Account:
        from delivery.aws.account import CallersAccount

        return CallersAccount(self._clients)

    @cached_property
    def identity(self) -> Identity:
        """Who the credentials belong to; asked for once."""
        return self.account.identity()

    @cached_property
    def stacks(self) -> Stacks:
        from delivery.aws.stacks import CloudFormationStacks

        return CloudFormationStacks(self._clients)

    @cached_property
    def deployed_stacks(self) -> DeployedStacks:
        from delivery.aws.deployed import StackReader

        return StackReader(self._clients)

    @cached_property
    def uploads(self) -> Uploads:
        from delivery.aws.account import BucketUploads

        return BucketUploads(self._clients)

    @cached_property
    def functions(self) -> Functions:
        from delivery.aws.account import LambdaAliases

        return LambdaAliases(self._clients)

    @cached_property
    def capacity(self) -> Capacity:
        from delivery.aws.account import LambdaCapacity

        return LambdaCapacity(self._clients)

    @cached_property
    def secrets(self) -> Secrets:
        from delivery.aws.secrets import ManagedSecrets

        return ManagedSecrets(self._clients)

    @cached_property
    def connections(self) -> Connections:
        from delivery.aws.secrets import CodeConnections

        return CodeConnections(self._clients)

    @cached_property
    def pipelines(self) -> Pipelines:
        from delivery.aws.pipelines import CodePipelines

        return CodePipelines(self._clients)

    @cached_property
    def pipeline_past(self) -> PipelinePast:
        from delivery.aws.history import CodePipelinePast

        return CodePipelinePast(self._clients)

    @cached_property
    def shift_past(self) -> ShiftPast:
        from delivery.aws.history import CodeDeployPast

        return CodeDeployPast(self._clients)

    @cached_property
    def commits(self) -> Commits:
        """The commits of this clone; a rehearsal makes commits in its mirror alone."""
        from delivery.aws.commits import GitCommits

        if self.settings.local:
            return GitCommits(self.plane_settings.state_dir / "source.git")
        return GitCommits(self.root)

    @cached_property
    def steering(self) -> Steering:
        from delivery.aws.steering import PipelineSteering

        return PipelineSteering(self._clients)

    @cached_property
    def builds(self) -> Builds:
        from delivery.aws.builds import CodeBuilds

        return CodeBuilds(self._clients)

    @cached_property
    def test_reports(self) -> TestReports:
        from delivery.aws.review import BuildReports

        return BuildReports(self._clients)

    @cached_property
    def logs(self) -> Logs:
        from delivery.aws.logs import LogGroups

        return LogGroups(self._clients)

    @cached_property
    def alarms(self) -> Alarms:
        from delivery.aws.alarms import CloudWatchAlarms

        return CloudWatchAlarms(self._clients)

    @cached_property
    def alarm_states(self) -> AlarmStates:
        return self._watched_states

    @cached_property
    def error_metrics(self) -> ErrorMetrics:
        return self._watched_states

    @cached_property
    def delivery_metrics(self) -> DeliveryMetrics:
        from delivery.aws.metrics import CloudWatchMetrics

        return CloudWatchMetrics(self._clients)

    @cached_property
    def _watched_states(self) -> CloudWatchStates:
        from delivery.aws.verification import CloudWatchStates

        return CloudWatchStates(self._clients, self.clock)

    @cached_property
    def traffic(self) -> Traffic:
        from delivery.aws.traffic import SignedTraffic

        return SignedTraffic(self._clients)

    @cached_property
    def topics(self) -> Topics:
        from delivery.aws.account import NoticeTopics

        return NoticeTopics(self._clients)

    @cached_property
    def subscriptions(self) -> Subscriptions:
        from delivery.aws.account import TopicSubscriptions

        return TopicSubscriptions(self._clients)

    @cached_property
    def release_store(self) -> ReleaseStore:
        from delivery.aws.release_store import BucketReleaseStore

        return BucketReleaseStore(self._clients, self._release_bucket)

    @cached_property
    def _release_bucket(self) -> str:
        """The release store: named by RELEASE_BUCKET in a build, else by the foundation."""
        from delivery.flows.releases import find_store

        return os.environ.get("RELEASE_BUCKET") or find_store(self.stacks)

    def review_stacks(self, change_set_name: str) -> ReviewStacks:
        """Return what makes throwaway change sets of one name."""
        from delivery.aws.review import ThrowawayChangeSets

        role = os.environ.get("CLOUDFORMATION_ROLE_ARN", "")
        return ThrowawayChangeSets(self._clients, change_set_name, role)

    @cached_property
    def aliases(self) -> Aliases:
        from delivery.aws.rollback import LambdaVersions

        return LambdaVersions(self._clients)

    @cached_property
    def shifts(self) -> Shifts:
        from delivery.aws.deployed import StackReader
        from delivery.aws.rollback import CodeDeployShifts

        return CodeDeployShifts(self._clients, StackReader(self._clients))

    @cached_property
    def stack_undo(self) -> StackUndo:
        from delivery.aws.rollback import CloudFormationUndo

        return CloudFormationUndo(self._clients)

    @cached_property
    def invocations(self) -> Invocations:
        from delivery.aws.verification import LambdaInvocations

        return LambdaInvocations(self._clients)

    @cached_property
    def transitions(self) -> Transitions:
        from delivery.aws.rollback import StageTransitions

        return StageTransitions(self._clients)

    @cached_property
    def permissions(self) -> Permissions:
        from delivery.aws.permissions import SimulatedPolicies

        return SimulatedPolicies(self._clients)

    @cached_property
    def endpoints(self) -> Endpoints:
        from delivery.aws.verification import SignedEndpoints

        return SignedEndpoints(self._clients)

    @cached_property
    def api_stages(self) -> ApiStages:
        from delivery.aws.verification import GatewayStages

        return GatewayStages(self._clients)

    @cached_property
    def function_logs(self) -> FunctionLogs:
        from delivery.aws.verification import CloudWatchLogs

        return CloudWatchLogs(self._clients)

    @cached_property
    def trail(self) -> Trail:
        from delivery.aws.verification import CloudTrailEvents

        return CloudTrailEvents(self._clients, self.clock)

    @cached_property
    def versions(self) -> Versions:
        from delivery.aws.leftovers import OldVersions

        return OldVersions(self._clients)

    @cached_property
    def packages(self) -> Packages:
        from delivery.aws.leftovers import BucketPackages

        return BucketPackages(self._clients, self._release_bucket)

    @cached_property
    def guards(self) -> Guards:
        from delivery.aws.guards import AccountGuards

        return AccountGuards(self._clients)

    @cached_property
    def roles(self) -> Roles:
        from delivery.aws.guards import AccountRoles

        return AccountRoles(self._clients)

    @cached_property
    def home_packages(self) -> HomePackages:
        from delivery.aws.promotion import BucketHomePackages

        return BucketHomePackages(self._clients)

    @cached_property
    def places(self) -> Places:
        from delivery.aws.promotion import RolePlaces

        return RolePlaces(self._clients)

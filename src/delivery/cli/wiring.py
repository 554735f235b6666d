"""Compose the adapters that a command needs; the only importer of ``delivery.aws``."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import delivery
from delivery.cli.options import Settings
from delivery.deploy.memory import remembered_region
from delivery.errors import BadInput
from delivery.names import DEFAULT_REGION, PIPELINE_NAME

if TYPE_CHECKING:
    from delivery.aws.clients import Clients
    from delivery.aws.plane import LocalPlane
    from delivery.config import Configuration
    from delivery.flows.approve import Decider
    from delivery.flows.destroy import Destroyer
    from delivery.flows.logs import LogReader
    from delivery.flows.firing import AlarmWatch
    from delivery.flows.record import Recorder
    from delivery.flows.releases import ReleaseReader
    from delivery.flows.review import Reviewer
    from delivery.flows.rotate import TokenRotator
    from delivery.flows.stack import StackDeployer
    from delivery.flows.status import StatusReader
    from delivery.flows.steer import Steerer
    from delivery.flows.verify import Verifier
    from delivery.flows.undo import Undoer
    from delivery.ports import (
        Account,
        Alarms,
        AlarmStates,
        Builds,
        Clock,
        Connections,
        Controls,
        DeployedStacks,
        Functions,
        Logs,
        Pipelines,
        Plane,
        ReleaseStore,
        Repository,
        ReviewStacks,
        Screen,
        Secrets,
        Stacks,
        Steering,
        Store,
        Subscriptions,
        TestReports,
        Topics,
        Traffic,
        Uploads,
    )
    from delivery.watch.rhythm import Rhythm

DEFAULT_PORT = 4599
# A rehearsal's waits are short, and its polls cost nothing but this machine's time.
LOCAL_POLL_SECONDS = 0.5


@dataclass(frozen=True)
class PlaneSettings:
    """Where the rehearsal plane lives on this machine."""

    state_dir: Path
    port: int = DEFAULT_PORT
    speed: float | None = None


class Tools:
    """Every port of a command's settings, made when first used."""

    def __init__(
        self,
        settings: Settings,
        *,
        plane_settings: PlaneSettings | None = None,
        brief: bool = False,
    ) -> None:
        self.settings = settings
        self.brief = brief
        self._given_plane_settings = plane_settings

    @cached_property
    def plane_settings(self) -> PlaneSettings:
        """Where the plane lives; looked for only by who uses it."""
        return self._given_plane_settings or default_plane_settings()

    @property
    def root(self) -> Path:
        """The project's folder."""
        return project_root()

    @property
    def region(self) -> str:
        """The region: asked for, else deployed to, else the environment's."""
        if self.settings.local:
            return DEFAULT_REGION
        deployed_to = remembered_region(self.config_file.read())
        named = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
        return str(self.settings.region or deployed_to or named or DEFAULT_REGION)

    @cached_property
    def configuration(self) -> Configuration:
        """The checked environment_config.yaml: the given path, else the project's."""
        from delivery.config import load_configuration

        path = self.settings.config_path
        beside_templates = self.root / path
        return load_configuration(path if path.exists() else beside_templates)

    @cached_property
    def screen(self) -> Screen:
        from delivery.cli.screen import make_screen

        return make_screen(yes=self.settings.yes, brief=self.brief)

    @cached_property
    def clock(self) -> Clock:
        from delivery.aws.machine import RealClock

        return RealClock()

    @cached_property
    def plane(self) -> Plane:
        return self._local_plane()

    def _local_plane(self) -> LocalPlane:
        from delivery.aws.plane import LocalPlane

        where = self.plane_settings
        code = Path(delivery.__file__).resolve().parents[1]
        return LocalPlane(code, where.state_dir, where.port, where.speed)

    @cached_property
    def controls(self) -> Controls:
        from delivery.aws.controls import PlaneControls

        return PlaneControls(self._local_plane())

    @cached_property
    def traffic(self) -> Traffic:
        from delivery.aws.traffic import SignedTraffic

        return SignedTraffic(self._clients)

    @cached_property
    def alarms(self) -> Alarms:
        from delivery.aws.alarms import CloudWatchAlarms

        return CloudWatchAlarms(self._clients)

    @cached_property
    def repository(self) -> Repository:
        from delivery.aws.machine import GitRepository

        return GitRepository(self.root)

    @cached_property
    def config_file(self) -> Store:
        from delivery.aws.machine import JsonFile

        return JsonFile(self.root / "pipeline_config.json")

    @cached_property
    def account(self) -> Account:
        from delivery.aws.account import CallersAccount

        return CallersAccount(self._clients)

    @cached_property
    def stacks(self) -> Stacks:
        from delivery.aws.stacks import CloudFormationStacks

        return CloudFormationStacks(self._clients)

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
    def steering(self) -> Steering:
        from delivery.aws.steering import PipelineSteering

        return PipelineSteering(self._clients)

    @cached_property
    def builds(self) -> Builds:
        from delivery.aws.builds import CodeBuilds

        return CodeBuilds(self._clients)

    @cached_property
    def uploads(self) -> Uploads:
        from delivery.aws.account import BucketUploads

        return BucketUploads(self._clients)

    @cached_property
    def functions(self) -> Functions:
        from delivery.aws.account import LambdaAliases

        return LambdaAliases(self._clients)

    @cached_property
    def logs(self) -> Logs:
        from delivery.aws.logs import LogGroups

        return LogGroups(self._clients)

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
        """The release store: named by RELEASE_BUCKET in a build, else by the foundation."""
        from delivery.aws.release_store import BucketReleaseStore
        from delivery.flows.releases import find_store

        bucket = os.environ.get("RELEASE_BUCKET") or find_store(self.stacks)
        return BucketReleaseStore(self._clients, bucket)

    @cached_property
    def deployed_stacks(self) -> DeployedStacks:
        from delivery.aws.deployed import StackReader

        return StackReader(self._clients)

    @cached_property
    def test_reports(self) -> TestReports:
        from delivery.aws.review import BuildReports

        return BuildReports(self._clients)

    def review_stacks(self, change_set_name: str) -> ReviewStacks:
        """Return what makes throwaway change sets of one name."""
        from delivery.aws.review import ThrowawayChangeSets

        role = os.environ.get("CLOUDFORMATION_ROLE_ARN", "")
        return ThrowawayChangeSets(self._clients, change_set_name, role)

    def reviewer(self, execution: str) -> Reviewer:
        """Return what looks ahead for one execution."""
        from delivery.flows.review import CHANGE_SET_PREFIX, Reviewer

        return Reviewer(
            stacks=self.review_stacks(f"{CHANGE_SET_PREFIX}{execution}"),
            pipelines=self.pipelines,
            builds=self.builds,
            reports=self.test_reports,
            store=self.release_store,
            releases=self.release_reader(),
            alarms=self.alarm_watch(),
            clock=self.clock,
            screen=self.screen,
            pipeline=PIPELINE_NAME,
            poll_seconds=min(self.poll_seconds, 2.0),
        )

    @cached_property
    def alarm_states(self) -> AlarmStates:
        from delivery.aws.verification import CloudWatchStates

        return CloudWatchStates(self._clients, self.clock)

    def alarm_watch(self) -> AlarmWatch:
        """Return what tells which watched alarms fire."""
        from delivery.flows.firing import AlarmWatch

        return AlarmWatch(self.deployed_stacks, self.alarm_states)

    def release_reader(self) -> ReleaseReader:
        """Return what reads the ledgers."""
        from delivery.flows.releases import ReleaseReader

        return ReleaseReader(self.account, self.region, self.release_store)

    def recorder(self) -> Recorder:
        """Return what writes to a ledger."""
        from delivery.flows.record import Recorder

        return Recorder(
            account=self.account,
            region=self.region,
            stacks=self.deployed_stacks,
            functions=self.functions,
            pipelines=self.pipelines,
            store=self.release_store,
            clock=self.clock,
            pipeline=PIPELINE_NAME,
        )

    def verifier(self) -> Verifier:
        """Return what verifies an environment."""
        from delivery.aws import verification as aws
        from delivery.flows.verify import Verifier
        from delivery.verify.calls import EndpointCheck, InvocationCheck
        from delivery.verify.records import ApiCheck, TrailCheck
        from delivery.verify.serving import AliasCheck, CodeCheck
        from delivery.verify.signals import AlarmCheck, LogCheck, MetricCheck

        invocations = aws.LambdaInvocations(self._clients)
        states = aws.CloudWatchStates(self._clients, self.clock)
        return Verifier(
            self.deployed_stacks,
            (
                AliasCheck(self.functions),
                CodeCheck(invocations),
                InvocationCheck(invocations),
                EndpointCheck(aws.SignedEndpoints(self._clients)),
                ApiCheck(aws.GatewayStages(self._clients)),
                LogCheck(aws.CloudWatchLogs(self._clients), invocations),
                MetricCheck(states),
                AlarmCheck(states),
                TrailCheck(aws.CloudTrailEvents(self._clients, self.clock)),
            ),
            self.clock,
            self.screen,
            poll_seconds=self.poll_seconds,
        )

    @property
    def poll_seconds(self) -> float:
        """Seconds between two looks at something that goes on."""
        return LOCAL_POLL_SECONDS if self.settings.local else 5.0

    def stack_deployer(self, *, dry_run: bool = False) -> StackDeployer:
        """Return what deploys stacks."""
        from delivery.aws.rollback import CloudFormationUndo
        from delivery.flows.stack import StackDeployer

        return StackDeployer(
            self.stacks,
            self.clock,
            self.screen,
            dry_run=dry_run,
            poll_seconds=self.poll_seconds,
            change_set_poll_seconds=min(self.poll_seconds, 2.0),
            undo=CloudFormationUndo(self._clients),
            contents=self.deployed_stacks,
        )

    def undoer(self, environment: str) -> Undoer:
        """Return what takes a release back in one environment."""
        from delivery.aws.rollback import (
            CloudFormationUndo,
            CodeDeployShifts,
            LambdaVersions,
            StageTransitions,
        )
        from delivery.aws.permissions import SimulatedPolicies
        from delivery.aws.verification import LambdaInvocations
        from delivery.flows.door import StageDoor
        from delivery.flows.moving import AliasMover, Pace
        from delivery.flows.permitted import PermissionProof
        from delivery.flows.reconcile import Reconciler
        from delivery.flows.stack_ways import StackWays
        from delivery.flows.undo import Undoer
        from delivery.flows.warming import Warmer

        aliases, shifts = LambdaVersions(self._clients), CodeDeployShifts(self._clients)
        mover = AliasMover(aliases, self.clock, Pace(self.clock))
        warmer = Warmer(LambdaInvocations(self._clients), self.clock, self.screen)
        return Undoer(
            environment=environment,
            account=self.account,
            region=self.region,
            stacks=self.stacks,
            deployed=self.deployed_stacks,
            aliases=aliases,
            shifts=shifts,
            store=self.release_store,
            mover=mover,
            warmer=warmer,
            permitted=PermissionProof(
                self.account,
                SimulatedPolicies(self._clients),
                mover,
                self.release_store,
                self.screen,
            ),
            reconciler=Reconciler(
                self.account,
                self.deployed_stacks,
                self.functions,
                aliases,
                self.release_store,
                self.stack_deployer(),
                warmer,
                self.clock,
            ),
            ways=StackWays(
                environment,
                self.stacks,
                shifts,
                CloudFormationUndo(self._clients),
                self.clock,
                self.screen,
                min(self.poll_seconds, 2.0),
            ),
            door=StageDoor(
                self.pipelines,
                StageTransitions(self._clients),
                self.screen,
                PIPELINE_NAME,
                f"Deploy{environment.capitalize()}",
            ),
            clock=self.clock,
            screen=self.screen,
            own_execution=os.environ.get("PIPELINE_EXECUTION_ID", ""),
        )

    def status_reader(self) -> StatusReader:
        """Return what reads an execution's status."""
        from delivery.flows.status import StatusReader

        return StatusReader(self.pipelines, self.builds, self.stacks, PIPELINE_NAME)

    def log_reader(self) -> LogReader:
        """Return what reads logs; on the plane a moment of ours is minutes of its own."""
        from delivery.flows.logs import LogReader

        late = timedelta(minutes=10) if self.settings.local else timedelta(seconds=30)
        return LogReader(
            self.deployed_stacks, self.logs, self.clock, self.screen, late=late
        )

    def log_rhythm(self) -> Rhythm:
        """Return how often logs are looked at: FilterLogEvents has a quota of its own."""
        from delivery.watch.rhythm import Rhythm

        shortest = min(self.poll_seconds, 2.0)
        return Rhythm(shortest, 4 * shortest)

    def now_there(self) -> datetime:
        """Return the time where the work is done: the plane has a clock of its own."""
        return self.controls.time().now if self.settings.local else self.clock.now()

    def token_rotator(self) -> TokenRotator:
        """Return what replaces the GitHub token."""
        from delivery.flows.rotate import TokenRotator

        return TokenRotator(
            self.stack_deployer(),
            self.deployed_stacks,
            self.secrets,
            self.pipelines,
            self.clock,
            self.screen,
            PIPELINE_NAME,
            poll_seconds=self.poll_seconds,
        )

    def destroyer(self) -> Destroyer:
        """Return what deletes stacks."""
        from delivery.flows.destroy import Destroyer
        from delivery.flows.following import Watcher

        return Destroyer(
            Watcher(self.stacks, self.clock, self.screen, self.poll_seconds),
            self.deployed_stacks,
            self.pipelines,
            PIPELINE_NAME,
        )

    def steerer(self) -> Steerer:
        """Return what stops, retries and starts executions."""
        from delivery.flows.steer import Steerer

        return Steerer(
            self.pipelines,
            self.steering,
            self.stacks,
            self.status_reader(),
            PIPELINE_NAME,
        )

    def decider(self) -> Decider:
        """Return what answers approvals."""
        from delivery.flows.approve import Decider

        return Decider(
            self.pipelines, self.clock, PIPELINE_NAME, min(self.poll_seconds, 2.0)
        )

    @cached_property
    def _clients(self) -> Clients:
        from delivery.aws.clients import Clients

        if not self.settings.local:
            return Clients(self.region, self.settings.profile)
        return Clients(self.region, endpoint_url=self._running_plane())

    def _running_plane(self) -> str:
        info = self.plane.running()
        if info is None and self.plane.died():
            self.screen.warn("The plane was killed; what it held in memory is gone.")
        if info is None:
            self.screen.say("Starting the rehearsal plane…")
            info = self.plane.start()
        return info.endpoint_url


def project_root() -> Path:
    """Return the folder that holds ``templates/``: here, or around the tool itself.

    A build's artifact, where the pipeline runs the tool, holds ``packaged.yaml`` instead.
    """
    here = Path.cwd()
    for folder in (here, Path(delivery.__file__).resolve().parents[2]):
        if (folder / "templates").is_dir() or (folder / "packaged.yaml").is_file():
            return folder
    raise BadInput(
        "This folder has no templates/.",
        why=f"The tool was run in {here}.",
        next_step="Run it in the project's folder.",
    )


def default_plane_settings() -> PlaneSettings:
    """Return where the plane lives unless options say otherwise.

    ``REHEARSAL_STATE_DIR`` and ``REHEARSAL_PORT`` let several planes live side by side.
    """
    state_dir = os.environ.get("REHEARSAL_STATE_DIR")
    port = os.environ.get("REHEARSAL_PORT", str(DEFAULT_PORT))
    if not port.isdigit():
        raise BadInput(
            f"REHEARSAL_PORT is {port!r}.", next_step="Give it a number, such as 4600."
        )
    folder = Path(state_dir) if state_dir else project_root() / ".rehearsal"
    return PlaneSettings(folder.resolve(), int(port))

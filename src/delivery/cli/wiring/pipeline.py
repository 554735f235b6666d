"""What watches, steers and approves the pipeline, and takes its stacks away."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from delivery.cli.wiring.releases import ReleaseTools
from delivery.names import PIPELINE_NAME

if TYPE_CHECKING:
    from delivery.flows.approve import Decider
    from delivery.flows.cleaning import Cleaner
    from delivery.flows.destroy import Destroyer
    from delivery.flows.logs import LogReader
    from delivery.flows.maintenance import Maintainer
    from delivery.flows.promote import Promoter
    from delivery.flows.rotate import TokenRotator
    from delivery.flows.status import StatusReader
    from delivery.flows.steer import Steerer
    from delivery.watch.rhythm import Rhythm


class PipelineTools(ReleaseTools):
    """The flows of the pipeline."""

    def status_reader(self) -> StatusReader:
        """Return what reads an execution's status."""
        from delivery.flows.status import StatusReader

        return StatusReader(self.pipelines, self.builds, self.stacks, PIPELINE_NAME)

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
            self.pipelines, self.clock, PIPELINE_NAME, self.brisk_poll_seconds
        )

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

        shortest = self.brisk_poll_seconds
        return Rhythm(shortest, 4 * shortest)

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

    def promoter(self) -> Promoter:
        """Return what hands releases to other places."""
        from delivery.flows.promote import Promoter

        return Promoter(
            self._release_bucket, self.home_packages, self.places, self.screen
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

    def maintainer(self) -> Maintainer:
        """Return what reads the parts of a review."""
        from delivery.flows.maintenance import Maintainer

        return Maintainer(
            self.pipelines,
            self.pipeline_past,
            self.status_reader(),
            self.deployed_stacks,
            self.roles,
            self.guards,
            self.secrets,
            self.connections,
            self.subscriptions,
            PIPELINE_NAME,
            self.region,
            rehearsed=self.settings.local,
        )

    def cleaner(self) -> Cleaner:
        """Return what deletes what no release needs."""
        from delivery.flows.cleaning import Cleaner

        environments = self.configuration.environments.values()
        return Cleaner(
            self.account,
            self.region,
            self.stacks,
            self.deployed_stacks,
            self.aliases,
            self.versions,
            self.shifts,
            self.pipelines,
            self.release_store,
            self.packages,
            self.screen,
            PIPELINE_NAME,
            {each.name: each.rollback.preserve_versions for each in environments},
        )

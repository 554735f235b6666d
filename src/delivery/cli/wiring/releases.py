"""What deploys a stack, and reads, records, reviews and verifies its releases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from delivery.cli.wiring.adapters import Adapters
from delivery.names import PIPELINE_NAME

if TYPE_CHECKING:
    from delivery.flows.firing import AlarmWatch
    from delivery.flows.measure import Measurer
    from delivery.flows.record import Recorder
    from delivery.flows.releases import ReleaseReader
    from delivery.flows.report import Reporter
    from delivery.flows.review import Reviewer
    from delivery.flows.stack import StackDeployer
    from delivery.flows.verify import Verifier


class ReleaseTools(Adapters):
    """The flows of a release."""

    def stack_deployer(self, *, dry_run: bool = False) -> StackDeployer:
        """Return what deploys stacks."""
        from delivery.flows.stack import StackDeployer

        return StackDeployer(
            self.stacks,
            self.clock,
            self.screen,
            dry_run=dry_run,
            poll_seconds=self.poll_seconds,
            change_set_poll_seconds=self.brisk_poll_seconds,
            undo=self.stack_undo,
            contents=self.deployed_stacks,
        )

    def release_reader(self) -> ReleaseReader:
        """Return what reads the ledgers."""
        from delivery.flows.releases import ReleaseReader

        return ReleaseReader(self.account, self.region, self.release_store)

    def reporter(self) -> Reporter:
        """Return what reads what happened."""
        from delivery.flows.report import Reporter

        return Reporter(
            self.account,
            self.region,
            self.release_store,
            self.pipeline_past,
            self.shift_past,
            self.commits,
            PIPELINE_NAME,
        )

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

    def measurer(self) -> Measurer:
        """Return what puts measures where the dashboard reads them."""
        from delivery.flows.measure import Measurer

        return Measurer(self.delivery_metrics, self.screen)

    def alarm_watch(self) -> AlarmWatch:
        """Return what tells which watched alarms fire."""
        from delivery.flows.firing import AlarmWatch

        return AlarmWatch(self.deployed_stacks, self.alarm_states)

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
            poll_seconds=self.brisk_poll_seconds,
        )

    def verifier(self) -> Verifier:
        """Return what verifies an environment."""
        from delivery.flows.verify import Verifier
        from delivery.verify.calls import EndpointCheck, InvocationCheck
        from delivery.verify.records import ApiCheck, TrailCheck
        from delivery.verify.serving import AliasCheck, CodeCheck
        from delivery.verify.signals import AlarmCheck, LogCheck, MetricCheck

        return Verifier(
            self.deployed_stacks,
            (
                AliasCheck(self.functions),
                CodeCheck(self.invocations),
                InvocationCheck(self.invocations),
                EndpointCheck(self.endpoints),
                ApiCheck(self.api_stages),
                LogCheck(self.function_logs, self.invocations),
                MetricCheck(self.error_metrics),
                AlarmCheck(self.alarm_states),
                TrailCheck(self.trail),
            ),
            self.clock,
            self.screen,
            poll_seconds=self.poll_seconds,
        )

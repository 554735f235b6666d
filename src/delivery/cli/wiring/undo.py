"""What takes a release back: aliases first, then the stack."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from delivery.cli.wiring.releases import ReleaseTools
from delivery.names import PIPELINE_NAME

if TYPE_CHECKING:
    from delivery.flows.door import StageDoor
    from delivery.flows.moving import AliasMover
    from delivery.flows.permitted import PermissionProof
    from delivery.flows.reconcile import Reconciler
    from delivery.flows.stack_ways import StackWays
    from delivery.flows.undo import Undoer
    from delivery.flows.warming import Warmer


class UndoTools(ReleaseTools):
    """The flows of a rollback."""

    def undoer(self, environment: str) -> Undoer:
        """Return what takes a release back in one environment."""
        from delivery.flows.undo import Undoer

        mover, warmer = self._alias_mover(), self._warmer()
        return Undoer(
            environment=environment,
            account=self.account,
            region=self.region,
            stacks=self.stacks,
            deployed=self.deployed_stacks,
            aliases=self.aliases,
            shifts=self.shifts,
            store=self.release_store,
            mover=mover,
            warmer=warmer,
            permitted=self._permission_proof(mover),
            reconciler=self._reconciler(warmer),
            ways=self._stack_ways(environment),
            door=self._stage_door(environment),
            clock=self.clock,
            screen=self.screen,
            own_execution=_own_execution(),
        )

    def _alias_mover(self) -> AliasMover:
        from delivery.flows.moving import AliasMover, Pace

        return AliasMover(self.aliases, self.clock, Pace(self.clock))

    def _warmer(self) -> Warmer:
        from delivery.flows.warming import Warmer

        return Warmer(self.invocations, self.clock, self.screen)

    def _permission_proof(self, mover: AliasMover) -> PermissionProof:
        from delivery.flows.permitted import PermissionProof

        return PermissionProof(
            self.account,
            self.permissions,
            mover,
            self.release_store,
            self.screen,
            simulates=not _own_execution(),
        )

    def _reconciler(self, warmer: Warmer) -> Reconciler:
        from delivery.flows.reconcile import Reconciler

        return Reconciler(
            self.account,
            self.deployed_stacks,
            self.functions,
            self.aliases,
            self.release_store,
            self.stack_deployer(),
            warmer,
            self.clock,
        )

    def _stack_ways(self, environment: str) -> StackWays:
        from delivery.flows.stack_ways import StackWays

        return StackWays(
            environment,
            self.stacks,
            self.shifts,
            self.stack_undo,
            self.clock,
            self.screen,
            self.brisk_poll_seconds,
        )

    def _stage_door(self, environment: str) -> StageDoor:
        from delivery.flows.door import StageDoor

        return StageDoor(
            self.pipelines,
            self.transitions,
            self.screen,
            PIPELINE_NAME,
            f"Deploy{environment.capitalize()}",
        )


def _own_execution() -> str:
    """Return the execution of the pipeline that this runs in; empty for a person."""
    return os.environ.get("PIPELINE_EXECUTION_ID", "")

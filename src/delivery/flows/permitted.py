"""Prove that the caller may do all of a rollback before anything moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from delivery.errors import DeliveryError, NotPermitted
from delivery.flows.moving import AliasMover
from delivery.model import Asked
from delivery.ports import Account, Permissions, ReleaseStore, Screen
from delivery.rollback.moves import Move


@dataclass(frozen=True)
class PermissionProof:
    """Asks IAM, and where that is not allowed, asks Lambda by updates that cannot happen.

    A role that may not read itself, as the pipeline's, need not try: ``simulates`` is False.
    """

    account: Account
    permissions: Permissions
    mover: AliasMover
    store: ReleaseStore
    screen: Screen
    simulates: bool = True

    def prove(
        self, asked: Sequence[Asked], moves: Sequence[Move], *, ledger_key: str
    ) -> None:
        """Refuse when something is surely not allowed; ``ledger_key`` names an event.

        Raises:
            NotPermitted: with every action that the caller lacks.
        """
        if not self.simulates:
            self._try(moves, ledger_key)
            return
        caller = self.account.identity().arn
        try:
            lacking = self.permissions.lacking(caller, asked)
        except DeliveryError as error:
            self.screen.say(
                f"Whether you may do all of this is inconclusive: {error.what} "
                "Lambda and the ledger are asked by writes that cannot happen."
            )
            self._try(moves, ledger_key)
            return
        if lacking:
            raise NotPermitted(
                "You lack permissions for this rollback; nothing was moved.",
                why="\n".join(f"{each} is not allowed." for each in lacking),
                next_step="Use a profile that holds them, or ask for them: "
                "docs/rollback.md lists what an operator's role needs.",
            )

    def _try(self, moves: Sequence[Move], ledger_key: str) -> None:
        """Ask by writes that cannot happen: the event is there, and is not put again."""
        self.mover.prove_movable(moves)
        self.store.put_new(ledger_key, b"{}")

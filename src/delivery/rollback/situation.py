"""What is known of an environment before a rollback is decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from delivery.errors import BadInput
from delivery.model import RunningShift, Stack

# What the way into the stage is closed with. It is the journal of a rollback that was
# killed: whoever runs it again learns from it which release was to serve.
# Allowed characters: CodePipeline API, DisableStageTransition, reason.
_FREEZE_WORDS = "rollback.py takes traffic to release"
# What it is closed with while a function is pinned; the deployment would fail or undo it.
PIN_REASON = "rollback.py pinned a function. It opens with --reconcile"


@dataclass(frozen=True, slots=True)
class Known:
    """A release as far as choosing one needs it; ``good`` was verified under all traffic.

    ``content`` is the same for releases of the same template and parameters, as a
    rollback makes them; empty when it is not known. ``awaits_verdict`` is a rollback's
    result that nobody has verified yet.
    """

    number: int
    good: bool
    commit: str = ""
    content: str = ""
    awaits_verdict: bool = False


@dataclass(frozen=True, slots=True)
class Situation:
    """One environment now: its stack, what moves traffic, and what the ledger tells.

    ``releases`` are newest first. ``unfinished`` is the release that a rollback, begun
    and not ended, was to bring back.
    """

    environment: str
    stack: Stack | None
    shifts: Sequence[RunningShift] = ()
    live: int | None = None
    releases: Sequence[Known] = ()
    unfinished: int | None = None

    @property
    def live_is_good(self) -> bool:
        """Whether what serves was verified."""
        return any(each.good for each in self.releases if each.number == self.live)

    @property
    def live_awaits_verdict(self) -> bool:
        """Whether what serves was brought back, and was not verified since."""
        return any(e.awaits_verdict for e in self.releases if e.number == self.live)


def freeze_reason(release: int) -> str:
    """Return what to close the stage's way in with."""
    return f"{_FREEZE_WORDS} {release}"


def unfinished_release(reason: str) -> int | None:
    """Return the release that a closed stage's reason names, or None."""
    words, _, number = reason.rpartition(" ")
    return int(number) if words == _FREEZE_WORDS and number.isdigit() else None


def is_ours(reason: str) -> bool:
    """Whether a stage was closed by this tool, and not by a person."""
    return reason == PIN_REASON or unfinished_release(reason) is not None


def pick_release(situation: Situation, wanted: int | None) -> Known | None:
    """Return the release to bring back: wanted, unfinished, else the last known good.

    The last known good is the newest release that was verified under all traffic and is
    neither the one that serves nor of its content: never "current minus one".

    Raises:
        BadInput: when the wanted release is not in the ledger, or serves already.
    """
    by_number = {each.number: each for each in situation.releases}
    chosen = wanted if wanted is not None else situation.unfinished
    if chosen is None:
        return _last_good(situation)
    if chosen not in by_number:
        raise BadInput(
            f"{situation.environment} has no release {chosen}.",
            next_step=f"./deploy_pipeline.py releases {situation.environment}",
        )
    if wanted == situation.live and situation.unfinished is None:
        raise BadInput(
            f"Release {wanted} serves {situation.environment} already.",
            next_step="Choose another with --to, or leave --to out.",
        )
    return by_number[chosen]


def _last_good(situation: Situation) -> Known | None:
    live = next((e for e in situation.releases if e.number == situation.live), None)
    served = live.content if live else ""
    for each in situation.releases:
        other = each.number != situation.live
        if each.good and other and (not served or each.content != served):
            return each
    return None

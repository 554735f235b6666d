"""Whether a rollback that nobody typed is due: only what this execution released and failed."""

from __future__ import annotations

from delivery.errors import Refused
from delivery.flows.undo import Undoer
from delivery.ledger.events import Kind
from delivery.rollback.options import Option, Way
from delivery.rollback.situation import Situation


def refuse_unless_due(
    undoer: Undoer, situation: Situation, option: Option, *, switched_on: bool
) -> None:
    """Refuse a rollback that would touch anything but a release that has just failed.

    Raises:
        Refused: when it is switched off, when something else serves, was verified or
            moves, or when CloudFormation would have to lead back.
    """
    why = _hindrance(undoer, situation, option, switched_on)
    if why:
        raise Refused(
            f"{undoer.environment} is not taken back automatically; nothing was changed.",
            why=why,
            next_step=f"./rollback.py {undoer.environment} shows what can be done.",
        )


def _hindrance(
    undoer: Undoer, situation: Situation, option: Option, switched_on: bool
) -> str:
    if not switched_on:
        return "rollback.automatic is false in the configuration."
    if not undoer.own_execution:
        return "No execution of the pipeline asks for it (PIPELINE_EXECUTION_ID)."
    live = undoer.book.release(situation.live or 0)
    if live is None or live.execution != undoer.own_execution:
        return "What serves was not released by this execution."
    if live.verdict is not Kind.FAILED:
        return f"Release {live.number} has not failed its verification by the ledger."
    if situation.shifts:
        return "Traffic is shifting."
    if option.way is not Way.TRAFFIC_FIRST:
        return f"It cannot go traffic first: {option.reason}."
    return ""

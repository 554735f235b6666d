"""Look whether alarms fire that a shift in an environment would watch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from delivery.errors import Refused
from delivery.model import (
    APPLICATION_STACK_PREFIX,
    OVERRIDDEN_ENVIRONMENT,
    FiringAlarm,
)
from delivery.operate.watched import watched_alarms
from delivery.ports import AlarmStates, DeployedStacks


@dataclass(frozen=True, slots=True)
class AlarmWatch:
    """Reads the states of an environment's watched alarms."""

    stacks: DeployedStacks
    states: AlarmStates

    def firing(
        self,
        environment: str,
        *,
        template: str | None = None,
        parameters: Mapping[str, str] | None = None,
    ) -> tuple[FiringAlarm, ...]:
        """Return watched alarms that fire now.

        What is watched is read from what is deployed, or from the ``template`` with the
        ``parameters`` that shall be. CodeDeploy stops a shift at once while one fires.
        Source: AWS CodeDeploy User Guide, "Monitoring deployments with Amazon CloudWatch
        alarms".
        """
        contents = self.stacks.contents(f"{APPLICATION_STACK_PREFIX}{environment}")
        if contents is None:
            return ()
        watched = watched_alarms(
            contents.template if template is None else template,
            contents.stack.parameters if parameters is None else parameters,
            contents.resources,
        )
        states = self.states.states([each.name for each in watched]) if watched else {}
        return tuple(each for each in watched if states.get(each.name) == "ALARM")


def refuse_needless_override(firing: tuple[FiringAlarm, ...]) -> None:
    """Refuse to ignore alarms while none complains.

    Raises:
        Refused: when no watched alarm fires.
    """
    if firing:
        return
    raise Refused(
        f"No alarm fires that a shift in {OVERRIDDEN_ENVIRONMENT} watches.",
        why="A release past alarms is not stopped by them, whatever it does to users.",
        next_step="./deploy_pipeline.py start begins a release that alarms protect.",
    )


def stopped_by(
    environment: str, firing: tuple[FiringAlarm, ...], *, held: str = ""
) -> Refused:
    """Say that a shift would be stopped before it begins, and what there is to do.

    ``held`` is the stage that an execution holds while it waits there for its approval.
    """
    names = ", ".join(map(str, firing))
    reject = f"./deploy_pipeline.py reject {held}, which it holds, and then " * bool(
        held
    )
    fix = (
        f"If the release mends what the alarm is about: {reject}./deploy_pipeline.py start "
        "--past-alarm --reason TEXT. Else wait until it is quiet."
    )
    verb = "fires" if len(firing) == 1 else "fire"
    wait = "Wait until it is quiet: mend what the alarm is about, or what it measures."
    return Refused(
        f"{names} {verb} in {environment}, so that no shift can begin there.",
        why="CodeDeploy stops a deployment at once while an alarm of its group fires, and "
        "the stack would roll back.",
        next_step=fix if environment == OVERRIDDEN_ENVIRONMENT else wait,
    )

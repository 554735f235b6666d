"""What AWS does not document, as switches: what the tool promises must hold under each.

Open questions: how a stack's rollback moves an alias that was shifted by CodeDeploy, and what
becomes of a deployment in flight when its stack update is cancelled.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

_CHOICES = {
    "alias_rollback": ("at_once", "by_deployment"),
    "shift_in_flight": ("stopped", "left_running"),
}


@dataclass(frozen=True, slots=True)
class Assumptions:
    """One answer to each open question.

    Attributes:
        alias_rollback: ``at_once`` repoints the alias by UpdateAlias; ``by_deployment`` runs
            a CodeDeploy deployment back, which an alarm that still fires blocks.
        shift_in_flight: when an update is cancelled or another resource fails, ``stopped``
            stops the deployment and waits for its rollback; ``left_running`` turns away from
            it, so that the stack's own rollback meets it.
    """

    alias_rollback: str = "at_once"
    shift_in_flight: str = "stopped"


class Switches:
    """The assumptions in force; ``/_rehearsal/assumptions`` reads and sets them."""

    def __init__(self) -> None:
        self.now = Assumptions()

    def page(self, method: str, body: dict[str, Any]) -> dict[str, Any]:
        """Answer the control page: POST the switches to change, DELETE for the defaults."""
        if method == "POST":
            self.set(**body)
        if method == "DELETE":
            self.now = Assumptions()
        return {"assumptions": asdict(self.now), "choices": _CHOICES}

    def set(self, **chosen: str) -> None:
        """Change some switches.

        Raises:
            ValueError: for a switch or a choice that does not exist.
        """
        for switch, choice in chosen.items():
            if choice not in _CHOICES.get(switch, ()):
                allowed = ", ".join(_CHOICES.get(switch, _CHOICES))
                raise ValueError(f"{switch}={choice} is not one of: {allowed}")
        self.now = replace(self.now, **chosen)

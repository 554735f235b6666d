"""What an execution hands on besides its artifact: who it is, and how alarms count."""

from __future__ import annotations

import re
from dataclasses import dataclass

from delivery.errors import BadInput
from delivery.model import (
    ARTIFACT_SHA256,
    COMMIT_ID,
    OVERRIDE_REASON,
    SHIFT_ALARMS,
    WATCHED,
)

# With the word in front of it, what CodePipeline takes as a request's token ([a-zA-Z0-9-],
# 128 characters) and STS as a session's name (64 characters).
_EXECUTION = re.compile(r"[a-zA-Z0-9-]{1,56}")
# A variable of a pipeline may not be empty.
_NO_REASON = "none"


@dataclass(frozen=True, slots=True)
class Handover:
    """One execution's release on its way to other places."""

    execution: str
    shift_alarms: str = WATCHED
    override_reason: str = _NO_REASON

    def __post_init__(self) -> None:
        if not _EXECUTION.fullmatch(self.execution):
            raise BadInput(
                f"{self.execution!r} is not the id of an execution.",
                next_step="Give --execution, or PIPELINE_EXECUTION_ID, the id of the "
                "execution that built the artifact.",
            )

    @property
    def reason(self) -> str:
        """Why alarms are ignored, or a word for no reason."""
        return self.override_reason.strip() or _NO_REASON

    @property
    def token(self) -> str:
        """What makes a repeated start the same start, and names the session."""
        return f"promote-{self.execution}"

    def variables(self, artifact_sha256: str, commit: str) -> dict[str, str]:
        """Return the variables that a place's execution is started with."""
        return {
            ARTIFACT_SHA256: artifact_sha256,
            COMMIT_ID: commit,
            SHIFT_ALARMS: self.shift_alarms,
            OVERRIDE_REASON: self.reason,
        }

"""Whether a version can run: it is Active, unless a fault of kind ``state`` says otherwise.

States: "Lambda function states", AWS Lambda developer guide.
"""

from __future__ import annotations

from typing import Any

from rehearsal.faults import Faults
from rehearsal.functions.model import Version
from rehearsal.protocol import ApiError

ACTIVE = "Active"


def state_of(faults: Faults, version: Version) -> tuple[str, str]:
    """Return the version's state and its reason."""
    for fault in faults.find_all("state", version.name):
        if fault.settings.get("version") in (None, version.number):
            state = str(fault.settings.get("state", "Failed"))
            return state, str(fault.settings.get("reason", ""))
    return ACTIVE, ""


def describe(faults: Faults, version: Version, arn: str | None = None) -> Any:
    """Return the FunctionConfiguration that the API answers with, its state included."""
    shape = version.describe(arn)
    state, reason = state_of(faults, version)
    if state != ACTIVE:
        shape |= {"State": state, "StateReason": reason}
    return shape


def refuse_unless_active(faults: Faults, version: Version) -> None:
    """Refuse to run what cannot run.

    Raises:
        ApiError: ResourceConflictException.
    """
    state, _ = state_of(faults, version)
    if state != ACTIVE:
        raise ApiError(
            "ResourceConflictException",
            "The operation cannot be performed at this time. The function is currently in "
            f"the following state: {state}",
        )

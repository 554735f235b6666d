"""What AWS does not document, as switches: what the tool promises must hold under each.

By default a stack's rollback repoints an alias at once, and an update that is cancelled (or
fails elsewhere) stops the deployments in flight and waits for them. Each name below, given as
a fault of kind ``assumption``, makes the other answer true.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rehearsal.plane import Plane

# The rollback of an alias is a CodeDeploy deployment too, which an alarm that still fires
# blocks. `deploymentInfo.creator` has the value CloudFormationRollback.
ROLLBACK_BY_DEPLOYMENT = "alias-rollback-by-deployment"

# The stack turns away from a deployment in flight, so that its own rollback meets it: "A
# conflicting deployment is in progress" (serverless-application-model, issue 291).
SHIFT_LEFT_RUNNING = "cancel-leaves-shift-running"


def assumed(plane: Plane, name: str) -> bool:
    """Say whether the assumption ``name`` is in force."""
    return plane.faults.find("assumption", name) is not None

"""What each status of a stack and of a deployment comes to, choice by choice."""

from __future__ import annotations

from collections.abc import Mapping

from delivery.rollback.options import Way

NO = None
Ways = tuple[Way | None, Way | None, Way | None]

# Status: what the entire stack, one function, and cancelling come to, where a bad release
# serves and two verified ones are known. None is a stack that is not there.
STACKS: Mapping[str | None, Ways] = {
    None: (NO, NO, NO),
    "REVIEW_IN_PROGRESS": (NO, NO, NO),
    "CREATE_IN_PROGRESS": (NO, NO, NO),
    "CREATE_FAILED": (Way.ROLL_BACK_STACK, Way.MOVE_ONE_ALIAS, NO),
    "CREATE_COMPLETE": (Way.TRAFFIC_FIRST, Way.MOVE_ONE_ALIAS, NO),
    "ROLLBACK_IN_PROGRESS": (NO, NO, NO),
    "ROLLBACK_FAILED": (NO, NO, NO),
    "ROLLBACK_COMPLETE": (NO, NO, NO),
    "DELETE_IN_PROGRESS": (NO, NO, NO),
    "DELETE_FAILED": (NO, NO, NO),
    "DELETE_COMPLETE": (NO, NO, NO),
    "UPDATE_IN_PROGRESS": (Way.CANCEL_UPDATE, NO, Way.CANCEL_UPDATE),
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": (Way.TRAFFIC_FIRST, NO, NO),
    "UPDATE_COMPLETE": (Way.TRAFFIC_FIRST, Way.MOVE_ONE_ALIAS, NO),
    "UPDATE_FAILED": (Way.ROLL_BACK_STACK, Way.MOVE_ONE_ALIAS, NO),
    "UPDATE_ROLLBACK_IN_PROGRESS": (Way.AWAIT, NO, Way.AWAIT),
    "UPDATE_ROLLBACK_FAILED": (Way.CONTINUE_ROLLBACK, Way.MOVE_ONE_ALIAS, NO),
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS": (Way.AWAIT, NO, NO),
    "UPDATE_ROLLBACK_COMPLETE": (Way.TRAFFIC_FIRST, Way.MOVE_ONE_ALIAS, NO),
    "IMPORT_IN_PROGRESS": (NO, NO, NO),
    "IMPORT_COMPLETE": (Way.TRAFFIC_FIRST, Way.MOVE_ONE_ALIAS, NO),
    "IMPORT_ROLLBACK_IN_PROGRESS": (NO, NO, NO),
    "IMPORT_ROLLBACK_FAILED": (NO, NO, NO),
    "IMPORT_ROLLBACK_COMPLETE": (Way.TRAFFIC_FIRST, Way.MOVE_ONE_ALIAS, NO),
}
# Nothing of the product imports resources into a stack.
NEVER_REACHED = frozenset(each for each in STACKS if each and "IMPORT_" in each)
# By its name a deleted stack is not there, and the tool asks by name.
BY_NAME_ABSENT = frozenset({"DELETE_COMPLETE"})
# Runs on a plane: tests/plane/test_rollback_cells.py.
REACHED = frozenset(STACKS) - NEVER_REACHED - BY_NAME_ABSENT

# Deployment: the choices while its stack updates, and when the stack is updated. Deployments of
# functions pass through Created, InProgress and an end; in the others the plane holds them.
# Runs on a plane: tests/soak/test_rollback_deployments.py.
_UPDATING: Ways = (Way.CANCEL_UPDATE, NO, Way.CANCEL_UPDATE)
_MOVING: Ways = (Way.TRAFFIC_FIRST, NO, Way.STOP_SHIFTS)
_STILL: Ways = (Way.TRAFFIC_FIRST, Way.MOVE_ONE_ALIAS, NO)
DEPLOYMENTS: Mapping[str, tuple[Ways, Ways]] = {
    "Created": (_UPDATING, _MOVING),
    "Queued": (_UPDATING, _MOVING),
    "InProgress": (_UPDATING, _MOVING),
    "Baking": (_UPDATING, _MOVING),
    "Ready": (_UPDATING, _MOVING),
    "Succeeded": (_UPDATING, _STILL),
    "Failed": (_UPDATING, _STILL),
    "Stopped": (_UPDATING, _STILL),
}

"""Statuses of AWS's services as enumerations that answer questions.

Compare members, or ask a property; suffixes mislead: ``UPDATE_ROLLBACK_COMPLETE`` ends
like ``ROLLBACK_COMPLETE`` and yet can be updated. Sources: the service models of
botocore (``StackStatus``, ``PipelineExecutionStatus``, ``StageExecutionStatus``,
``ActionExecutionStatus``, ``StatusType``, ``DeploymentStatus``) and the CloudFormation
user guide, "Stack status codes".
"""

from __future__ import annotations

from enum import StrEnum


class StackStatus(StrEnum):
    """What a CloudFormation stack is doing, or how its last operation ended."""

    CREATE_IN_PROGRESS = "CREATE_IN_PROGRESS"
    CREATE_FAILED = "CREATE_FAILED"
    CREATE_COMPLETE = "CREATE_COMPLETE"
    ROLLBACK_IN_PROGRESS = "ROLLBACK_IN_PROGRESS"
    ROLLBACK_FAILED = "ROLLBACK_FAILED"
    ROLLBACK_COMPLETE = "ROLLBACK_COMPLETE"
    DELETE_IN_PROGRESS = "DELETE_IN_PROGRESS"
    DELETE_FAILED = "DELETE_FAILED"
    DELETE_COMPLETE = "DELETE_COMPLETE"
    UPDATE_IN_PROGRESS = "UPDATE_IN_PROGRESS"
    UPDATE_COMPLETE_CLEANUP_IN_PROGRESS = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"
    UPDATE_COMPLETE = "UPDATE_COMPLETE"
    UPDATE_FAILED = "UPDATE_FAILED"
    UPDATE_ROLLBACK_IN_PROGRESS = "UPDATE_ROLLBACK_IN_PROGRESS"
    UPDATE_ROLLBACK_FAILED = "UPDATE_ROLLBACK_FAILED"
    UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS = (
        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"
    )
    UPDATE_ROLLBACK_COMPLETE = "UPDATE_ROLLBACK_COMPLETE"
    REVIEW_IN_PROGRESS = "REVIEW_IN_PROGRESS"
    IMPORT_IN_PROGRESS = "IMPORT_IN_PROGRESS"
    IMPORT_COMPLETE = "IMPORT_COMPLETE"
    IMPORT_ROLLBACK_IN_PROGRESS = "IMPORT_ROLLBACK_IN_PROGRESS"
    IMPORT_ROLLBACK_FAILED = "IMPORT_ROLLBACK_FAILED"
    IMPORT_ROLLBACK_COMPLETE = "IMPORT_ROLLBACK_COMPLETE"

    @property
    def busy(self) -> bool:
        """Whether an operation is running. A shell under review waits for nobody."""
        return self.endswith("_IN_PROGRESS") and not self.is_shell

    @property
    def settled(self) -> bool:
        """Whether nothing will change this status any more by itself."""
        return not self.busy

    @property
    def is_shell(self) -> bool:
        """Whether a CREATE change set left a stack that holds no resource yet."""
        return self is StackStatus.REVIEW_IN_PROGRESS

    @property
    def can_be_updated(self) -> bool:
        """Whether a change set of type UPDATE is accepted."""
        return self in _UPDATABLE

    @property
    def can_be_created(self) -> bool:
        """Whether a change set of type CREATE is accepted for the name."""
        return self.is_shell or self is StackStatus.DELETE_COMPLETE

    @property
    def must_be_deleted(self) -> bool:
        """Whether the create failed, was taken back, and only deletion is possible."""
        return self is StackStatus.ROLLBACK_COMPLETE

    @property
    def succeeded(self) -> bool:
        """Whether the last create, update or import did what it was asked to."""
        return self in _SUCCEEDED

    @property
    def needs_a_person(self) -> bool:
        """Whether neither an update nor waiting leads out of this status."""
        return self in _STUCK


_SUCCEEDED = frozenset(
    {
        StackStatus.CREATE_COMPLETE,
        StackStatus.UPDATE_COMPLETE,
        StackStatus.IMPORT_COMPLETE,
    }
)
_UPDATABLE = _SUCCEEDED | {
    StackStatus.UPDATE_ROLLBACK_COMPLETE,
    StackStatus.IMPORT_ROLLBACK_COMPLETE,
}
_STUCK = frozenset(
    {
        StackStatus.CREATE_FAILED,
        StackStatus.ROLLBACK_FAILED,
        StackStatus.DELETE_FAILED,
        StackStatus.UPDATE_FAILED,
        StackStatus.UPDATE_ROLLBACK_FAILED,
        StackStatus.IMPORT_ROLLBACK_FAILED,
    }
)


class ExecutionStatus(StrEnum):
    """Where an execution of a pipeline, or one of its stages, stands.

    ``NotStarted`` is ours: CodePipeline says nothing about a stage not yet entered.
    ``Skipped`` is said of stages only, ``Superseded`` of executions only.
    """

    NOT_STARTED = "NotStarted"
    IN_PROGRESS = "InProgress"
    STOPPING = "Stopping"
    STOPPED = "Stopped"
    SUCCEEDED = "Succeeded"
    SUPERSEDED = "Superseded"
    CANCELLED = "Cancelled"
    FAILED = "Failed"
    SKIPPED = "Skipped"

    @property
    def settled(self) -> bool:
        """Whether it ended, well or not."""
        return self not in _RUNNING_EXECUTION

    @property
    def running(self) -> bool:
        """Whether it has begun and not ended."""
        return self in {ExecutionStatus.IN_PROGRESS, ExecutionStatus.STOPPING}


_RUNNING_EXECUTION = frozenset(
    {
        ExecutionStatus.NOT_STARTED,
        ExecutionStatus.IN_PROGRESS,
        ExecutionStatus.STOPPING,
    }
)


class ActionStatus(StrEnum):
    """Where one action of a stage stands; ``NotStarted`` is ours."""

    NOT_STARTED = "NotStarted"
    IN_PROGRESS = "InProgress"
    ABANDONED = "Abandoned"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"

    @property
    def settled(self) -> bool:
        """Whether it ended, well or not."""
        return self not in {ActionStatus.NOT_STARTED, ActionStatus.IN_PROGRESS}


class DeploymentStatus(StrEnum):
    """Where a deployment of CodeDeploy stands.

    ``Ready`` is said where a person has to let traffic go on, ``Baking`` where all of it was
    shifted and alarms are still watched: both may send it back.
    """

    CREATED = "Created"
    QUEUED = "Queued"
    IN_PROGRESS = "InProgress"
    BAKING = "Baking"
    READY = "Ready"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    STOPPED = "Stopped"

    @property
    def settled(self) -> bool:
        """Whether it moves no traffic any more."""
        return self in _ENDED_DEPLOYMENT


_ENDED_DEPLOYMENT = frozenset(
    {
        DeploymentStatus.SUCCEEDED,
        DeploymentStatus.FAILED,
        DeploymentStatus.STOPPED,
    }
)


class BuildStatus(StrEnum):
    """How a build, or one of its phases, ended; CodeBuild's words."""

    IN_PROGRESS = "IN_PROGRESS"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    FAULT = "FAULT"
    TIMED_OUT = "TIMED_OUT"
    STOPPED = "STOPPED"

    @property
    def settled(self) -> bool:
        """Whether the build ended."""
        return self is not BuildStatus.IN_PROGRESS

    @property
    def failed(self) -> bool:
        """Whether it ended, and not well."""
        return self.settled and self is not BuildStatus.SUCCEEDED

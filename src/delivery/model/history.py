"""What happened before: runs of actions, traffic shifts, and commits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from awsrules.statuses import ActionStatus, DeploymentStatus

_EXECUTES = "CHANGE_SET_EXECUTE"


@dataclass(frozen=True, slots=True)
class ActionRun:
    """One run of an action; a retried action has several.

    ``mode`` is the ``ActionMode`` of a CloudFormation action. ``changed_at`` is when its
    status changed last: its end, once the status is settled.
    """

    execution: str
    stage: str
    name: str
    status: ActionStatus
    started_at: datetime
    changed_at: datetime
    category: str = ""
    mode: str = ""
    summary: str = ""

    @property
    def executes(self) -> bool:
        """Whether it executes a change set: the only action that changes a stack."""
        return self.mode == _EXECUTES


@dataclass(frozen=True, slots=True)
class ShiftRun:
    """One deployment of CodeDeploy: one function's traffic, from a version to another.

    ``group`` is its deployment group, named by function; ``configuration`` says in which steps.
    ``ended_at`` is None while it moves traffic. ``error`` says why it did not succeed.
    """

    id: str
    group: str
    configuration: str
    status: DeploymentStatus
    began_at: datetime
    ended_at: datetime | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class CommitTimes:
    """A commit, its parents, and when it was written and when it was committed.

    The author's time stays when a commit is amended, rebased or picked; the committer's is
    that of the commit as it is. A commit with several parents merges, and changes nothing
    of its own. Source: git documentation, ``git-commit-tree``.
    """

    id: str
    authored_at: datetime
    committed_at: datetime
    parents: tuple[str, ...] = ()

    @property
    def merges(self) -> bool:
        """Whether it joins what other commits changed."""
        return len(self.parents) > 1


@dataclass(frozen=True, slots=True)
class CommitLog:
    """Commits of a clone by id.

    ``present`` are those that were asked for and are there. ``cut`` are commits whose
    parents a shallow clone does not have.
    """

    commits: Mapping[str, CommitTimes] = field(default_factory=dict)
    present: frozenset[str] = frozenset()
    cut: frozenset[str] = frozenset()

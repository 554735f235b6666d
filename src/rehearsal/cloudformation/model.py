"""What the plane remembers of a stack: resources, events, change sets, operations."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from awsrules.statuses import StackStatus
from rehearsal.cloudformation.definition import Definition


@dataclass(frozen=True, slots=True)
class Resource:
    """One physical resource as the stack last recorded it.

    Attributes:
        properties: resolved, with ``{{resolve:…}}`` left as it stands.
        attributes: what Fn::GetAtt answers.
        body: the resource's section of the template.
        needs: the logical ids it was made after.
        operation_id: the operation that made it.
    """

    logical_id: str
    type: str
    status: str
    changed_at: datetime
    physical_id: str = ""
    reason: str = ""
    properties: Mapping[str, Any] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)
    needs: frozenset[str] = frozenset()
    operation_id: str = ""

    @property
    def failed(self) -> bool:
        """Whether the last thing done to it failed, so that its state is not known."""
        return self.status.endswith("_FAILED")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a request says about a stack besides its template; kept until the next one."""

    role_arn: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
    capabilities: tuple[str, ...] = ()
    notification_arns: tuple[str, ...] = ()
    rollback_configuration: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stable:
    """The state a stack goes back to."""

    definition: Definition
    settings: Settings
    resources: Mapping[str, Resource]
    outputs: tuple[Mapping[str, str], ...]


@dataclass(slots=True)
class Operation:
    """One create, update, delete or rollback under way.

    Attributes:
        role_arn: whose rights are used: the stack's role, else the caller's.
        on_failure: ROLLBACK, DELETE or DO_NOTHING.
        undoes: the operation that a rollback takes back.
        cancelled: set by CancelUpdateStack.
        abandoned: set once a resource failed: nothing new starts.
        finished: set when its threads have ended.
    """

    kind: str
    token: str | None
    role_arn: str | None
    on_failure: str = "ROLLBACK"
    retain_except_on_create: bool = False
    undoes: str = ""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    cancelled: threading.Event = field(default_factory=threading.Event)
    abandoned: threading.Event = field(default_factory=threading.Event)
    finished: threading.Event = field(default_factory=threading.Event)

    @property
    def stopped(self) -> bool:
        """Whether no further resource may be started."""
        return self.cancelled.is_set() or self.abandoned.is_set()


@dataclass(slots=True)
class ChangeSet:
    """A change set of a stack."""

    name: str
    id: str
    type: str
    created: datetime
    settings: Settings
    description: str | None = None
    on_stack_failure: str | None = None
    status: str = "CREATE_PENDING"
    status_reason: str | None = None
    execution_status: str = "UNAVAILABLE"
    definition: Definition | None = None
    changes: list[dict[str, Any]] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)
    operation_id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass(slots=True)
class Stack:
    """A stack and all that happened to it. Its fields change under the store's lock."""

    name: str
    id: str
    status: StackStatus
    created: datetime
    settings: Settings = field(default_factory=Settings)
    definition: Definition | None = None
    status_reason: str | None = None
    updated: datetime | None = None
    deleted: datetime | None = None
    resources: dict[str, Resource] = field(default_factory=dict)
    owned: dict[tuple[str, str], Resource] = field(default_factory=dict)
    outputs: tuple[Mapping[str, str], ...] = ()
    events: list[dict[str, Any]] = field(default_factory=list)
    change_sets: dict[str, ChangeSet] = field(default_factory=dict)
    executed_change_set: str | None = None
    stable: Stable | None = None
    operation: Operation | None = None
    last_operations: list[dict[str, str]] = field(default_factory=list)
    disable_rollback: bool = False
    retain_except_on_create: bool = False
    termination_protection: bool = False
    tokens: set[str] = field(default_factory=set)

    def garbage(self) -> list[Resource]:
        """List what the stack made and no longer uses."""
        current = {(one.logical_id, one.physical_id) for one in self.resources.values()}
        return [one for key, one in self.owned.items() if key not in current]


class Store:
    """All stacks, the deleted ones too. ``lock`` guards every field of every stack."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._stacks: dict[str, Stack] = {}

    def __iter__(self) -> Iterator[Stack]:
        with self.lock:
            return iter(list(self._stacks.values()))

    def add(self, stack: Stack) -> None:
        """Keep ``stack``."""
        with self.lock:
            self._stacks[stack.id] = stack

    def find(self, name_or_id: str) -> Stack | None:
        """Give the stack of this id, or the living one of this name."""
        with self.lock:
            if name_or_id in self._stacks:
                return self._stacks[name_or_id]
            for stack in self._stacks.values():
                if stack.name == name_or_id and not stack.deleted:
                    return stack
        return None

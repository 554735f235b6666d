"""Stacks, their change sets, events and resources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from awsrules.statuses import StackStatus


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack as CloudFormation describes it now."""

    name: str
    id: str
    status: StackStatus
    reason: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StackRequest:
    """A stack as it shall be.

    ``keeps`` names parameters whose present values stay, because nobody may read them.
    ``role_arn`` is the role that CloudFormation acts with; empty for the caller's own.
    With ``same_template`` the stack's own template stays, and ``template`` is not sent.
    ``basis`` is when the stack that it changes was changed last; the same request on the
    same basis has the same change set.
    """

    name: str
    template: str
    parameters: Mapping[str, str]
    tags: Mapping[str, str] = field(default_factory=dict)
    template_url: str = ""
    keeps: tuple[str, ...] = ()
    role_arn: str = ""
    same_template: bool = False
    basis: str = ""


@dataclass(frozen=True, slots=True)
class ResourceChange:
    """One resource that a change set would touch.

    ``action`` is CloudFormation's word: Add, Modify, Remove, Import or Dynamic;
    ``replacement`` is True, Conditional or False; ``policy_action`` says what happens to
    a removed or replaced resource: Delete, Retain, Snapshot, and with replacement
    ReplaceAndDelete, ReplaceAndRetain, ReplaceAndSnapshot. ``paths`` tell where inside the
    properties, where CloudFormation says so.
    """

    logical_id: str
    type: str
    action: str
    replacement: str = "False"
    policy_action: str = ""
    properties: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()

    @property
    def replaces(self) -> bool:
        """Whether the resource may be made anew, under a new physical id."""
        return self.action == "Modify" and self.replacement in {"True", "Conditional"}

    @property
    def deletes(self) -> bool:
        """Whether an existing resource would be deleted, with what it holds."""
        if self.policy_action:
            return self.policy_action in {"Delete", "ReplaceAndDelete"}
        return self.action == "Remove" or self.replaces


@dataclass(frozen=True, slots=True)
class Cause:
    """Why an operation failed: the first resource that did, and what that means."""

    logical_id: str
    type: str
    reason: str
    meaning: str = ""
    next_step: str = ""
    stack_name: str = ""

    def __str__(self) -> str:
        return f"{self.logical_id} ({self.type}): {self.reason}"


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """A change set as CloudFormation describes it now."""

    id: str
    stack_id: str
    status: str
    reason: str = ""
    changes: tuple[ResourceChange, ...] = ()
    findings: tuple[Cause, ...] = ()


@dataclass(frozen=True, slots=True)
class StackEvent:
    """One event of a stack."""

    id: str
    at: datetime
    stack_id: str
    logical_id: str
    physical_id: str
    type: str
    status: str
    reason: str = ""
    token: str = ""

    @property
    def of_the_stack_itself(self) -> bool:
        """Whether it tells about the stack and not about one of its resources."""
        return self.physical_id == self.stack_id

    @property
    def failed(self) -> bool:
        """Whether it says that something failed."""
        return self.status.endswith("_FAILED")


@dataclass(frozen=True, slots=True)
class StackResource:
    """One resource that a stack holds."""

    logical_id: str
    type: str
    physical_id: str


@dataclass(frozen=True, slots=True)
class StackContents:
    """A stack with all that a later deployment of the same needs."""

    stack: Stack
    template: str
    resources: tuple[StackResource, ...]
    tags: Mapping[str, str] = field(default_factory=dict)
    role_arn: str = ""

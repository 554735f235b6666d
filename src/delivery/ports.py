"""What the stages need from outside, in our words; ``delivery.aws`` implements it.

Each method raises ``delivery.errors``: ``NotPermitted`` for credentials and permissions,
``Unreachable`` for what a later try may mend, ``PlaneUnavailable`` for a rehearsal plane
that does not answer. Absence is None, and never guessed from a refusal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Protocol

from delivery.model import (
    AliasRoute,
    Build,
    Cause,
    ChangeSet,
    Execution,
    Hidden,
    Identity,
    ActionState,
    PipelineState,
    PlaneInfo,
    Push,
    ReportSummary,
    ResourceChange,
    Stack,
    StackContents,
    StackEvent,
    StackRequest,
    StoredObject,
    StoredSecret,
    WorkTree,
)


class Clock(Protocol):
    """Time."""

    def now(self) -> datetime:
        """Return the time in UTC."""

    def monotonic(self) -> float:
        """Return seconds that only grow, for durations."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class Account(Protocol):
    """The account that the credentials belong to."""

    def identity(self) -> Identity:
        """Say who calls."""


class Stacks(Protocol):
    """CloudFormation."""

    def find(self, name_or_id: str) -> Stack | None:
        """Return the stack, or None when there is none."""

    def create_change_set(self, request: StackRequest, *, create: bool) -> ChangeSet:
        """Ask for a change set and return it as it begins."""

    def change_set(self, change_set: ChangeSet) -> ChangeSet:
        """Return it as it stands now, with all its changes once it is ready."""

    def discard(self, change_set: ChangeSet) -> None:
        """Delete a change set that is not to be executed."""

    def execute(self, change_set: ChangeSet, *, token: str) -> None:
        """Start the operation; its events carry ``token``."""

    def delete(self, stack_id: str, *, token: str) -> None:
        """Start deleting a stack; its events carry ``token``."""

    def events(self, stack_id: str, *, since: str = "") -> list[StackEvent]:
        """Return events, oldest first, that came after the event with id ``since``."""

    def findings(self, stack: str, change_set: str) -> list[Cause]:
        """Return what validation found in a change set before it could do anything."""

    def newest_event(self, stack_id: str) -> str:
        """Return the id of the newest event, or nothing when there is none."""


class Uploads(Protocol):
    """Where a template too large for a request goes."""

    def put(self, bucket: str, key: str, text: str) -> str:
        """Store ``text`` and return its https URL."""


class DeployedStacks(Protocol):
    """Stacks with what they hold, and the versions that they published."""

    def contents(self, name_or_id: str) -> StackContents | None:
        """Return the stack, its template as it was given, and its resources."""

    def code_sha256(self, function: str, version: str) -> str:
        """Return Lambda's hash of a version's code."""


class ReviewStacks(Stacks, Protocol):
    """CloudFormation for a look ahead: its change sets have one name and one role."""

    def change_sets(self, stack_id: str) -> Mapping[str, ChangeSet]:
        """Return all change sets of a stack, by name."""


class ReleaseStore(Protocol):
    """The bucket that keeps releases: packages, templates, the ledger, reviews."""

    def keys(self, prefix: str) -> list[str]:
        """Return all keys that begin with ``prefix``, in order."""

    def touched(self, prefix: str) -> list[str]:
        """Return keys under ``prefix`` that were overwritten or deleted since their put."""

    def read(self, keys: Sequence[str]) -> list[bytes]:
        """Return the newest content of each key, in the order of ``keys``."""

    def put_new(self, key: str, content: bytes) -> StoredObject | None:
        """Store what was not there, or return None when something is there already."""

    def put(self, key: str, content: bytes) -> StoredObject:
        """Store a new version."""

    def find(self, key: str) -> StoredObject | None:
        """Return the newest version of an object, or None when there is none."""

    def url(self, stored: StoredObject) -> str:
        """Return the https URL by which CloudFormation reads an object."""

    def page(self, key: str) -> str:
        """Return the console page that shows an object to who may read it."""


class TestReports(Protocol):
    """Reports that builds published."""

    def summaries(self, report_arns: Sequence[str]) -> list[ReportSummary]:
        """Return what the reports say, in order."""


class Secrets(Protocol):
    """Secrets Manager."""

    def current(self, secret_id: str) -> StoredSecret | None:
        """Return the current version, or None when the secret has no value yet."""

    def store(self, secret_id: str, text: Hidden) -> str:
        """Store a new version and return its id."""


class Connections(Protocol):
    """Connections to GitHub by App."""

    def status(self, arn: str) -> str:
        """Return PENDING, AVAILABLE or ERROR."""


class Pipelines(Protocol):
    """CodePipeline."""

    def state(self, pipeline: str) -> PipelineState | None:
        """Return the stages, or None when there is no such pipeline."""

    def executions(self, pipeline: str, *, limit: int = 20) -> list[Execution]:
        """Return executions, newest first."""

    def execution(self, pipeline: str, execution_id: str) -> Execution | None:
        """Return one execution, or None."""

    def actions(
        self, pipeline: str, execution_id: str
    ) -> Mapping[str, tuple[ActionState, ...]]:
        """Return the actions of an execution that have begun, by stage, in order."""

    def start(self, pipeline: str, *, token: str) -> str:
        """Start an execution and return its id."""

    def decide(
        self,
        *,
        pipeline: str,
        stage: str,
        action: str,
        token: str,
        approved: bool,
        comment: str,
    ) -> None:
        """Record an approval or a rejection; raises ``AlreadyDecided``."""


class Builds(Protocol):
    """CodeBuild and its logs."""

    def build(self, build_id: str) -> Build | None:
        """Return a build, or None."""

    def log_tail(self, build: Build, *, lines: int) -> list[str]:
        """Return the last lines of a build's log."""

    def failed_tests(self, build: Build) -> list[str]:
        """Return names of the tests that failed, from the build's reports."""


class Functions(Protocol):
    """Lambda aliases."""

    def route(self, alias_arn: str) -> AliasRoute:
        """Return where an alias sends its invocations now."""


class Subscriptions(Protocol):
    """Who is notified."""

    def unconfirmed(self, topic_arn: str) -> list[str]:
        """Return endpoints that have not confirmed their subscription."""


class Plane(Protocol):
    """The rehearsal plane on this machine."""

    def running(self) -> PlaneInfo | None:
        """Return the plane that answers, or None."""

    def died(self) -> bool:
        """Tell whether one ran and ended without being stopped."""

    def start(self) -> PlaneInfo:
        """Start it, if needed, and return it."""

    def stop(self) -> bool:
        """Stop it; whether there was one."""

    def reset(self) -> None:
        """Remove its state from disk; it must not run."""

    def push(self, repository: str, branch: str, *, commit: str = "") -> Push:
        """Take over the head of ``branch`` of a work tree, as a push to GitHub would.

        With ``commit`` that commit stands for the branch: HEAD may be detached.
        """

    def has_branch(self, branch: str) -> bool:
        """Tell whether the plane's source has the branch."""

    def contains(self, branch: str, commit: str) -> bool:
        """Tell whether the branch in the plane's source holds a commit."""

    def commit(self, branch: str, *, path: str, content: str, message: str) -> Push:
        """Commit one file in the plane's source only."""

    def not_rehearsed(self) -> list[Mapping[str, str]]:
        """Return what was asked for and not made: resource, type and reason."""


class Repository(Protocol):
    """The repository on this machine."""

    def work_tree(self) -> WorkTree | None:
        """Return where it stands, or None outside of a repository."""

    def has_branch(self, branch: str) -> bool:
        """Tell whether there is such a branch."""


class Store(Protocol):
    """A small JSON file, written whole or not at all."""

    def read(self) -> Mapping[str, object]:
        """Return what it holds; empty when there is none."""

    def write(self, data: Mapping[str, object]) -> Path:
        """Replace what it holds."""


class Screen(Protocol):
    """Whoever watches: a terminal, a log, a test. All of it goes to stderr."""

    def say(self, text: str = "") -> None:
        """Tell how it goes."""

    def warn(self, text: str) -> None:
        """Tell what the operator should look at."""

    def changes(self, title: str, changes: Sequence[ResourceChange]) -> None:
        """Show what a change set would do; replacement and data loss stand out."""

    def confirm(self, question: str) -> bool:
        """Ask; True without asking when every confirmation was answered beforehand."""

    def watch(self, title: str) -> AbstractContextManager[Live]:
        """Open a live view."""


class Live(Protocol):
    """A view of something that goes on."""

    def event(self, event: StackEvent) -> None:
        """Show one more event."""

    def note(self, text: str) -> None:
        """Show one more line."""

    def tick(self) -> None:
        """Let elapsed time move."""

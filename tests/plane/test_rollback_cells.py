"""A stack comes through every status that it can reach; each answers each choice."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from plane_stacks import Stack
from rollback_cells import NEVER_REACHED, REACHED, STACKS

from awsrules.statuses import StackStatus
from delivery.cli.options import Settings
from delivery.cli.wiring import PlaneSettings, Tools
from delivery.errors import Refused
from delivery.flows.undo import Undoer
from delivery.flows.undone import Undone
from delivery.ledger.book import Book
from delivery.ledger.events import (
    Commit,
    Deployed,
    Deployment,
    Fact,
    Failed,
    StoredTemplate,
    TrafficComplete,
    Verified,
)
from delivery.ledger.plan import Step
from delivery.model import APPLICATION_STACK_PREFIX
from delivery.rollback.options import Choice, Way

pytestmark = pytest.mark.plane

ENVIRONMENT = "staging"
NAME = f"{APPLICATION_STACK_PREFIX}{ENVIRONMENT}"
BUCKET = "releases-of-all-statuses"
HEAD = "Parameters: {Label: {Type: String}}\nResources:\n"
TOPIC = """\
  NAME:
    Type: AWS::SNS::Topic
    DependsOn: NEEDS
    Properties: {DisplayName: !Ref Label}
"""


def topics(**needs: list[str]) -> str:
    """Write a template of topics, each with those that are made before it."""
    return HEAD + "".join(
        TOPIC.replace("NAME", name).replace("NEEDS", str(before))
        for name, before in needs.items()
    )


FIRST = topics(First=[])
BOTH = topics(First=[], Second=["First"])
THREE = topics(First=[], Third=[], Second=["First", "Third"])


@dataclass
class Story:
    """One stack, what breaks it, and the tool that leads it back."""

    stack: Stack
    undoer: Undoer
    tools: Tools
    control: Callable[..., Any]
    sns: Any
    visited: set[str | None] = field(default_factory=set)

    def breaks(self, resource: str, **settings: Any) -> None:
        """Let a resource fail, or hang until ``mended``."""
        target = f"{NAME}/{resource}"
        body = {"kind": "resource", "target": target, "settings": settings}
        self.control("POST", "faults", body)

    def mended(self) -> None:
        """Let nothing break any more."""
        self.control("DELETE", "faults")

    def begins(self, template: str, label: str, **how: Any) -> None:
        """Begin to bring the stack to a template."""
        self.stack.execute(
            self.stack.change(template, parameters={"Label": label}), **how
        )

    def is_in(self, status: str | None) -> None:
        """Look at the stack in this status: each choice has its answer from the table."""
        if status is not None:
            self.stack.reaches_status(status)
        situation = self.undoer.situation()
        assert (situation.stack.status if situation.stack else None) == status
        options = self.undoer.options(situation, None)
        assert tuple(each.way for each in options) == STACKS[status]
        for option in options:
            if not option.possible:
                assert option.reason
                with pytest.raises(Refused):
                    self.undoer.roll_back(situation, option, to=None, reason="test")
        self.visited.add(status)

    def takes(self, way: Way, choice: Choice = Choice.STACK) -> Undone:
        """Do what a choice comes to now."""
        situation = self.undoer.situation()
        options = self.undoer.options(situation, None)
        option = next(each for each in options if each.choice is choice)
        assert option.way is way
        done = self.undoer.roll_back(situation, option, to=None, reason="test")
        assert done.way is way
        return done

    def records(self, number: int, *, good: bool) -> None:
        """Let the ledger know of a release of the second template."""
        content = BOTH.encode()
        digest = hashlib.sha256(content).hexdigest()
        store = self.tools.release_store
        key = f"releases/{digest}/packaged.yaml"
        stored = store.put_new(key, content) or store.find(key)
        assert stored is not None
        template = StoredTemplate(stored.bucket, stored.key, stored.version_id, digest)
        deployed = Deployed(
            kind=Deployment.UPDATE,
            commit=Commit(f"c{number}"),
            stack_id=NAME,
            template=template,
            parameters={"Label": f"release {number}"},
            functions={},
        )
        verdict: Fact = Verified("test") if good else Failed("test", "it was bad")
        for fact in (deployed, TrafficComplete({}), verdict):
            release = None if isinstance(fact, Deployed) else number
            book = Book(self.tools.release_store, self.undoer.book.scope)
            now = self.tools.clock.now()
            book.append(
                book.view(), Step(fact, release), execution="", actor="test", now=now
            )


@pytest.fixture
def story(
    plane: str,
    aws: Callable[..., Any],
    control: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Story]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "rehearsal")
    monkeypatch.setenv("AWS_ENDPOINT_URL", plane)
    monkeypatch.setenv("RELEASE_BUCKET", BUCKET)
    aws("s3").create_bucket(Bucket=BUCKET)
    aws("s3").put_bucket_versioning(
        Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"}
    )
    settings = Settings(region="us-east-1", yes=True)
    tools = Tools(settings, plane_settings=PlaneSettings(Path()), brief=True)
    stack = Stack(aws("cloudformation"), NAME)
    told = Story(stack, _impatient(tools), tools, control, aws("sns"))
    for number, good in ((1, True), (2, True), (3, False)):
        told.records(number, good=good)
    yield told
    control("DELETE", "faults")


def _impatient(tools: Tools) -> Undoer:
    """Give what looks after a stack more often than AWS would like."""
    undoer = tools.undoer(ENVIRONMENT)
    often: dict[str, Any] = {"poll_seconds": 0.05}
    deployer = replace(
        undoer.reconciler.deployer, change_set_poll_seconds=0.05, **often
    )
    undoer.reconciler = replace(undoer.reconciler, deployer=deployer)
    undoer.ways = replace(undoer.ways, **often)
    return undoer


def test_each_status_that_can_be_reached_answers_each_choice(story: Story) -> None:
    _creation_fails_in_each_way(story)
    _an_update_is_cancelled_stuck_and_paused(story)
    _updates_succeed_and_are_taken_back(story)
    assert story.visited == REACHED
    every = {each.value for each in StackStatus} - {"DELETE_COMPLETE"}
    assert story.visited == (every - NEVER_REACHED) | {None}


def _creation_fails_in_each_way(story: Story) -> None:
    story.is_in(None)
    change = story.stack.change(FIRST, parameters={"Label": "one"})
    story.is_in("REVIEW_IN_PROGRESS")
    story.breaks("First", when="create", hang=True)
    story.stack.execute(change)
    story.is_in("CREATE_IN_PROGRESS")
    story.mended()
    story.stack.settled()

    story.stack.api.delete_stack(StackName=NAME)
    story.stack.gone()
    story.breaks("Second", when="create", reason="no")
    story.breaks("First", when="delete", hang=True)
    story.begins(BOTH, "two")
    story.is_in("ROLLBACK_IN_PROGRESS")
    story.mended()
    story.is_in("ROLLBACK_COMPLETE")

    story.breaks("Second", when="create", reason="no")
    story.breaks("First", when="delete", reason="it will not go")
    story.stack.api.delete_stack(StackName=NAME)
    story.stack.gone()
    story.begins(BOTH, "three")
    story.is_in("ROLLBACK_FAILED")
    story.stack.api.delete_stack(StackName=NAME)
    story.is_in("DELETE_FAILED")
    story.mended()
    story.breaks("First", when="delete", hang=True)
    story.stack.api.delete_stack(StackName=NAME)
    story.is_in("DELETE_IN_PROGRESS")
    story.mended()
    story.stack.gone()

    story.breaks("First", when="create", reason="no")
    story.begins(FIRST, "four", DisableRollback=True)
    story.is_in("CREATE_FAILED")
    story.mended()
    assert story.takes(Way.ROLL_BACK_STACK).summary == "The stack is deleted."
    story.is_in(None)


def _an_update_is_cancelled_stuck_and_paused(story: Story) -> None:
    story.begins(BOTH, "five")
    story.is_in("CREATE_COMPLETE")

    for choice in (Choice.STACK, Choice.CANCEL):
        story.breaks("First", when="update", hang=True)
        story.begins(BOTH, f"six {choice}")
        story.is_in("UPDATE_IN_PROGRESS")
        story.takes(Way.CANCEL_UPDATE, choice)
        story.mended()
        story.is_in("UPDATE_ROLLBACK_COMPLETE")

    for choice in (Choice.STACK, Choice.CANCEL):
        story.breaks("Second", when="update", reason="no")
        story.breaks("First", when="rollback", hang=True)
        story.begins(BOTH, f"seven {choice}")
        story.is_in("UPDATE_ROLLBACK_IN_PROGRESS")
        story.mended()
        story.takes(Way.AWAIT, choice)
        story.is_in("UPDATE_ROLLBACK_COMPLETE")

    story.breaks("Second", when="update", reason="no")
    story.breaks("Third", when="delete", hang=True)
    story.begins(THREE, "eight")
    story.is_in("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
    story.mended()
    story.takes(Way.AWAIT)

    story.breaks("Second", when="update", reason="no")
    story.breaks("First", when="rollback", reason="nor back")
    story.begins(BOTH, "nine")
    story.is_in("UPDATE_ROLLBACK_FAILED")
    story.mended()
    story.takes(Way.CONTINUE_ROLLBACK)
    story.is_in("UPDATE_ROLLBACK_COMPLETE")

    story.breaks("Second", when="update", reason="no")
    story.begins(BOTH, "ten", DisableRollback=True)
    story.is_in("UPDATE_FAILED")
    story.mended()
    story.takes(Way.ROLL_BACK_STACK)
    story.is_in("UPDATE_ROLLBACK_COMPLETE")


def _updates_succeed_and_are_taken_back(story: Story) -> None:
    story.begins(BOTH, "eleven")
    story.is_in("UPDATE_COMPLETE")
    story.breaks("Second", when="delete", hang=True)
    story.begins(FIRST, "twelve")
    story.is_in("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
    story.mended()
    done = story.takes(Way.TRAFFIC_FIRST)
    assert done.to_release == 2
    topic = story.stack.physical_id("First")
    found = story.sns.get_topic_attributes(TopicArn=topic)
    assert found["Attributes"]["DisplayName"] == "release 2"

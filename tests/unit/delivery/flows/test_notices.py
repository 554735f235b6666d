"""A notice goes to the pipeline's topic; one that cannot be sent is a warning."""

from __future__ import annotations

import pytest
from delivery_fakes import FakeStacks, FakeTopics, make_stack

from delivery.errors import NotPermitted
from delivery.flows.notices import TOPIC_OUTPUT, tell
from delivery.names import PIPELINE_STACK

TOPIC = "arn:aws:sns:us-east-1:123456789012:notices"


@pytest.fixture
def stacks() -> FakeStacks:
    stack = make_stack(PIPELINE_STACK, outputs={TOPIC_OUTPUT: TOPIC})
    return FakeStacks({PIPELINE_STACK: stack})


def test_a_notice_goes_to_the_topic_of_the_pipeline(stacks) -> None:
    topics = FakeTopics()
    assert tell(stacks, topics, "taken back") == ""
    assert topics.sent == [(TOPIC, "taken back")]


def test_a_notice_that_may_not_be_sent_fails_nothing(stacks) -> None:
    topics = FakeTopics(refuses=NotPermitted("no", why="sns:Publish"))
    warning = tell(stacks, topics, "taken back")
    assert "Nobody was notified" in warning and "sns:Publish" in warning


def test_without_a_pipeline_there_is_nobody_to_tell() -> None:
    assert "no pipeline stack" in tell(FakeStacks(), FakeTopics(), "taken back")

"""Tell who is to be notified, and find out whether everybody can be."""

from __future__ import annotations

from delivery.errors import DeliveryError
from delivery.names import PIPELINE_STACK
from delivery.ports import Stacks, Subscriptions, Topics

TOPIC_OUTPUT = "NoticesTopicArn"


def notice_warnings(stacks: Stacks, subscriptions: Subscriptions) -> list[str]:
    """Name who has not confirmed a subscription; such a person gets no notice at all.

    Not being allowed to look is a warning too, and never a failure of its own.
    """
    try:
        topic = _topic(stacks)
        waiting = subscriptions.unconfirmed(topic) if topic else []
    except DeliveryError as error:
        return [f"Subscriptions could not be checked: {error.what}"]
    return [
        f"{address} has not confirmed the subscription and gets no notices; the mail is "
        "from AWS Notifications."
        for address in waiting
    ]


def tell(stacks: Stacks, topics: Topics, text: str) -> str:
    """Send a notice; return a warning when it could not be sent, and nothing else.

    What was done stays done: a notice that fails is never a failure of its own.
    """
    try:
        topic = _topic(stacks)
        if not topic:
            return "Nobody was notified: there is no pipeline stack with a topic."
        topics.publish(topic, text)
    except DeliveryError as error:
        return f"Nobody was notified: {error}"
    return ""


def _topic(stacks: Stacks) -> str:
    stack = stacks.find(PIPELINE_STACK)
    return stack.outputs.get(TOPIC_OUTPUT, "") if stack else ""

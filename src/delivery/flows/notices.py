"""Find out whether everybody who shall be notified can be."""

from __future__ import annotations

from delivery.errors import DeliveryError
from delivery.names import PIPELINE_STACK
from delivery.ports import Stacks, Subscriptions

TOPIC_OUTPUT = "NoticesTopicArn"


def notice_warnings(stacks: Stacks, subscriptions: Subscriptions) -> list[str]:
    """Name who has not confirmed a subscription; such a person gets no notice at all.

    Not being allowed to look is a warning too, and never a failure of its own.
    """
    try:
        stack = stacks.find(PIPELINE_STACK)
        topic = stack.outputs.get(TOPIC_OUTPUT, "") if stack else ""
        waiting = subscriptions.unconfirmed(topic) if topic else []
    except DeliveryError as error:
        return [f"Subscriptions could not be checked: {error.what}"]
    return [
        f"{address} has not confirmed the subscription and gets no notices; the mail is "
        "from AWS Notifications."
        for address in waiting
    ]

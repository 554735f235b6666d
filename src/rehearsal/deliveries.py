"""Notices that cannot be delivered; with moto they fail whoever publishes."""

from __future__ import annotations

import logging
from typing import Any

log = logging.getLogger(__name__)


def keep_from_publishers() -> None:
    """Make moto's SNS accept a notice, whatever becomes of it at a subscriber.

    Source: Amazon SNS Developer Guide, "Amazon SNS message delivery retries": a delivery is
    tried after Publish has answered.
    """
    from moto.sns.models import Subscription

    deliver = Subscription.publish

    def publish(subscription: Any, *args: Any, **named: Any) -> None:
        try:
            deliver(subscription, *args, **named)
        except Exception as error:  # what a queue, a function or a host answers
            name = type(error).__name__
            log.warning("A notice to %s is lost: %s", subscription.endpoint, name)

    Subscription.publish = publish

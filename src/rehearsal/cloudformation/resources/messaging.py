"""SNS topics, their policies and subscriptions; SQS queues and their policies."""

from __future__ import annotations

import json
from typing import Any

from rehearsal.cloudformation.resources.base import Ask, Kind, Made, text_of
from rehearsal.cloudformation.resources.tagging import as_map


def _texts(properties: dict[str, Any]) -> dict[str, str]:
    """Attributes of SNS and SQS are text, whatever they are in the template."""
    return {key: text_of(value) for key, value in properties.items()}


class Topic(Kind):
    """AWS::SNS::Topic."""

    _OWN = {"TopicName", "Tags", "Subscription"}

    def create(self, ask: Ask) -> Made:
        name = ask.name("TopicName", limit=256)
        sns = ask.client("sns")
        wanted = {k: v for k, v in ask.properties.items() if k not in self._OWN}
        arn = sns.create_topic(
            Name=name,
            Attributes=_texts(wanted),
            Tags=list(ask.properties.get("Tags", [])),
        )["TopicArn"]
        for each in ask.properties.get("Subscription", []):
            sns.subscribe(TopicArn=arn, **each)
        return Made(arn, {"TopicName": name, "TopicArn": arn})

    def update(self, ask: Ask) -> Made:
        sns = ask.client("sns")
        for key, text in _texts(dict(ask.properties)).items():
            if key not in self._OWN and ask.changed(key):
                sns.set_topic_attributes(
                    TopicArn=ask.physical_id, AttributeName=key, AttributeValue=text
                )
        return Made(ask.physical_id, ask.attributes)

    def delete(self, ask: Ask) -> None:
        ask.client("sns").delete_topic(TopicArn=ask.physical_id)


class TopicPolicy(Kind):
    """AWS::SNS::TopicPolicy."""

    def create(self, ask: Ask) -> Made:
        policy = json.dumps(ask.properties["PolicyDocument"])
        for topic in ask.properties["Topics"]:
            ask.client("sns").set_topic_attributes(
                TopicArn=topic, AttributeName="Policy", AttributeValue=policy
            )
        return Made(ask.name("Id"))


class Subscription(Kind):
    """AWS::SNS::Subscription."""

    _OWN = {"TopicArn", "Protocol", "Endpoint", "Region"}

    def create(self, ask: Ask) -> Made:
        wanted = {k: v for k, v in ask.properties.items() if k not in self._OWN}
        sns = ask.client("sns")
        # moto subscribes to topics that are not there; AWS answers NotFound.
        sns.get_topic_attributes(TopicArn=ask.properties["TopicArn"])
        arn = sns.subscribe(
            TopicArn=ask.properties["TopicArn"],
            Protocol=ask.properties["Protocol"],
            Endpoint=ask.properties["Endpoint"],
            Attributes=_texts(wanted),
            ReturnSubscriptionArn=True,
        )["SubscriptionArn"]
        return Made(arn, {"Arn": arn})

    def update(self, ask: Ask) -> Made:
        for key, text in _texts(dict(ask.properties)).items():
            if key not in self._OWN and ask.changed(key):
                ask.client("sns").set_subscription_attributes(
                    SubscriptionArn=ask.physical_id,
                    AttributeName=key,
                    AttributeValue=text,
                )
        return Made(ask.physical_id, ask.attributes)

    def delete(self, ask: Ask) -> None:
        ask.client("sns").unsubscribe(SubscriptionArn=ask.physical_id)


class Queue(Kind):
    """AWS::SQS::Queue."""

    _OWN = {"QueueName", "Tags"}

    def create(self, ask: Ask) -> Made:
        name = ask.name("QueueName", limit=80)
        wanted = {k: v for k, v in ask.properties.items() if k not in self._OWN}
        url = ask.client("sqs").create_queue(
            QueueName=name,
            Attributes=_texts(wanted),
            tags=as_map(ask.properties.get("Tags")),
        )["QueueUrl"]
        arn = ask.arn("sqs", name)
        return Made(url, {"QueueName": name, "QueueUrl": url, "Arn": arn})

    def update(self, ask: Ask) -> Made:
        wanted = {k: v for k, v in ask.properties.items() if k not in self._OWN}
        ask.client("sqs").set_queue_attributes(
            QueueUrl=ask.physical_id, Attributes=_texts(wanted)
        )
        return Made(ask.physical_id, ask.attributes)

    def delete(self, ask: Ask) -> None:
        ask.client("sqs").delete_queue(QueueUrl=ask.physical_id)


class QueuePolicy(Kind):
    """AWS::SQS::QueuePolicy."""

    def create(self, ask: Ask) -> Made:
        policy = json.dumps(ask.properties["PolicyDocument"])
        for url in ask.properties["Queues"]:
            ask.client("sqs").set_queue_attributes(
                QueueUrl=url, Attributes={"Policy": policy}
            )
        return Made(ask.name("Id"))

    def delete(self, ask: Ask) -> None:
        for url in ask.properties["Queues"]:
            ask.client("sqs").set_queue_attributes(
                QueueUrl=url, Attributes={"Policy": ""}
            )


KINDS: dict[str, Kind] = {
    "AWS::SNS::Topic": Topic(),
    "AWS::SNS::TopicPolicy": TopicPolicy(),
    "AWS::SNS::Subscription": Subscription(),
    "AWS::SQS::Queue": Queue(),
    "AWS::SQS::QueuePolicy": QueuePolicy(),
}

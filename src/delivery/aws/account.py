"""The small services: identity, uploads, aliases, subscriptions."""

from __future__ import annotations

from dataclasses import dataclass

from botocore.exceptions import ClientError

from delivery.aws.clients import Clients
from delivery.aws.errors import code_of, told_in_our_words
from delivery.model import AliasRoute, Concurrency, Identity


@dataclass(frozen=True, slots=True)
class CallersAccount:
    """The account that the credentials belong to, as ``ports.Account``."""

    clients: Clients

    def identity(self) -> Identity:
        with told_in_our_words("find out who calls", local=self.clients.local):
            answer = self.clients.get("sts").get_caller_identity()
        return Identity(answer["Account"], answer["Arn"])


@dataclass(frozen=True, slots=True)
class BucketUploads:
    """Objects in S3, as ``ports.Uploads``; the bucket's default key encrypts them."""

    clients: Clients

    def put(self, bucket: str, key: str, text: str) -> str:
        with told_in_our_words("upload the template", local=self.clients.local):
            self.clients.get("s3").put_object(
                Bucket=bucket, Key=key, Body=text.encode()
            )
        return f"https://{bucket}.s3.{self.clients.region}.amazonaws.com/{key}"


@dataclass(frozen=True, slots=True)
class LambdaAliases:
    """Aliases of functions, as ``ports.Functions``."""

    clients: Clients

    def route(self, alias_arn: str) -> AliasRoute:
        function, _, alias = alias_arn.rpartition(":")
        with told_in_our_words(f"read alias {alias}", local=self.clients.local):
            answer = self.clients.get("lambda").get_alias(
                FunctionName=function, Name=alias
            )
        routing = answer.get("RoutingConfig") or {}
        return AliasRoute(
            function=function.rpartition(":")[2],
            alias=alias,
            version=answer["FunctionVersion"],
            weights=dict(routing.get("AdditionalVersionWeights", {})),
        )


@dataclass(frozen=True, slots=True)
class LambdaCapacity:
    """Limits of Lambda, as ``ports.Capacity``."""

    clients: Clients

    def account(self) -> Concurrency:
        with told_in_our_words("read Lambda's limits", local=self.clients.local):
            limits = self.clients.get("lambda").get_account_settings()["AccountLimit"]
        return Concurrency(
            limit=limits["ConcurrentExecutions"],
            unreserved=limits["UnreservedConcurrentExecutions"],
        )

    def reserved(self, function: str) -> int:
        what = f"read the reserved concurrency of {function}"
        with told_in_our_words(what, local=self.clients.local):
            try:
                answer = self.clients.get("lambda").get_function_concurrency(
                    FunctionName=function
                )
            except ClientError as error:
                if code_of(error) != "ResourceNotFoundException":
                    raise
                return 0  # its stack still lists it; nothing is reserved for it
        return int(answer.get("ReservedConcurrentExecutions", 0))


@dataclass(frozen=True, slots=True)
class NoticeTopics:
    """SNS topics, as ``ports.Topics``."""

    clients: Clients

    def publish(self, topic_arn: str, text: str) -> None:
        with told_in_our_words("send the notice", local=self.clients.local):
            self.clients.get("sns").publish(TopicArn=topic_arn, Message=text)


@dataclass(frozen=True, slots=True)
class TopicSubscriptions:
    """Subscriptions of topics, as ``ports.Subscriptions``."""

    clients: Clients

    def unconfirmed(self, topic_arn: str) -> list[str]:
        found: list[str] = []
        page: dict[str, str] = {}
        while True:
            with told_in_our_words("read subscriptions", local=self.clients.local):
                answer = self.clients.get("sns").list_subscriptions_by_topic(
                    TopicArn=topic_arn, **page
                )
            found.extend(
                each["Endpoint"]
                for each in answer["Subscriptions"]
                if each["SubscriptionArn"] == "PendingConfirmation"
            )
            if not answer.get("NextToken"):
                return found
            page = {"NextToken": answer["NextToken"]}

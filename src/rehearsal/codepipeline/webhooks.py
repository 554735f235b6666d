"""Webhooks, and which pipelines a push starts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from awsrules.pipelines import push_starts
from rehearsal.codepipeline.records import Pipeline

_MASK = "****"


@dataclass
class Webhook:
    """A webhook as PutWebhook defined it; its secret is not kept."""

    definition: dict[str, Any]
    arn: str
    url: str
    registered: bool = False
    tags: list[dict[str, str]] = field(default_factory=list)

    def as_answer(self) -> dict[str, Any]:
        """Return a ``ListWebhookItem``."""
        return {
            "definition": self.definition,
            "url": self.url,
            "arn": self.arn,
            "tags": self.tags,
        }


def masked_definition(definition: dict[str, Any]) -> dict[str, Any]:
    """Return ``definition`` with asterisks for the secret."""
    settings = dict(definition.get("authenticationConfiguration", {}))
    if "SecretToken" in settings:
        settings["SecretToken"] = _MASK
    return {**definition, "authenticationConfiguration": settings}


def trigger_of_push(
    pipeline: Pipeline, branch: str, webhooks: list[Webhook]
) -> tuple[str, str] | None:
    """Return the trigger by which a push to ``branch`` starts ``pipeline``, if it does."""
    for action in pipeline.stages[0]["actions"]:
        settings = action.get("configuration", {})
        provider = action["actionTypeId"]["provider"]
        if provider == "CodeStarSourceConnection":
            if push_starts(pipeline.declaration, action, branch):
                return "WebhookV2", settings["ConnectionArn"]
        elif settings.get("Branch") == branch:
            for webhook in webhooks:
                if webhook.registered and _targets(webhook, pipeline, action["name"]):
                    return "Webhook", webhook.arn
            if settings.get("PollForSourceChanges", "true").lower() != "false":
                return "PollForSourceChanges", action["name"]
    return None


def _targets(webhook: Webhook, pipeline: Pipeline, action: str) -> bool:
    target = (webhook.definition["targetPipeline"], webhook.definition["targetAction"])
    return target == (pipeline.name, action)

"""IAM's simulation of a caller's policies, as ``ports.Permissions``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from delivery.aws.clients import Clients
from delivery.aws.errors import told_in_our_words
from delivery.errors import DeliveryError
from delivery.model import Asked

# SimulatePrincipalPolicy takes lists of actions and of resources, and asks all of all.
_ALLOWED = "allowed"


@dataclass(frozen=True, slots=True)
class SimulatedPolicies:
    """Asks SimulatePrincipalPolicy.

    It counts boundaries and service control policies in, and neither session policies nor
    policies of resources. Source: IAM API, SimulatePrincipalPolicy.
    """

    clients: Clients

    def lacking(self, caller_arn: str, asked: Sequence[Asked]) -> list[Asked]:
        source = self._policy_source(caller_arn)
        if source.endswith(":root"):
            return []
        found: list[Asked] = []
        for group in _alike(asked):
            denied = self._denied(source, group)
            found.extend(each for each in group if each.resource in denied)
        return found

    def _denied(self, source: str, group: Sequence[Asked]) -> set[str]:
        first = group[0]
        with told_in_our_words("simulate what you may do", local=self.clients.local):
            pages = (
                self.clients.get("iam")
                .get_paginator("simulate_principal_policy")
                .paginate(
                    PolicySourceArn=source,
                    ActionNames=[first.action],
                    ResourceArns=[each.resource for each in group],
                    ContextEntries=_context(first.context),
                )
            )
            results = [each for page in pages for each in page["EvaluationResults"]]
        return {
            str(each["EvalResourceName"])
            for each in results
            if each["EvalDecision"] != _ALLOWED and not each.get("MissingContextValues")
        }

    def _policy_source(self, caller_arn: str) -> str:
        """Return the user or role whose policies a caller has; a session has its role's."""
        head, _, rest = caller_arn.partition(":assumed-role/")
        if not rest:
            return caller_arn
        name = rest.split("/")[0]
        with told_in_our_words(f"read role {name}", local=self.clients.local):
            answer = self.clients.get("iam").get_role(RoleName=name)
        arn = str(answer["Role"]["Arn"])
        if arn.split(":")[4] != head.split(":")[4]:
            raise DeliveryError(f"Role {name} is of another account.")
        return arn


def _alike(asked: Sequence[Asked]) -> Iterator[list[Asked]]:
    """Group questions of one action and context, so that each group is one call."""
    groups: dict[tuple[Any, ...], list[Asked]] = {}
    for each in asked:
        key = (each.action, *sorted(each.context.items()))
        groups.setdefault(key, []).append(each)
    yield from groups.values()


def _context(values: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "ContextKeyName": name,
            "ContextKeyValues": [value],
            "ContextKeyType": "string",
        }
        for name, value in values.items()
    ]

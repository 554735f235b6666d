"""Deployments of CodeDeploy, whole: what reads those that run and those that ran."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from delivery.aws.clients import Clients

# The most that BatchGetDeployments takes. Source: AWS CodeDeploy API Reference.
_BATCH = 25


@dataclass(frozen=True, slots=True)
class CodeDeployDeployments:
    """What adapters of CodeDeploy share."""

    clients: Clients

    def _found(self, api: Any, **which: Any) -> list[dict[str, Any]]:
        """Return the deployments that ListDeployments names, as CodeDeploy describes them."""
        pages = api.get_paginator("list_deployments").paginate(**which)
        ids = [each for page in pages for each in page["deployments"]]
        return [
            each
            for first in range(0, len(ids), _BATCH)
            for each in api.batch_get_deployments(
                deploymentIds=ids[first : first + _BATCH]
            )["deploymentsInfo"]
        ]

"""Bucket policies with the condition that ours use; moto decides them without conditions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

# What a client sends to 127.0.0.1 in clear stands for what it sends to AWS over TLS.
_KNOWN = {"aws:securetransport": "true"}


def respect_conditions() -> None:
    """Make moto's S3 leave out statements whose conditions do not hold.

    Without this, every bucket that denies access without TLS would deny all access.
    """
    from moto.s3.models import FakeBucket

    FakeBucket.get_permission = _permission


def applies(statement: Mapping[str, Any]) -> bool:
    """Say whether the conditions of ``statement`` hold; one that is not known does not."""
    for operator, wanted in (statement.get("Condition") or {}).items():
        for key, values in wanted.items():
            listed = values if isinstance(values, list) else [values]
            texts = {str(each).lower() for each in listed}
            if operator != "Bool" or _KNOWN.get(key.lower()) not in texts:
                return False
    return True


def _permission(bucket: Any, action: str, resource: str) -> Any:
    from moto.iam.access_control import IAMPolicy, PermissionResult

    if bucket.policy is None:
        return PermissionResult.NEUTRAL
    document = json.loads(bucket.policy)
    statements = document["Statement"]
    listed = statements if isinstance(statements, list) else [statements]
    document["Statement"] = [
        {key: value for key, value in each.items() if key != "Condition"}
        for each in listed
        if applies(each)
    ]
    return IAMPolicy(json.dumps(document)).is_action_permitted(action, resource)

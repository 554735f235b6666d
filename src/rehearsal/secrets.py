"""Secrets by their labels; moto gives the version that was stored last."""

from __future__ import annotations

from typing import Any

# What a request without version or label asks for. Source: AWS Secrets Manager API
# Reference, GetSecretValue.
_CURRENT = "AWSCURRENT"


def read_by_label() -> None:
    """Make moto's Secrets Manager answer with the version labelled as the current one."""
    from moto.secretsmanager.models import SecretsManagerBackend

    by_version = SecretsManagerBackend.get_secret_value

    def get_secret_value(
        backend: Any, secret_id: str, version_id: str, version_stage: str
    ) -> dict[str, Any]:
        label = version_stage or ("" if version_id else _CURRENT)
        found: dict[str, Any] = by_version(backend, secret_id, version_id, label)
        return found

    SecretsManagerBackend.get_secret_value = get_secret_value

"""Secrets are read by their labels."""

from __future__ import annotations

import boto3
import pytest
from moto import mock_aws
from moto.secretsmanager.models import SecretsManagerBackend

from rehearsal.secrets import read_by_label


@pytest.fixture
def secrets(monkeypatch):
    original = SecretsManagerBackend.get_secret_value
    monkeypatch.setattr(SecretsManagerBackend, "get_secret_value", original)
    read_by_label()
    with mock_aws():
        yield boto3.client(
            "secretsmanager",
            region_name="us-east-1",
            aws_access_key_id="synthetic",
            aws_secret_access_key="synthetic",
        )


def read(secrets, **which: str) -> str:
    return secrets.get_secret_value(SecretId="s", **which)["SecretString"]


def test_the_current_version_is_the_one_with_the_label(secrets) -> None:
    made = secrets.create_secret(Name="s", SecretString="old")
    put = secrets.put_secret_value(
        SecretId="s", SecretString="new", VersionStages=["AWSPENDING"]
    )
    assert read(secrets) == "old"
    assert read(secrets, VersionStage="AWSPENDING") == "new"
    secrets.update_secret_version_stage(
        SecretId="s",
        VersionStage="AWSCURRENT",
        MoveToVersionId=put["VersionId"],
        RemoveFromVersionId=made["VersionId"],
    )
    assert read(secrets) == "new"
    assert read(secrets, VersionId=made["VersionId"]) == "old"


def test_a_secret_without_a_value_is_not_found(secrets) -> None:
    secrets.create_secret(Name="empty")
    with pytest.raises(secrets.exceptions.ResourceNotFoundException):
        secrets.get_secret_value(SecretId="empty")

"""Secrets Manager and connections as ``ports.Secrets`` and ``ports.Connections``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from botocore.exceptions import ClientError

from delivery.aws.clients import Clients
from delivery.aws.errors import code_of, told_in_our_words
from delivery.model import Hidden, StoredSecret

# Labels of versions. Source: AWS Secrets Manager User Guide, "What's in a secret".
_CURRENT, _PENDING = "AWSCURRENT", "AWSPENDING"


@dataclass(frozen=True, slots=True)
class ManagedSecrets:
    """Secrets of one account and region."""

    clients: Clients

    def stored_at(self, secret_id: str) -> datetime | None:
        # Not LastChangedDate, which a new label or tag renews.
        page: dict[str, str] = {}
        while True:
            with told_in_our_words(
                "list the token's versions", local=self.clients.local
            ):
                answer = self.clients.get("secretsmanager").list_secret_version_ids(
                    SecretId=secret_id, **page
                )
            for each in answer["Versions"]:
                if _CURRENT in each.get("VersionStages", ()):
                    stored_at: datetime = each["CreatedDate"]
                    return stored_at
            if not answer.get("NextToken"):
                return None
            page = {"NextToken": answer["NextToken"]}

    def current(self, secret_id: str) -> StoredSecret | None:
        return self._version(secret_id)

    def pending(self, secret_id: str) -> StoredSecret | None:
        return self._version(secret_id, VersionStage=_PENDING)

    def _version(self, secret_id: str, **stage: str) -> StoredSecret | None:
        api = self.clients.get("secretsmanager")
        with told_in_our_words("read the stored token", local=self.clients.local):
            try:
                answer = api.get_secret_value(SecretId=secret_id, **stage)
            except ClientError as error:
                # A secret without such a version answers like one that does not exist.
                if code_of(error) == "ResourceNotFoundException":
                    return None
                raise
        return StoredSecret(
            answer["VersionId"],
            Hidden(answer["SecretString"]),
            answer.get("CreatedDate"),
        )

    def store(self, secret_id: str, text: Hidden) -> str:
        return self._store(secret_id, text)

    def store_pending(self, secret_id: str, text: Hidden) -> str:
        return self._store(secret_id, text, VersionStages=[_PENDING])

    def _store(self, secret_id: str, text: Hidden, **stages: list[str]) -> str:
        api = self.clients.get("secretsmanager")
        with told_in_our_words("store the token", local=self.clients.local):
            answer = api.put_secret_value(
                SecretId=secret_id,
                SecretString=text.reveal(),
                ClientRequestToken=str(uuid4()),
                **stages,
            )
        return str(answer["VersionId"])

    def promote(self, secret_id: str, version_id: str, *, replaces: str) -> None:
        self._move(
            secret_id,
            VersionStage=_CURRENT,
            MoveToVersionId=version_id,
            RemoveFromVersionId=replaces,
        )

    def drop_pending(self, secret_id: str, version_id: str) -> None:
        self._move(secret_id, VersionStage=_PENDING, RemoveFromVersionId=version_id)

    def _move(self, secret_id: str, **labels: str) -> None:
        api = self.clients.get("secretsmanager")
        with told_in_our_words("label the token", local=self.clients.local):
            api.update_secret_version_stage(SecretId=secret_id, **labels)


@dataclass(frozen=True, slots=True)
class CodeConnections:
    """Connections to GitHub by App."""

    clients: Clients

    def status(self, arn: str) -> str:
        api = self.clients.get("codeconnections")
        with told_in_our_words("read the connection", local=self.clients.local):
            answer = api.get_connection(ConnectionArn=arn)
        return str(answer["Connection"]["ConnectionStatus"])

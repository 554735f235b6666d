"""Secrets Manager and connections as ``ports.Secrets`` and ``ports.Connections``."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from botocore.exceptions import ClientError

from delivery.aws.clients import Clients
from delivery.aws.errors import code_of, told_in_our_words
from delivery.model import Hidden, StoredSecret


@dataclass(frozen=True, slots=True)
class ManagedSecrets:
    """Secrets of one account and region."""

    clients: Clients

    def current(self, secret_id: str) -> StoredSecret | None:
        api = self.clients.get("secretsmanager")
        with told_in_our_words("read the stored token", local=self.clients.local):
            try:
                answer = api.get_secret_value(SecretId=secret_id)
            except ClientError as error:
                # A secret without a version answers like one that does not exist.
                if code_of(error) == "ResourceNotFoundException":
                    return None
                raise
        return StoredSecret(answer["VersionId"], Hidden(answer["SecretString"]))

    def store(self, secret_id: str, text: Hidden) -> str:
        api = self.clients.get("secretsmanager")
        with told_in_our_words("store the token", local=self.clients.local):
            answer = api.put_secret_value(
                SecretId=secret_id,
                SecretString=text.reveal(),
                ClientRequestToken=str(uuid4()),
            )
        return str(answer["VersionId"])


@dataclass(frozen=True, slots=True)
class CodeConnections:
    """Connections to GitHub by App."""

    clients: Clients

    def status(self, arn: str) -> str:
        api = self.clients.get("codeconnections")
        with told_in_our_words("read the connection", local=self.clients.local):
            answer = api.get_connection(ConnectionArn=arn)
        return str(answer["Connection"]["ConnectionStatus"])

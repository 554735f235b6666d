"""Adapters with botocore's Stubber behind them: requests and answers fit the models."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from botocore.stub import Stubber

from delivery.aws.clients import Clients


class StubbedClients(Clients):
    """Clients that never leave this process; ``stub`` says what a service answers."""

    def __init__(self) -> None:
        super().__init__("us-east-1")
        self.stubbers: dict[str, Stubber] = {}

    def stub(self, service: str) -> Stubber:
        if service not in self.stubbers:
            client = boto3.client(
                service,
                region_name="us-east-1",
                aws_access_key_id="synthetic",
                aws_secret_access_key="synthetic",
            )
            self._made[service] = client
            self.stubbers[service] = Stubber(client)
            self.stubbers[service].activate()
        return self.stubbers[service]


@pytest.fixture
def clients() -> Iterator[StubbedClients]:
    made = StubbedClients()
    yield made
    for stubber in made.stubbers.values():
        stubber.assert_no_pending_responses()

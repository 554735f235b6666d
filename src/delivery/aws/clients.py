"""Clients of AWS, or of the rehearsal plane, made when first used."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from delivery.aws.errors import told_in_our_words

# One lost connection is nothing to speak of.
_LASTING_ATTEMPTS = 3
# The plane accepts any keys; fixed ones keep the operator's own out of its log.
_ANY_KEY = "rehearsal"
# On the plane the digits of an account are the key of its operator.
_ACCOUNT = re.compile(r"[0-9]{12}")


@dataclass
class Clients:
    """Makes boto3 clients with retries and jitter.

    With ``endpoint_url`` they speak to the rehearsal plane, and neither a profile nor
    the environment's credentials are looked at, but for an account's twelve digits in
    AWS_ACCESS_KEY_ID: they say in which account of the plane to act.
    ``on_trouble`` is told once when AWS does not answer and is asked again.
    """

    region: str
    profile: str | None = None
    endpoint_url: str | None = None
    on_trouble: Callable[[str], None] = lambda text: None
    _troubled: bool = field(default=False, repr=False)
    _made: dict[str, Any] = field(default_factory=dict, repr=False)
    _session: Any = field(default=None, repr=False)

    @property
    def local(self) -> bool:
        """Whether they speak to the rehearsal plane."""
        return self.endpoint_url is not None

    @property
    def sent_to(self) -> str | None:
        """Where all requests go instead of AWS, if anywhere.

        A rehearsed build is told by the variable that AWS's clients read.
        """
        return self.endpoint_url or os.environ.get("AWS_ENDPOINT_URL")

    def get(self, service: str) -> Any:
        """Return the client of a service."""
        if service not in self._made:
            with told_in_our_words(f"reach {service}", local=self.local):
                self._made[service] = self._make(service)
        return self._made[service]

    def _make(self, service: str) -> Any:
        from botocore.config import Config

        # Adaptive retries back off with jitter and slow down when throttled; a plane on
        # this machine answers or is gone.
        attempts = 2 if self.local else 10
        config = Config(
            retries={
                "mode": "standard" if self.local else "adaptive",
                "max_attempts": attempts,
            },
            connect_timeout=5,
            read_timeout=60,
            user_agent_extra="medical-record-analysis-delivery",
            # A proxy is for AWS, and never for a server on this machine.
            proxies={} if self.local else None,
        )
        client = self.session().client(
            service, endpoint_url=self.endpoint_url, config=config
        )
        client.meta.events.register("needs-retry", self._note_silence)
        return client

    def _note_silence(
        self, attempts: int, caught_exception: object = None, **more: Any
    ) -> None:
        """Tell that it goes on: all attempts together take a minute."""
        lasting = caught_exception is not None and attempts >= _LASTING_ATTEMPTS
        if lasting and not self._troubled:
            self._troubled = True
            self.on_trouble("AWS does not answer; trying again for about a minute.")

    def session(self) -> Any:
        """Return the session whose credentials the clients use."""
        import boto3

        if self._session is None and self.local:
            self._session = boto3.session.Session(
                region_name=self.region,
                botocore_session=_without_the_operators_files(),
                aws_access_key_id=_local_key(),
                aws_secret_access_key=_ANY_KEY,
            )
        elif self._session is None:
            self._session = boto3.session.Session(
                region_name=self.region, profile_name=self.profile
            )
        return self._session

    def acting_as(self, role_arn: str, *, region: str, session: str) -> Clients:
        """Return clients of a region that act with a role's keys, for an hour.

        STS is asked in that region, so that no other has to be well. Longer than an hour
        it gives no keys to who acts by a role already. Source: AWS STS API Reference,
        "AssumeRole".
        """
        import boto3

        there = Clients(region, self.profile, self.endpoint_url, self.on_trouble)
        with told_in_our_words(f"take role {role_arn}", local=self.local):
            given = there.get("sts").assume_role(
                RoleArn=role_arn, RoleSessionName=session
            )["Credentials"]
        acting = Clients(region, None, self.endpoint_url, self.on_trouble)
        acting._session = boto3.session.Session(
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
            region_name=region,
        )
        return acting


def _local_key() -> str:
    """Return the key of an account of the plane that was asked for, else of its own."""
    given = os.environ.get("AWS_ACCESS_KEY_ID", "")
    return given if _ACCOUNT.fullmatch(given) else _ANY_KEY


def _without_the_operators_files() -> Any:
    """Return a session that reads no profile: AWS_PROFILE may name one that is gone."""
    from botocore.session import Session

    nothing = (None, None, os.devnull, None)
    return Session(
        session_vars={
            "profile": (None, [], None, None),
            "config_file": nothing,
            "credentials_file": nothing,
        }
    )

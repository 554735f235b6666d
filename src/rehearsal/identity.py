"""Who calls, and the session keys of a role.

Each service acts with keys of its own role, got from STS as on AWS, so every request in the
plane has a principal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from moto.core.request import Request

# The plane's own services say so in their user agent: they are not refused by faults of the
# wire, and do not count against the account's limits.
INSIDE = "rehearsal-plane"

_ACCOUNT = re.compile(r"\d{12}")
_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request")


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller: its ARN, and the role's ARN when it is a role session."""

    arn: str
    role_arn: str | None = None

    @property
    def account(self) -> str:
        """Return the account that the caller belongs to."""
        return account_of(self.arn)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a request's signature says: access key, region and service."""

    access_key: str
    region: str
    service: str


@dataclass(frozen=True, slots=True)
class SessionKeys:
    """Temporary keys of one role session. Never printed."""

    access_key: str
    secret_key: str
    session_token: str

    def __repr__(self) -> str:
        return f"SessionKeys({self.access_key}, …)"

    def as_environment(self) -> dict[str, str]:
        """Return the variables that AWS's clients read."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_SESSION_TOKEN": self.session_token,
        }


def account_of(arn: str) -> str:
    """Return the account that an ARN names, "" where it names none."""
    return [*arn.split(":"), *[""] * 4][4]


def scope_of(request: Request) -> Scope | None:
    """Read the credential scope of ``request``: a signed header or a presigned URL."""
    text = request.headers.get("Authorization", "")
    if presigned := request.args.get("X-Amz-Credential"):
        text = f"Credential={presigned}"
    match = _CREDENTIAL.search(text)
    if match is None:
        return None
    return Scope(access_key=match[1], region=match[3], service=match[4].lower())


def account_of_key(access_key: str) -> str:
    """Return the account that an access key is of.

    An operator says which by a key that is the account's number; without, it is the plane's.
    """
    from moto.iam.models import get_account_id_from

    if is_account(access_key):
        return access_key
    return str(get_account_id_from(access_key))


def is_account(text: str) -> bool:
    """Say whether ``text`` is an account's number."""
    return _ACCOUNT.fullmatch(text) is not None


def principal_of(access_key: str) -> Principal:
    """Return who holds ``access_key``: a role session that STS made, else the operator."""
    from moto.sts.models import sts_backends

    account = account_of_key(access_key)
    sessions: Any = sts_backends[account]["aws"]
    session = sessions.get_assumed_role_from_access_key(access_key)
    if session is None:
        return Principal(arn=f"arn:aws:iam::{account}:user/operator")
    return Principal(arn=session.arn, role_arn=session.role_arn)

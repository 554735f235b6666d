"""Check a request's AWS Signature Version 4 against the secret of the key that signed it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from werkzeug.wrappers import Request

from rehearsal.identity import account_of_key

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 +Credential=(?P<key>[^/,\s]+)/(?P<scope>\d{8}/[^/]+/[^/]+/aws4_request)"
    r", *SignedHeaders=(?P<headers>[^,\s]+), *Signature=(?P<signature>[0-9a-f]{64})"
)
_LATE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who signed a request."""

    access_key: str
    arn: str
    user_id: str
    account: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not let in: AWS's error type and text, sent with status 403."""

    kind: str
    message: str


_MISSING = Refusal(
    "MissingAuthenticationTokenException", "Missing Authentication Token"
)
_UNKNOWN_KEY = Refusal(
    "UnrecognizedClientException",
    "The security token included in the request is invalid.",
)
_MISMATCH = Refusal(
    "InvalidSignatureException",
    "The request signature we calculated does not match the signature you provided. Check "
    "your AWS Secret Access Key and signing method. Consult the service documentation for "
    "details.",
)


def verify(request: Request, region: str) -> Caller | Refusal:
    """Return who signed ``request`` for ``region``, or why it is refused."""
    match = _AUTHORIZATION.match(request.headers.get("Authorization", ""))
    if match is None:
        return _MISSING
    scoped = match["scope"].split("/")[1]
    if scoped != region:
        text = f"Credential should be scoped to a valid region, not '{scoped}'."
        return Refusal("InvalidSignatureException", text)
    holder = _holder(match["key"])
    if holder is None:
        return _UNKNOWN_KEY
    secret, token, caller = holder
    if token and request.headers.get("X-Amz-Security-Token") != token:
        return _UNKNOWN_KEY
    stamp = request.headers.get("X-Amz-Date", "")
    if not _is_fresh(stamp):
        return Refusal(
            "InvalidSignatureException", f"Signature expired: {stamp} is now too old."
        )
    digest = request.headers.get("X-Amz-Content-Sha256")
    if digest and digest != hashlib.sha256(request.get_data()).hexdigest():
        return _MISMATCH
    expected = _signature(request, match, secret, stamp)
    return caller if hmac.compare_digest(expected, match["signature"]) else _MISMATCH


def _signature(request: Request, match: re.Match[str], secret: str, stamp: str) -> str:
    """Compute what the signature must be, with botocore's own arithmetic."""
    _, region, service, _ = match["scope"].split("/")
    signer = SigV4Auth(Credentials(match["key"], secret), service, region)
    path = str(request.environ.get("RAW_URI") or request.full_path)
    signed = AWSRequest(
        method=request.method,
        url=f"https://{request.host}{path}",
        data=request.get_data(),
        headers={
            name: request.headers.get(name, "") for name in match["headers"].split(";")
        },
    )
    signed.context["timestamp"] = stamp
    canonical = signer.canonical_request(signed)
    text = signer.string_to_sign(signed, canonical)
    return str(signer.signature(text, signed))


def _is_fresh(stamp: str) -> bool:
    """Say whether the signature is of now: wall time, as the signers' clocks are."""
    try:
        signed_at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return False
    return abs(datetime.now(UTC) - signed_at) <= _LATE


def _holder(access_key: str) -> tuple[str, str, Caller] | None:
    """Return secret, session token and holder of a key: operator, role session or user."""
    from moto.iam.models import iam_backends
    from moto.sts.models import sts_backends

    account = account_of_key(access_key)
    if access_key in ("rehearsal", account):
        arn = f"arn:aws:iam::{account}:user/operator"
        return "rehearsal", "", Caller(access_key, arn, "AIDAOPERATOR", account)
    sessions: Any = sts_backends[account]["aws"]
    session = sessions.get_assumed_role_from_access_key(access_key)
    if session is not None:
        caller = Caller(access_key, session.arn, session.user_id, account)
        return session.secret_access_key, session.session_token, caller
    users: Any = iam_backends[account]["aws"].users
    for user in list(users.values()):
        for key in user.access_keys:
            if key.access_key_id == access_key and key.status == "Active":
                caller = Caller(access_key, user.arn, user.id, account)
                return key.secret_access_key, "", caller
    return None

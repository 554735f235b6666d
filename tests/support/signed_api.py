"""A small HTTP client for an API that wants AWS signatures (IAM authorization).

Signed by botocore, sent by requests. Where ``AWS_ENDPOINT_URL`` is set, the request goes
to that address with the API's own ``Host``, and is signed for that host: so the same
tests run against AWS and against a local endpoint.
"""

from __future__ import annotations

import json
import os
import random
import re
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.session import get_session

_EXECUTE_API_HOST = re.compile(r"[a-z0-9]+\.execute-api\.(?P<region>[a-z0-9-]+)\.")
# One cold start, and the 29 s that API Gateway gives an integration.
_TIMEOUT_SECONDS = 35
_PAUSES_SECONDS = (0.5, 1, 2)


@dataclass(frozen=True, slots=True)
class SignedApi:
    """Calls one API stage; ``api_url`` ends with the stage's name."""

    api_url: str
    region: str
    endpoint_url: str | None = None
    api_key_id: str | None = None

    @classmethod
    def from_environment(
        cls, api_url: str, *, api_key_id: str | None = None
    ) -> SignedApi:
        """Take region and endpoint from the environment."""
        return cls(
            api_url.rstrip("/"),
            region=_region(api_url),
            endpoint_url=os.environ.get("AWS_ENDPOINT_URL") or None,
            api_key_id=api_key_id,
        )

    def get(self, path: str, **query: str) -> requests.Response:
        """Send a signed GET."""
        return self.send("GET", path, query=query)

    def post(
        self, path: str, body: Any, headers: dict[str, str] | None = None
    ) -> requests.Response:
        """Send a signed POST; what is not text or bytes is sent as JSON."""
        content = body if isinstance(body, str | bytes) else json.dumps(body)
        return self.send("POST", path, content=content, headers=headers)

    def send(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, str] | None = None,
        content: str | bytes | None = None,
        headers: dict[str, str] | None = None,
        signed: bool = True,
    ) -> requests.Response:
        """Send one request, by default signed with the caller's credentials."""
        url = self.api_url + path + (f"?{urlencode(query)}" if query else "")
        body = content.encode() if isinstance(content, str) else content or b""
        answer = self._unthrottled(method, url, body, headers or {}, signed=signed)
        if signed and self.api_key_id and _wants_api_key(answer):
            with_key = {**(headers or {}), "x-api-key": self._api_key(self.api_key_id)}
            answer = self._unthrottled(method, url, body, with_key, signed=True)
        return answer

    def _unthrottled(
        self, method: str, url: str, body: bytes, headers: dict[str, str], signed: bool
    ) -> requests.Response:
        """Send a request again while the API says that there are too many."""
        for pause in _PAUSES_SECONDS:
            answer = self._once(method, url, body, headers, signed)
            if answer.status_code != 429:
                return answer
            # Jitter parts callers that were throttled together.
            time.sleep(pause * random.uniform(0.5, 1))  # nosec B311
        return self._once(method, url, body, headers, signed)

    def _once(
        self, method: str, url: str, body: bytes, headers: dict[str, str], signed: bool
    ) -> requests.Response:
        request = AWSRequest(method=method, url=url, data=body)
        request.headers["Host"] = urlsplit(url).netloc
        request.headers["Content-Type"] = "application/json"
        for name, value in headers.items():
            request.headers[name] = value
        if signed:
            SigV4Auth(_credentials(), "execute-api", self.region).add_auth(request)
        return requests.request(
            method,
            self._address(url),
            data=body,
            headers=dict(request.headers.items()),
            timeout=_TIMEOUT_SECONDS,
            # A redirect would carry the signature to another host.
            allow_redirects=False,
        )

    def _api_key(self, key_id: str) -> str:
        # The endpoint comes from AWS_ENDPOINT_URL here too: boto3 reads it itself.
        import boto3

        gateway = boto3.client("apigateway", region_name=self.region)
        return str(gateway.get_api_key(apiKey=key_id, includeValue=True)["value"])

    def _address(self, url: str) -> str:
        if not self.endpoint_url:
            return url
        parts = urlsplit(url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        return self.endpoint_url.rstrip("/") + path


def _wants_api_key(answer: requests.Response) -> bool:
    """Say whether API Gateway refused a signed request for want of an API key.

    It says "Forbidden" then; a missing or wrong signature it names.
    """
    return answer.status_code == 403 and '"Forbidden"' in answer.text


def _region(api_url: str) -> str:
    """Return the region that the host names, else the environment's."""
    match = _EXECUTE_API_HOST.match(urlsplit(api_url).netloc)
    region = match["region"] if match else os.environ.get("AWS_REGION")
    region = region or os.environ.get("AWS_DEFAULT_REGION")
    if not region:
        raise LookupError(f"{api_url} names no region: set AWS_DEFAULT_REGION.")
    return region


def _credentials() -> Any:
    credentials = get_session().get_credentials()
    if credentials is None:
        raise LookupError("No AWS credentials were found to sign the request with.")
    return credentials.get_frozen_credentials()

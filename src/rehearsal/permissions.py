"""Whether the policies of the caller's role allow its call.

By default the plane looks at no call. In the mode ``watch`` it records what a role session's
policies do not allow, in ``enforce`` it refuses it as AWS does. A call whose
resource the plane cannot tell is asked of every resource that the role's policies name, and
conditions on keys that it does not know are taken to hold. Source: AWS IAM User Guide,
"Policy evaluation logic"; names of actions from the Service Authorization Reference.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from awsrules.policies import Request, evaluate, statements_of
from rehearsal.identity import Principal
from rehearsal.protocol import ApiError

MODES = ("off", "watch", "enforce")

# Operations that are allowed by an action of another name.
_ACTIONS: Mapping[str, str] = {
    "lambda:Invoke": "lambda:InvokeFunction",
    "s3:DeleteBucketLifecycle": "s3:PutLifecycleConfiguration",
    "s3:DeletePublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:ListObjects": "s3:ListBucket",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
    "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
}
_PREFIXES = {"stepfunctions": "states"}
# Anybody may ask who they are.
_ALWAYS = frozenset({"sts:GetCallerIdentity"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """A call that a role's policies do not allow."""

    role: str
    action: str
    resource: str
    reason: str


class Permissions:
    """Decides the calls of role sessions, and remembers those that are not allowed."""

    def __init__(self, account: str, mode: str | None = None) -> None:
        self._account = account
        self._lock = threading.Lock()
        self._refused: dict[Refusal, int] = {}
        self.mode = mode or os.environ.get("REHEARSAL_PERMISSIONS", "off")
        if self.mode not in MODES:
            raise ValueError(f"no mode {self.mode}; there are {', '.join(MODES)}")

    @property
    def looks(self) -> bool:
        """Say whether calls are looked at."""
        return self.mode != "off"

    def check(
        self, principal: Principal, service: str, operation: str, method: str, path: str
    ) -> ApiError | None:
        """Give the refusal of a call, None where it may go on."""
        role = self._role(principal)
        if role is None or not operation:
            return None
        action = action_of(service, operation, method)
        resource = _resource_of(service, path)
        reason = _decide(role, action, resource)
        if action in _ALWAYS or not reason:
            return None
        refusal = Refusal(str(principal.role_arn), action, resource, reason)
        with self._lock:
            self._refused[refusal] = self._refused.get(refusal, 0) + 1
        if self.mode != "enforce":
            return None
        return ApiError(
            "AccessDenied" if service in ("s3", "iam", "sqs") else _denied(service),
            f"User: {principal.arn} is not authorized to perform: {action} "
            f"on resource: {resource} because {reason}",
        )

    def page(self, method: str, body: dict[str, Any]) -> Any:
        """Serve ``/_rehearsal/permissions``: the mode, and what was not allowed."""
        if method == "POST":
            if body["mode"] not in MODES:
                raise ValueError(f"no mode {body['mode']}; there are {MODES}")
            self.mode = body["mode"]
        if method == "DELETE":
            with self._lock:
                self._refused.clear()
        with self._lock:
            found = [
                {
                    "role": each.role,
                    "action": each.action,
                    "resource": each.resource,
                    "reason": each.reason,
                    "times": times,
                }
                for each, times in self._refused.items()
            ]
        return {"mode": self.mode, "not_allowed": found}

    def _role(self, principal: Principal) -> Any:
        """Give the role of a session; a role that IAM does not have binds nobody."""
        if principal.role_arn is None:
            return None
        from moto.iam.models import iam_backends

        roles = list(iam_backends[self._account]["aws"].roles.values())
        return next((each for each in roles if each.arn == principal.role_arn), None)


def action_of(service: str, operation: str, method: str) -> str:
    """Give the IAM action that allows an operation."""
    if service == "apigateway":
        return f"apigateway:{method}"
    name = f"{_PREFIXES.get(service, service)}:{operation}"
    return _ACTIONS.get(name, name)


def _denied(service: str) -> str:
    """JSON services say it with the word exception."""
    query = ("cloudformation", "cloudwatch", "sns", "sts")
    return "AccessDenied" if service in query else "AccessDeniedException"


def _resource_of(service: str, path: str) -> str:
    if service == "s3" and path.strip("/"):
        return f"arn:aws:s3:::{unquote(path).strip('/')}"
    return "*"


def _decide(role: Any, action: str, resource: str) -> str:
    """Give why the role may not, "" when it may."""
    documents = [_unconditional(each) for each in _documents(role)]
    asked = [resource] if resource != "*" else list(_resources(documents))
    reason = "no identity-based policy allows the action"
    for each in asked:
        decision = evaluate(Request(action, each, principal=role.arn), documents)
        if decision.allowed:
            return ""
        if decision.statement:
            reason = f"of an explicit deny in {decision.statement}"
    return reason


def _documents(role: Any) -> Iterator[Mapping[str, Any]]:
    for text in list(role.policies.values()):
        yield json.loads(unquote(text)) if isinstance(text, str) else text
    for managed in list(role.managed_policies.values()):
        yield from (
            json.loads(each.document) for each in managed.versions if each.is_default
        )


def _unconditional(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is allowed under a condition counts as allowed, what is denied so as not."""
    kept = []
    for each in statements_of(document):
        if each.effect == "Deny" and "Condition" in each.body:
            continue
        kept.append({k: v for k, v in each.body.items() if k != "Condition"})
    return {"Statement": kept}


def _resources(documents: list[Mapping[str, Any]]) -> Iterator[str]:
    yield "*"
    for document in documents:
        for each in statements_of(document):
            for pattern in each.texts("Resource"):
                yield pattern.replace("*", "any")

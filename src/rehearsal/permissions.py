"""Whether the policies of the caller's role allow its call.

The plane refuses what a role session's policies do not allow, as AWS does; in the mode
``watch`` it only records it, in ``off`` it looks at no call. A call whose resource the plane
cannot tell is asked of every resource that the role's policies name, and conditions on keys
that it does not know are taken to hold. Who assumes another role must be trusted by it, too.
Source: AWS IAM User Guide, "Policy evaluation logic", "Troubleshoot access denied error
messages".
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any
from urllib.parse import unquote

from awsrules.policies import Outcome, Request, evaluate, statements_of, trusts
from rehearsal.asking import Asking, Known, Place, Question, questions
from rehearsal.identity import Principal, account_of, is_account
from rehearsal.protocol import ApiError

MODES = ("off", "watch", "enforce")
DEFAULT_MODE = "enforce"

# Anybody may ask who they are.
_ALWAYS = frozenset({"sts:GetCallerIdentity"})
_ASSUME = "sts:AssumeRole"
# Services that say it without the word exception.
_PLAIN = frozenset({"cloudformation", "cloudwatch", "iam", "s3", "sns", "sqs", "sts"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a role's policies do not allow, and IAM's reason."""

    role: str
    action: str
    resource: str
    reason: str


class Permissions:
    """Decides the calls of role sessions, and remembers those that are not allowed."""

    def __init__(self, mode: str | None = None) -> None:
        self._lock = threading.Lock()
        self._refused: dict[Refusal, int] = {}
        self._allowed: dict[str, set[str]] = {}
        self.mode = mode or os.environ.get("REHEARSAL_PERMISSIONS", DEFAULT_MODE)
        if self.mode not in MODES:
            raise ValueError(f"no mode {self.mode}; there are {', '.join(MODES)}")

    @property
    def looks(self) -> bool:
        """Say whether calls are looked at."""
        return self.mode != "off"

    def check(self, principal: Principal, call: Asking, region: str) -> ApiError | None:
        """Give the refusal of a call, None where it may go on."""
        role = self._role(principal.role_arn)
        if role is None or not call.operation:
            return None
        for question in questions(call, Place(principal.account, region)):
            if text := self._refusal(role, principal.arn, question):
                plain = call.service in _PLAIN
                code = "AccessDenied" if plain else "AccessDeniedException"
                return ApiError(code, text, status=403)
        return None

    def why_not(self, role_arn: str, session: str, question: Question) -> str:
        """Give why a role may not do what a service does for it without a call, or "".

        ``session`` is the name of the role's session.
        """
        role = self._role(role_arn) if self.looks else None
        if role is None:
            return ""
        name = role_arn.rpartition("/")[2]
        account = account_of(role_arn)
        principal = f"arn:aws:sts::{account}:assumed-role/{name}/{session}"
        return self._refusal(role, principal, question)

    def may_take(self, service: str, role_arn: str, source_arn: str = "") -> bool:
        """Say whether ``service`` may act with a role, for ``source_arn`` if it says so.

        Source: AWS IAM User Guide, "The confused deputy problem".
        """
        role = self._role(role_arn) if self.looks else None
        if role is None:
            return True
        who = f"{service}.amazonaws.com"
        context = {"aws:SourceAccount": account_of(role_arn)}
        if source_arn:
            context["aws:SourceArn"] = source_arn
        asked = Request(_ASSUME, role_arn, context, who)
        trusted = trusts(_parsed(role.assume_role_policy_document), asked).allowed
        if not trusted:
            reason = f"because the role does not trust {who} for {source_arn or 'it'}"
            self._record(Refusal(role_arn, _ASSUME, source_arn, reason))
        return trusted or self.mode != "enforce"

    def page(self, method: str, body: dict[str, Any]) -> Any:
        """Serve ``/_rehearsal/permissions``: the mode, what was not allowed and what was."""
        if method == "POST":
            if body["mode"] not in MODES:
                raise ValueError(f"no mode {body['mode']}; there are {MODES}")
            self.mode = body["mode"]
        if method == "DELETE":
            with self._lock:
                self._refused.clear()
                self._allowed.clear()
        with self._lock:
            allowed = {role: sorted(each) for role, each in self._allowed.items()}
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
        return {"mode": self.mode, "not_allowed": found, "allowed": allowed}

    def _refusal(self, role: Any, principal: str, question: Question) -> str:
        """Record what is not allowed; give IAM's words where it is refused, else ""."""
        if question.action in _ALWAYS:
            return ""
        reason = self._reason(role, principal, question)
        if not reason:
            with self._lock:
                self._allowed.setdefault(str(role.arn), set()).add(question.action)
            return ""
        resource = question.resource or "*"
        self._record(Refusal(str(role.arn), question.action, resource, reason))
        if self.mode != "enforce":
            return ""
        text = (
            f"User: {principal} is not authorized to perform: {question.action} "
            f"on resource: {resource}"
        )
        # STS does not tell which of the two policies is to blame; the page does.
        return text if question.action == _ASSUME else f"{text} {reason}"

    def _record(self, refusal: Refusal) -> None:
        with self._lock:
            self._refused[refusal] = self._refused.get(refusal, 0) + 1

    def _reason(self, role: Any, session: str, question: Question) -> str:
        """Give why the role may not, in IAM's words, "" when it may."""
        documents = [_as_known(each, question.known) for each in _documents(role)]
        if question.action == _ASSUME:
            trust = _trust_of(self._role(question.resource), role, session, question)
            if trust.refusal:
                return trust.refusal
            documents += trust.grants
        boundary = self._boundary(role, question.known)
        asked = [question.resource] if question.resource else _resources(documents)
        context = _given(question.known)
        denied = bounded = False
        for resource in asked:
            request = Request(question.action, resource, context, role.arn)
            if evaluate(request, documents, boundary=boundary).allowed:
                return ""
            alone = evaluate(request, documents)
            denied = denied or bool(alone.statement) and not alone.allowed
            bounded = bounded or alone.allowed
        if denied:
            return "with an explicit deny in an identity-based policy"
        which = "permissions boundary" if bounded else "identity-based policy"
        return f"because no {which} allows the {question.action} action"

    def _boundary(self, role: Any, known: Known) -> Mapping[str, Any] | None:
        arn = role.permissions_boundary_arn
        policies = _iam_of(role.arn).managed_policies
        policy = policies.get(arn) if arn else None
        return _as_known(_default_version(policy), known) if policy else None

    def _role(self, arn: str | None) -> Any:
        """Give the role of a session; a role that IAM does not have binds nobody."""
        if arn is None or not is_account(account_of(arn)):
            return None
        roles = list(_iam_of(arn).roles.values())
        return next((each for each in roles if each.arn == arn), None)


@dataclass(frozen=True, slots=True)
class _Trust:
    """Why a role does not trust a caller, or what its trust grants by itself."""

    refusal: str = ""
    grants: tuple[Mapping[str, Any], ...] = ()


def _trust_of(target: Any, role: Any, session: str, question: Question) -> _Trust:
    """Look into the trust policy of ``target`` for a session of ``role``.

    Within an account, a role that is named itself needs no policy of its own; one that is
    trusted because its account is, does. Source: AWS STS API Reference, AssumeRole.
    """
    if target is None:
        return _Trust("because there is no such role")
    account = account_of(role.arn)
    itself = {"aws:PrincipalArn": role.arn, "aws:PrincipalAccount": account}
    trust = _as_known(
        _parsed(target.assume_role_policy_document), {**question.known, **itself}
    )
    asked = partial(_trusts, target, {**_given(question.known), **itself})
    callers = (role.arn, session)
    if Outcome.DENIED in [asked(trust, each) for each in callers]:
        return _Trust("with an explicit deny in the role's trust policy")
    found = [
        statement
        for statement in ({"Statement": [each]} for each in trust["Statement"])
        if Outcome.ALLOWED in [asked(statement, each) for each in callers]
    ]
    if not found:
        return _Trust("because the role's trust policy does not allow it")
    whole = f"arn:aws:iam::{account}:root"
    named = any(asked(each, whole) is not Outcome.ALLOWED for each in found)
    if not named or account_of(target.arn) != account:
        return _Trust()
    grant = {"Effect": "Allow", "Action": _ASSUME, "Resource": target.arn}
    return _Trust(grants=({"Statement": [grant]},))


def _trusts(
    target: Any, known: Mapping[str, str], part: Mapping[str, Any], who: str
) -> Outcome:
    return trusts(part, Request(_ASSUME, target.arn, known, who)).outcome


def _given(known: Known) -> dict[str, str]:
    """Give the keys that a request carries."""
    return {key: text for key, text in known.items() if text}


def _iam_of(arn: str) -> Any:
    """Give moto's IAM of the account that an ARN names."""
    from moto.iam.models import iam_backends

    return iam_backends[account_of(arn)]["aws"]


def _documents(role: Any) -> Iterator[Mapping[str, Any]]:
    for text in list(role.policies.values()):
        yield _parsed(text) if isinstance(text, str) else text
    for managed in list(role.managed_policies.values()):
        yield _default_version(managed)


def _default_version(policy: Any) -> Mapping[str, Any]:
    found = next(each for each in policy.versions if each.is_default)
    return _parsed(found.document)


@lru_cache(maxsize=512)
def _parsed(text: str) -> Mapping[str, Any]:
    document: Mapping[str, Any] = json.loads(unquote(text))
    return document


def _as_known(document: Mapping[str, Any], known: Known) -> Mapping[str, Any]:
    """Leave the conditions on keys that are known.

    For the others, what is allowed counts as allowed, and what is denied as not denied.
    """
    names = {each.lower() for each in known}
    kept = []
    for each in statements_of(document):
        conditions = each.body.get("Condition", {})
        left = {
            operator: {k: v for k, v in keys.items() if k.lower() in names}
            for operator, keys in conditions.items()
        }
        if each.effect == "Deny" and left != conditions:
            continue
        kept.append({**each.body, "Condition": left})
    return {"Statement": kept}


def _resources(documents: list[Mapping[str, Any]]) -> Iterator[str]:
    yield "*"
    for document in documents:
        for each in statements_of(document):
            for pattern in each.texts("Resource"):
                yield pattern.replace("*", "any")

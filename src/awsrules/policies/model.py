"""A request, a statement and a decision."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

Document = Mapping[str, Any]
Context = Mapping[str, str | Sequence[str]]


class Outcome(StrEnum):
    """What IAM says; the last two both end as AccessDenied."""

    ALLOWED = "allowed"
    DENIED = "denied"
    NOT_GRANTED = "not granted"


@dataclass(frozen=True, slots=True)
class Request:
    """One action on one resource.

    ``context`` holds the condition keys that the request carries, by name; a key that is
    not in it is absent, which conditions distinguish from empty.
    """

    action: str
    resource: str
    context: Context = field(default_factory=dict)
    principal: str = ""

    def value_of(self, key: str) -> tuple[str, ...] | None:
        """Give the values of a condition key, None when absent. Keys ignore case."""
        wanted = key.lower()
        for name, value in self.context.items():
            if name.lower() == wanted:
                return (value,) if isinstance(value, str) else tuple(value)
        return None


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided and why; ``statement`` is the Sid that decided, if one did."""

    outcome: Outcome
    reason: str = ""
    statement: str = ""

    @property
    def allowed(self) -> bool:
        """Say whether the request goes through."""
        return self.outcome is Outcome.ALLOWED


ALLOWED = Decision(Outcome.ALLOWED)


@dataclass(frozen=True)
class Statement:
    """One statement of a policy document; ``number`` counts from 1."""

    body: Mapping[str, Any]
    number: int

    @property
    def name(self) -> str:
        """Its Sid, or its place in the document."""
        return str(self.body.get("Sid") or f"statement {self.number}")

    @cached_property
    def effect(self) -> str:
        """Allow or Deny."""
        return str(self.body.get("Effect", "Deny"))

    @cached_property
    def actions(self) -> tuple[str, ...]:
        """What Action lists, or NotAction excepts."""
        return self.texts("NotAction" if self.excepts_actions else "Action")

    @cached_property
    def excepts_actions(self) -> bool:
        """Whether it speaks of all actions but those it names."""
        return "NotAction" in self.body

    def texts(self, key: str) -> tuple[str, ...]:
        """Give an element that is one text or a list of them."""
        return as_texts(self.body.get(key, ()))


@dataclass(frozen=True, slots=True)
class Policy:
    """A document as its statements: for who asks the same one many requests."""

    statements: tuple[Statement, ...]


def read_policy(document: Document) -> Policy:
    """Read a document once."""
    return Policy(tuple(statements_of(document)))


def statements_of(document: Document | Policy) -> Iterable[Statement]:
    """Give each statement of a policy; a single one need not stand in a list."""
    if isinstance(document, Policy):
        return document.statements
    return _read(document)


def _read(document: Document) -> Iterator[Statement]:
    found = document.get("Statement", ())
    bodies = [found] if isinstance(found, Mapping) else found
    for number, body in enumerate(bodies, start=1):
        yield Statement(body, number)


def as_texts(value: Any) -> tuple[str, ...]:
    """Give texts of what a policy may write as one value or as a list."""
    many = value if isinstance(value, (list, tuple)) else (value,)
    return tuple(map(_text, many))


def _text(value: Any) -> str:
    if type(value) is str:
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)

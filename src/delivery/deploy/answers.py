"""What the operator may answer, and what is wrong with an answer."""

from __future__ import annotations

import re
from collections.abc import Mapping

from delivery.errors import BadInput
from delivery.model import ENVIRONMENTS, Access, Answers, Hidden
from delivery.names import PRODUCTION, WAYS_TO_READ_GITHUB

# GitHub's rules for names; git's rule for branches, as far as GitHub accepts them.
_PATTERNS = {
    "owner": (r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})", "a GitHub user or organization"),
    "repository": (r"[A-Za-z0-9._-]{1,100}", "a repository's name, without its owner"),
    "branch": (r"(?![/-])(?!.*(?:\.\.|//))[A-Za-z0-9._/-]{1,255}", "a branch's name"),
}

# What GitHub's tokens begin with is not checked: there are several forms, and an
# enterprise server has its own. What is checked would break a header or a shell.
_TOKEN = re.compile(r"[\x21-\x7e]{8,1024}")


def problem_with(name: str, value: str) -> str:
    """Say what is wrong with an answer, or nothing."""
    pattern, meaning = _PATTERNS[name]
    if re.fullmatch(pattern, value):
        return ""
    return f"{value!r} is not {meaning}"


def checked_answers(values: Mapping[str, str]) -> Answers:
    """Return answers that are all well-formed.

    Raises:
        BadInput: naming the flag of the first that is not.
    """
    for name in _PATTERNS:
        problem = problem_with(name, values[name])
        if problem:
            raise _bad(name, problem)
    if values["environment"] not in ENVIRONMENTS:
        raise _bad("environment", f"{values['environment']!r} is no environment")
    if values["access"] not in WAYS_TO_READ_GITHUB:
        raise _bad("access", f"{values['access']!r} is no way to read GitHub")
    return Answers(
        owner=values["owner"],
        repository=values["repository"],
        branch=values["branch"],
        access=Access(values["access"]),
        environment=values["environment"],
    )


def answers_of_a_receiver() -> Answers:
    """Return the answers of a place that others promote to: nothing is to be asked."""
    return Answers(
        owner="",
        repository="",
        branch="main",
        access=Access.PROMOTION,
        environment=PRODUCTION,
    )


def checked_token(text: str, *, source: str) -> Hidden:
    """Return a token that can be one; what it was is never said.

    Raises:
        BadInput: when it is empty, or holds what no token holds.
    """
    token = text.strip()
    if _TOKEN.fullmatch(token):
        return Hidden(token)
    problem = "It is empty." if not token else "It holds blanks, or is too short."
    raise BadInput(
        f"The token from {source} cannot be a GitHub token.",
        why=problem,
        next_step="Give the token alone, on one line.",
    )


def _bad(name: str, problem: str) -> BadInput:
    choices = {
        "environment": ", ".join(ENVIRONMENTS),
        "access": ", ".join(WAYS_TO_READ_GITHUB),
    }
    allowed = f" Allowed: {choices[name]}." if name in choices else ""
    return BadInput(
        f"The {name} is not valid.",
        why=f"{problem}.{allowed}",
        next_step=f"Give it with --{name}.",
    )

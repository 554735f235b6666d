"""Wildcards and variables of actions, resources and values.

Source: AWS IAM User Guide, "IAM JSON policy elements: Action", "… Resource", "IAM policy
elements: Variables and tags".
"""

from __future__ import annotations

import re
from functools import lru_cache

from awsrules.policies.model import Request

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_LITERAL = {"*": "*", "?": "?", "$": "$"}


def matches_action(pattern: str, action: str) -> bool:
    """Say whether ``pattern`` covers ``action``; neither minds upper and lower case."""
    return matches_any_action((pattern,), action)


def matches_any_action(patterns: tuple[str, ...], action: str) -> bool:
    """Say whether one of an element's patterns covers ``action``."""
    return _alternatives(patterns).fullmatch(action.lower()) is not None


def matches_resource(pattern: str, request: Request) -> bool:
    """Say whether a Resource element covers the request's resource.

    A wildcard may pass a slash, but an ARN's first five parts are compared one by one.
    """
    filled = filled_in(pattern, request)
    if filled is None:
        return False
    return arns_match(filled, request.resource)


def arns_match(pattern: str, arn: str) -> bool:
    """Compare two ARNs part by part; the sixth part may hold colons."""
    patterns, parts = pattern.split(":", 5), arn.split(":", 5)
    if len(parts) != 6:
        return matches_pattern(pattern, arn)
    if len(patterns) != 6:
        return pattern == "*"
    return all(map(matches_pattern, patterns, parts))


def matches_pattern(pattern: str, text: str) -> bool:
    """Match ``*`` (any characters, or none) and ``?`` (exactly one)."""
    return _compiled(pattern).fullmatch(text) is not None


def filled_in(pattern: str, request: Request) -> str | None:
    """Replace ``${key}``; None when the request lacks the key, which matches nothing.

    What comes from the request is plain text: a wildcard in it is none.
    """
    if "${" not in pattern:
        return pattern
    missing = False

    def value_of(found: re.Match[str]) -> str:
        nonlocal missing
        name, _, default = found[1].partition(",")
        if name in _LITERAL:
            return _escaped(_LITERAL[name])
        values = request.value_of(name.strip())
        if values is not None and len(values) == 1:
            return _escaped(values[0])
        if default:
            return _escaped(default.strip().strip("'"))
        missing = True
        return ""

    text = _VARIABLE.sub(value_of, pattern)
    return None if missing else text


# Stands before a character that is meant as itself; no ARN or value holds it.
_MARK = "\x00"


def _escaped(text: str) -> str:
    return text.replace("*", _MARK + "*").replace("?", _MARK + "?")


def plain(pattern: str) -> str:
    """Give a filled-in text as it is compared where wildcards mean nothing."""
    return pattern.replace(_MARK, "")


# A proof asks hundreds of actions of the same statements: each is compiled once, whole.
@lru_cache(maxsize=8192)
def _alternatives(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(
        "|".join(_expression(each.lower()) for each in patterns), re.DOTALL
    )


@lru_cache(maxsize=8192)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(_expression(pattern), re.DOTALL)


def _expression(pattern: str) -> str:
    pieces = re.findall(r"\x00.|[*?]|[^\x00*?]+", pattern, re.DOTALL)
    return "".join(map(_piece, pieces))


def _piece(piece: str) -> str:
    match piece:
        case "*":
            return ".*"
        case "?":
            return "."
        case _:
            return re.escape(piece.removeprefix(_MARK))

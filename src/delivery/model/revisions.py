"""Revisions: what a version freezes as one hash, with a beginning of the deployment's own.

SAM names a version by the first ten characters of its revision, and Lambda publishes nothing
that equals the version published last. A deployment that failed leaves such a version behind,
so each deployment of new content begins its revisions with digits of its own; what follows
them tells content from content. ``CheckProject`` in ``templates/pipeline.yaml`` does the same.

Sources: AWS Lambda API Reference, PublishVersion; aws-sam-translator, LogicalIdGenerator.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

OWN_DIGITS = 10
SUFFIX = "Revision"
_LENGTH = 64


def same_content(one: str, other: str) -> bool:
    """Whether two revisions stand for the same content."""
    return len(one) == len(other) == _LENGTH and one[OWN_DIGITS:] == other[OWN_DIGITS:]


def with_own_digits(revision: str, deployment: str) -> str:
    """Return a revision of the same content that begins as no other does."""
    own = sha256(f"{revision} {deployment}".encode()).hexdigest()
    return own[:OWN_DIGITS] + revision[OWN_DIGITS:]


def as_deployed(
    parameters: Mapping[str, str], deployed: Mapping[str, str]
) -> dict[str, str]:
    """Return ``parameters`` with the revisions that are deployed, where content is the same."""
    return {
        name: (
            deployed[name]
            if name.endswith(SUFFIX) and same_content(value, deployed.get(name, ""))
            else value
        )
        for name, value in parameters.items()
    }

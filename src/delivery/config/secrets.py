"""Find what must not stand in a file under version control."""

from __future__ import annotations

import re

_SECRETS = (
    ("a GitHub token", r"\b(gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})"),
    ("an AWS access key", r"\b(AKIA|ASIA)[A-Z0-9]{16}\b"),
    ("a private key", r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    ("a Slack token", r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    ("a signed web token", r"\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\."),
    ("a password in an address", r"\b[a-z][a-z0-9+.-]*://[^/\s:@]+:[^/\s:@]+@"),
)
_TELLING_KEY = re.compile(
    r"(password|passwd|secret|token|credential|private_?key|access_?key)", re.IGNORECASE
)


def secret_in(text: str) -> str:
    """Say what kind of secret ``text`` holds, or nothing; never the secret itself."""
    for kind, pattern in _SECRETS:
        if re.search(pattern, text):
            return kind
    return ""


def names_a_secret(key: str) -> bool:
    """Say whether a key announces a secret by its name."""
    return bool(_TELLING_KEY.search(key))

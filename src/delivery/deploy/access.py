"""The token as Secrets Manager keeps it: one JSON object with one key."""

from __future__ import annotations

import json

from delivery.model import Hidden, StoredSecret

TOKEN_KEY = "token"  # nosec B105  # the key's name, not a token


def secret_text(token: Hidden) -> Hidden:
    """Return what is stored: the templates refer to the key ``token``."""
    return Hidden(json.dumps({TOKEN_KEY: token.reveal()}))


def holds_token(stored: StoredSecret | None) -> bool:
    """Tell whether the secret has a token already."""
    return stored is not None and bool(_token_in(stored))


def needs_storing(stored: StoredSecret | None, token: Hidden) -> bool:
    """Tell whether ``token`` differs from the stored one.

    The same token is not stored again: a new version would change TokenVersion, that the
    pipeline, and an update of the pipeline cancels what runs in it.
    """
    return stored is None or _token_in(stored) != token.reveal()


def _token_in(stored: StoredSecret) -> str:
    try:
        data = json.loads(stored.text.reveal())
    except ValueError:
        return ""
    return str(data.get(TOKEN_KEY, "")) if isinstance(data, dict) else ""


def same_token(stored: StoredSecret | None, token: Hidden) -> bool:
    """Tell whether ``token`` is the stored one."""
    return not needs_storing(stored, token)

"""Ids, idempotency keys and cursors: made here, and checked when they come back."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from medical_records.problem import Problem, malformed

DEFAULT_LIMIT = 25
MAX_LIMIT = 100

_ANALYSIS_ID = re.compile(r"[0-9a-f]{64}")
_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_LIMIT = re.compile(r"[0-9]{1,3}")


@dataclass(frozen=True, slots=True)
class PageRequest:
    """How many analyses to list, and after which id."""

    limit: int
    after: str | None


def analysis_id_of(canonical_bundle: str) -> str:
    """Return the id that this content always has."""
    return hashlib.sha256(canonical_bundle.encode("ascii")).hexdigest()


def key_id_of(key: str, *, caller: str) -> str:
    """Return the id of a caller's idempotency key; two callers never share one."""
    return hashlib.sha256(f"{caller}\n{key}".encode()).hexdigest()


def read_analysis_id(text: str) -> str | Problem:
    """Check an id that came in a path."""
    if _ANALYSIS_ID.fullmatch(text):
        return text
    message = "An analysis id is 64 lower-case hexadecimal digits."
    return Problem(404, "not_found", message, "path.analysisId")


def read_idempotency_key(headers: Mapping[str, str]) -> str | None | Problem:
    """Return the ``Idempotency-Key`` header, None when there is none."""
    key = headers.get("idempotency-key")
    if key is None or _IDEMPOTENCY_KEY.fullmatch(key):
        return key
    message = "An idempotency key is 1 to 255 visible ASCII characters."
    return malformed("header.Idempotency-Key", "bad_idempotency_key", message)


def read_page_request(query: Mapping[str, str]) -> PageRequest | Problem:
    """Read ``limit`` and ``cursor`` of a listing."""
    limit = query.get("limit", str(DEFAULT_LIMIT))
    if not _LIMIT.fullmatch(limit) or not 1 <= int(limit) <= MAX_LIMIT:
        message = f"The limit is a whole number from 1 to {MAX_LIMIT}."
        return malformed("query.limit", "bad_limit", message)
    cursor = query.get("cursor")
    after = None if cursor is None else _id_in_cursor(cursor)
    if cursor is not None and after is None:
        message = "The cursor is not one that a listing returned."
        return malformed("query.cursor", "bad_cursor", message)
    return PageRequest(int(limit), after)


def cursor_after(analysis_id: str) -> str:
    """Return the cursor of the page that follows ``analysis_id``."""
    return base64.urlsafe_b64encode(bytes.fromhex(analysis_id)).decode().rstrip("=")


def _id_in_cursor(cursor: str) -> str | None:
    try:
        analysis_id = base64.urlsafe_b64decode(cursor + "=").hex()
    except (binascii.Error, ValueError):
        return None
    # The decoder skips foreign characters; only what encodes back is a cursor.
    if _ANALYSIS_ID.fullmatch(analysis_id) and cursor_after(analysis_id) == cursor:
        return analysis_id
    return None

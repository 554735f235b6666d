"""Finds what a text tells of a record: each string that stands in it as a value."""

from __future__ import annotations

import re
from collections.abc import Iterable


def told(leaves: Iterable[str], text: str) -> set[str]:
    """Return those of ``leaves`` that stand in ``text`` as words of their own.

    As words: a year such as "2004" is not told by the digits of a timestamp.
    """
    return {leaf for leaf in leaves if leaf in text and _stands(leaf, text)}


def _stands(leaf: str, text: str) -> bool:
    if not leaf.strip():
        return False
    return bool(re.search(rf"(?<![\w-]){re.escape(leaf)}(?![\w-])", text))

"""Lambda's pages: ``Marker``, ``MaxItems``, at most 50 items each."""

from __future__ import annotations

from typing import Any

from rehearsal.protocol import Params

_PAGE = 50


def paged(key: str, items: list[Any], params: Params) -> dict[str, Any]:
    """Return one page of ``items`` under ``key``, with the marker of the next."""
    start = int(params.get("Marker") or 0)
    size = min(int(params.get("MaxItems") or _PAGE), _PAGE)
    answer: dict[str, Any] = {key: items[start : start + size]}
    if start + size < len(items):
        answer["NextMarker"] = str(start + size)
    return answer

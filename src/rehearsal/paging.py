"""Answers a page at a time, in the words of each service."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rehearsal.protocol import Answer, ApiError, Params


@dataclass(frozen=True, slots=True)
class Pages:
    """How a service pages: its parameters, the most items of a page, the error for a bad token."""

    token: str = "NextToken"  # nosec B105 - a parameter's name
    following: str = "NextToken"
    size: str = "MaxResults"
    most: int = 100
    invalid: str = "InvalidNextTokenException"

    def cut(self, member: str, items: Sequence[Any], params: Params) -> Answer:
        """Return one page of ``items`` under ``member``, with the token of the next."""
        try:
            start = int(params.get(self.token) or 0)
        except ValueError as error:
            raise ApiError(self.invalid, f"{self.token} is not valid") from error
        end = start + min(int(params.get(self.size) or self.most), self.most)
        answer: dict[str, Any] = {member: list(items[start:end])}
        if end < len(items):
            answer[self.following] = str(end)
        return answer

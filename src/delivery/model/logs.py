"""Lines of logs, and what writes them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class LogSource:
    """One thing that writes a log, by the name that its template gives it."""

    name: str
    group: str


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line as CloudWatch Logs holds it; ``id`` is unique in its group."""

    id: str
    at: datetime
    stream: str
    text: str

    def as_data(self, source: LogSource) -> dict[str, Any]:
        """Return plain data for a line of JSON."""
        return {
            "at": self.at.isoformat(),
            "source": source.name,
            "group": source.group,
            "stream": self.stream,
            "message": self.text,
        }

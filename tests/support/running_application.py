"""The three functions over storage in memory, called as Lambda calls them."""

from __future__ import annotations

import importlib
import io
import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from memory_records import (
    MemoryDeadLetters,
    MemoryRecords,
    api_event,
    lambda_context,
)


@dataclass
class Application:
    """The three functions, their storage, and what they printed."""

    output: pytest.CaptureFixture[str]
    log: io.StringIO
    records: MemoryRecords = field(default_factory=MemoryRecords)
    dead_letters: MemoryDeadLetters = field(default_factory=MemoryDeadLetters)

    def call(self, function: str, event: Any) -> dict[str, Any]:
        """Call a function's handler as Lambda does."""
        module = importlib.import_module(f"medical_records.handlers.{function}")
        answer: dict[str, Any] = module.handler(event, lambda_context())
        return answer

    def submit(self, body: object, **fields: Any) -> tuple[int, Any]:
        """Post a bundle; return status and document."""
        answer = self.call("analyze", api_event("POST", body, **fields))
        return answer["statusCode"], json.loads(answer["body"])

    def fetch(self, **fields: Any) -> tuple[int, Any]:
        """Get from the records function; return status and document."""
        answer = self.call("records", api_event("GET", **fields))
        return answer["statusCode"], json.loads(answer["body"])

    def printed(self) -> str:
        """Return all logs and metrics since the last call of this."""
        captured = self.output.readouterr()
        text = self.log.getvalue() + captured.out + captured.err
        self.log.truncate(0)
        self.log.seek(0)
        return text

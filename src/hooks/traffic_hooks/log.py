"""One JSON object a line on stdout, without the content of a request or an answer."""

from __future__ import annotations

import json
import sys
from typing import Any


def write(message: str, **fields: Any) -> None:
    """Write a line for CloudWatch Logs; ``fields`` are names, numbers and codes only."""
    line = {"level": "INFO", "service": "traffic-hooks", "message": message, **fields}
    sys.stdout.write(json.dumps(line, default=str) + "\n")
    sys.stdout.flush()

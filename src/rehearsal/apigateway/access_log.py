"""A stage's access log: its format, filled with what is known of a request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_VARIABLE = re.compile(r"\$context\.([A-Za-z0-9_.]+)")


def access_line(template: str, context: Mapping[str, Any]) -> str:
    """Fill ``$context`` variables; one without a value is ``-``, as on AWS."""
    return _VARIABLE.sub(lambda match: _value(context, match[1]), template)


def _value(context: Mapping[str, Any], path: str) -> str:
    found: Any = context
    for name in path.rstrip(".").split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    text = "-" if found is None else str(found)
    # A path ends before a full stop that is punctuation.
    return text + "." * (len(path) - len(path.rstrip(".")))

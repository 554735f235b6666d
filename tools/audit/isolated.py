"""Run the validators that are Python libraries; started by the interpreter of `.venv-audit`.

Reads JSON from standard input and writes JSON to standard output: see `validators`. Imports
nothing of this project, which that environment does not have.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any


def cloudformation_validate(files: list[str]) -> Iterator[dict[str, Any]]:
    """Give the diagnostics of each template."""
    from cloudformation_validate import CompositeEngine

    engine = CompositeEngine()
    for file in files:
        for each in engine.validate_template(file).diagnostics:
            yield {
                "file": file,
                "rule": each.rule_id,
                "resource": getattr(each.entity, "logical_id", None) or "",
                "line": each.start_line or 1,
                "message": each.message,
            }


def parliament(documents: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Give the findings of each policy document, with its number."""
    warnings.simplefilter("ignore")
    from parliament import analyze_policy_string, enhance_finding

    for number, document in enumerate(documents):
        for each in analyze_policy_string(json.dumps(document)).findings:
            told = enhance_finding(each)
            detail = json.dumps(told.detail) if told.detail else ""
            yield {
                "number": number,
                "rule": told.issue,
                "message": f"{told.title.rstrip('.')}: {detail} {_text(told.location)}",
            }


def _text(location: Any) -> str:
    """Give the text that a finding points at; lines are those of no file."""
    return str(location.get("string", "")) if isinstance(location, dict) else ""


TOOLS: dict[str, Callable[[Any], Iterator[dict[str, Any]]]] = {
    "cloudformation-validate": cloudformation_validate,
    "parliament": parliament,
}

if __name__ == "__main__":
    json.dump(list(TOOLS[sys.argv[1]](json.load(sys.stdin))), sys.stdout)

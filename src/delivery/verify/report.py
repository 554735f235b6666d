"""A verdict as lines of text."""

from __future__ import annotations

from delivery.model import Outcome, Verdict

_SIGNS = {
    Outcome.PASSED: "ok",
    Outcome.FAILED: "FAILED",
    Outcome.INCONCLUSIVE: "?",
    Outcome.NOT_RUN: "-",
    Outcome.NOT_REHEARSED: "-",
}


def verdict_text(verdict: Verdict) -> str:
    """Return one line a check, what to do about those that did not pass, and the whole."""
    lines: list[str] = []
    for each in verdict.results:
        lines.append(f"{_SIGNS[each.outcome]:<7}{each.name:<13}{each.detail}")
        if each.outcome is not Outcome.PASSED and each.next_step:
            lines.append(f"{'':<20}Next: {each.next_step}")
    lines.append(f"{verdict.environment}: {verdict.outcome.value}")
    return "\n".join(lines)

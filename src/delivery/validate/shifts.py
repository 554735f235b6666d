"""Traffic shifts: something can stop each of them in time."""

from __future__ import annotations

from collections.abc import Iterator

from delivery.strategy import Severity, shift_findings
from delivery.validate.model import Finding, Level, Rule, Subject


def shifts_protect(subject: Subject) -> Iterator[Finding]:
    """Tell for each environment what `strategy` finds wrong with its shifts."""
    template = subject.application
    for environment, values in subject.values.items():
        for found in shift_findings(template.body, values, region=subject.region):
            error = found.severity is Severity.ERROR
            yield Finding(
                "shift-protects",
                template.name,
                found.line,
                f"{environment}: {found.rule}: {found.message} {found.next_step}",
                Level.ERROR if error else Level.WARNING,
            )


RULES = (
    Rule(
        "shift-protects",
        "Each traffic shift is one that CodeDeploy takes, and an alarm that can fire in "
        "time, or a hook, stops it.",
        shifts_protect,
        reason="A shift that nothing can stop gives a bad version to everybody, only later.",
        source="AWS CodeDeploy API Reference, AlarmConfiguration; AWS Lambda Developer "
        "Guide, Types of metrics; Amazon CloudWatch User Guide, Alarm evaluation",
    ),
)

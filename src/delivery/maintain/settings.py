"""Configured values that are not the safe ones, each with what they mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from delivery.maintain.findings import Section
from delivery.model import CheckResult, Outcome

# HIPAA keeps its documentation for six years. Source: 45 CFR 164.316(b)(2)(i).
SIX_YEARS_DAYS = 2192
LEAST_LOG_DAYS = 14
MOST_ARTIFACT_DAYS = 30
PRODUCTION = "production"

Values = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Safe:
    """What a setting should be: ``holds`` tells whether a value is, ``otherwise`` what follows
    from one that is not."""

    key: str
    holds: Callable[[object], bool]
    otherwise: str


def _at_least(days: int) -> Callable[[object], bool]:
    return lambda value: isinstance(value, int) and value >= days


def _is_true(value: object) -> bool:
    return value is True


# Of production: where a mistake reaches people's records.
_OF_PRODUCTION = (
    Safe("blue_green.enabled", _is_true, "all traffic goes to a new version at once"),
    Safe(
        "blue_green.traffic_shift_type",
        lambda value: value != "AllAtOnce",
        "all traffic goes to a new version at once",
    ),
    Safe(
        "blue_green.alarm_configuration.enabled",
        _is_true,
        "no alarm stops a bad release while it shifts",
    ),
    Safe(
        "rollback.rollback_on_alarm",
        _is_true,
        "no alarm stops a bad release while it shifts",
    ),
    Safe(
        "rollback.automatic",
        _is_true,
        "a release that fails its verification serves until a person takes it back",
    ),
    Safe("alarms.enabled", _is_true, "alarms tell nobody"),
    Safe("monitoring.tracing", _is_true, "a slow request cannot be followed"),
    Safe(
        "lambda.log_level",
        lambda value: value != "DEBUG",
        "functions log more than operating them needs",
    ),
    Safe(
        "cloudwatch.log_retention_days",
        _at_least(LEAST_LOG_DAYS),
        "logs are gone before an incident is looked into",
    ),
    Safe(
        "cloudwatch.access_log_retention_days",
        _at_least(SIX_YEARS_DAYS),
        "who called what is not known for the six years that HIPAA asks for",
    ),
)
_OF_THE_DELIVERY = (
    Safe(
        "foundation.audit_retention_days",
        _at_least(SIX_YEARS_DAYS),
        "the audit trail is gone before the six years that HIPAA asks for",
    ),
    Safe(
        "foundation.access_log_retention_days",
        _at_least(SIX_YEARS_DAYS),
        "who asked for which object is not known for the six years that HIPAA asks for",
    ),
    Safe(
        "foundation.artifact_retention_days",
        lambda value: isinstance(value, int) and value <= MOST_ARTIFACT_DAYS,
        "artifacts are paid for longer than an execution can be retried",
    ),
    Safe(
        "pipeline.notification_emails", bool, "nobody is told of approvals and failures"
    ),
)


def settings_section(values: Values, sources: Mapping[str, str]) -> Section:
    """Compare configured values with the safe ones.

    ``values`` and ``sources`` go by dotted key, an environment's with its name in front;
    a source says where a value stands.
    """
    rules = list(_rules(values))
    wrong = [each for each in rules if not each.holds(values[each.key])]
    checks = tuple(_told(each, values, sources) for each in wrong)
    fine = CheckResult(
        "configuration", Outcome.PASSED, f"All {len(rules)} settings are the safe ones."
    )
    return Section(
        "Configuration",
        facts={"settings": len(rules), "differ": [each.key for each in wrong]},
        checks=checks or (fine,),
    )


def _rules(values: Values) -> Iterator[Safe]:
    """Yield the rules whose setting is there: not every project has a production."""
    of_production = (
        Safe(f"{PRODUCTION}.{each.key}", each.holds, each.otherwise)
        for each in _OF_PRODUCTION
    )
    for each in (*of_production, *_OF_THE_DELIVERY):
        if each.key in values:
            yield each


def _told(rule: Safe, values: Values, sources: Mapping[str, str]) -> CheckResult:
    value = values[rule.key]
    shown = str(value).lower() if isinstance(value, bool) else (value or "empty")
    return CheckResult(
        rule.key,
        Outcome.FAILED,
        f"It is {shown} ({sources.get(rule.key, '')}): {rule.otherwise}.",
        "Change it, or know why not; docs/configuration.md says what it does",
    )

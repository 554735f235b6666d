"""What a schema cannot say about a configuration: values that do not fit each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from awsrules.templates import line_of
from delivery.config.model import Configuration, Environment
from delivery.config.places import Place, home_of, place_named
from delivery.config.problems import Problem
from delivery.config.shift import MOST_MINUTES, minutes_from_first_to_last

# Source: Amazon CloudWatch API Reference, PutMetricAlarm, EvaluationPeriods.
_MOST_ALARM_SECONDS = 86400


def rule_problems(
    configuration: Configuration, document: Mapping[str, Any]
) -> Iterator[Problem]:
    """Give each problem between values, at the line of the one to change."""
    yield from _region_problems(configuration)
    yield from _promotion_problems(configuration)
    yield from _order_problems(configuration.path.name, document["environments"])
    for environment in configuration.environments.values():
        yield from _shift_problems(configuration, environment)
        yield from _alarm_problems(configuration, environment)
        yield from _limit_problems(configuration, environment)
        yield from _signing_problems(configuration, environment)


def _region_problems(configuration: Configuration) -> Iterator[Problem]:
    region = configuration.project.region
    allowed = configuration.compliance.allowed_regions
    if region not in allowed:
        yield _problem(
            configuration,
            "project.region",
            f"{region} is not among compliance.allowed_regions",
            ", ".join(allowed),
        )


def _promotion_problems(configuration: Configuration) -> Iterator[Problem]:
    """Other places get what production verified, and only where records may be."""
    promoted = configuration.pipeline.promotes_to
    for what, allowed in _misplaced(configuration):
        yield _problem(configuration, "pipeline.promotes_to", what, allowed)
    for environment in configuration.environments.values():
        if promoted and environment.security.signing_profile_versions:
            yield _problem(
                configuration,
                f"{environment.name}.security.signing_profile_versions",
                "a signing profile is of one place, and pipeline.promotes_to names more",
                "nothing, or an empty pipeline.promotes_to",
            )


def _misplaced(configuration: Configuration) -> Iterator[tuple[str, str]]:
    """Give what is wrong with each place of ``promotes_to``, and what would be right."""
    project, allowed = configuration.project, configuration.compliance.allowed_regions
    home = home_of(configuration, "")
    before: dict[Place, str] = {}
    for written in configuration.pipeline.promotes_to:
        place = place_named(written, home.account)
        if "/" in written and not project.account:
            yield (
                f"{written} names an account, and project.account does not say whose "
                "the home is",
                "regions, or project.account with the 12 digits of the home's account",
            )
        elif place == home:
            yield (
                f"{written} is the home, project.region, where releases come from",
                "other places than the home",
            )
        elif place.region not in allowed:
            yield (
                f"{place.region} is not among compliance.allowed_regions",
                ", ".join(allowed),
            )
        elif place in before:
            yield f"{written} is the same place as {before[place]}", "each place once"
        before.setdefault(place, written)


def _order_problems(file: str, environments: Mapping[str, Any]) -> Iterator[Problem]:
    order = ("development", "staging", "production")
    for name, later in pairwise(order):
        if later in environments and name not in environments:
            yield Problem(
                file,
                line_of(environments, later),
                f"environments.{name}",
                f"this environment is missing, and {later} is there",
                "development; development, staging; development, staging, production",
            )


def _shift_problems(
    configuration: Configuration, environment: Environment
) -> Iterator[Problem]:
    shift = environment.blue_green
    minutes = minutes_from_first_to_last(shift)
    if minutes > MOST_MINUTES:
        yield _problem(
            configuration,
            f"{environment.name}.blue_green.traffic_shift_interval",
            f"steps of {shift.traffic_shift_percentage} % every "
            f"{shift.traffic_shift_interval} minutes take {minutes} minutes",
            f"at most {MOST_MINUTES} minutes from the first step to the last",
        )


def _alarm_problems(
    configuration: Configuration, environment: Environment
) -> Iterator[Problem]:
    periods = environment.rollback.alarm_evaluation_periods
    window = environment.alarms.period_seconds * periods
    if window > _MOST_ALARM_SECONDS:
        yield _problem(
            configuration,
            f"{environment.name}.rollback.alarm_evaluation_periods",
            f"{periods} periods of {environment.alarms.period_seconds} seconds are "
            f"{window} seconds",
            f"at most {_MOST_ALARM_SECONDS} seconds, which is a day",
        )


def _limit_problems(
    configuration: Configuration, environment: Environment
) -> Iterator[Problem]:
    api = environment.api
    if api.throttle_burst < api.throttle_rate:
        yield _problem(
            configuration,
            f"{environment.name}.api_gateway.throttle_burst",
            f"a burst of {api.throttle_burst} refuses requests that the rate of "
            f"{api.throttle_rate} a second allows",
            f"{api.throttle_rate} or more",
        )


def _signing_problems(
    configuration: Configuration, environment: Environment
) -> Iterator[Problem]:
    """A job signs from and to buckets of its profile's region, and ours are in one.

    Source: AWS Signer API Reference, StartSigningJob.
    """
    region = configuration.project.region
    for arn in environment.security.signing_profile_versions:
        if (elsewhere := arn.split(":")[3]) != region:
            yield _problem(
                configuration,
                f"{environment.name}.security.signing_profile_versions",
                f"{arn} is of {elsewhere}, and packages are in {region}",
                f"signing profiles of {region}",
            )


def _problem(
    configuration: Configuration, key: str, what: str, allowed: str
) -> Problem:
    setting = next(each for each in configuration.settings if each.key == key)
    return Problem(configuration.path.name, setting.source.line, key, what, allowed)

"""What the templates cannot say, with a default for each; an option replaces it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

DEFAULT, OPTION = "default", "option"
CONNECTION = "connection"
# 365.25 days a year, twelve months.
DAYS_A_MONTH = Decimal("30.4375")
SECONDS_A_MONTH = DAYS_A_MONTH * 86_400


@dataclass(frozen=True, slots=True)
class Assumption:
    """One number: its name, which is its option too, default, limits and meaning."""

    name: str
    default: Decimal
    means: str
    most: Decimal = Decimal(1_000_000)
    least: Decimal = Decimal(0)
    whole: bool = False


def _number(
    name: str, default: str, means: str, *, most: int = 1_000_000, least: int = 0
) -> Assumption:
    return Assumption(name, Decimal(default), means, Decimal(most), Decimal(least))


def _count(
    name: str, default: str, means: str, *, most: int = 1_000_000, least: int = 0
) -> Assumption:
    limits = Decimal(most), Decimal(least)
    return Assumption(name, Decimal(default), means, *limits, whole=True)


ASSUMPTIONS = (
    _count("releases", "22", "Releases to the last environment, a month."),
    _count("failed-builds", "10", "Executions that end in the build, a month."),
    _count("branch-pushes", "60", "Pushes to other branches, a month; start nothing."),
    _number("build-minutes", "8", "The build, with its cache.", most=480),
    _number("check-minutes", "2", "Any other run of CodeBuild.", most=480),
    _number("install-minutes", "2", "Longer, for a run without cache.", most=480),
    _number("deploy-minutes", "3", "A change set's execution, no shift.", most=480),
    _number("action-minutes", "1", "Any other action of the pipeline.", most=480),
    _number("artifact-megabytes", "30", "What an execution puts into the store."),
    _number("cache-megabytes", "150", "A project's cache; each run writes it anew."),
    _number("package-megabytes", "10", "Packages and templates that a release keeps."),
    _number("build-log-megabytes", "5", "Logs of all runs of one release."),
    _number("trail-megabytes", "100", "Files of the audit trail, a month."),
    _count("month", "12", "Month of operation: how much has gathered.", least=1),
    _number("duration-milliseconds", "200", "A call, on average.", most=900_000),
    _number("log-kilobytes", "2", "Log of the functions for a request."),
    _number("access-log-kilobytes", "0.5", "Access log of the API for a request."),
    _number("response-kilobytes", "5", "Answer of the API, on average."),
    _number("write-percent", "20", "Requests that write an object.", most=100),
    _number("failure-percent", "0.1", "Requests that end in a queue.", most=100),
    _number("stored-gigabytes", "1", "Records stored in each environment."),
    _count("custom-metrics", "10", "Metrics of the functions' own, an environment."),
)
DAILY_WITH_USERS, DAILY_WITHOUT = Decimal(10_000), Decimal(1_000)
BY_NAME: Mapping[str, Assumption] = {each.name: each for each in ASSUMPTIONS}


@dataclass(frozen=True, slots=True)
class Assumptions:
    """All numbers that an estimate stands on.

    ``given`` are those of options; ``requests`` are an environment's requests a month
    as far as an option gave them, ``environments`` all environments in order.
    """

    given: Mapping[str, Decimal]
    environments: tuple[str, ...]
    requests: Mapping[str, Decimal]
    access: str = CONNECTION

    def __getitem__(self, name: str) -> Decimal:
        return self.given.get(name, BY_NAME[name].default)

    def origin(self, name: str) -> str:
        """Say where a number comes from."""
        return OPTION if name in self.given else DEFAULT

    @property
    def access_from(self) -> str:
        return DEFAULT if self.access == CONNECTION else OPTION

    def requests_of(self, environment: str) -> Decimal:
        """Return the requests a month; unless told, users are in the last environment."""
        if environment in self.requests:
            return self.requests[environment]
        last = environment == self.environments[-1]
        return (DAILY_WITH_USERS if last else DAILY_WITHOUT) * DAYS_A_MONTH

    def kept_months(self, days: int | None) -> Decimal:
        """Return the months of which things are kept for ``days``, None being for ever.

        Nothing is older than the month of operation.
        """
        gathered = self["month"]
        return gathered if days is None else min(gathered, days / DAYS_A_MONTH)

"""What the five metrics mean here, in DORA's definitions, and how they are read.

Source: https://dora.dev/guides/dora-metrics/
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from delivery.report import bands
from delivery.report.numbers import duration, share

SOURCE = "https://dora.dev/guides/dora-metrics/"


@dataclass(frozen=True, slots=True)
class Measure:
    """One of the metrics.

    ``unit`` is seconds, deployments a day, or share (of one); ``of`` is what is observed.
    ``words`` reads a value in that unit, and ``band`` gives its band, where there are any.
    """

    key: str
    name: str
    definition: str
    unit: str
    of: str
    words: Callable[[float], str]
    band: Callable[[float], str] | None = None


def _a_day(value: float) -> str:
    if value >= 1:
        return f"{value:.3g} a day"
    if value >= 1 / 7:
        return f"{7 * value:.3g} a week"
    return f"{30 * value:.3g} in 30 days"


LEAD_TIME = Measure(
    "change_lead_time",
    "Change lead time",
    "How long a change takes from being committed to being deployed: the median over the "
    "commits that a release brought first, from the author's time until all traffic went "
    "there.",
    "seconds",
    "commit",
    duration,
    lambda seconds: bands.of_lead_time(timedelta(seconds=seconds)),
)
FREQUENCY = Measure(
    "deployment_frequency",
    "Deployment frequency",
    "How often a change is deployed: deployments of a commit that no release had brought "
    "before, over the period. Rollbacks and deployments of the same commit are none.",
    "deployments a day",
    "deployment",
    _a_day,
    bands.of_frequency,
)
RECOVERY = Measure(
    "failed_deployment_recovery_time",
    "Failed deployment recovery time",
    "How long it takes to recover from a deployment that failed: the median, from its "
    "deployment until it was taken back or a later release was verified.",
    "seconds",
    "recovered failure",
    duration,
    lambda seconds: bands.of_recovery(timedelta(seconds=seconds)),
)
FAIL_RATE = Measure(
    "change_fail_rate",
    "Change fail rate",
    "The share of deployments of changes that needed somebody at once: stopped while "
    "traffic shifted, failed in the verification, or taken back.",
    "share",
    "deployment",
    share,
    bands.of_fail_rate,
)
REWORK_RATE = Measure(
    "deployment_rework_rate",
    "Deployment rework rate",
    "The share of deployments of changes that nobody had planned: the first one after a "
    "failed deployment, and each that was let past alarms that fired.",
    "share",
    "deployment",
    share,
)

"""The bands of DORA's levels.

DORA's guide gives definitions and no levels any more. These are the last that it published,
of the survey of 2024: elite, high, medium, low. It published none for the rework rate; the
change fail rates of its high and medium levels lie the wrong way round (20 % and 10 %), so one
band holds both, as one does for recovery within a day. Source: DORA, "Accelerate State of
DevOps Report 2024", software delivery performance levels.
"""

from __future__ import annotations

from datetime import timedelta

# With fewer observations a value says little, and a band would say more than is known.
ENOUGH = 5
NOT_KNOWN = "not known"
SOURCE = "Accelerate State of DevOps Report 2024; DORA's guide has no bands any more"
MIXED = "high or medium"

_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)
_MONTH = timedelta(days=30)


def of_lead_time(value: timedelta) -> str:
    """Return the band of a lead time from commit to deployment."""
    if value < _DAY:
        return "elite"
    if value <= _WEEK:
        return "high"
    return "medium" if value <= _MONTH else "low"


def of_frequency(a_day: float) -> str:
    """Return the band of deployments a day: on demand, daily, weekly, or rarer."""
    if a_day > 1:
        return "elite"
    if a_day >= 1 / 7:
        return "high"
    return "medium" if a_day >= 1 / 30 else "low"


def of_recovery(value: timedelta) -> str:
    """Return the band of a time to recover."""
    if value < timedelta(hours=1):
        return "elite"
    return MIXED if value < _DAY else "low"


def of_fail_rate(share: float) -> str:
    """Return the band of the share of deployments that fail."""
    if share <= 0.05:
        return "elite"
    return MIXED if share <= 0.20 else "low"

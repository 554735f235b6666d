"""The blast radius of a bad release: who meets it before traffic returns.

The model, all of it: requests arrive as a Poisson process of a steady mean rate; each
goes to the new version with the weight of the moment, and fails there with the release's
error rate, elsewhere with the baseline. An alarm's periods are aligned to the clock and
the shift begins at any moment of one, each as likely as another. An alarm is seen
``alarm_delay_seconds`` after the period that completes its evidence; the deployment then
stops, and traffic returns after ``return_seconds``. An alarm seen after the last step is
too late: the deployment is over, and a person takes the release back.
"""

from __future__ import annotations

import math
from dataclasses import replace

from delivery.strategy.badness import chance_bad
from delivery.strategy.chances import none_at_mean
from delivery.strategy.firing import Firing, firings
from delivery.strategy.model import ErrorAlarm, Prediction, Schedule, Traffic

# Requests a second beyond which no rate is tried.
_FASTEST = 10_000.0


def predict(
    schedule: Schedule, alarms: tuple[ErrorAlarm, ...], traffic: Traffic
) -> Prediction:
    """Predict what a release with the traffic's error rate does under ``schedule``.

    Of several alarms the one most likely to fire counts. Where each failure that one
    alarm counts is counted by the other too, as the new version's are by the alias's,
    and it needs no more of them, that is exact; else the chance is a lower bound.
    """
    alarm, seen = _best(schedule, alarms, traffic)
    detected = min(1.0, math.fsum(chance for _, chance in seen))
    by_hand = schedule.duration_seconds + traffic.response_minutes * 60
    ends = [(seconds + _return(seconds, traffic), chance) for seconds, chance in seen]
    ends.append((by_hand, 1.0 - detected))
    exposed = math.fsum(
        chance * requests_exposed(schedule, traffic, seconds)
        for seconds, chance in ends
    )
    first = first_step_requests(schedule, traffic)
    stepwise = schedule.stepwise
    return Prediction(
        schedule=schedule,
        alarm=alarm.name if alarm else "",
        canary_requests=first if stepwise else None,
        canary_sees_no_request=none_at_mean(first) if stepwise else None,
        canary_sees_no_failure=(
            none_at_mean(first * traffic.error_rate) if stepwise else None
        ),
        detected=detected,
        minutes_to_detection=_mean_minutes(seen, detected),
        minutes_to_recovery=math.fsum(s * chance for s, chance in ends) / 60,
        requests_exposed=exposed,
        requests_failed=exposed * traffic.error_rate,
        false_abort=false_abort(schedule, alarms, traffic),
        seen=seen,
    )


def false_abort(
    schedule: Schedule, alarms: tuple[ErrorAlarm, ...], traffic: Traffic
) -> float:
    """Return the chance that a good release is stopped: one that fails at the baseline.

    An alarm that fires already when the shift begins stops it too.
    """
    good = replace(traffic, error_rate=traffic.baseline_error_rate)
    _, seen = _best(schedule, alarms, good)
    return min(1.0, math.fsum(chance for _, chance in seen))


def requests_exposed(schedule: Schedule, traffic: Traffic, until: float) -> float:
    """Return the mean number of requests that the new version serves by ``until``.

    The rate times the integral of the weight. Times the error rate it is the mean of
    failures even where ``until`` is the moment an alarm ended it, though the alarm
    looks at the same failures: failures minus their rate are a martingale, and the
    alarm cannot look ahead.
    """
    return traffic.requests_per_second * schedule.weighted_seconds(0.0, until)


def first_step_requests(schedule: Schedule, traffic: Traffic) -> float:
    """Return the mean number of requests to the new version during the first step."""
    if not schedule.stepwise:
        return 0.0
    return requests_exposed(schedule, traffic, schedule.steps[1].at_seconds)


def enough_requests_per_second(
    alarm: ErrorAlarm, *, weight: float, error_rate: float, chance: float = 0.99
) -> float | None:
    """Return the least rate at which the alarm fires on its first chance, nearly always.

    Its first chance are the first periods that it needs, all of them while ``weight`` of
    the traffic goes to the new version; the old one is taken to be without failures.
    None where no rate is enough, as for a share of failures below the threshold.
    """

    def fires(rate: float) -> bool:
        new_seconds = weight * alarm.period_seconds
        seconds = alarm.period_seconds if alarm.sees_old_version else new_seconds
        failed = rate * new_seconds * error_rate
        bad = chance_bad(alarm, failed, rate * seconds - failed)
        return bad**alarm.datapoints_to_alarm >= chance

    high = 1e-4
    while not fires(high):
        high *= 2
        if high > _FASTEST:
            return None
    low = high / 2
    while high - low > high * 1e-4:
        middle = (low + high) / 2
        low, high = (low, middle) if fires(middle) else (middle, high)
    return high


def _best(
    schedule: Schedule, alarms: tuple[ErrorAlarm, ...], traffic: Traffic
) -> tuple[ErrorAlarm | None, tuple[Firing, ...]]:
    """Choose the alarm most likely to fire; of equals the one that fires sooner."""
    tried = [(alarm, firings(schedule, alarm, traffic)) for alarm in alarms]

    def merit(each: tuple[ErrorAlarm, tuple[Firing, ...]]) -> tuple[float, float]:
        chance = math.fsum(chance for _, chance in each[1])
        return round(chance, 9), -math.fsum(s * chance for s, chance in each[1])

    return max(tried, key=merit, default=(None, ()))


def _return(seconds: float, traffic: Traffic) -> float:
    """What fires before the start stops the deployment before any traffic moved."""
    return traffic.return_seconds if seconds > 0 else 0.0


def _mean_minutes(seen: tuple[Firing, ...], detected: float) -> float | None:
    # Rounding leaves traces of chance where there is none.
    if detected < 1e-9:
        return None
    return math.fsum(seconds * chance for seconds, chance in seen) / detected / 60

"""DORA's five metrics of one environment, from what really happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from delivery.model import CommitTimes
from delivery.report import bands
from delivery.report.carried import Carried, carried_by
from delivery.report.changes import Change, changes_of
from delivery.report.history import History
from delivery.report.measures import (
    FAIL_RATE,
    FREQUENCY,
    LEAD_TIME,
    RECOVERY,
    REWORK_RATE,
    Measure,
)
from delivery.report.numbers import counted, duration

_NO_BAND = "DORA has published no band for it"
_TOO_FEW = f"no band with fewer than {bands.ENOUGH} observations"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric; ``number`` is None with too little data, in the measure's unit otherwise.

    ``notes`` say what it leaves out.
    """

    measure: Measure
    number: float | None
    observations: int
    notes: tuple[str, ...] = ()

    @property
    def value(self) -> str | None:
        """Return the number as it is read, or None."""
        return None if self.number is None else self.measure.words(self.number)

    @property
    def band(self) -> str:
        """Return the band, or that it is not known."""
        band = self.measure.band
        if self.number is None or band is None or self.observations < bands.ENOUGH:
            return bands.NOT_KNOWN
        return band(self.number)

    @property
    def without_band(self) -> str:
        """Say why it has no band, or nothing."""
        if self.measure.band is None:
            return _NO_BAND
        return _TOO_FEW if self.observations < bands.ENOUGH else ""


@dataclass(frozen=True, slots=True)
class Dora:
    """The five metrics, and the deployments of the period that they rest on."""

    metrics: tuple[Metric, ...]
    changes: tuple[Change, ...]

    def metric(self, measure: Measure) -> Metric:
        """Return one of them."""
        return next(each for each in self.metrics if each.measure is measure)


def dora_of(history: History) -> Dora:
    """Compute the metrics from the deployments of changes within the period."""
    changes = [each for each in changes_of(history) if each.at in history.period]
    served = [each for each in changes if each.release]
    carried = carried_by(history.own.releases, history.log)
    metrics = (
        _lead_time(served, carried),
        _frequency(served, history.period.days),
        _recovery(changes),
        _fail_rate(changes, all_known=history.pipeline.there),
        _rework_rate(changes),
    )
    return Dora(metrics, tuple(changes))


def _lead_time(served: Sequence[Change], carried: Mapping[int, Carried]) -> Metric:
    """Take the median over commits, from the author's time."""
    found = [
        (change, commit)
        for change in served
        for commit in carried.get(change.release, Carried()).commits
    ]
    # The clock of somebody's machine was wrong: how long it took is not known.
    timely = [(a, c) for a, c in found if max(c.authored_at, c.committed_at) <= a.at]
    ages = [_seconds(change, commit) for change, commit in timely]
    notes = _not_known(served, carried)
    if late := len(found) - len(timely):
        notes.append(f"left out: {counted(late, 'commit')} dated after the deployment")
    if ages:
        renewed = duration(median(each for _, each in ages))
        notes.append(f"{renewed} from the committer's time, which a rebase renews")
    number = median(each for each, _ in ages) if ages else None
    return Metric(LEAD_TIME, number, len(ages), tuple(notes))


def _seconds(change: Change, commit: CommitTimes) -> tuple[float, float]:
    """Return the age of a commit by its author's time, and by its committer's."""
    return (
        (change.at - commit.authored_at).total_seconds(),
        (change.at - commit.committed_at).total_seconds(),
    )


def _not_known(served: Sequence[Change], carried: Mapping[int, Carried]) -> list[str]:
    """Count the releases whose commits are not known, by reason."""
    why = [carried[each.release].unknown for each in served if each.release in carried]
    return [
        f"not known of {counted(why.count(reason), 'release')}: {reason}"
        for reason in dict.fromkeys(why)
        if reason
    ]


def _frequency(served: Sequence[Change], days: float) -> Metric:
    number = len(served) / days if served else None
    return Metric(FREQUENCY, number, len(served))


def _recovery(changes: Sequence[Change]) -> Metric:
    failed = [each for each in changes if each.failed]
    took = [
        each.recovery.total_seconds() for each in failed if each.recovery is not None
    ]
    notes = [] if failed else ["no deployment failed"]
    if still := len(failed) - len(took):
        notes.append(f"{counted(still, 'failure')} not known to be over")
    return Metric(RECOVERY, median(took) if took else None, len(took), tuple(notes))


def _fail_rate(changes: Sequence[Change], *, all_known: bool) -> Metric:
    judged = [each for each in changes if each.judged]
    notes = []
    if open_ := len(changes) - len(judged):
        notes.append(f"left out: {counted(open_, 'deployment')} without a verdict")
    if not all_known:
        notes.append("not known: what failed while traffic shifted, without a pipeline")
    number = _part(sum(each.failed for each in judged), len(judged))
    return Metric(FAIL_RATE, number, len(judged), tuple(notes))


def _rework_rate(changes: Sequence[Change]) -> Metric:
    number = _part(sum(each.rework for each in changes), len(changes))
    return Metric(REWORK_RATE, number, len(changes))


def _part(some: int, of_all: int) -> float | None:
    return some / of_all if of_all else None
